"""What the demo shows: the talk while it goes on and the record afterwards, both read from PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.journal.queries import CallShown, recent_calls, show_call
from ops.caller.talk import TalkFailed, TalkLog

_LOOK_S = 0.2
RESULT_SHOWN = 160  # characters
_STAGES = ("hold_ms", "stt_ms", "model_ms", "tts_ms", "wire_ms", "answer_ms", "filler_ms")


class Report:
    def __init__(self, console: Console, dsn: str) -> None:
        self._console = console
        self._dsn = dsn
        self._began = datetime.now(UTC) - timedelta(seconds=5)
        self._call_id: uuid.UUID | None = None
        self._shown: set[tuple[str, int, int]] = set()

    def say(self, line: str) -> None:
        self._console.print(f"[bold]{escape(line)}[/bold]")

    def note(self, said: str) -> None:
        """What the customer says into his telephone, before anybody recognised it: shown when it comes back as a turn."""

    async def follow(self, caller: str) -> None:
        """Print turns and tool calls of *caller*'s newest call as they arrive in PostgreSQL."""
        async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            while True:
                if self._call_id is None:
                    self._call_id = await self._find(connection, caller)
                if self._call_id is not None and (shown := await show_call(connection, self._call_id)) is not None:
                    self._print_new(shown)
                await asyncio.sleep(_LOOK_S)

    async def closed(self, within_s: float) -> None:
        """Wait until the call's record is closed in PostgreSQL."""
        deadline = time.monotonic() + within_s
        while (await self._read()).call["ended_at"] is None:
            if time.monotonic() > deadline:
                raise TalkFailed(f"the call's record was not closed in PostgreSQL within {within_s:g} s")
            await asyncio.sleep(_LOOK_S)

    async def print_record(self, log: TalkLog) -> None:
        shown = await self._read()
        self._print_new(shown)
        call = shown.call
        length_s = (call["ended_at"] - call["started_at"]).total_seconds()
        self._console.print(f"\n[bold]The call, read back from PostgreSQL[/bold]  {call['id']}")
        self._console.print(
            f"{length_s:.1f} s · outcome {call['outcome']} · ended by {call['ended_by']} · transferred {call['transferred_to_operator']}"
            f" ({call['transfer_reason']}) · prompt {call['prompt_version']} · frames {json.dumps(call['media'])}"
        )
        self._console.print(_turns(shown))
        self._console.print(_tool_calls(shown))
        heard = ", ".join(f"{latency:.0f} ms" for latency in log.latencies_ms)
        self._console.print(f"Measured at the customer's ear, last voiced frame out to first voiced frame in: {heard}")

    async def _read(self) -> CallShown:
        async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            shown = None if self._call_id is None else await show_call(connection, self._call_id)
        if shown is None:
            raise TalkFailed("the call is not in PostgreSQL")
        return shown

    async def _find(self, connection: psycopg.AsyncConnection[Any], caller: str) -> uuid.UUID | None:
        calls = await recent_calls(connection, since=self._began, until=datetime.now(UTC) + timedelta(minutes=1))
        found: list[uuid.UUID] = [call["id"] for call in calls if call["caller_id"] == caller]
        return found[0] if found else None

    def _print_new(self, shown: CallShown) -> None:
        happened = [("turn", row["created_at"], row) for row in shown.turns] + [
            ("tool", row["created_at"], row) for row in shown.tool_calls
        ]
        for kind, _, row in sorted(happened, key=lambda item: item[1]):
            key = (kind, row["turn_number"], 0 if kind == "turn" else hash(row["tool_use_id"]))
            if key not in self._shown:
                self._shown.add(key)
                self._console.print(_turn_line(row) if kind == "turn" else _tool_line(row))


def _turn_line(row: dict[str, Any]) -> str:
    if row["speaker"] == "caller":
        return f"  [cyan]Customer[/cyan]  {escape(row['text'])}"
    if not row["interrupted"]:
        return f"  [green]Agent[/green]     {escape(row['text'])}"
    heard = row["heard_text"] or ""
    return f"  [green]Agent[/green]     {escape(heard)} [yellow]✂ interrupted after {row['heard_ms']} ms[/yellow]"


def _tool_line(row: dict[str, Any]) -> str:
    arguments = escape(json.dumps(row["arguments"], ensure_ascii=False))
    return f"  [magenta]tool[/magenta]      {row['name']}{arguments} [dim]{row['duration_ms']} ms[/dim]"


def _turns(shown: CallShown) -> Table:
    table = Table(title="Turns, latencies in ms", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("who")
    table.add_column("text", ratio=1)
    for stage in _STAGES:
        table.add_column(stage.removesuffix("_ms"), justify="right", no_wrap=True)
    for row in shown.turns:
        text = row["text"]
        if row["interrupted"]:
            text = f"{row['heard_text']} ✂ (unheard: {text.removeprefix(row['heard_text'] or '').strip()})"
        numbers = ("" if row[stage] is None else str(row[stage]) for stage in _STAGES)
        table.add_row(str(row["turn_number"]), row["speaker"], escape(text), *numbers)
    return table


def _tool_calls(shown: CallShown) -> Table:
    table = Table(title="Tool calls", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("turn", "tool", "arguments", "result", "ms", "ok"):
        table.add_column(
            heading, justify="right" if heading in ("turn", "ms") else "left", ratio={"arguments": 2, "result": 3}.get(heading)
        )
    for row in shown.tool_calls:
        result = json.dumps(row["result"], ensure_ascii=False)
        arguments = json.dumps(row["arguments"], ensure_ascii=False)
        shortened = result if len(result) <= RESULT_SHOWN else f"{result[:RESULT_SHOWN]} …"
        ok = "yes" if row["success"] else "no"
        table.add_row(str(row["turn_number"]), row["name"], escape(arguments), escape(shortened), str(row["duration_ms"]), ok)
    return table
