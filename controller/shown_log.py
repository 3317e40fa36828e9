"""Lines of a call's log for people at a terminal: what happened, from whom, how bad; the same in ``tail`` and ``show``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

SOURCES = {
    "ari": "cyan",
    "rtp": "blue",
    "vad": "bright_black",
    "stt": "green",
    "llm": "magenta",
    "tts": "yellow",
    "tool": "bright_blue",
    "ctl": "white",
}
LEVELS = {"": "", "warn": "yellow", "err": "bold red"}
CALLS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
NAME_WIDTH = 20
CALL_DIGITS = 6  # the last ones of an id are chance, the first ones time
HIDDEN_FIELDS = ("type", "limits", "started_at_ms")
LONGEST_VALUE = 120


def log_text(line: Mapping[str, Any], *, call: bool = True) -> Text:
    """One row of *line*, an object as ``log_stream.line`` describes it; with the end of its call's id unless *call* is false."""
    moment = datetime.fromtimestamp(line["ts"] / 1000, UTC)
    level, source = LEVELS.get(line["lvl"], ""), SOURCES.get(line["src"], "")
    row = Text.assemble((f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d} ", "dim"))
    if call:
        row.append(f"{line['call'][-CALL_DIGITS:]} ", CALLS[sum(line["call"].encode()) % len(CALLS)])
    row.append(f"{line['seq']:>4} ", "dim")
    row.append(f"{line['src']:<4} ", source)
    row.append(f"{line['name']:<{NAME_WIDTH}} ", level or source)
    if line["state"] is None:
        return _append(row, (line["text"], level), (_fields(line["data"]), "dim"))
    event, commands = line["data"]["event"], line["data"]["commands"]
    orders = ", ".join(str(command.get("type", "?")).partition(".")[0] for command in commands)
    return _append(row, (f"→ {line['state']}", "bold"), (_fields(event), ""), (f"orders: {orders}" if orders else "", "dim"))


def gap_text(gap: Mapping[str, Any]) -> Text:
    after, until = (datetime.fromtimestamp(gap[name] / 1e6, UTC) for name in ("after", "until"))
    return Text(f"--- lines of {gap['app']} are missing, {after:%H:%M:%S} to {until:%H:%M:%S}: {gap['why']}", "bold yellow")


def _append(row: Text, *parts: tuple[str, str]) -> Text:
    for text, style in parts:
        if text:
            row.append(" ".join(text.split()) + "  ", style)
    row.rstrip()
    return row


def _fields(data: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in data.items() if name not in HIDDEN_FIELDS)


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
