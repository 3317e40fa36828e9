"""Asterisk and the calls on it: who is taken, who talks with whom, and what people may do about it.

EventSocket ──events──► Switchboard ──orders──► AriRest     its calls: see ``calls``, their records: ``stores``
                            ▲
    Recovery, Admission ────┤ what Asterisk and we know differently, and whether new callers come here
    Desk, Control, WebCalls ┘ operators, supervisors, callers from browsers
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from audiosocket.server import AudioSocketServer
from controller.admission import Admission
from controller.ari.client import EventSocket
from controller.ari.echo import Echo
from controller.ari.front import Front
from controller.ari.messages import EVENT_TYPES, Event
from controller.ari.probe import Probe
from controller.ari.rest import AriRest
from controller.control import Control
from controller.desk import Desk, open_desk
from controller.dialplan import Dialplan
from controller.recovery import Recovery
from controller.services import Vendors
from controller.settings import AriSettings, Settings
from controller.sheets.elsewhere import sheet_elsewhere
from controller.sheets.folder import SheetFolder
from controller.switchboard import Switchboard
from controller.web_calls.desk import WebCalls
from controller.web_calls.joined import open_web_calls
from controller.web_calls.proxy import Proxy
from controller.wiring.calls import open_calls
from controller.wiring.stores import Stores

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
    async with AsyncExitStack() as exits:
        probe = await exits.enter_async_context(Probe.open(ari.url, ari.username, ari.password.get_secret_value()))
        calls = await exits.enter_async_context(open_calls(settings, stores, vendors, rest, audiosocket, keeper))
        switchboard = calls.switchboard
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

        await switchboard.adopt(calls.left)
        yield Telephony(
            rest=rest,
            probe=probe,
            lines=calls.lines,
            sheets=calls.sheets,
            switchboard=switchboard,
            control=Control(switchboard, calls.listening),
            recovery=recovery,
            dialplan=dialplan,
            desk=desk,
            front=_front(ari, rest, switchboard),
            socket=_socket(ari, rest, ari.app, on_event, on_connected),
            web=web,
        )


def _socket(
    ari: AriSettings, rest: AriRest, name: str, on_event: Callable[[Event], None], on_connected: Callable[[], Awaitable[None]]
) -> EventSocket:
    echo = Echo(lambda event: rest.user_event(event, name, "", {}))
    password = ari.password.get_secret_value()
    return EventSocket(ari.url, ari.username, password, name, on_event=on_event, on_connected=on_connected, echo=echo)


def _front(ari: AriSettings, rest: AriRest, switchboard: Switchboard) -> Front | None:
    """For a worker among others; a lone one has the name for itself."""
    if ari.app == ari.front_app:
        return None
    return Front(rest, partial(_socket, ari, rest, ari.front_app), name=ari.front_app, app=ari.app, handle=switchboard.handle)
