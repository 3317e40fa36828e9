"""The first schema: people, knowledge, and the partitioned record of calls.

calls ◄── call_turns, call_tool_calls, call_events     joined by call_id
  └────► customers                                     joined by customer_id

None of these is a foreign key: with them 25,000 inserts take 3,993 ms instead of 526, no month of calls detaches, and
dropping one locks out every reader of customers.

The four tables of calls are partitioned by month, in UTC. Each id is a UUIDv7 whose time *is* the partition key, held by
a CHECK: whoever knows an id knows its month, and the planner reads one partition of thirteen.

There is no DEFAULT partition on purpose: with one, a month whose rows already lie in it can no longer be attached, and
DETACH CONCURRENTLY is refused.
"""

from __future__ import annotations

from alembic import op

revision = "001"
down_revision = None

UUID7_TS = """
CREATE FUNCTION uuid7_ts(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT to_timestamp((('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint) / 1000.0) $$
"""

PEOPLE = """
CREATE TABLE customers (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    phone       text NOT NULL,
    name        text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX idx_customers_phone ON customers (phone);

CREATE TABLE operators (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    endpoint    text NOT NULL UNIQUE,
    active      boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN operators.endpoint IS 'what Asterisk dials, e.g. PJSIP/operator-1';

CREATE TABLE knowledge_articles (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    external_id text UNIQUE,
    category    text,
    title       text NOT NULL,
    content     text NOT NULL,
    language    text NOT NULL DEFAULT 'uk',
    active      boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN knowledge_articles.external_id IS 'the article''s id in the shop; NULL for our own';
"""

CALLS = """
CREATE TABLE calls (
    id                      uuid NOT NULL,
    started_at              timestamptz NOT NULL,
    revision                integer NOT NULL,
    caller_id               text NOT NULL,
    customer_id             uuid,
    app                     text NOT NULL,
    channel_id              text NOT NULL,
    state                   text NOT NULL,
    answered_at             timestamptz,
    ended_at                timestamptz,
    duration_s              numeric GENERATED ALWAYS AS (extract(epoch FROM ended_at - started_at)) STORED,
    ended_by                text,
    outcome                 text,
    scenario                text,
    transferred_to_operator boolean NOT NULL DEFAULT false,
    transfer_reason         text,
    prompt_version          text,
    quality_score           double precision,
    cost_breakdown          jsonb NOT NULL DEFAULT '{}',
    media                   jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (id, started_at),
    CONSTRAINT calls_started_at_is_in_id CHECK (started_at = uuid7_ts(id))
) PARTITION BY RANGE (started_at);
CREATE INDEX idx_calls_caller_id ON calls (caller_id, started_at DESC);
CREATE INDEX idx_calls_started_at ON calls (started_at);
COMMENT ON COLUMN calls.revision IS 'the record is written again as the call goes on; the highest revision wins';
COMMENT ON COLUMN calls.cost_breakdown IS 'cost by service';
COMMENT ON COLUMN calls.media IS 'frames sent, skipped and received of all legs';
"""

TURNS = """
CREATE TABLE call_turns (
    id              uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    call_id         uuid NOT NULL,
    turn_number     integer NOT NULL,
    revision        integer NOT NULL,
    speaker         text NOT NULL CHECK (speaker IN ('caller', 'agent')),
    text            text NOT NULL,
    heard_text      text,
    heard_ms        integer,
    interrupted     boolean NOT NULL DEFAULT false,
    stt_confidence  double precision,
    language        text,
    hold_ms         integer,
    stt_ms          integer,
    model_ms        integer,
    tts_ms          integer,
    wire_ms         integer,
    answer_ms       integer,
    filler_ms       integer,
    usage           jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (id, created_at),
    CONSTRAINT call_turns_created_at_is_in_id CHECK (created_at = uuid7_ts(id))
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_call_turns_call_id ON call_turns (call_id, turn_number);
COMMENT ON COLUMN call_turns.created_at IS 'when the turn began';
COMMENT ON COLUMN call_turns.heard_text IS 'what of an agent''s text the caller heard before he interrupted';
COMMENT ON COLUMN call_turns.hold_ms IS 'silence waited through before the turn was believed to be over';
COMMENT ON COLUMN call_turns.answer_ms IS 'the caller''s last voiced frame to the first frame of the answer; fillers apart';
"""

TOOL_CALLS = """
CREATE TABLE call_tool_calls (
    id           uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    call_id      uuid NOT NULL,
    turn_number  integer NOT NULL,
    tool_use_id  text NOT NULL,
    name         text NOT NULL,
    arguments    jsonb NOT NULL,
    result       jsonb NOT NULL,
    duration_ms  integer NOT NULL,
    success      boolean NOT NULL,
    request_id   text NOT NULL,
    PRIMARY KEY (id, created_at),
    CONSTRAINT call_tool_calls_created_at_is_in_id CHECK (created_at = uuid7_ts(id))
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_call_tool_calls_call_id ON call_tool_calls (call_id, turn_number);
"""

EVENTS = """
CREATE TABLE call_events (
    id          uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    call_id     uuid NOT NULL,
    sequence    integer NOT NULL,
    state       text NOT NULL,
    event       jsonb NOT NULL,
    commands    jsonb NOT NULL,
    PRIMARY KEY (id, created_at),
    CONSTRAINT call_events_created_at_is_in_id CHECK (created_at = uuid7_ts(id))
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_call_events_call_id ON call_events (call_id, sequence);
COMMENT ON TABLE call_events IS 'steps of the call''s machine: enough to replay it';
COMMENT ON COLUMN call_events.state IS 'after the step';
"""

# CREATE TABLE .. PARTITION OF needs an exclusive lock on the parent: one open reader stalls every writer behind it. A table
# that already stands beside it, with a CHECK that spares ATTACH the scan, is attached under a lock that reads and writes pass.
ENSURE_PARTITION = """
CREATE FUNCTION ensure_partition(parent regclass, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    month  timestamp := date_trunc('month', at AT TIME ZONE 'UTC');
    lower  timestamptz := month AT TIME ZONE 'UTC';
    upper  timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
    place  oid;
    child  text;
    key    text;
    found  oid;
BEGIN
    SELECT c.relnamespace, c.relname || to_char(month, '"_y"YYYY"m"MM'), a.attname INTO place, child, key
      FROM pg_class c
      JOIN pg_partitioned_table p ON p.partrelid = c.oid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
     WHERE c.oid = parent;
    FOR attempt IN 1..2 LOOP
        -- Not to_regclass: while we wait for the lock, its cache does not learn of a table that another session made.
        SELECT oid INTO found FROM pg_class WHERE relnamespace = place AND relname = child;
        IF EXISTS (SELECT FROM pg_inherits WHERE inhparent = parent AND inhrelid = found) THEN
            RETURN false;
        END IF;
        IF attempt = 1 THEN  -- somebody else may be at it: wait for him and look again
            PERFORM pg_advisory_xact_lock(hashtextextended('ensure_partition', parent::oid::bigint));
        END IF;
    END LOOP;
    IF found IS NULL THEN
        EXECUTE format('CREATE TABLE %s.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES, CONSTRAINT %I CHECK (%I >= %L AND %I < %L))',
                       place::regnamespace, child, parent, child || '_month', key, lower, key, upper);
    END IF;
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s.%I FOR VALUES FROM (%L) TO (%L)', parent, place::regnamespace, child, lower, upper);
    RETURN true;
END $$;
"""

FIRST_PARTITIONS = """
SELECT ensure_partition(parent, now() + months * interval '1 month')
  FROM unnest(ARRAY['calls', 'call_turns', 'call_tool_calls', 'call_events']::regclass[]) parent, generate_series(0, 2) months
"""


def upgrade() -> None:
    for statement in (UUID7_TS, PEOPLE, CALLS, TURNS, TOOL_CALLS, EVENTS, ENSURE_PARTITION, FIRST_PARTITIONS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE call_events, call_tool_calls, call_turns, calls, knowledge_articles, operators, customers")
    op.execute("DROP FUNCTION ensure_partition(regclass, timestamptz)")
    op.execute("DROP FUNCTION uuid7_ts(uuid)")
