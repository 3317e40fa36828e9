-- Calls that are over, for the console. Time bounds are given as values: else the planner looks into every month.

-- name: outcome_of
-- A part of the statements below, in place of OUTCOME: how a call ended in the words of outcome.py, which says the same of live ones.
CASE
    WHEN EXISTS (SELECT FROM call_tool_calls used WHERE used.call_id = calls.id AND used.success AND used.name = 'confirm_order'
        AND used.created_at >= %(parts_since)s AND used.created_at < %(parts_until)s) THEN 'order'
    WHEN EXISTS (SELECT FROM call_tool_calls used WHERE used.call_id = calls.id AND used.success AND used.name = 'book_fitting'
        AND used.created_at >= %(parts_since)s AND used.created_at < %(parts_until)s) THEN 'booked'
    WHEN calls.transferred_to_operator THEN 'human'
    WHEN EXISTS (SELECT FROM call_tool_calls used WHERE used.call_id = calls.id AND used.success AND used.name = 'request_callback'
        AND used.created_at >= %(parts_since)s AND used.created_at < %(parts_until)s) THEN 'cb'
    WHEN calls.outcome IN ('failed', 'orphaned') THEN 'drop'
    WHEN EXISTS (SELECT FROM call_turns said WHERE said.call_id = calls.id AND said.answer_ms IS NOT NULL
        AND said.created_at >= %(parts_since)s AND said.created_at < %(parts_until)s) THEN 'info'
    ELSE 'left'
END

-- name: past_page
-- Every word begins a word of what was said, of the name, or of what was looked up, or is in the number. *tails* are the last nine digits
-- of words that are whole numbers. Who may not see numbers (*numbers* false) finds no digits that a masked text hides: runs of nine and more are left out.
WITH wanted AS MATERIALIZED (
    SELECT
        calls.id, calls.started_at, customers.name AS customer,
        EXISTS (SELECT FROM call_events raised WHERE raised.call_id = calls.id AND raised.name = 'TroubleRaised'
            AND raised.created_at >= %(parts_since)s AND raised.created_at < %(parts_until)s) AS troubled
    FROM calls LEFT JOIN customers ON customers.id = calls.customer_id
    WHERE calls.started_at >= %(since)s AND calls.started_at < %(until)s AND calls.ended_at IS NOT NULL
        AND (%(caller)s::text = '' OR right(regexp_replace(calls.caller_id, '\D', '', 'g'), length(%(caller)s::text)) = %(caller)s)
        AND (%(outcome)s::text = '' OR (OUTCOME) = %(outcome)s)
        AND NOT EXISTS (
            SELECT FROM unnest(%(words)s::text[], %(tails)s::text[], %(digits)s::boolean[]) AS asked (word, tail, digits)
            WHERE NOT (
                tail <> '' AND right(regexp_replace(calls.caller_id, '\D', '', 'g'), 9) = tail
                OR digits AND %(numbers)s::boolean AND regexp_replace(calls.caller_id, '\D', '', 'g') LIKE '%%' || word || '%%'
                OR fold_words(coalesce(customers.name, '')) ~ ('\m' || word)
                OR (tail = '' OR %(numbers)s::boolean) AND EXISTS (
                    SELECT FROM (
                        SELECT text FROM call_turns said
                        WHERE said.call_id = calls.id AND said.created_at >= %(parts_since)s AND said.created_at < %(parts_until)s
                        UNION ALL
                        SELECT arguments::text FROM call_tool_calls used
                        WHERE used.call_id = calls.id AND used.created_at >= %(parts_since)s AND used.created_at < %(parts_until)s
                    ) told
                    WHERE CASE
                        WHEN tail <> '' THEN regexp_replace(text, '\D', '', 'g') LIKE '%%' || tail || '%%'
                        WHEN digits AND NOT %(numbers)s::boolean THEN regexp_replace(text, '(\d[ ()-]*){9,}', '', 'g') ~ ('\m' || word)
                        ELSE fold_words(text) ~ ('\m' || word)
                    END
                )))
), shown AS (
    SELECT * FROM wanted WHERE NOT %(trouble)s::boolean OR troubled
), totals AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE troubled) AS with_trouble FROM shown
), page AS (
    SELECT * FROM shown
    WHERE %(cursor)s::uuid IS NULL OR (started_at, id) < (%(cursor_at)s::timestamptz, %(cursor)s::uuid)
    ORDER BY started_at DESC, id DESC LIMIT %(limit)s
)
SELECT
    totals.total, totals.with_trouble, calls.id, calls.started_at, calls.caller_id, page.customer, calls.duration_s,
    OUTCOME AS told_outcome, answers.p95_ms, first.text AS first_words, tools.tools, raised.data AS trouble
FROM totals
LEFT JOIN page ON true
LEFT JOIN calls ON calls.id = page.id AND calls.started_at = page.started_at
    AND calls.started_at >= %(since)s AND calls.started_at < %(until)s
LEFT JOIN LATERAL (
    SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY answer_ms) AS p95_ms FROM call_turns said
    WHERE said.call_id = page.id AND said.created_at >= %(parts_since)s AND said.created_at < %(parts_until)s
) answers ON true
LEFT JOIN LATERAL (
    SELECT text FROM call_turns said
    WHERE said.call_id = page.id AND said.speaker = 'caller' AND said.created_at >= %(parts_since)s AND said.created_at < %(parts_until)s
    ORDER BY turn_number LIMIT 1
) first ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(name, arguments, result - 'articles' - 'tires' - 'text') ORDER BY created_at) AS tools
    FROM call_tool_calls used
    WHERE used.call_id = page.id AND used.success AND used.created_at >= %(parts_since)s AND used.created_at < %(parts_until)s
) tools ON true
LEFT JOIN LATERAL (
    SELECT data FROM call_events raised
    WHERE raised.call_id = page.id AND raised.name = 'TroubleRaised'
        AND raised.created_at >= %(parts_since)s AND raised.created_at < %(parts_until)s
    ORDER BY level = 'err' DESC, sequence DESC LIMIT 1
) raised ON true
ORDER BY calls.started_at DESC, calls.id DESC;

-- name: past_call
SELECT calls.*, customers.name AS customer, OUTCOME AS told_outcome, arrived.event ->> 'dialled' AS line, raised.data AS trouble,
    raised.created_at AS trouble_at,
    (SELECT coalesce(nullif(told.event -> 'outcome' ->> 'summary', ''), nullif(told.event ->> 'summary', '')) FROM call_events told
     WHERE told.call_id = calls.id AND told.name IN ('agent_finished', 'transfer_requested')
        AND coalesce(nullif(told.event -> 'outcome' ->> 'summary', ''), nullif(told.event ->> 'summary', '')) IS NOT NULL
        AND told.created_at >= %(parts_since)s AND told.created_at < %(parts_until)s
     ORDER BY told.sequence DESC LIMIT 1) AS summary
FROM calls
LEFT JOIN customers ON customers.id = calls.customer_id
LEFT JOIN LATERAL (
    SELECT event FROM call_events arrived WHERE arrived.call_id = calls.id AND arrived.sequence = 1
        AND arrived.created_at >= %(parts_since)s AND arrived.created_at < %(parts_until)s LIMIT 1
) arrived ON true
LEFT JOIN LATERAL (
    SELECT data, created_at FROM call_events raised
    WHERE raised.call_id = calls.id AND raised.name = 'TroubleRaised'
        AND raised.created_at >= %(parts_since)s AND raised.created_at < %(parts_until)s
    ORDER BY level = 'err' DESC, sequence DESC LIMIT 1
) raised ON true
WHERE calls.id = %(call_id)s AND calls.started_at = %(started_at)s;

-- name: orders_of_caller
SELECT count(*) AS orders
FROM calls JOIN call_tool_calls used ON used.call_id = calls.id
WHERE calls.caller_id = %(caller_id)s AND calls.started_at >= %(since)s
    AND used.created_at >= %(since)s AND used.name = 'confirm_order' AND used.success;
