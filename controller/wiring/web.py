"""What answers over HTTP: readiness and metrics, the API, the live streams, the console, the page that calls from a browser."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from controller.api import routes as api_routes
from controller.api.access import Role, require
from controller.api.audit import Audit
from controller.api.connection import CONNECTIONS
from controller.api.http import make_app
from controller.api.log import READERS, make_log_router
from controller.api.server import serving
from controller.board.callbacks_watch import CallBacksWatch
from controller.board.health_watch import HealthWatch
from controller.board.sound import watch_sound
from controller.board.stream import make_board_router
from controller.callbacks import CallBacks
from controller.console.serving import make_console_router
from controller.logs import LogQueue
from controller.observation import Observed, make_readiness, watch
from controller.settings import Settings
from controller.web_calls.routes import make_web_calls_router
from controller.wiring.stores import Stores
from controller.wiring.telephony import Telephony


@asynccontextmanager
async def open_web(
    settings: Settings, stores: Stores, telephony: Telephony, listener: socket.socket, logs: LogQueue | None
) -> AsyncIterator[int]:
    """Answering on *listener*; its port."""
    board, database, switchboard = stores.board, stores.database, telephony.switchboard
    observed = Observed(
        settings=settings,
        socket=telephony.socket,
        rest=telephony.rest,
        dialplan=telephony.dialplan,
        journal=stores.journal,
        live=stores.live,
        live_log=stores.live_log,
        lines=telephony.lines,
        switchboard=switchboard,
        database=database,
        operators=telephony.desk.operators,
        logs=logs,
    )
    watch(stores.readings, observed)
    readiness = make_readiness(observed)
    callbacks = CallBacks(database, telephony.rest, outbound=settings.calls.outbound, changed=lambda: callbacks_watch.look())
    async with AsyncExitStack() as exits:
        callbacks_watch = await exits.enter_async_context(CallBacksWatch.open(board, lambda: callbacks.listed(done=True)))
        stores.records.also(callbacks_watch.append)
        health_watch = await exits.enter_async_context(HealthWatch.open(stores.health, readiness, board, stores.masking))
        await exits.enter_async_context(watch_sound(board, lambda: [(one.call.call_id, one.media) for one in switchboard.sessions]))
        access = api_routes.make_access(settings.api, database, Audit(stores.journal.append))
        parts = api_routes.Parts(
            database=database, live=board, control=telephony.control, callbacks=callbacks, lists=board, dependencies=health_watch
        )
        routers = [
            *api_routes.make_routers(parts, access),
            make_board_router(board, require(Role.VIEWER)),
            make_log_router(stores.live_log),
            make_web_calls_router(telephony.web, per_minute=settings.web_calls.per_minute),
            make_console_router(),
        ]
        app = make_app(readiness, stores.registry, stores.masking, routers=routers, access=access)
        app.openapi()  # made once, a quarter of a second long: now, and not between two frames of a call
        connections_max = CONNECTIONS + settings.board.readers_max + READERS
        port = await exits.enter_async_context(serving(app, listener, proxy=settings.api.proxy, connections_max=connections_max))
        exits.callback(board.close)  # first of all: whoever watches would hold up the server
        exits.callback(stores.live_log.close)
        if telephony.web:
            exits.callback(telephony.web[0].close)
        yield port
