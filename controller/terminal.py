"""What every command of ``callctl`` needs: where it prints, how it fails, its event loop, its settings, the database."""

from __future__ import annotations

import asyncio
import getpass
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, NoReturn, TypeVar

import psycopg
import uvloop
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.segment import Segment

from controller.masking import Masking
from controller.printable import printable
from controller.secret_values import secrets_in, secrets_of
from controller.settings import DatabaseSettings, Settings
from controller.settings_base import Group, SettingsError, load_group

T = TypeVar("T")
GroupT = TypeVar("GroupT", bound=Group)

EXIT_FAILED = 1
EXIT_SETTINGS = 2
LOOK_AT_DATABASE = "Is it running, and is DATABASE_URL its address?"

PIPED_WIDTH = 240  # what reads a pipe wants each row on one line


class Harmless(RenderHook):
    """Whatever is printed: nothing that a stranger said is obeyed by the terminal; our own colours are."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Harmless(one) for one in renderables]


class _Harmless:
    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self._inner, options):
            yield Segment(text if control else printable(text), style, control)


def harmless(console: Console) -> Console:
    console.push_render_hook(Harmless())
    return console


out = harmless(Console(width=None if sys.stdout.isatty() else PIPED_WIDTH))
err = harmless(Console(stderr=True, soft_wrap=True))
_known: set[str] = set()  # secrets of the settings that were read


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def from_database(ask: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
    """What *ask* makes of a connection; ends the process in words if there is none."""
    dsn = group(DatabaseSettings).url.get_secret_value()

    async def work() -> T:
        async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=5, autocommit=True, application_name="callctl") as connection:
            return await ask(connection)

    try:
        return in_loop(work())
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction):
        fail("The database has no tables of ours yet: callctl db upgrade makes them")
    except psycopg.Error as error:
        fail(f"PostgreSQL: {(str(error).strip().splitlines() or [type(error).__name__])[0]}. {LOOK_AT_DATABASE}")


def audited(action: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Parameters of the statement ``note_command``: what was done here goes into the audit trail, by the name of who is logged in."""
    import msgspec
    from uuid_utils.compat import uuid7

    return {
        "id": str(uuid7()),
        "at_s": time.time(),
        "actor": f"{getpass.getuser()} (callctl)",
        "action": action,
        "arguments": msgspec.json.encode(arguments).decode(),
    }


def settings() -> Settings:
    try:
        loaded = Settings.load()
        _hide(secrets_of(loaded))
        return loaded
    except SettingsError as error:
        err.print(str(error), markup=False, highlight=False)
        sys.exit(EXIT_SETTINGS)


def group(wanted: type[GroupT]) -> GroupT:
    """For commands that need a part only: looking at calls needs no key of Anthropic's."""
    try:
        loaded = load_group(wanted)
        _hide(secrets_in([loaded]))
        return loaded
    except SettingsError as error:
        err.print(str(error), markup=False, highlight=False)
        sys.exit(EXIT_SETTINGS)


def fail(message: str) -> NoReturn:
    err.print(_hidden(message), markup=False, highlight=False)
    sys.exit(EXIT_FAILED)


def _hide(secrets: Iterable[str]) -> None:
    """From now on no message and no traceback shows them, whatever a server or a library quotes."""
    _known.update(secrets)
    sys.excepthook = _tell_fault


def _hidden(text: str) -> str:
    return Masking(_known).without_secrets(text)


def _tell_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    err.print(_hidden("".join(traceback.format_exception(kind, error, trace))), markup=False, highlight=False)
