"""How a call ended, in the words that people choose by. Pure; ``past.sql`` says the same of calls that are over.

booked  a fitting was booked        order  an order was confirmed        cb    he is to be rung back
human   an operator took him        info   he was answered               left  he hung up before that
drop    the line or we failed
"""

from __future__ import annotations

from collections.abc import Collection

OUTCOMES = ("booked", "order", "cb", "human", "info", "left", "drop")

_BROKEN = frozenset({"failed", "orphaned"})


def outcome_of(outcome: str | None, *, transferred: bool, tools: Collection[str], answered: bool) -> str:
    """*outcome* is the record's word; *tools* are those used with success; *answered*: the agent answered something he said."""
    if "confirm_order" in tools:
        return "order"
    if "book_fitting" in tools:
        return "booked"
    if transferred:
        return "human"
    if "request_callback" in tools:
        return "cb"
    if outcome in _BROKEN:
        return "drop"
    return "info" if answered else "left"
