"""Calls that are over, as the console shows them: a page of them, and one with its turns.

    page = await past_page(reader, PastWish(since=..., until=..., q="не ті шини"))
    call = await past_call(reader, call_id, q="не ті шини")

Nothing is masked here: ``Sight.see`` does it for who asks. But neither finds for him what that would hide. Both raise what *reader* raises.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any, LiteralString, Protocol

from agent.intents import wants_human
from agent.records import Latencies, ToolCallRecord, TurnRecord
from controller.board import shapes
from controller.board.live_call import name_given
from controller.board.search import Word, marks, wanted
from controller.board.shapes import Shape
from controller.board.sight import Sight
from controller.board.topic import About
from controller.journal.ids import moment, unix_ms
from controller.journal.queries import BEFORE, LONGEST_CALL, QUERIES, Row, load
from controller.reader import Rows

PAGE = 50
PAGE_MAX = 200
TIMEOUT_S = 5.0
_MOMENTS_MAX = 8
_TOOL_BUDGET_MS = 5_000

STATEMENTS = load(resources.files(__package__).joinpath("past.sql").read_text("utf-8"))
_PAGE, _CALL = (STATEMENTS[name].replace("OUTCOME", STATEMENTS["outcome_of"]) for name in ("past_page", "past_call"))


class Asked(Protocol):
    """``controller.reader.Reader``, or the API's pool of them."""

    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWish:
    """Calls that started in [*since*, *until*) and are over, newest first."""

    since: datetime
    until: datetime
    q: str = ""  # words, all of which occur in the talk, the name or the number, however inflected they are written
    caller: str = ""  # a telephone number, in any form, or its last digits
    outcome: str = ""  # one of ``outcome.OUTCOMES``
    trouble: bool = False  # only calls that had some
    cursor: str = ""  # ``next`` of the page before
    limit: int = PAGE
    numbers: bool = False  # whether parts of numbers may be searched for: who does not see them must not find them out


async def past_page(reader: Asked, wish: PastWish) -> Shape:
    """{"items": [{"id", "at", "caller", "topic", "outcome", "dur_s", "p95_ms", "trouble"}], "total", "with_trouble", "next"}.

    *at* is Unix time in ms; *trouble* is null or {"level", "code", "args"}, the gravest; *next* is null on the last page.
    Raises ``ValueError`` for a cursor that is none of ours.
    """
    limit = max(1, min(wish.limit, PAGE_MAX))
    caller = re.sub(r"\D", "", wish.caller)[-9:]
    words = wanted(wish.q)
    if (wish.caller and not caller) or (not wish.numbers and (0 < len(caller) < 9 or any(map(_hidden, words)))):
        return {"items": [], "total": 0, "with_trouble": 0, "next": None}
    cursor, cursor_at = _cursor(wish.cursor)
    rows = await reader.fetch(
        _PAGE,
        {
            "since": wish.since,
            "until": wish.until,
            "parts_since": wish.since - BEFORE,
            "parts_until": wish.until + LONGEST_CALL,
            "caller": caller,
            "outcome": wish.outcome,
            "trouble": wish.trouble,
            "words": [word.text for word in words],
            "tails": [word.tail for word in words],
            "digits": [word.digits for word in words],
            "numbers": wish.numbers,
            "cursor": cursor,
            "cursor_at": cursor_at,
            "limit": limit + 1,
        },
        timeout_s=TIMEOUT_S,
    )
    found = [row for row in rows if row["id"] is not None]
    return {
        "items": [_item(row) for row in found[:limit]],
        "total": rows[0]["total"],
        "with_trouble": rows[0]["with_trouble"],
        "next": str(found[limit - 1]["id"]) if len(found) > limit else None,
    }


async def past_call(reader: Asked, call_id: uuid.UUID, *, q: str = "", numbers: bool = False) -> Shape | None:
    """A Call with *turns*, *summary*, *facts*, *dur_s*, *p95_ms* and *hits*; None if there is none.

    A hit is {"n", "at", "who", "text", "marks": [[from, to], ...]} in characters of *text*; without *q* hits are key moments, unmarked.
    Without *numbers* they are looked for in the masked text, as ``Sight.see`` leaves it.
    A fact is {"name", "ms"} of a tool, with "error" if it failed.
    """
    try:
        started_at = moment(unix_ms(call_id))
        bounds = {"call_id": call_id, "since": started_at - BEFORE, "until": started_at + LONGEST_CALL}
    except OverflowError:  # no call is so late
        return None
    parts = {"parts_since": bounds["since"], "parts_until": bounds["until"]}
    calls = await reader.fetch(_CALL, {"call_id": call_id, "started_at": started_at, **parts}, timeout_s=TIMEOUT_S)
    if not calls:
        return None
    started_ms = unix_ms(call_id)
    said = [_turn(row) for row in await reader.fetch(QUERIES["turns_of_call"], bounds, timeout_s=TIMEOUT_S)]
    used = [_tool(row) for row in await reader.fetch(QUERIES["tool_calls_of_call"], bounds, timeout_s=TIMEOUT_S)]
    turns = sorted([*(shapes.turn(turn, started_ms) for turn in said), *_tool_turns(used, started_ms)], key=lambda turn: int(turn["n"]))
    row, about, name = calls[0], About(), ""
    for turn in said:
        if turn.speaker == "caller":
            about.said(turn.text)
    for tool in used:
        if tool.success:
            about.used(tool.name, tool.arguments, tool.result)
            name = name_given(tool.name, tool.arguments) or name
    answers = [took for turn in said if (took := turn.latencies.answer_ms) is not None]
    languages = [turn.language for turn in said if turn.language]
    return {
        "id": str(call_id),
        "caller": {"name": row["customer"] or name, "tel": row["caller_id"], "known": 0},
        "line": row["line"] or "",
        "lang": languages[-1][:2] if languages else "uk",
        "started": started_ms,
        "ended": None if row["ended_at"] is None else _ms(row["ended_at"]),
        "state": row["state"],
        "outcome": row["told_outcome"],
        "topic": about.text,
        "operator": row["operator"],
        "trouble": row["trouble"] and {**_trouble(row["trouble"]), "since": _ms(row["trouble_at"]), "hint": None},
        "lat": answers,
        "listeners": [],
        "can": [],
        "dur_s": _seconds(row["duration_s"]),
        "p95_ms": sorted(answers)[-(-len(answers) * 95 // 100) - 1] if answers else None,
        "turns": turns,
        "summary": row["summary"] or "",
        "facts": [{"name": tool.name, "ms": tool.duration_ms, **_error(tool)} for tool in used],
        "hits": _hits(turns if numbers else Sight().see(turns), wanted(q)) if q.strip() else _key_moments(turns),
        "events_url": f"/api/v1/calls/{call_id}/log",
    }


def _hidden(word: Word) -> bool:
    """Longer than an order's number and no number in full: it could only be a part of one, which masking hides."""
    return word.digits and not word.tail and len(word.text) > 6


def _cursor(text: str) -> tuple[uuid.UUID, datetime] | tuple[None, None]:
    """A call's id and when it began; raises ``ValueError``."""
    if not text:
        return None, None
    cursor = uuid.UUID(text)
    if cursor.version != 7:
        raise ValueError("a cursor is a call's id")
    try:
        return cursor, moment(unix_ms(cursor))
    except OverflowError:
        raise ValueError("a cursor is the id of a call that was") from None


def _item(row: Row) -> Shape:
    about, name = About(), ""
    about.said(row["first_words"] or "")
    for tool, arguments, result in row["tools"] or []:
        about.used(tool, arguments, result)
        name = name_given(tool, arguments) or name
    return {
        "id": str(row["id"]),
        "at": _ms(row["started_at"]),
        "caller": {"name": row["customer"] or name, "tel": row["caller_id"], "known": 0},
        "topic": about.text,
        "outcome": row["told_outcome"],
        "dur_s": _seconds(row["duration_s"]),
        "p95_ms": row["p95_ms"],
        "trouble": row["trouble"] and _trouble(row["trouble"]),
    }


def _trouble(data: Mapping[str, Any]) -> Shape:
    return {"level": data.get("level", "warn"), "code": data.get("code", ""), "args": data.get("args", {})}


def _turn(row: Row) -> TurnRecord:
    return TurnRecord(
        turn_number=row["turn_number"],
        speaker=row["speaker"],
        text=row["text"],
        started_at_ms=_ms(row["created_at"]),
        revision=row["revision"],
        heard_text=row["heard_text"],
        heard_ms=row["heard_ms"],
        interrupted=row["interrupted"],
        stt_confidence=row["stt_confidence"],
        language=row["language"],
        latencies=Latencies(**{name: row[name] for name in Latencies.__struct_fields__}),
        prompted_by=row["prompted_by"] or "",
    )


def _tool(row: Row) -> ToolCallRecord:
    return ToolCallRecord(
        turn_number=row["turn_number"],
        tool_use_id=row["tool_use_id"],
        name=row["name"],
        arguments=row["arguments"],
        result=row["result"],
        started_at_ms=_ms(row["created_at"]),
        duration_ms=row["duration_ms"],
        success=row["success"],
        request_id=row["request_id"],
    )


def _tool_turns(used: list[ToolCallRecord], started_ms: int) -> list[Shape]:
    turns, of_turn, failed = [], dict[int, int](), dict[str, int]()
    for tool in used:
        index = of_turn.get(tool.turn_number, 0)
        of_turn[tool.turn_number] = index + 1
        attempt = failed.get(tool.name, 0) + 1
        failed[tool.name] = 0 if tool.success else attempt
        turns.append(shapes.tool_turn(tool, index, started_ms, budget_ms=_TOOL_BUDGET_MS, attempt=attempt))
    return turns


def _hits(turns: list[Shape], words: list[Word]) -> list[Shape]:
    found = [(turn, marks(turn["text"], words)) for turn in turns if turn["who"] != "tool"]
    return [_hit(turn, places) for turn, places in found if places]


def _key_moments(turns: list[Shape]) -> list[Shape]:
    """What he wanted first, each wish for a human, what was cut short, and his last words."""
    by_caller = [turn for turn in turns if turn["who"] == "caller"]
    told = {turn["n"] for turn in (*by_caller[:1], *by_caller[-1:])}
    told |= {turn["n"] for turn in by_caller if wants_human(turn["text"])}
    told |= {turn["n"] for turn in turns if turn.get("heard_chars") is not None}
    return [_hit(turn, []) for turn in turns if turn["n"] in told][:_MOMENTS_MAX]


def _hit(turn: Shape, places: list[list[int]]) -> Shape:
    return {"n": turn["n"], "at": turn["at"], "who": turn["who"], "text": turn["text"], "marks": places}


def _error(tool: ToolCallRecord) -> Shape:
    return {} if tool.success else {"error": str(tool.result.get("error", "?"))}


def _ms(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * 1000)


def _seconds(value: Any) -> float | None:
    return None if value is None else round(float(value), 1)
