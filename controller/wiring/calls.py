"""The calls themselves: their lines, their talks, who may listen in, and what a dead predecessor left of them.

AudioSocketServer ─ lines ──┐
Conversation ────── talks ──┼─► Switchboard, one session per call
SheetFolder ─────── sheets ─┤
Screenings, Listening ──────┘   operators hear who calls, supervisors hear both sides
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from agent.going_on import ADOPTED
from agent.prompt.rendered import phrase_pcm
from agent.prompt.system import PROMPT_VERSION
from audiosocket.apology import Apology
from audiosocket.audio import SLIN16
from audiosocket.comfort import comfort_tone
from audiosocket.errors import KeeperLost
from audiosocket.limits import Limits as LineLimits
from audiosocket.server import AudioSocketServer
from controller.ari.rest import AriRest
from controller.call.events import Limits as CallLimits
from controller.call.screen import Screen
from controller.customers import Customers
from controller.journal.errors import DirectoryUnusable
from controller.listening import Listening
from controller.screening import Screenings, Workshop
from controller.services import Vendors
from controller.session import Session
from controller.settings import CallSettings, Settings
from controller.sheets.folder import SheetFolder
from controller.sheets.sheet import Sheet
from controller.sockets import PortTaken
from controller.surroundings import Surroundings
from controller.switchboard import Purpose, Switchboard
from controller.wiring.stores import Stores
from controller.wiring.talks import make_talks

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    lines: AudioSocketServer
    sheets: SheetFolder
    left: list[Sheet]  # by a predecessor, to be adopted
    listening: Listening
    switchboard: Switchboard


@asynccontextmanager
async def open_calls(
    settings: Settings, stores: Stores, vendors: Vendors, rest: AriRest, audiosocket: socket.socket | None, keeper: socket.socket | None
) -> AsyncIterator[Calls]:
    """*audiosocket* and *keeper*: see ``open_telephony``. Raises PortTaken, JournalError."""
    services = vendors.services(stores.journal.ledger)
    async with AsyncExitStack() as exits:
        sheets = exits.enter_context(_sheets(settings, stores.live.keep_sheet))
        left = sheets.left()  # before the lines are ours: the keeper's clock does not wait for a disk
        lines = await exits.enter_async_context(_audiosocket(settings, audiosocket, keeper))
        customers = await exits.enter_async_context(Customers.open(settings.database.url.get_secret_value(), stores.journal.append))
        around = Surroundings(
            asterisk=rest,
            lines=lines,
            advertised=settings.audiosocket.address(lines.port),
            journal=stores.records,
            converse=make_talks(settings, services, customers, stores),
            phrase=lambda key, audio: phrase_pcm(key, audio.rate_hz),
            prompt_version=PROMPT_VERSION,
            on_live=stores.board.live,
            sheets=sheets,
        )
        listeners_max, on_change = settings.calls.listeners_max, stores.board.listeners
        listening = await exits.enter_async_context(Listening(rest, listeners_max=listeners_max, on_change=on_change))
        workshop = Workshop(
            asterisk=rest,
            lines=lines,
            advertised=around.advertised,
            voice=services.voice,
            phrase=around.phrase,
            call_of=lambda call_id: session.call if (session := switchboard.session(call_id)) else None,
            on_verdict=lambda call_id, operator, screen: _log_verdict(switchboard.session(call_id), operator, screen),
        )
        purposes: dict[str, Purpose] = {"supervisor": listening, "summary": await exits.enter_async_context(Screenings(workshop))}
        taking = Switchboard(around, app=settings.ari.app, calls_max=settings.calls.max, limits=_limits(settings.calls), purposes=purposes)
        switchboard = await exits.enter_async_context(taking)
        yield Calls(lines=lines, sheets=sheets, left=left, listening=listening, switchboard=switchboard)


def _sheets(settings: Settings, also: Callable[[str, bytes], None]) -> SheetFolder:
    try:
        return SheetFolder(settings.journal.directory, also)
    except OSError as error:
        raise DirectoryUnusable(f"the journal's directory {settings.journal.directory} cannot be used: {error.strerror}") from error


def _limits(calls: CallSettings) -> CallLimits:
    return CallLimits(length_s=calls.max_length_s, queue_s=calls.transfer_timeout_s, queues=calls.queues, warm_transfer=calls.warm_transfer)


def _log_verdict(session: Session | None, operator: str, screen: Screen) -> None:
    """What an operator said to a caller of ours stands in the call's log."""
    if session is not None:
        data = {"operator": operator, "why": screen.why, "tellings": screen.tellings}
        session.record.log("ctl", "OperatorScreened", text=f"{operator}: {screen.state}", data=data)


@asynccontextmanager
async def _audiosocket(settings: Settings, bound: socket.socket | None, keeper: socket.socket | None) -> AsyncIterator[AudioSocketServer]:
    where = settings.audiosocket
    limits = LineLimits(connections=where.max_connections)
    apology = Apology.of(SLIN16, phrase_pcm(ADOPTED, SLIN16.rate_hz) or b"", comfort_tone(SLIN16))
    try:
        try:
            server = await AudioSocketServer(where.host, where.port, limits=limits, sock=bound, keeper=keeper, apology=apology).__aenter__()
        except KeeperLost as error:  # new legs come all the same
            log.error("keeper_lost", why=str(error))
            server = await AudioSocketServer(where.host, where.port, limits=limits, sock=bound).__aenter__()
    except OSError as error:
        raise PortTaken(f"AudioSocket cannot listen on {where.host}:{where.port}: {error.strerror}") from error
    try:
        yield server
    finally:
        await server.__aexit__(None, None, None)
