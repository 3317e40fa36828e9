"""People in the loop: every line of a call's log, call backs, who may do what with our API, and who did.

call_events becomes the whole flight recorder: steps of the machine as before, and lines that are none (their ``state``, ``event`` and
``commands`` are NULL). ``position`` orders the lines of all calls of one app, over its restarts; a reader of the live log resumes by it.

Callbacks, tokens and the audit trail are few and long-lived: plain tables.
"""

from __future__ import annotations

from alembic import op

revision = "003"
down_revision = "002"

LOG = """
ALTER TABLE call_events
    ALTER COLUMN state DROP NOT NULL,
    ALTER COLUMN event DROP NOT NULL,
    ALTER COLUMN commands DROP NOT NULL,
    ADD COLUMN app text NOT NULL DEFAULT '',
    ADD COLUMN position bigint NOT NULL DEFAULT 0,
    ADD COLUMN source text NOT NULL DEFAULT 'ctl',
    ADD COLUMN name text NOT NULL DEFAULT '',
    ADD COLUMN level text NOT NULL DEFAULT '',
    ADD COLUMN text text NOT NULL DEFAULT '',
    ADD COLUMN data jsonb NOT NULL DEFAULT '{}'
"""
LOG_OF_OLD_CALLS = """
UPDATE call_events SET
    app = coalesce((SELECT app FROM calls WHERE calls.id = call_id AND calls.started_at = uuid7_ts(call_id)), ''),
    position = (extract(epoch FROM created_at) * 1000000)::bigint + sequence,
    name = split_part(event ->> 'type', '.', 1),
    text = state
"""
LOG_INDEX = "CREATE INDEX idx_call_events_app_position ON call_events (app, position)"
TROUBLE_INDEX = "CREATE INDEX idx_call_events_trouble ON call_events (call_id) WHERE name = 'TroubleRaised'"
LOG_COMMENT = (
    "COMMENT ON TABLE call_events IS 'the flight recorder: every line of a call''s log; those with an event are steps of its machine'"
)

CALLS = "ALTER TABLE calls ADD COLUMN operator text, ADD COLUMN ended_who text"
TURNS = "ALTER TABLE call_turns ADD COLUMN prompted_by text"

CALLBACKS = """
CREATE TABLE callbacks (
    id          uuid PRIMARY KEY,
    call_id     uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    phone       text NOT NULL,
    name        text NOT NULL DEFAULT '',
    why         text NOT NULL DEFAULT '',
    due_at      timestamptz,
    revision    bigint NOT NULL DEFAULT 0,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    tries       integer NOT NULL DEFAULT 0,
    owner       text,
    changed_at  timestamptz
);
CREATE INDEX idx_callbacks_open ON callbacks (created_at) WHERE state = 'open';
COMMENT ON COLUMN callbacks.owner IS 'who dialled last';
"""

TOKENS = """
CREATE TABLE api_tokens (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    hash         bytea NOT NULL UNIQUE,
    person       text NOT NULL,
    role         text NOT NULL CHECK (role IN ('viewer', 'developer', 'supervisor', 'admin')),
    telephone    text,
    numbers      boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    once         boolean NOT NULL DEFAULT false,
    parent       uuid
);
COMMENT ON COLUMN api_tokens.hash IS 'SHA-256; the token itself is 256 random bits and kept nowhere';
COMMENT ON COLUMN api_tokens.telephone IS 'what Asterisk dials to reach this person, e.g. PJSIP/sup1';
COMMENT ON COLUMN api_tokens.numbers IS 'may see telephone numbers in full';
COMMENT ON COLUMN api_tokens.once IS 'a link: exchanged for a session once, then revoked';
COMMENT ON COLUMN api_tokens.parent IS 'a browser''s session: the token it was exchanged for';
"""

AUDIT = """
CREATE TABLE audit (
    id          uuid PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    role        text NOT NULL,
    action      text NOT NULL,
    call_id     uuid,
    why         text NOT NULL,
    arguments   jsonb NOT NULL,
    result      text NOT NULL,
    request_id  text NOT NULL
);
CREATE INDEX idx_audit_at ON audit (at);
CREATE INDEX idx_audit_call_id ON audit (call_id) WHERE call_id IS NOT NULL;
"""


def upgrade() -> None:
    for statement in (LOG, LOG_OF_OLD_CALLS, LOG_INDEX, TROUBLE_INDEX, LOG_COMMENT, CALLS, TURNS, CALLBACKS, TOKENS, AUDIT):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE audit, api_tokens, callbacks")
    op.execute("ALTER TABLE call_turns DROP COLUMN prompted_by")
    op.execute("ALTER TABLE calls DROP COLUMN operator, DROP COLUMN ended_who")
    op.execute("DROP INDEX idx_call_events_app_position, idx_call_events_trouble")
    op.execute("DELETE FROM call_events WHERE event IS NULL")
    columns = ("app", "position", "source", "name", "level", "text", "data")
    op.execute("ALTER TABLE call_events " + ", ".join(f"DROP COLUMN {column}" for column in columns))
    op.execute(
        "ALTER TABLE call_events ALTER COLUMN state SET NOT NULL, ALTER COLUMN event SET NOT NULL, ALTER COLUMN commands SET NOT NULL"
    )
    op.execute("COMMENT ON TABLE call_events IS 'steps of the call''s machine: enough to replay it'")
