-- Customers whom we promised to ring back. Noted by the journal (put_callbacks); worked off here.

-- name: callbacks
-- Open ones, the most urgent first; behind them, where asked for, what was done of late.
SELECT id, call_id, created_at, phone, name, why, coalesce(due_at, created_at) AS due_at, state, tries, owner
FROM callbacks
WHERE state = 'open' OR (%(done)s AND changed_at > now() - interval '7 days')
ORDER BY state = 'done', CASE WHEN state = 'open' THEN coalesce(due_at, created_at) END, changed_at DESC
LIMIT %(limit)s;

-- name: callback
SELECT id, phone, name, state FROM callbacks WHERE id = %(id)s;

-- name: callback_tried
UPDATE callbacks SET tries = tries + 1, owner = %(owner)s, changed_at = now()
WHERE id = %(id)s AND state = 'open'
RETURNING id;

-- name: callback_done
-- Twice is no harm, and the first to do it stays its owner.
UPDATE callbacks
SET owner = CASE WHEN state = 'open' THEN %(owner)s ELSE owner END,
    changed_at = CASE WHEN state = 'open' THEN now() ELSE changed_at END,
    state = 'done'
WHERE id = %(id)s
RETURNING id;
