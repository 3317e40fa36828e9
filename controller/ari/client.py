"""Asterisk's events: one WebSocket, supervised.

    connecting ──opened──► connected ──broken, closed, no pong within 2 s, deaf (``echo``)──► connecting
        ▲                      └──────ApplicationReplaced────► replaced ─┐
        └─────────────────────────────── back-off ───────────────────────┘

Being connected registers the Stasis application: from that instant new callers are sent to us. Nothing is replayed
after a gap, so ``on_connected`` runs after every opening and compares what Asterisk holds with what we believe.
The reader never waits for work: it hands each event to a plain function. Never ``subscribeAll``: it can deadlock Asterisk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, NoReturn
from urllib.parse import urlencode

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from controller.ari.echo import Echo
from controller.ari.errors import AriError
from controller.ari.http import basic_authorization
from controller.ari.messages import ApplicationReplaced, Event, MessageDecoder
from controller.ari.reconnection import Reconnection

log = structlog.get_logger(__name__)

PING_S = 2.0
OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.0  # the default of 10 s stretches the recovery from a half-open connection to 14 s
LARGEST_MESSAGE_BYTES = 1 << 20

SocketState = Literal["connecting", "connected", "replaced"]


class EventSocket:
    """Keeps one application registered with one Asterisk and passes its events on.

    *on_event* is called in the event loop, in Asterisk's order; it must neither block nor await.
    *on_connected* is awaited beside the reading, and cancelled when the socket is lost meanwhile; an AriError
    from it counts as a loss: a connection whose state we could not read is of no use.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        app: str,
        *,
        on_event: Callable[[Event], None],
        on_connected: Callable[[], Awaitable[None]],
        echo: Echo | None = None,
        ping_s: float = PING_S,
    ) -> None:
        self._url = f"{url.rstrip('/').replace('http', 'ws', 1)}/ari/events?{urlencode({'app': app})}"
        self._headers = {"Authorization": basic_authorization(username, password)}
        self._on_event = on_event
        self._on_connected = on_connected
        self._echo = echo
        self._ping_s = ping_s
        self._reconnection = Reconnection()
        self._opened = asyncio.Event()
        self.decoder = MessageDecoder()
        self.state: SocketState = "connecting"
        self.why = "not connected yet"  # in words, for readiness
        self.connects = 0
        self.replaced = 0
        self.deaf = 0

    @property
    def connected(self) -> bool:
        return self.state == "connected"

    async def wait_connected(self, timeout_s: float) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._opened.wait()

    async def run(self) -> NoReturn:
        """Stay connected until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            was_replaced = await self.live_once()
            if was_replaced:
                self.replaced += 1
                self.state = "replaced"
                self.why = "another process connected under our application's name"
                delay_s = self._reconnection.replaced(loop.time())
                log.error("ari_application_replaced", times=self.replaced, retry_s=round(delay_s, 2))
            else:
                delay_s = self._reconnection.lost(loop.time())
                log.warning("ari_socket_lost", why=self.why, retry_s=round(delay_s, 2))
            await asyncio.sleep(delay_s)

    async def live_once(self) -> bool:
        """One connection from opening to loss; True when it was taken from us. Says in ``why`` how it ended."""
        try:
            async with connect(
                self._url,
                additional_headers=self._headers,
                user_agent_header=None,
                compression=None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT_S,
                ping_interval=self._ping_s,
                ping_timeout=self._ping_s,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=LARGEST_MESSAGE_BYTES,
            ) as socket:
                return await self._use(socket)
        except (OSError, TimeoutError, WebSocketException) as error:
            self.why = f"Asterisk's event socket is not reachable: {error or type(error).__name__}"
        return False

    async def _use(self, socket: ClientConnection) -> bool:
        self._reconnection.opened(asyncio.get_running_loop().time())
        self.state = "connected"
        self.why = ""
        self.connects += 1
        self._opened.set()
        log.info("ari_socket_opened", connects=self.connects)
        beside = [asyncio.create_task(self._resync(socket), name="ari-resync")]
        if self._echo is not None:
            beside.append(asyncio.create_task(self._listen_to(self._echo, socket), name="ari-echo"))
        try:
            return await self._read(socket)
        finally:
            self.state = "connecting"
            self.why = self.why or "Asterisk's event socket is lost"  # until the closing of it, which takes a moment, has told more
            self._opened.clear()
            for task in beside:
                task.cancel()
            await asyncio.wait(beside, timeout=CLOSE_TIMEOUT_S)

    async def _listen_to(self, echo: Echo, socket: ClientConnection) -> None:
        try:
            self.why = await echo.until_deaf()
        except Exception:  # the task's edge: a bug there must be told, and must not cost the connection
            log.exception("ari_echo_failed")
            return
        self.deaf += 1
        log.error("ari_deaf", why=self.why)
        await socket.close()

    async def _resync(self, socket: ClientConnection) -> None:
        try:
            await self._on_connected()
        except AriError as error:
            log.warning("ari_resync_failed", why=str(error))
            await socket.close()
        except Exception:  # the task's edge: a bug there must be told, and must not silence the events
            log.exception("ari_resync_failed")

    async def _read(self, socket: ClientConnection) -> bool:
        async for frame in socket:
            event = self.decoder.decode(frame)
            if event is None or (self._echo is not None and self._echo.hears(event)):
                continue
            if isinstance(event, ApplicationReplaced):
                return True
            try:
                self._on_event(event)
            except Exception:  # the edge of everything that one event sets off: the other calls' events must go on
                log.exception("ari_event_failed", type=type(event).__name__)
        self.why = self.why or f"Asterisk closed the event socket (code {socket.close_code})"
        return False
