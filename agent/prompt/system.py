"""The system prompt: one versioned text plus what is known of this call."""

from __future__ import annotations

import functools
from importlib import resources

PROMPT_VERSION = "v1"


@functools.cache
def prompt_text(version: str = PROMPT_VERSION) -> str:
    return (resources.files("agent.prompt") / f"{version}.md").read_text(encoding="utf-8")


def system_prompt(caller_name: str | None = None) -> str:
    """The same text for every caller first (so that it can be cached by the vendor), the call's own facts last."""
    known = f"Ім'я клієнта за номером телефону: {caller_name}." if caller_name else "Клієнт за номером телефону невідомий."
    return f"{prompt_text()}\n# Цей дзвінок\n- {known}\n"
