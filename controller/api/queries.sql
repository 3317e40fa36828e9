-- The statements of our API that are not about calls (controller/journal/queries.sql has those, controller/board/past the search).
-- %(x)s are psycopg's parameters.


-- ---------------------------------------------------------------------------------------------------------------------
-- Tokens, sessions and links. A session always has a parent; a link is never a token.

-- name: find_token
SELECT id, person, role, telephone, numbers, expires_at, parent
FROM api_tokens
WHERE hash = %(hash)s AND NOT once AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- name: token_stands
SELECT FROM api_tokens WHERE id = %(id)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- name: put_token
-- Sent twice, because a connection was lost, it is still one token.
INSERT INTO api_tokens (id, hash, person, role, telephone, numbers, expires_at, once)
VALUES (%(id)s, %(hash)s, %(person)s, %(role)s, nullif(%(telephone)s, ''), %(numbers)s, %(expires_at)s, %(once)s)
ON CONFLICT (id) DO UPDATE SET hash = EXCLUDED.hash
RETURNING id, created_at;

-- name: open_session
-- Of a token. It is locked meanwhile: who revokes it comes before this, and there is no session, or after it, and ends the session too.
WITH known AS (
    SELECT id, person, role, telephone, numbers, expires_at
    FROM api_tokens
    WHERE id = %(parent)s AND parent IS NULL AND NOT once AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    FOR UPDATE
)
INSERT INTO api_tokens (id, hash, person, role, telephone, numbers, expires_at, parent)
SELECT %(id)s, %(hash)s, person, role, telephone, numbers, least(expires_at, %(expires_at)s), id FROM known
RETURNING id, person, role, telephone, numbers, expires_at, parent;

-- name: use_link
-- A link opens one session: whoever finds it unrevoked revokes it.
WITH used AS (
    UPDATE api_tokens SET revoked_at = now()
    WHERE hash = %(link)s AND once AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    RETURNING id, person, role, telephone, numbers
)
INSERT INTO api_tokens (id, hash, person, role, telephone, numbers, expires_at, parent)
SELECT %(id)s, %(hash)s, person, role, telephone, numbers, %(expires_at)s, id FROM used
RETURNING id, person, role, telephone, numbers, expires_at, parent;

-- name: forget_sessions
-- What is long over: of a session nothing is worth keeping that the audit trail does not tell.
DELETE FROM api_tokens WHERE parent IS NOT NULL AND expires_at < now() - interval '7 days' RETURNING id;

-- name: revoke_token
UPDATE api_tokens SET revoked_at = now() WHERE id = %(id)s AND revoked_at IS NULL RETURNING id;

-- name: revoke_sessions
-- After revoke_token, as a statement of its own: it then sees every session that was opened before.
UPDATE api_tokens SET revoked_at = now() WHERE parent = %(id)s AND revoked_at IS NULL RETURNING id;

-- name: token_exists
SELECT revoked_at FROM api_tokens WHERE id = %(id)s;

-- name: list_tokens
-- Newest first; sessions are told as how many live ones a token has.
SELECT id, person, role, telephone, numbers, once, created_at, expires_at, revoked_at,
    (SELECT count(*) FROM api_tokens session
     WHERE session.parent = token.id AND session.revoked_at IS NULL AND session.expires_at > now()) AS sessions
FROM api_tokens token
WHERE parent IS NULL
ORDER BY created_at DESC, id
LIMIT 1000;


-- ---------------------------------------------------------------------------------------------------------------------
-- The audit trail. Its ids are UUIDv7: in the order of time.

-- name: note_command
-- What was done at a terminal, where no journal is open.
INSERT INTO audit (id, at, actor, role, action, why, arguments, result, request_id)
VALUES (%(id)s, to_timestamp(%(at_s)s), %(actor)s, 'terminal', %(action)s, '', %(arguments)s::jsonb, 'accepted', '')
ON CONFLICT (id) DO UPDATE SET action = EXCLUDED.action
RETURNING id;

-- name: list_audit
SELECT id, at, actor, role, action, call_id, why, arguments, result, request_id
FROM audit
WHERE at >= %(since)s AND at < %(until)s
    AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid)
    AND (%(actor)s = '' OR actor = %(actor)s)
    AND (%(action)s = '' OR action = %(action)s)
    AND (%(call_id)s::uuid IS NULL OR call_id = %(call_id)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;
