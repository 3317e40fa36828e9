-- Every statement about calls that the program runs, by name (queries.py loads them). %(x)s are psycopg's parameters.
--
-- Time bounds are always given as values: an expression like "+ interval '1 day'" is not seen by the planner when it
-- chooses partitions, and a call is then looked for in all thirteen of them.


-- ---------------------------------------------------------------------------------------------------------------------
-- Writing: one statement per table and batch. Done twice it changes nothing.
-- The rows come as one JSON array: that costs us 10 us a row; arrays of columns, for unnest, cost psycopg 200.

-- name: put_calls
-- The newest revision wins, in whatever order they come. The customer is whoever has this number.
INSERT INTO calls AS known (
    id, started_at, revision, caller_id, customer_id, app, channel_id, state, answered_at, ended_at, ended_by, outcome,
    scenario, transferred_to_operator, transfer_reason, prompt_version, quality_score, cost_breakdown, media, operator, ended_who)
SELECT
    row.id, uuid7_ts(row.id), row.revision, row.caller_id, customers.id, row.app, row.channel_id, row.state,
    to_timestamp(row.answered_at_ms / 1000.0), to_timestamp(row.ended_at_ms / 1000.0), row.ended_by, row.outcome,
    row.scenario, row.transferred, row.transfer_reason, row.prompt_version, row.quality, row.cost, row.media, row.operator, row.ended_who
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
    id uuid, revision int, caller_id text, app text, channel_id text, state text, answered_at_ms bigint,
    ended_at_ms bigint, ended_by text, outcome text, scenario text, transferred boolean, transfer_reason text,
    prompt_version text, quality float8, cost jsonb, media jsonb, phone text, operator text, ended_who text)
LEFT JOIN customers ON customers.phone = row.phone
ON CONFLICT (id, started_at) DO UPDATE SET
    revision = EXCLUDED.revision,
    caller_id = EXCLUDED.caller_id,
    customer_id = coalesce(EXCLUDED.customer_id, known.customer_id),
    app = EXCLUDED.app,
    channel_id = EXCLUDED.channel_id,
    state = EXCLUDED.state,
    answered_at = EXCLUDED.answered_at,
    ended_at = EXCLUDED.ended_at,
    ended_by = EXCLUDED.ended_by,
    outcome = EXCLUDED.outcome,
    scenario = EXCLUDED.scenario,
    transferred_to_operator = EXCLUDED.transferred_to_operator,
    transfer_reason = EXCLUDED.transfer_reason,
    prompt_version = EXCLUDED.prompt_version,
    quality_score = EXCLUDED.quality_score,
    cost_breakdown = EXCLUDED.cost_breakdown,
    media = EXCLUDED.media,
    operator = EXCLUDED.operator,
    ended_who = EXCLUDED.ended_who
WHERE known.revision < EXCLUDED.revision;

-- name: put_turns
-- A late correction (a final that came after we answered, what was heard of an interrupted answer) is a higher revision.
INSERT INTO call_turns AS known (
    id, created_at, call_id, turn_number, revision, speaker, text, heard_text, heard_ms, interrupted, stt_confidence,
    language, hold_ms, stt_ms, model_ms, tts_ms, wire_ms, answer_ms, filler_ms, usage, prompted_by)
SELECT
    row.id, uuid7_ts(row.id), row.call_id, row.turn_number, row.revision, row.speaker, row.text, row.heard_text, row.heard_ms,
    row.interrupted, row.stt_confidence, row.language, row.hold_ms, row.stt_ms, row.model_ms, row.tts_ms, row.wire_ms,
    row.answer_ms, row.filler_ms, row.usage, row.prompted_by
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
    id uuid, call_id uuid, turn_number int, revision int, speaker text, text text, heard_text text, heard_ms int,
    interrupted boolean, stt_confidence float8, language text, hold_ms int, stt_ms int, model_ms int, tts_ms int,
    wire_ms int, answer_ms int, filler_ms int, usage jsonb, prompted_by text)
ON CONFLICT (id, created_at) DO UPDATE SET
    revision = EXCLUDED.revision,
    speaker = EXCLUDED.speaker,
    text = EXCLUDED.text,
    heard_text = EXCLUDED.heard_text,
    heard_ms = EXCLUDED.heard_ms,
    interrupted = EXCLUDED.interrupted,
    stt_confidence = EXCLUDED.stt_confidence,
    language = EXCLUDED.language,
    hold_ms = EXCLUDED.hold_ms,
    stt_ms = EXCLUDED.stt_ms,
    model_ms = EXCLUDED.model_ms,
    tts_ms = EXCLUDED.tts_ms,
    wire_ms = EXCLUDED.wire_ms,
    answer_ms = EXCLUDED.answer_ms,
    filler_ms = EXCLUDED.filler_ms,
    usage = EXCLUDED.usage,
    prompted_by = EXCLUDED.prompted_by
WHERE known.revision < EXCLUDED.revision;

-- name: put_tool_calls
INSERT INTO call_tool_calls (
    id, created_at, call_id, turn_number, tool_use_id, name, arguments, result, duration_ms, success, request_id)
SELECT
    row.id, uuid7_ts(row.id), row.call_id, row.turn_number, row.tool_use_id, row.name, row.arguments, row.result,
    row.duration_ms, row.success, row.request_id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
    id uuid, call_id uuid, turn_number int, tool_use_id text, name text, arguments jsonb, result jsonb, duration_ms int,
    success boolean, request_id text)
ON CONFLICT (id, created_at) DO NOTHING;

-- name: put_events
INSERT INTO call_events (id, created_at, call_id, sequence, app, position, source, name, level, text, data, state, event, commands)
SELECT row.id, uuid7_ts(row.id), row.call_id, row.sequence, row.app, row.position, row.source, row.name, row.level, row.text,
    coalesce(row.data, '{}'), row.state, row.event, row.commands
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
    id uuid, call_id uuid, sequence int, app text, position bigint, source text, name text, level text, text text, data jsonb, state text,
    event jsonb, commands jsonb)
ON CONFLICT (id, created_at) DO NOTHING;

-- name: put_callbacks
INSERT INTO callbacks (id, call_id, created_at, phone, name, why, due_at, revision)
SELECT row.id, row.call_id, to_timestamp(row.at_ms / 1000.0), row.phone, row.name, row.why, to_timestamp(row.due_at_ms / 1000.0),
    row.revision
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
    id uuid, call_id uuid, at_ms bigint, phone text, name text, why text, due_at_ms bigint, revision bigint)
ON CONFLICT (id) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), callbacks.name), why = excluded.why, due_at = excluded.due_at, revision = excluded.revision
    WHERE excluded.revision > callbacks.revision AND callbacks.state = 'open';

-- name: put_audit
INSERT INTO audit (id, at, actor, role, action, call_id, why, arguments, result, request_id)
SELECT row.id, to_timestamp(row.at_ms / 1000.0), row.actor, row.role, row.action, nullif(row.call_id, '')::uuid, row.why, row.arguments,
    row.result, row.request_id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
    id uuid, at_ms bigint, actor text, role text, action text, call_id text, why text, arguments jsonb, result text, request_id text)
ON CONFLICT (id) DO NOTHING;

-- name: put_writes
INSERT INTO call_writes (id, created_at, call_id, sequence, intent, key, stage, result)
SELECT row.id, uuid7_ts(row.id), row.call_id, row.sequence, row.intent, row.key, row.stage, coalesce(row.result, '{}')
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
    id uuid, call_id uuid, sequence bigint, intent text, key text, stage text, result jsonb)
ON CONFLICT (id, created_at) DO NOTHING;

-- name: put_customers
-- What was said last wins, in whatever order it comes.
INSERT INTO customers AS known (phone, name, updated_at)
SELECT row.phone, row.name, to_timestamp(row.at_ms / 1000.0)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (phone text, name text, at_ms bigint)
ON CONFLICT (phone) DO UPDATE SET name = EXCLUDED.name, updated_at = EXCLUDED.updated_at
WHERE known.name IS NULL OR known.updated_at < EXCLUDED.updated_at;


-- ---------------------------------------------------------------------------------------------------------------------
-- Partitions.

-- name: ensure_partition
-- True if it was made just now. *at* is any moment of the month.
SELECT ensure_partition(%(parent)s::regclass, %(at)s);

-- name: partitions
-- Months of a table: attached ones, those whose detaching was cut short (pending), and those only left to drop.
SELECT child.relname AS name, i.inhrelid IS NOT NULL AS attached, coalesce(i.inhdetachpending, false) AS pending
FROM pg_class parent
JOIN pg_class child ON child.relnamespace = parent.relnamespace AND child.relkind = 'r'
    AND child.relname ~ ('^' || parent.relname || '_y[0-9]{4}m[0-9]{2}$')
LEFT JOIN pg_inherits i ON i.inhrelid = child.oid
WHERE parent.oid = %(parent)s::regclass
ORDER BY child.relname;

-- name: forget_callbacks
DELETE FROM callbacks WHERE state = 'done' AND created_at < %(before)s;

-- name: forget_customers
-- Who has rung since keeps his name.
DELETE FROM customers WHERE updated_at < %(before)s
    AND NOT EXISTS (SELECT FROM calls WHERE calls.customer_id = customers.id AND calls.started_at >= %(before)s)
    AND NOT EXISTS (SELECT FROM callbacks WHERE callbacks.phone = customers.phone);


-- ---------------------------------------------------------------------------------------------------------------------
-- Reading.

-- name: recent_calls
-- Newest first, with how much was said and done in each; of one outcome only, if it is given.
SELECT calls.*, turns.count AS turns, tools.count AS tool_calls
FROM (
    SELECT * FROM calls WHERE started_at >= %(since)s AND started_at < %(until)s
        AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
    ORDER BY started_at DESC, id DESC LIMIT %(limit)s
) calls
CROSS JOIN LATERAL (
    SELECT count(*) FROM call_turns WHERE call_id = calls.id AND created_at >= %(parts_since)s AND created_at < %(parts_until)s
) turns
CROSS JOIN LATERAL (
    SELECT count(*) FROM call_tool_calls WHERE call_id = calls.id AND created_at >= %(parts_since)s AND created_at < %(parts_until)s
) tools
ORDER BY calls.started_at DESC, calls.id DESC;

-- name: call
SELECT * FROM calls WHERE id = %(call_id)s AND started_at = %(started_at)s;

-- name: turns_of_call
SELECT * FROM call_turns
WHERE call_id = %(call_id)s AND created_at >= %(since)s AND created_at < %(until)s
ORDER BY turn_number, created_at;

-- name: tool_calls_of_call
SELECT * FROM call_tool_calls
WHERE call_id = %(call_id)s AND created_at >= %(since)s AND created_at < %(until)s
ORDER BY turn_number, created_at;

-- name: events_of_call
SELECT * FROM call_events
WHERE call_id = %(call_id)s AND created_at >= %(since)s AND created_at < %(until)s
ORDER BY sequence;

-- name: writes_of_call
-- What was written to the shop, stage by stage; of one key at most one is done.
SELECT * FROM call_writes
WHERE call_id = %(call_id)s AND created_at >= %(since)s AND created_at < %(until)s
ORDER BY created_at, sequence;

-- name: log_after
-- The log of one app behind a position, as readers get it (log_stream/line.py tells the object's fields).
SELECT app, position, call_id::text AS call, source, level, json_build_object(
    'call', call_id, 'app', app, 'pos', position, 'seq', sequence,
    'ts', (extract(epoch FROM created_at) * 1000)::bigint,
    'at', (extract(epoch FROM created_at - uuid7_ts(call_id)) * 1000)::bigint,
    'src', source, 'lvl', level, 'name', name, 'text', text,
    'data', CASE WHEN event IS NULL THEN data ELSE jsonb_build_object('event', event, 'commands', commands) END,
    'state', state)::text AS json
FROM call_events
WHERE app = %(app)s AND position > %(after)s AND created_at >= %(since)s
ORDER BY position LIMIT %(limit)s;

-- name: log_of_call_after
-- The same of one call, whichever apps had it, behind each app's position in *cursor*; *absent* for those that are not in it.
SELECT app, position, call_id::text AS call, source, level, json_build_object(
    'call', call_id, 'app', app, 'pos', position, 'seq', sequence,
    'ts', (extract(epoch FROM created_at) * 1000)::bigint,
    'at', (extract(epoch FROM created_at - uuid7_ts(call_id)) * 1000)::bigint,
    'src', source, 'lvl', level, 'name', name, 'text', text,
    'data', CASE WHEN event IS NULL THEN data ELSE jsonb_build_object('event', event, 'commands', commands) END,
    'state', state)::text AS json
FROM call_events
WHERE call_id = %(call_id)s AND created_at >= %(since)s AND created_at < %(until)s
    AND position > coalesce((%(cursor)s::jsonb ->> app)::bigint, %(absent)s)
ORDER BY position, sequence LIMIT %(limit)s;

-- name: log_back
-- The position of the *rows*-th last line of an app up to *until*; of its first one if there are fewer; NULL without any.
SELECT min(position) AS position FROM (
    SELECT position FROM call_events
    WHERE app = %(app)s AND position <= %(until)s AND created_at >= %(since)s
    ORDER BY position DESC LIMIT %(rows)s
) newest;

-- name: log_reaches
-- Lines of an app arrive in the order of their positions: one at or behind *position* tells that all before are there.
SELECT EXISTS (SELECT FROM call_events WHERE app = %(app)s AND position >= %(position)s AND created_at >= %(since)s) AS reaches;

-- name: log_apps
SELECT DISTINCT app FROM calls WHERE started_at >= %(since)s;

-- name: log_call_ended
SELECT ended_at IS NOT NULL AS ended FROM calls WHERE id = %(call_id)s AND started_at = %(started_at)s;

-- name: open_calls
-- What an app left open: for a successor that has lost the directory of the spool.
SELECT * FROM calls
WHERE ended_at IS NULL AND app = %(app)s AND started_at >= %(since)s AND started_at < %(until)s
ORDER BY started_at;
