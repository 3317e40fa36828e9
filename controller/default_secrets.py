"""Secrets that everybody knows, and those that a staging stack made for itself: neither may guard a real telephone line."""

from __future__ import annotations

from typing import Literal

Environment = Literal["production", "staging", "development"]

STAGING_ONLY = "staging-only-"
"""How each secret begins that ``ops/make_secrets.sh`` makes."""

_KNOWN = frozenset((
    "admin", "asterisk", "callcenter", "callctl", "change-me", "change_me", "changeme", "default", "dummy", "example", "fixme", "guest",
    "none", "null", "operator", "pass", "password", "placeholder", "postgres", "redis", "replace-me", "root", "secret", "supervisor",
    "test", "todo", "user", "xxx", "your-api-key", "your-key", "1234", "12345", "123456", "12345678",
))  # fmt: skip


SHORTEST = 8
"""Shorter ones are guessed, and could not be hidden in a log: they occur by chance everywhere."""


def objection(secret: str, environment: Environment) -> str | None:
    """Why *secret* will not do, in words that do not show it."""
    if secret.startswith(STAGING_ONLY) and environment != "staging":
        return f"is a secret that a staging stack made for itself; with ENVIRONMENT={environment} give a real one"
    if environment != "development" and secret.strip("<>{}[] ").lower() in _KNOWN:
        return "is a placeholder that everybody knows; give a real secret (ENVIRONMENT=development accepts any)"
    if environment != "development" and len(secret) < SHORTEST:
        return f"has fewer than {SHORTEST} characters; give one that nobody guesses (ENVIRONMENT=development accepts any)"
    return None
