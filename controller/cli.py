"""``callctl``: run the controller, look after it, look into its calls."""

from __future__ import annotations

import gc
import getpass
import os
import signal
import sys
import uuid
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Annotated, Any, NoReturn

import psycopg
import typer
from psycopg.rows import dict_row

from controller.db_commands import db_app
from controller.drain_commands import drain, undrain, workers
from controller.log_commands import replay_call, tail
from controller.settings import Settings
from controller.terminal import fail, from_database, in_loop, out, settings
from controller.token_commands import token_app
from controller.watchdog.plan import BLOCKED, Plan

app = typer.Typer(
    help="The call controller: a Stasis application that owns every call on Asterisk, with an AI agent that talks with the caller.",
    epilog="Settings come from the environment and .env.local; .env.example explains each. Begin with: callctl doctor",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(token_app, name="token")
app.add_typer(db_app, name="db")
app.command("drain")(drain)
app.command("undrain")(undrain)
app.command("workers")(workers)
app.command("tail")(tail)
app.command("replay")(replay_call)

Numbers = Annotated[bool, typer.Option("--numbers", help="Show telephone numbers in full.")]


@app.command()
def run(
    alone: Annotated[bool, typer.Option("--alone", help="One process, without a parent that watches it and a standby.")] = False,
) -> None:
    """Take calls until SIGTERM or Ctrl-C, which let running calls finish; a second one hurries. SIGHUP hands over to new code."""
    signal.signal(signal.SIGTERM, _not_yet_started)
    wanted = settings()
    if not alone:
        become_parent(wanted)
    gc.disable()  # what is imported stays: looking for garbage in it takes a sixth of the time; ``controller.app`` turns it on again
    from controller.app import CannotStart
    from controller.app import run as run_controller
    from controller.logs import logging_to
    from controller.masking import Masking
    from controller.secret_values import secrets_of

    with logging_to(None, wanted.log, Masking(secrets_of(wanted))) as log_queue:
        try:
            in_loop(run_controller(wanted, log_queue))
        except CannotStart as error:
            fail(str(error))


@app.command()
def doctor() -> None:
    """Check everything a call needs, and say what is wrong and what to do. Safe beside a running controller."""
    from controller.doctor import examine, print_findings

    findings = in_loop(examine(settings()))
    raise typer.Exit(print_findings(findings, out))


@app.command()
def calls(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many.")] = 20,
    days: Annotated[int, typer.Option("--days", "-d", min=1, max=366, help="How far back.")] = 7,
    outcome: Annotated[str | None, typer.Option(help="Only those that ended so; nobody_free: whom we promised to call back.")] = None,
    numbers: Numbers = False,
) -> None:
    """List the latest calls, newest first."""
    from controller.journal.queries import recent_calls
    from controller.shown import calls_table

    async def ask(connection: psycopg.AsyncConnection[Any]) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        return await recent_calls(
            connection, since=now - timedelta(days=days), until=now + timedelta(hours=1), limit=limit, outcome=outcome
        )

    found = from_database(ask)
    if not found:
        out.print(f"No calls within the last {days} days{f' that ended with {outcome}' if outcome else ''}.", highlight=False)
        return
    out.print(calls_table(found, _mask(numbers)))


@app.command()
def show(
    call: Annotated[str, typer.Argument(metavar="CALL", help="The call's id, as callctl calls lists it.")],
    events: Annotated[bool, typer.Option("--events", help="Also the whole log: each step, command and event.")] = False,
    numbers: Numbers = False,
) -> None:
    """Show one call: what was said, the tools, the timings of each answer."""
    from controller.journal.queries import CallShown, show_call
    from controller.shown import call_sheet

    try:
        call_id = uuid.UUID(call)
    except ValueError:
        fail(f"{call!r} is not the id of a call; callctl calls lists them")

    async def ask(connection: psycopg.AsyncConnection[Any]) -> CallShown | None:
        return await show_call(connection, call_id)

    found = from_database(ask)
    if found is None:
        fail(f"there is no call {call_id}; records are kept for a limited time, and a very new one may still be on its way")
    out.print(call_sheet(found, _mask(numbers), events=events))


@app.command()
def callbacks(
    done: Annotated[str | None, typer.Option(metavar="ID", help="This customer was rung, or need not be.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that were done within the last week.")] = False,
    numbers: Numbers = False,
) -> None:
    """List the customers whom we promised to ring back, the most urgent first."""
    from controller.callbacks import QUERIES, SHOWN_MAX, shape_of
    from controller.shown import callbacks_table

    try:
        finished = uuid.UUID(done) if done is not None else None
    except ValueError:
        fail(f"{done!r} is not the id of a call back; callctl callbacks lists them")

    async def ask(connection: psycopg.AsyncConnection[Any]) -> list[dict[str, Any]]:
        async with connection.cursor(row_factory=dict_row) as cursor:
            if finished is not None:
                await cursor.execute(QUERIES["callback_done"], {"id": finished, "owner": getpass.getuser()})
                if not await cursor.fetchall():
                    fail(f"there is no call back {finished}; callctl callbacks --all lists them")
            await cursor.execute(QUERIES["callbacks"], {"done": everything, "limit": SHOWN_MAX})
            return [shape_of(row) for row in await cursor.fetchall()]

    found = from_database(ask)
    out.print(callbacks_table(found, _mask(numbers)) if found else "Nobody waits for a call back.", highlight=False)


@app.command()
def knowledge() -> None:
    """Fetch the shop's articles for callers' questions now; a running controller does it by itself several times a day."""
    from agent.errors import KnowledgeFailed
    from controller.knowledge_upkeep import sync_knowledge

    try:
        synced = in_loop(sync_knowledge(settings()))
    except KnowledgeFailed as failed:
        fail(f"The articles are what they were: {failed}. callctl doctor tells which part is down.")
    out.print(f"{synced.articles} articles; {synced.retired} that the shop no longer has were put away.")


def main() -> None:
    app(prog_name="callctl")


def become_parent(wanted: Settings) -> NoReturn:
    """The same process goes on as the parent, without all that was imported to read the settings."""
    plan = Plan(
        argv=(sys.executable, "-m", "controller", "run", "--alone"),
        directory=str(wanted.journal.directory.absolute()),
        api_host=wanted.api.host,
        api_port=wanted.api.port,
        audiosocket_host=wanted.audiosocket.host,
        audiosocket_port=wanted.audiosocket.port,
        standby=wanted.worker.standby,
        hung_after_s=wanted.worker.hung_after_s,
        log_level=wanted.log.level,
        log_format=wanted.log.format,
    )
    signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
    os.execv(sys.executable, [sys.executable, "-m", "controller.watchdog", plan.encode()])  # noqa: S606 - our own program


def _not_yet_started(number: int, frame: FrameType | None) -> None:
    """A stop while we are still loading; process 1 of a container would otherwise ignore it."""
    sys.exit(0)


def _mask(numbers: bool) -> Any:
    from controller.masking import Masking

    return (lambda text: text) if numbers else Masking().text
