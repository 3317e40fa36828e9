"""The whole seed, step by step, told as it goes; exit code 0, 1 with what went wrong, or 2 where the settings are not complete."""

from __future__ import annotations

import argparse
import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import psycopg
import structlog
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from agent.errors import KnowledgeFailed
from controller.journal.writer import connect
from controller.knowledge_sync import sync
from controller.settings_base import SettingsError
from ops.seed import calls, database
from ops.seed.database import Tally
from ops.seed.days import Day, days_before, lived
from ops.seed.safety import Found, Refused, must_be_safe
from ops.seed.settings import Target
from ops.seed.shop import Shop, ShopFailed

NAME = "callctl-seed"


@dataclass(slots=True)
class Seeding:
    target: Target
    console: Console
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    began_s: float = field(default_factory=time.monotonic)
    tally: Tally = field(default_factory=Tally)

    async def past(self, *, anyway: bool) -> None:
        """What was before today. Raises ``Refused`` before anything is changed."""
        async with await connect(self.target.dsn, NAME) as connection:
            must_be_safe(self.target.environment, await Found.look(connection), anyway=anyway)
            self._tell("The shop's articles ...")
            shop = self.target.shop
            synced = await sync(self.target.dsn, shop.base_url, shop.api_key.get_secret_value())
            self.tally.add("articles of the shop", synced.articles, 0)
            self._tell("The calls of two months ...")
            days = [lived(date, self.target.seed.number) for date in days_before(self.now.date())]
            await database.put_people(connection, days, self.tally)
            await database.ensure_months(connection, [day.date for day in days], self.now)
            for day in track(days, "", console=self.console, transient=True):
                await database.put_day(connection, day, self.tally)
            await database.work_off(connection, days, self.now)
        await self._shop(days)

    async def ring(self, *, again: bool) -> bool:
        """Those of today that are still to be made; whether all went as they should."""
        wanted = [call for call in calls.ALL if calls.can_ring(self.target, call)]
        if left_out := len(calls.ALL) - len(wanted):
            self._tell(
                f"[yellow]{left_out} calls are left out: a real service is to fail in them, or SEED_OPERATOR_PASSWORD is not set[/yellow]"
            )
        if not again:
            async with await connect(self.target.dsn, NAME) as connection:
                rung_already = await calls.have_rung(connection, self.now)
            wanted = [call for call in wanted if call not in rung_already]
        if not wanted:
            self._tell("All customers have rung today already; --again has them ring once more")
            return True
        self._tell(f"{len(wanted)} customers ring over SIP, {self.target.seed.calls_at_once} at once; up to three minutes ...")
        before = await calls.counted(self.target.seed.controller_url)
        rung = await calls.ring_all(self.target, wanted, self._tell_call)
        rose = await calls.counted(self.target.seed.controller_url) - before
        fine = [one for one in rung if not one.trouble]
        self._tell(f"{len(fine)} of {len(rung)} calls went as they should; callctl_calls_total rose by {rose:g}")
        return len(fine) == len(rung) and rose >= len(rung)

    def show(self) -> None:
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("what")
        for heading in ("there now", "added", "there before"):
            table.add_column(heading, justify="right")
        for kind, wanted in self.tally.wanted.items():
            new = self.tally.new[kind]
            table.add_row(kind, f"{wanted}", f"{new}", f"{wanted - new}")
        self.console.print(table)

    async def _shop(self, days: Sequence[Day]) -> None:
        control = self.target.seed.shop_control
        if not control:
            self._tell("[yellow]The shop is a real one: its orders and visits are left as they are[/yellow]")
            return
        self._tell("The shop's orders, visits and tyres ...")
        today = self.now.date()
        async with Shop(control, self.target.shop.base_url, self.target.shop.api_key.get_secret_value()) as shop:
            await shop.put_orders([order for day in days for order in day.sold], today, self.tally)
            await shop.put_visits([visit for day in days for visit in day.visits], today, self.tally)
            await shop.restock(self.tally)

    def _tell_call(self, rung: calls.Rung) -> None:
        call = rung.shown.call if rung.shown else {}
        word = f"[red]FAIL[/red] {escape(rung.trouble)}" if rung.trouble else "[green]ok[/green]"
        why = f" ({call['transfer_reason']})" if call.get("transfer_reason") else ""
        self._tell(f"{rung.call.what}: {call.get('outcome')}{why}, {rung.length_s:.0f} s  {word}")

    def _tell(self, line: str) -> None:
        self.console.print(f"[dim]{time.monotonic() - self.began_s:6.1f} s[/dim]  {line}", soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    options = _options(arguments)
    console = Console(highlight=False)
    try:
        return asyncio.run(_seed(Seeding(Target.load(), console), options))
    except SettingsError as error:
        console.print(str(error), markup=False)
        return 2
    except psycopg.errors.UndefinedTable:
        console.print("[red]The database has no tables of ours yet:[/red] callctl db upgrade makes them")
    except (Refused, ShopFailed, KnowledgeFailed, psycopg.Error, httpx.HTTPError, OSError) as error:
        console.print(f"[red]Not seeded:[/red] {escape(str(error).strip() or type(error).__name__)}")
    return 1


async def _seed(seeding: Seeding, options: argparse.Namespace) -> int:
    await seeding.past(anyway=options.anyway)
    seeding.show()
    return 0 if options.no_calls or await seeding.ring(again=options.again) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.seed_staging", description="Fill a staging stack with made-up life, idempotently.")
    parser.add_argument("--no-calls", action="store_true", help="only the past: no customer rings")
    parser.add_argument("--again", action="store_true", help="customers who have rung today ring once more")
    parser.add_argument("--anyway", action="store_true", help="also into a database that holds calls of others and none of ours")
    return parser.parse_args(arguments)
