"""A simulated operator's telephone: it answers when the queue rings it, hears who calls, presses a key, and hears the caller."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from audiosocket.line import Line
from ops.caller.ear import Ear

ACCEPT, REFUSE = "1", "2"
_POLL_S = 0.05
_TOLD_S = 15.0  # for the first word of the summary, and for the caller after the key
_AGAIN_S = 2.0  # who is still spoken to so long after his key was asked anew: whoever asked him first has gone meanwhile
_KEY_DOWN_S = 0.25  # 120 ms on the wire; nothing that is said meanwhile is heard
_TOLD_IN = "w-"  # begins the name of the controller's bridge in which he hears who calls


class NotConnected(Exception):
    """The operator did what was to be done and has no caller."""


class _Ringing(Protocol):
    """An AudioSocket leg that is expected and not there yet."""

    async def line(self, *, timeout_s: float) -> Line: ...

    def cancel(self) -> None: ...


class _Desk(Protocol):
    """Where the telephone is plugged in."""

    async def place_of(self, telephone: str) -> tuple[str, str]:
        """The ids of a telephone's channel and of the bridge that it is in; empty: there is none."""

    async def press(self, channel_id: str, key: str) -> None: ...


class OperatorPhone:
    """One handset on an operator's desk; it takes one call."""

    def __init__(self, name: str, telephone: str, ringing: _Ringing, ear: Ear, desk: _Desk) -> None:
        """*ear* listens from the moment in which we take the call."""
        self.name = name
        self.ear = ear
        self._telephone = telephone
        self._ringing = ringing
        self._desk = desk
        self._line: Line | None = None

    async def answered(self, within_s: float = 30.0, *, key: str = ACCEPT) -> None:
        """Wait until the queue rang and we took the call: pick up, hear the first word of who calls, press *key*.

        Returns when the caller is ours, or, with a key that does not accept, when it was pressed; "" presses none and only hears. Who
        accepts and is asked anew presses again, as anybody would. Raises ``LineNotOpened`` when it did not ring in time, ``NotConnected``
        when the caller does not come. A blind transfer needs no key.
        """
        await self.picked_up(within_s)
        await self.decided(key)

    async def decided(self, key: str = ACCEPT) -> None:
        """The same once he has picked up."""
        if not await self.asked():
            return
        if key:
            await self.press(key)
        if key == ACCEPT:
            await self.connected(again=ACCEPT)

    async def picked_up(self, within_s: float = 30.0) -> None:
        """Wait until the queue rang, and pick up; nothing more."""
        self._line = await self._ringing.line(timeout_s=within_s)

    async def asked(self) -> bool:
        """Wait for the first word of who calls; False: the caller is ours without being asked."""
        began = time.monotonic()
        while time.monotonic() < began + _TOLD_S:
            if await self._has_caller():
                return False
            if self.ear.first_voiced_after(0) is not None:
                return True
            await asyncio.sleep(_POLL_S)
        raise NotConnected(f"operator {self.name} was not told within {_TOLD_S:g} s who calls")

    async def connected(self, *, again: str = "") -> None:
        """Wait until the caller is ours; *again* is pressed when we are asked anew."""
        began = pressed = time.monotonic()
        while time.monotonic() < began + _TOLD_S:
            if await self._has_caller():
                return
            if self.gone:
                break
            if again and self.ear.first_voiced_after(pressed + _AGAIN_S) is not None:
                await self.press(again)
                pressed = time.monotonic()
            await asyncio.sleep(_POLL_S)
        raise NotConnected(f"operator {self.name} accepted and has no caller")

    async def press(self, key: str) -> None:
        channel, _ = await self._desk.place_of(self._telephone)
        await self._desk.press(channel, key)
        await asyncio.sleep(_KEY_DOWN_S)

    def say(self, pcm: bytes) -> None:
        """Begin to say *pcm* to the caller."""
        playback = self._talking().play()
        playback.feed(pcm)
        playback.finish()

    def hang_up(self) -> None:
        """Put the handset down, or take it off the hook for good when it never rang."""
        if self._line is None:
            self._ringing.cancel()
        else:
            self._line.close()

    async def ended(self) -> None:
        await self._talking().closed()

    @property
    def gone(self) -> bool:
        return self._line is not None and self._line.reason is not None

    async def _has_caller(self) -> bool:
        _, bridge = await self._desk.place_of(self._telephone)
        return bool(bridge) and not bridge.startswith(_TOLD_IN)

    def _talking(self) -> Line:
        if self._line is None:
            raise RuntimeError(f"operator {self.name} has no call yet: await answered() first")
        return self._line
