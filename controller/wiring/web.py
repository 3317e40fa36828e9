"""What answers over HTTP: readiness and metrics, the API, the live streams, the console, the page that calls from a browser.

Built before there is a journal or a call (``make_web``), about places for the parts that it speaks of; they are filled when it opens.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from controller.api import routes as api_routes
from controller.api.access import Role, require
from controller.api.audit import Audit
from controller.api.connection import CONNECTIONS
from controller.api.database import Pool
from controller.api.http import make_app
from controller.api.log import READERS, make_log_router
from controller.api.readiness import Readiness
from controller.api.server import serving
from controller.board.board import Board
from controller.board.callbacks_watch import CallBacksWatch
from controller.board.health import Health
from controller.board.health_watch import HealthWatch
from controller.board.sound import watch_sound
from controller.board.stream import make_board_router
from controller.callbacks import CallBacks
from controller.console.serving import make_console_router
from controller.control import Control
from controller.journal.journal import Journal
from controller.livelog import LiveLog
from controller.logs import LogQueue
from controller.observation import Observed, make_readiness, watch
from controller.settings import Settings
from controller.watchdog.beat import Told
from controller.web_calls.desk import WebCalls
from controller.web_calls.proxy import Proxy
from controller.web_calls.routes import make_web_calls_router
from controller.wiring.counters import Counters
from controller.wiring.late import Place
from controller.wiring.stores import Stores
from controller.wiring.telephony import Telephony


@dataclass(frozen=True, slots=True)
class Places:
    """For what the API speaks of."""

    readiness: Place[Readiness] = field(default_factory=Place)
    database: Place[Pool] = field(default_factory=Place)
    journal: Place[Journal] = field(default_factory=Place)
    board: Place[Board] = field(default_factory=Place)
    control: Place[Control] = field(default_factory=Place)
    callbacks: Place[CallBacks] = field(default_factory=Place)
    health: Place[HealthWatch] = field(default_factory=Place)
    live_log: Place[LiveLog] = field(default_factory=Place)
    web_calls: Place[WebCalls] = field(default_factory=Place)
    proxy: Place[Proxy] = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebToCome:
    app: FastAPI
    places: Places


def make_web(settings: Settings, counters: Counters) -> WebToCome:
    """Takes a few hundred milliseconds, during which nothing else happens."""
    places = Places()
    database, board = places.database.stand_in, places.board.stand_in
    access = api_routes.make_access(settings.api, database, Audit(places.journal.stand_in.append))
    parts = api_routes.Parts(
        database=database,
        live=board,
        control=places.control.stand_in,
        callbacks=places.callbacks.stand_in,
        lists=board,
        dependencies=places.health.stand_in,
    )
    web_calls = (places.web_calls.stand_in, places.proxy.stand_in) if settings.web_calls.enabled else None
    routers = [
        *api_routes.make_routers(parts, access),
        make_board_router(board, require(Role.VIEWER)),
        make_log_router(places.live_log.stand_in),
        make_web_calls_router(web_calls, per_minute=settings.web_calls.per_minute),
        make_console_router(),
    ]
    app = make_app(places.readiness.stand_in, counters.registry, counters.masking, routers=routers, access=access)
    app.openapi()  # made once, a quarter of a second long: now, and not between two frames of a call
    return WebToCome(app=app, places=places)


@asynccontextmanager
async def open_web(
    settings: Settings,
    web: WebToCome,
    health: Health,
    stores: Stores,
    telephony: Telephony,
    listener: socket.socket,
    logs: LogQueue | None,
    told: Callable[[], Told] = Told,
) -> AsyncIterator[int]:
    """Answering on *listener*; its port. *told*: what the parent knows of us."""
    board, database, switchboard = stores.board, stores.database, telephony.switchboard
    observed = Observed(
        settings=settings,
        socket=telephony.socket,
        probe=telephony.probe,
        dialplan=telephony.dialplan,
        journal=stores.journal,
        live=stores.live,
        live_log=stores.live_log,
        lines=telephony.lines,
        switchboard=switchboard,
        database=database,
        operators=telephony.desk.operators,
        logs=logs,
        told=told,
    )
    watch(stores.counters.readings, observed)
    readiness = make_readiness(observed)
    callbacks = CallBacks(database, telephony.rest, outbound=settings.calls.outbound, changed=lambda: callbacks_watch.look())
    async with AsyncExitStack() as exits:
        callbacks_watch = await exits.enter_async_context(CallBacksWatch.open(board, lambda: callbacks.listed(done=True)))
        stores.records.also(callbacks_watch.append)
        stores.records.also(health.append)
        health_watch = await exits.enter_async_context(HealthWatch.open(health, readiness, board, stores.counters.masking))
        await exits.enter_async_context(watch_sound(board, lambda: [(one.call.call_id, one.media) for one in switchboard.sessions]))
        places = web.places
        places.readiness.fill(readiness)
        places.database.fill(database)
        places.journal.fill(stores.journal)
        places.board.fill(board)
        places.control.fill(telephony.control)
        places.callbacks.fill(callbacks)
        places.health.fill(health_watch)
        places.live_log.fill(stores.live_log)
        if telephony.web:
            web_calls, proxy = telephony.web
            places.web_calls.fill(web_calls)
            places.proxy.fill(proxy)
        connections_max = CONNECTIONS + settings.board.readers_max + READERS
        port = await exits.enter_async_context(serving(web.app, listener, proxy=settings.api.proxy, connections_max=connections_max))
        exits.callback(board.close)  # first of all: whoever watches would hold up the server
        exits.callback(stores.live_log.close)
        if telephony.web:
            exits.callback(telephony.web[0].close)
        yield port
