"""A whole talk in one process and in virtual time: the real conversation between a scripted caller and fake neighbours."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.conversation import Caller, Conversation, Services
from agent.history import History
from agent.memory import Memory, decode, encode
from agent.once import Once
from agent.outcome import Outcome
from agent.ports import Heard
from agent.settings import AgentSettings
from audiosocket.audio import FRAME_MS, AudioFormat
from tests.fakes.desk import CALLER, NOW, FakeCallBacks, FakeKnowledge, FakeLedger
from tests.fakes.line import FakeLine
from tests.fakes.services import FakeModel, FakeRecognizer, FakeShop, FakeTranscript, FakeVoice, Part


def sound(duration_ms: int, audio: AudioFormat, level: float = 0.2) -> list[bytes]:
    """Frames of something like speech: noise at that level of full scale."""
    generator = np.random.default_rng(7)
    samples = generator.normal(0, level * 32767 / 2, audio.frame_samples * (duration_ms // FRAME_MS))
    pcm = np.clip(samples, -32768, 32767).astype("<i2").tobytes()
    return [pcm[at : at + audio.frame_bytes] for at in range(0, len(pcm), audio.frame_bytes)]


@dataclass(frozen=True)
class Remains:
    """What is left of a talk whose process was killed: what it had kept, and the world outside."""

    memory: Memory | None
    transcript: FakeTranscript
    ledger: FakeLedger
    shop: FakeShop
    passed_s: float


class FakeTalk:
    """``with`` its task running: ``await talk.agent_is_silent()``, ``await talk.says("...")``, ``await talk.outcome()``.

    It keeps its memory whenever it is told to. *after* what is left of another it goes on; that one's loop must be over.
    """

    def __init__(
        self, *replies: list[Part], settings: AgentSettings | None = None, caller: Caller | None = None, after: Remains | None = None
    ) -> None:
        self.line = FakeLine()
        self.recognizer, self.voice, self.shop = FakeRecognizer(), FakeVoice(), after.shop if after else FakeShop()
        self.model, self.transcript = FakeModel(*replies), after.transcript.copy() if after else FakeTranscript()
        self.ledger, self.knowledge = after.ledger if after else FakeLedger(), FakeKnowledge()
        self.call_backs, self.desk_open = FakeCallBacks(), True
        self._began_s = asyncio.get_running_loop().time() - (after.passed_s if after else 0)
        self.kept: bytes | None = None
        self.kept_at_ms: list[int] = []
        once = Once(self.ledger, clock_ms=lambda: round(self.now().timestamp() * 1000))
        services = Services(self.recognizer, self.model, self.voice, self.shop, self.knowledge, once)
        caller = caller or Caller(CALLER, call_id="call-1")
        self.conversation = Conversation(
            services,
            self.transcript,
            caller,
            settings,
            call_backs=self.call_backs,
            desk_open=lambda: self.desk_open,
            now=self.now,
            memory=after.memory if after else None,
            on_memory=self._keep,
        )
        self.task: asyncio.Task[Outcome] | None = None

    def begin(self, opening: str = "greeting") -> None:
        self.task = asyncio.create_task(self.conversation.run(self.line, opening), name="talk")

    def killed(self, *, handing_over: bool = False) -> Remains:
        """What a successor finds if the process ends in this instant: what was kept last or, *handing over*, what is true now."""
        if handing_over:
            self._keep()
        memory = decode(self.kept) if self.kept is not None else None
        passed_s = asyncio.get_running_loop().time() - self._began_s
        return Remains(memory, self.transcript.copy(), self.ledger.after_a_crash(), self.shop, passed_s)

    def _keep(self) -> None:
        self.kept = encode(self.conversation.memory())
        self.kept_at_ms.append(self.now_ms)

    def now(self) -> dt.datetime:
        """The shop's time: the loop's clock, from ``NOW`` on."""
        return NOW + dt.timedelta(seconds=asyncio.get_running_loop().time() - self._began_s)

    @property
    def history(self) -> History:
        return self.conversation.history

    @property
    def now_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000)

    async def until(self, condition: Callable[[], object], limit_s: float = 60.0) -> None:
        """Wait in virtual time, a frame at a time."""
        async with asyncio.timeout(limit_s):
            while not condition():
                assert self.task is None or not self.task.done(), "the talk ended early"
                await asyncio.sleep(FRAME_MS / 1000)

    async def agent_talks(self) -> None:
        await self.until(lambda: self.line.talking)

    async def agent_is_silent(self) -> None:
        """He has spoken and stopped for 200 ms."""
        await self.agent_talks()
        await self.until(lambda: self.line.voiced_at_ms[-1] < self.now_ms - 200)

    async def makes_noise(self, duration_ms: int) -> None:
        self.line.say(sound(duration_ms, self.line.format))
        await asyncio.sleep(duration_ms / 1000)

    async def says(self, text: str, *, duration_ms: int = 1_000, final_after_s: float | None = 0.2, interim_after_s: float = 0.4) -> None:
        """Speak for *duration_ms*; an interim comes that long after the beginning, the final that long after the end (None: never)."""
        self.line.say(sound(duration_ms, self.line.format))
        await asyncio.sleep(interim_after_s)
        self.hears(Heard(text, final=False))
        await asyncio.sleep(max(0.0, duration_ms / 1000 - interim_after_s))
        if final_after_s is not None:
            await asyncio.sleep(final_after_s)
            self.hears(Heard(text, final=True, confidence=0.9, language="uk-UA"))

    def hears(self, heard: Heard) -> None:
        self.recognizer.results.put_nowait(heard)

    async def outcome(self, limit_s: float = 60.0) -> Outcome:
        assert self.task is not None
        async with asyncio.timeout(limit_s):
            return await self.task
