"""Asterisk and the calls on it: who is taken, who talks with whom, and what people may do about it.

EventSocket ──events──► Switchboard ──orders──► AriRest
                            │ one session per call
          AudioSocketServer ┤ lines
          Conversation      ┤ talk              Records: see ``stores``
          Screenings        ┤ operators hear who calls
          Listening         ┘ supervisors hear both sides
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

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
from controller.admission import Admission
from controller.ari.client import EventSocket
from controller.ari.front import Front
from controller.ari.messages import EVENT_TYPES, Event
from controller.ari.probe import Probe
from controller.ari.rest import AriRest
from controller.call.events import Limits as CallLimits
from controller.call.screen import Screen
from controller.control import Control
from controller.customers import Customers
from controller.desk import Desk, open_desk
from controller.dialplan import Dialplan
from controller.journal.errors import DirectoryUnusable
from controller.listening import Listening
from controller.recovery import Recovery
from controller.screening import Screenings, Workshop
from controller.services import Vendors
from controller.session import Session
from controller.settings import AriSettings, CallSettings, Settings
from controller.sheets.elsewhere import sheet_elsewhere
from controller.sheets.folder import SheetFolder
from controller.sockets import PortTaken
from controller.surroundings import Surroundings
from controller.switchboard import Purpose, Switchboard
from controller.web_calls.desk import WebCalls
from controller.web_calls.joined import open_web_calls
from controller.web_calls.proxy import Proxy
from controller.wiring.stores import Stores
from controller.wiring.talks import make_talks

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephony:
    rest: AriRest
    probe: Probe
    lines: AudioSocketServer
    sheets: SheetFolder
    switchboard: Switchboard
    control: Control
    recovery: Recovery
    dialplan: Dialplan
    desk: Desk
    front: Front | None  # for a worker among others
    socket: EventSocket
    web: tuple[WebCalls, Proxy] | None  # None: no calls from browsers


@asynccontextmanager
async def open_telephony(
    settings: Settings,
    stores: Stores,
    vendors: Vendors,
    rest: AriRest,
    audiosocket: socket.socket | None = None,
    keeper: socket.socket | None = None,
) -> AsyncIterator[Telephony]:
    """No caller comes before the socket runs; those of a dead predecessor are here at once. *audiosocket*: where media legs come in,
    bound already; *keeper*: the channel to who accepts them for us. Raises PortTaken, JournalError."""
    ari, records = settings.ari, stores.records
    services = vendors.services(stores.journal.ledger)
    async with AsyncExitStack() as exits:
        sheets = exits.enter_context(_sheets(settings, stores.live.keep_sheet))
        left = sheets.left()  # before the lines are ours: the keeper's clock does not wait for a disk
        lines = await exits.enter_async_context(_audiosocket(settings, audiosocket, keeper))
        probe = await exits.enter_async_context(Probe.open(ari.url, ari.username, ari.password.get_secret_value()))
        customers = await exits.enter_async_context(Customers.open(settings.database.url.get_secret_value(), stores.journal.append))
        around = Surroundings(
            asterisk=rest,
            lines=lines,
            advertised=settings.audiosocket.address(lines.port),
            journal=records,
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
        taking = Switchboard(around, app=ari.app, calls_max=settings.calls.max, limits=_limits(settings.calls), purposes=purposes)
        switchboard = await exits.enter_async_context(taking)
        recovery = Recovery(
            rest,
            switchboard,
            records,
            app=ari.app,
            front=ari.front_app,
            predecessors=stores.journal.open_calls(),
            sheet_of=partial(sheet_elsewhere, settings.redis.url.get_secret_value()),
        )
        dialplan = Dialplan(rest)
        web = await exits.enter_async_context(open_web_calls(settings, rest, switchboard))
        desk = await exits.enter_async_context(open_desk(settings, rest, switchboard, stores.board.replace))
        records.also(desk.operators.append)
        admission = await exits.enter_async_context(Admission.open(rest, switchboard, app=ari.app, note=stores.journal.append))

        async def on_connected() -> None:
            await rest.set_event_filter(EVENT_TYPES)
            await admission.connected()  # two small requests; until then the dialplan passes us over
            await recovery.reconcile()  # callers whom a dead predecessor left in silence go before all else
            await dialplan.look()
            if web:
                await web[0].reconcile()

        def on_event(message: Event) -> None:
            switchboard.handle(message)
            admission.hear(message)
            if web:
                web[0].handle(message)

        await switchboard.adopt(left)
        yield Telephony(
            rest=rest,
            probe=probe,
            lines=lines,
            sheets=sheets,
            switchboard=switchboard,
            control=Control(switchboard, listening),
            recovery=recovery,
            dialplan=dialplan,
            desk=desk,
            front=_front(ari, rest, switchboard),
            socket=_socket(ari, ari.app, on_event, on_connected),
            web=web,
        )


def _sheets(settings: Settings, also: Callable[[str, bytes], None]) -> SheetFolder:
    try:
        return SheetFolder(settings.journal.directory, also)
    except OSError as error:
        raise DirectoryUnusable(f"the journal's directory {settings.journal.directory} cannot be used: {error.strerror}") from error


def _limits(calls: CallSettings) -> CallLimits:
    return CallLimits(length_s=calls.max_length_s, queue_s=calls.transfer_timeout_s, queues=calls.queues, warm_transfer=calls.warm_transfer)


def _socket(ari: AriSettings, name: str, on_event: Callable[[Event], None], on_connected: Callable[[], Awaitable[None]]) -> EventSocket:
    return EventSocket(ari.url, ari.username, ari.password.get_secret_value(), name, on_event=on_event, on_connected=on_connected)


def _front(ari: AriSettings, rest: AriRest, switchboard: Switchboard) -> Front | None:
    """For a worker among others; a lone one has the name for itself."""
    if ari.app == ari.front_app:
        return None
    return Front(rest, partial(_socket, ari, ari.front_app), name=ari.front_app, app=ari.app, handle=switchboard.handle)


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
