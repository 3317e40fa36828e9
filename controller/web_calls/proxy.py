"""One browser's SIP, message by message, between its WebSocket and Asterisk's.

    browser ──► looked at (signalling.py), counted ──► Asterisk:/ws      from proxy_address, the only one that may
            ◄─────────────────────────────────────────

It ends with either socket, with the guest's business, or at the first message that no call needs: an honest page sends none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
import websockets
from fastapi import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection

from controller.web_calls.desk import WebCalls
from controller.web_calls.guests import Guest
from controller.web_calls.signalling import LONGEST, is_keep_alive, objection

SUBPROTOCOL = "sip"
OPEN_S, CLOSE_S = 3.0, 1.0
BURST, PER_SECOND = 30, 5.0
"""Messages: a call begins and ends with about ten."""
SILENT_S = 900.0  # longer than a call may be
AFTERWARDS_S = 2.0  # for the last answer of a call that is over

VIOLATION, GOING_AWAY, TROUBLE = 1008, 1001, 1011

log = structlog.get_logger(__name__)


class Allowance:
    """A bucket of messages that fills with time. Pure."""

    def __init__(self, burst: int, per_second: float, now_s: float) -> None:
        self._burst, self._per_second = burst, per_second
        self._left, self._at_s = float(burst), now_s

    def take(self, now_s: float) -> bool:
        """False: one too many."""
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_second)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Proxy:
    """*url* is Asterisk's: ws://127.0.0.1:8088/ws."""

    def __init__(
        self,
        web_calls: WebCalls,
        url: str,
        proxy_address: str,
        *,
        silent_s: float = SILENT_S,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web_calls = web_calls
        self._url = url
        self._local = (proxy_address, 0)
        self._silent_s = silent_s
        self._clock_s = clock_s

    async def serve(self, browser: WebSocket, guest: Guest) -> None:
        """Until it is over; *guest*'s channel is then ended. *browser* is not accepted yet."""
        try:
            asterisk = await self._connect()
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            log.warning("web_signalling_failed", user=guest.user, why=str(error))
            await browser.close(TROUBLE)
            await self._web_calls.disconnected(guest)
            return
        code = TROUBLE
        try:
            await browser.accept(subprotocol=SUBPROTOCOL)
            code = await self._both_ways(browser, asterisk, guest)
        finally:
            await self._web_calls.disconnected(guest)  # first: Asterisk takes its time to close a socket
            with suppress(RuntimeError, WebSocketDisconnect):  # it may be closed already
                await browser.close(code)
            await asterisk.close()

    async def _connect(self) -> ClientConnection:
        return await websockets.connect(
            self._url,
            subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
            local_addr=self._local,
            proxy=None,
            compression=None,
            max_size=65_536,
            ping_interval=None,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
        )

    async def _both_ways(self, browser: WebSocket, asterisk: ClientConnection, guest: Guest) -> int:
        """The close code for the browser."""
        ways = [
            asyncio.create_task(self._outward(browser, asterisk, guest), name=f"sip-out-{guest.user}"),
            asyncio.create_task(self._inward(browser, asterisk), name=f"sip-in-{guest.user}"),
            asyncio.create_task(self._over(guest), name=f"sip-over-{guest.user}"),
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            return max(task.result() for task in done)
        except (WebSocketDisconnect, websockets.ConnectionClosed):
            return GOING_AWAY
        finally:
            for task in ways:
                task.cancel()
            await asyncio.wait(ways)

    async def _outward(self, browser: WebSocket, asterisk: ClientConnection, guest: Guest) -> int:
        allowance = Allowance(BURST, PER_SECOND, self._clock_s())
        while True:
            try:
                async with asyncio.timeout(self._silent_s):
                    message = await browser.receive()
            except TimeoutError:
                return GOING_AWAY
            if message["type"] == "websocket.disconnect":
                return GOING_AWAY
            frame = message.get("text")
            if frame is None:
                frame = (message.get("bytes") or b"").decode(errors="replace")
            if is_keep_alive(frame) and len(frame) <= LONGEST and allowance.take(self._clock_s()):
                continue
            why = objection(frame, guest.user) if allowance.take(self._clock_s()) else "too many messages"
            if why:
                log.warning("web_signalling_refused", user=guest.user, why=why)
                return VIOLATION
            await asterisk.send(frame)

    async def _inward(self, browser: WebSocket, asterisk: ClientConnection) -> int:
        async for frame in asterisk:
            if isinstance(frame, str):
                await browser.send_text(frame)
            else:
                await browser.send_bytes(frame)
        return GOING_AWAY

    async def _over(self, guest: Guest) -> int:
        await self._web_calls.over(guest)
        await asyncio.sleep(AFTERWARDS_S)
        return GOING_AWAY
