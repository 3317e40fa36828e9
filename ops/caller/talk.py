"""Leads a script on a telephone of either kind, and notes each moment on the wire.

Wire latency is measured where the caller's ear is: last voiced frame he sent → first voiced frame he got back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from audiosocket.audio import AudioFormat
from ops.caller.ear import Ear
from ops.caller.script import HangUp, Interrupt, KeepSilent, Listen, Press, Say, Script, Step, UntilEnd
from ops.standins.phrasebook import phrase

_POLL_S = 0.02  # one frame: nothing on the wire changes faster
_BETWEEN_KEYS_S = 0.3  # a key is down for 120 ms


class TalkFailed(Exception):
    """The other side did not do what the script waits for."""


class Phone(Protocol):
    """A telephone in a simulated caller's hand."""

    @property
    def audio(self) -> AudioFormat: ...

    @property
    def ear(self) -> Ear: ...

    @property
    def gone(self) -> bool:
        """The call is over."""

    async def say(self, pcm: bytes) -> float:
        """Play *pcm* to its end; the monotonic second at which its last voiced frame left."""

    async def press(self, key: str) -> None: ...

    async def hang_up(self) -> None: ...


@dataclass(slots=True)
class Exchange:
    """One thing the caller did and what came back; times are CLOCK_MONOTONIC seconds."""

    step: Step
    began_s: float
    last_voiced_s: float | None = None  # of the caller
    answered_s: float | None = None  # first voiced frame of the agent after that
    hushed_s: float | None = None  # Interrupt: the agent's last voiced frame after our onset

    @property
    def latency_ms(self) -> float | None:
        if self.last_voiced_s is None or self.answered_s is None:
            return None
        return 1000 * (self.answered_s - self.last_voiced_s)


@dataclass(slots=True)
class TalkLog:
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def latencies_ms(self) -> list[float]:
        """Wire latencies of plain questions; answers to interruptions are apart, for the agent may still have been audible."""
        return [e.latency_ms for e in self.exchanges if isinstance(e.step, Say) and e.latency_ms is not None]


async def until(condition: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait for *condition*; raises ``TalkFailed`` that says *what* did not happen."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TalkFailed(f"{what} did not happen within {within_s:g} s")
        await asyncio.sleep(_POLL_S)


class Talk:
    """One script on one telephone."""

    def __init__(self, phone: Phone, *, tell: Callable[[str], None] = lambda line: None) -> None:
        self._phone = phone
        self._tell = tell
        self._since = 0.0  # the agent's speech before this moment was dealt with
        self.log = TalkLog()

    async def lead(self, script: Script) -> TalkLog:
        for step in script:
            await self._perform(step)
        return self.log

    async def _perform(self, step: Step) -> None:
        match step:
            case Listen():
                await self._listen(step)
            case Say(key):
                await self._say(step, key)
            case Interrupt():
                await self._interrupt(step)
            case KeepSilent(for_s):
                self._note(step)
                await asyncio.sleep(for_s)
            case Press(key):
                self._note(step)
                self._tell(f"presses {key}")
                await self._press(key)
            case HangUp():
                self._note(step)
                self._tell("hangs up")
                await self._phone.hang_up()
            case UntilEnd(within_s):
                self._note(step)
                await until(lambda: self._phone.gone, within_s, "the end of the call")

    async def _press(self, keys: str) -> None:
        for place, key in enumerate(keys):
            if place:
                await asyncio.sleep(_BETWEEN_KEYS_S)
            await self._phone.press(key)

    def _note(self, step: Step) -> Exchange:
        exchange = Exchange(step, time.monotonic())
        self.log.exchanges.append(exchange)
        return exchange

    async def _listen(self, step: Listen) -> None:
        ear = self._phone.ear
        asked = self.log.exchanges[-1] if self.log.exchanges else None

        def answered() -> bool:
            if self._phone.gone:
                raise TalkFailed("the call ended while we waited for the agent to speak")
            first = ear.first_voiced_after(self._since)
            if first is not None and asked is not None and asked.answered_s is None:
                asked.answered_s = first
            return first is not None

        await until(answered, step.within_s, "an answer of the agent")
        await until(lambda: self._phone.gone or ear.quiet_s(time.monotonic()) >= step.quiet_s, 120.0, "the end of the agent's say")
        self._since = time.monotonic()

    async def _say(self, step: Say | Interrupt, key: str) -> Exchange:
        exchange = self._note(step)
        utterance = phrase(key)
        self._tell(utterance.text)
        exchange.last_voiced_s = self._since = await self._phone.say(utterance.pcm(self._phone.audio))
        return exchange

    async def _interrupt(self, step: Interrupt) -> None:
        def speaking_long_enough() -> bool:
            now = time.monotonic()
            began = self._phone.ear.speaking_since(now)
            return began is not None and began > self._since and now - began >= step.after_s

        await until(speaking_long_enough, step.within_s, f"{step.after_s:g} s of the agent's speech")
        began = time.monotonic()
        exchange = await self._say(step, step.key)

        def hushed() -> bool:
            exchange.hushed_s = self._phone.ear.hushed_after(began, time.monotonic())
            return exchange.hushed_s is not None

        await until(hushed, step.within_s, "a pause of the agent after the interruption")
