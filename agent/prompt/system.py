"""The system prompt: one versioned text plus what is known of this call."""

from __future__ import annotations

import datetime as dt
import functools
from importlib import resources

from agent.tools.wording import weekday_and_day

PROMPT_VERSION = "v3"
_NAME_MAX = 60  # characters; more is no name


@functools.cache
def prompt_text(version: str = PROMPT_VERSION) -> str:
    return (resources.files("agent.prompt") / f"{version}.md").read_text(encoding="utf-8")


def system_prompt(caller_name: str | None = None, today: dt.date | None = None) -> str:
    """The same text for every caller first (so that it can be cached by the vendor), the call's own facts last.

    *today* is the shop's local day: with it "tomorrow" and "on Saturday" become dates.
    """
    name = " ".join((caller_name or "").split())[:_NAME_MAX]
    known = f"Ім'я клієнта за номером телефону: {name}." if name else "Клієнт за номером телефону невідомий."
    facts = [known] if today is None else [f"Сьогодні {weekday_and_day(today)} {today.year} року ({today.isoformat()}).", known]
    return "\n".join([f"{prompt_text()}\n# Цей дзвінок", *(f"- {fact}" for fact in facts), ""])
