"""``callctl drain``, ``callctl undrain``, ``callctl workers``: which controllers take new calls.

Over ARI: by name, from any machine that has the password, without a token, a database or an address of the controller.
"""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from controller.dialplan import calls_variable, takes_variable
from controller.settings import AriSettings
from controller.terminal import fail, group, in_loop, out

T = TypeVar("T")

FOLLOWS_S = 5.0  # a controller that lives has followed within a tenth of it
LOOK_S = 0.05
LOOK_AT_CALLS_S = 0.5

Name = Annotated[str, typer.Option("--app", help="Which controller: its ARI_APP; by default that of these settings.")]
Wait = Annotated[float, typer.Option("--wait", min=0, metavar="SECONDS", help="Until its last call has ended, but so long at most.")]


def drain(app: Name = "", wait: Wait = 0.0) -> None:
    """Let a running controller take no new calls: they go to the others, and to the operators when no other has room.

    Its calls go on. It ends with callctl undrain, with the controller, and with Asterisk.
    """
    from controller.admission import DRAIN

    name = _told(app, DRAIN, lambda takes: takes == 0)
    if wait and (left := _ask(lambda rest: _until_empty(rest, name, wait))):
        fail(f"{name} takes no new calls and has {left} still, after {wait:g} s.")
    out.print(f"{name} takes no new calls{' and has none' if wait else '; those that it has go on'}.", highlight=False)


def undrain(app: Name = "") -> None:
    """Let it take new calls again."""
    from controller.admission import UNDRAIN

    out.print(f"{_told(app, UNDRAIN, lambda takes: takes > 0)} takes new calls.", highlight=False)


def workers() -> None:
    """Which controllers Asterisk's dialplan gives new calls to, as it knows them."""
    table = Table("name", "new calls", "calls", "at most", box=None, header_style="bold")
    for row in _ask(_look):
        table.add_row(*row)
    out.print(table)


def _told(app: str, wish: str, followed: Callable[[int], bool]) -> str:
    """The name of the controller that was told *wish* and does what Asterisk is to know of it."""
    name = app or group(AriSettings).app

    async def tell(rest: Any) -> bool:
        from controller.ari.errors import AriNotFound

        try:
            await rest.user_event(wish, name, "", {"by": f"{getpass.getuser()} (callctl)"})
        except AriNotFound:
            there = ", ".join(sorted(one.name for one in await rest.applications())) or "none"
            fail(f"No controller is connected to Asterisk as {name}; connected are: {there}. Name one with --app.")
        return await _until(lambda: _number(rest, takes_variable(name)), lambda takes: takes is not None and followed(takes), FOLLOWS_S)

    if not _ask(tell):
        fail(f"{name} was told, and does not {wish} within {FOLLOWS_S:g} s: it hangs, is older than this callctl, or is being stopped.")
    return name


async def _until_empty(rest: Any, name: str, wait_s: float) -> int:
    """How many calls it still has; one that is not there any more has none."""
    from controller.ari.errors import AriNotFound

    deadline = time.monotonic() + wait_s
    while (calls := await _number(rest, calls_variable(name)) or 0) and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_AT_CALLS_S)
        try:
            await rest.application(name)
        except AriNotFound:
            return 0
    return calls


async def _look(rest: Any) -> list[tuple[str, str, str, str]]:
    there = {one.name for one in await rest.applications()}
    names = [name for name in (await rest.get_global("ARI_WORKERS")).split("&") if name]
    rows = []
    for name in names or [group(AriSettings).app]:
        takes, calls = await _number(rest, takes_variable(name)), await _number(rest, calls_variable(name)) or 0
        if name not in there:
            rows.append((name, "not connected", "", ""))
        elif takes is None:
            rows.append((name, "has told nothing", "", ""))
        else:
            rows.append((name, "none" if takes == 0 else "full" if calls >= takes else "taken", str(calls), str(takes or "")))
    return rows


async def _number(rest: Any, variable: str) -> int | None:
    value = await rest.get_global(variable)
    return int(value) if value.isdecimal() else None


async def _until(ask: Callable[[], Awaitable[T]], reached: Callable[[T], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not reached(await ask()):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(LOOK_S)
    return True


def _ask(work: Callable[[Any], Awaitable[T]]) -> T:
    """What *work* makes of Asterisk; ends the process in words if it is not to be had."""
    from controller.ari.errors import AriError, AriRefused
    from controller.ari.rest import AriRest

    ari = group(AriSettings)

    async def ask() -> T:
        async with AriRest(ari.url, ari.username, ari.password.get_secret_value(), ari.app) as rest:
            return await work(rest)

    try:
        return in_loop(ask())
    except AriRefused as error:
        fail(f"Asterisk at {ari.url} refuses it: {error.status} {error.message}. Are ARI_USERNAME and ARI_PASSWORD in its ari.conf?")
    except AriError as error:
        fail(f"Asterisk at {ari.url} does not answer: {error.message}. Is it running, and is ARI_URL its address?")
