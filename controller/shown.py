"""Calls as tables for people at a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from controller.journal.codec import map_texts
from controller.journal.queries import CallShown, Row
from controller.shown_log import log_text

STAGES = ("hold", "stt", "model", "tts", "wire", "answer", "filler")
LONGEST_RESULT = 200

Mask = Callable[[str], str]


def calls_table(calls: Iterable[Row], mask: Mask) -> Table:
    whole_id = Column("call", no_wrap=True, min_width=36)  # it is there to be copied, however narrow the terminal
    numbers = (Column(name, justify="right") for name in ("turns", "tools"))
    table = Table("started (UTC)", whole_id, "caller", "length", "outcome", "ended by", *numbers, box=None, header_style="bold")
    for call in calls:
        table.add_row(
            f"{call['started_at']:%Y-%m-%d %H:%M}",
            str(call["id"]),
            escape(mask(call["caller_id"])),
            _length(call["duration_s"]),
            _text(call["outcome"] or call["state"]),
            _text(call["ended_by"]),
            str(call["turns"]),
            str(call["tool_calls"]),
        )
    return table


def callbacks_table(callbacks: Iterable[dict[str, Any]], mask: Mask) -> Table:
    """*callbacks* in the console's shape (``controller.callbacks``)."""
    whole_id = Column("call back", no_wrap=True, min_width=36)
    table = Table("due (UTC)", whole_id, "number", "name", "about", "tried", "by", "state", box=None, header_style="bold")
    for one in callbacks:
        table.add_row(
            f"{datetime.fromtimestamp(one['due'] / 1000, UTC):%Y-%m-%d %H:%M}",
            _text(one["id"]),
            escape(mask(one["tel"])),
            _text(one["name"]),
            escape(mask(one["why"] or "")),
            str(one["tries"]),
            _text(one["owner"]),
            _text(one["state"]),
        )
    return table


def call_sheet(shown: CallShown, mask: Mask, *, events: bool = False) -> RenderableType:
    """One call whole: its record, the talk with its timings, the tools, on demand what the machine did."""
    parts: list[RenderableType] = [_record(shown.call, mask), "", _turns(shown.turns, mask)]
    if shown.tool_calls:
        parts += ["", _tools(shown.tool_calls, mask)]
    if shown.writes:
        parts += ["", _writes(shown.writes, mask)]
    if events:
        parts += ["", _log(shown.events, mask)]
    return Group(*parts)


def _record(call: Row, mask: Mask) -> Table:
    table = Table.grid(padding=(0, 2))
    outcome = call["outcome"] or "still open"
    transfer = "yes" if call["transferred_to_operator"] else "no"
    if call["transfer_reason"]:
        transfer += f" ({call['transfer_reason']})"
    for name, value in (
        ("call", call["id"]),
        ("caller", mask(call["caller_id"])),
        ("started", f"{call['started_at']:%Y-%m-%d %H:%M:%S.%f} UTC"),
        ("length", _length(call["duration_s"])),
        ("outcome", outcome + (f", ended by {call['ended_by']}" if call["ended_by"] else "")),
        ("to an operator", transfer),
        ("prompt", call["prompt_version"]),
        ("app, channel", f"{call['app']}, {call['channel_id']}"),
        ("cost, USD", ", ".join(f"{service} {cost:.4f}" for service, cost in call["cost_breakdown"].items())),
        ("media", ", ".join(f"{kind} {count}" for kind, count in call["media"].items())),
    ):
        table.add_row(f"[bold]{name}[/bold]", _text(value))
    return table


def _turns(turns: list[Row], mask: Mask) -> Table:
    stages = (Column(stage, justify="right") for stage in STAGES)
    table = Table("#", "who", "what was said", *stages, title="Turns; timings in ms", title_justify="left", box=None)
    for turn in turns:
        timings = ("" if turn[f"{stage}_ms"] is None else str(turn[f"{stage}_ms"]) for stage in STAGES)
        table.add_row(str(turn["turn_number"]), _text(turn["speaker"]), _said(turn, mask), *timings)
    return table


def _said(turn: Row, mask: Mask) -> Text:
    """An interrupted answer shows struck through what the caller did not hear."""
    text, heard = mask(turn["text"]), mask(turn["heard_text"] or "")
    if not turn["interrupted"]:
        return Text(text)
    unheard = text[len(heard) :] if text.startswith(heard) else f" [of: {text}]"
    return Text.assemble(heard, (unheard, "strike dim"))


def _tools(tools: list[Row], mask: Mask) -> Table:
    table = Table("turn", "tool", "arguments", "result", "ms", "", title="Tool calls", title_justify="left", box=None)
    for tool in tools:
        arguments, result = (mask(json.dumps(tool[part], ensure_ascii=False)) for part in ("arguments", "result"))
        short = result if len(result) <= LONGEST_RESULT else result[:LONGEST_RESULT] + "…"
        mark = "[green]ok[/green]" if tool["success"] else "[red]failed[/red]"
        table.add_row(str(tool["turn_number"]), _text(tool["name"]), escape(arguments), escape(short), str(tool["duration_ms"]), mark)
    return table


def _writes(writes: list[Row], mask: Mask) -> Table:
    """The ledger's lines: what was begun at the shop, and how it went."""
    table = Table("time", "write", "stage", "result", title="Written to the shop", title_justify="left", box=None)
    for write in writes:
        result = mask(json.dumps(write["result"], ensure_ascii=False)) if write["result"] else ""
        short = result if len(result) <= LONGEST_RESULT else result[:LONGEST_RESULT] + "…"
        table.add_row(f"{write['created_at']:%H:%M:%S.%f}"[:-3], _text(write["intent"]), _text(write["stage"]), escape(short))
    return table


def _log(events: list[Row], mask: Mask) -> RenderableType:
    lines = [log_text(map_texts(_line(event), mask), call=False) for event in events]
    for line in lines:
        line.no_wrap, line.overflow = False, "fold"
    return Group(Text("The call's log; times in UTC", "italic"), *lines)


def _line(event: Row) -> dict[str, Any]:
    """As the log's readers get it."""
    step = {"event": event["event"], "commands": event["commands"]}
    return {
        "ts": event["created_at"].timestamp() * 1000,
        "seq": event["sequence"],
        "src": event["source"],
        "lvl": event["level"],
        "name": event["name"],
        "text": event["text"],
        "data": event["data"] if event["event"] is None else step,
        "state": event["state"],
    }


def _length(seconds: Any) -> str:
    return "" if seconds is None else f"{float(seconds):.1f} s"


def _text(value: object) -> str:
    """As it is, whoever wrote it: nothing in it is markup."""
    return "" if value is None else escape(str(value))
