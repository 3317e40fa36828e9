"""A floor in the middle of a day, in the console's shapes: sixteen calls, four of them in trouble, and what is behind the other views.

Every name and number is fictitious. Times are relative to *now* (Unix time in ms), so that the page's clocks show the same at any time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Shape = dict[str, Any]

OLENA = "c-4127"
LIVE_TURN: Shape = {"n": 13, "at": 77000, "text": "Скільки мені ще", "who": "caller"}

ROWS: Shape = json.loads((Path(__file__).parent / "sample.json").read_text(encoding="utf-8"))
TURNS: list[Shape] = ROWS["turns"]

MINUTE_MS = 60_000
_CAN = {"operator": ["listen", "take", "hang"], "transferring": ["listen", "take", "hang"]}
_CAN_ALL = ["transfer", "listen", "say", "take", "hang"]


def snapshot(now: int) -> Shape:
    return {
        "now": now,
        "calls": [_call(row, now) for row in ROWS["calls"]],
        "queue": [_since(row, now) for row in ROWS["waiting"]],
        "operators": [_since(row, now) for row in ROWS["operators"]],
        "callbacks": [{**row, "due": now + row["in_min"] * MINUTE_MS} for row in ROWS["callbacks"]],
        "health": [_dependency(row, now) for row in ROWS["health"]],
    }


def log() -> list[Shape]:
    return [{"seq": i, **row, "data": {}} for i, row in enumerate(ROWS["log"], start=1)]


def past_items(now: int) -> list[Shape]:
    return [_past_item(row, now) for row in ROWS["past"]]


def past_call(item: Shape, q: str) -> Shape:
    """A Call with turns, summary, facts and hits."""
    said = [turn for turn in TURNS if turn["who"] == "caller" and "не ті" in turn["text"]]
    return {
        **{name: item[name] for name in ("id", "caller", "topic", "outcome", "dur_s", "p95_ms")},
        "started": item["at"],
        "ended": item["at"] + item["dur_s"] * 1000,
        "state": "ended",
        "trouble": item["trouble"] and {**item["trouble"], "since": item["at"], "hint": None},
        "turns": TURNS,
        "summary": "Замовлення 12345: дві з чотирьох шин іншого розміру. Просила людину, у «Продажу» не було вільних. Обмін не оформлено.",
        "facts": [{"name": "get_order_status", "ms": 171}, {"name": "transfer_to_operator", "error": "no_free_operator"}],
        "hits": [{**{name: turn[name] for name in ("n", "at", "who", "text")}, "marks": _marks(turn["text"], q)} for turn in said],
    }


def _call(row: Shape, now: int) -> Shape:
    number = row["who"].startswith("+")
    trouble = ROWS["troubles"].get(row["id"])
    return {
        **{name: row[name] for name in ("id", "state", "topic", "operator", "lat")},
        "caller": {
            "name": "" if number else row["who"],
            "tel": row["who"] if number else "+380672143890",
            "known": 3 if row["id"] == OLENA else 0,
        },
        "line": "044 390 12 12",
        "lang": "uk",
        "started": now - row["ago_s"] * 1000,
        "state_seq": 7,
        "trouble": trouble and {**trouble, "since": now - trouble["ago_s"] * 1000},
        "listeners": [],
        "can": _CAN.get(row["state"], _CAN_ALL),
    }


def _since(row: Shape, now: int) -> Shape:
    return {**row, "since": now - row["ago_s"] * 1000}


def _dependency(row: Shape, now: int) -> Shape:
    bad_minutes = sum(mark in "wd" for mark in row["minutes"])
    return {
        **row,
        "since": now - (bad_minutes or 60) * MINUTE_MS,
        "checked": now - row["ago_s"] * 1000,
        "text": {"code": "said", "args": {"text": row["text"]}},
    }


def _past_item(row: Shape, now: int) -> Shape:
    return {**row, "at": now - row["ago_min"] * MINUTE_MS, "caller": {"name": row["name"], "tel": row["tel"], "known": 0}}


def _marks(text: str, q: str) -> list[list[int]]:
    at = text.lower().find(q.lower()) if q else -1
    return [[at, at + len(q)]] if at >= 0 else []
