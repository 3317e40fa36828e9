"""The agent's neighbours for tests: they behave in time, and fail when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.errors import AgentError, RecognizerFailed
from agent.ports import Heard, ModelRequest, ReplyEnded, TextDelta, ToolUse
from agent.records import AgentState, LiveText, Moment, ToolCallRecord, TurnRecord
from audiosocket.audio import AudioFormat
from tests.fakes.shop import X_ICE as X_ICE
from tests.fakes.shop import FakeShop as FakeShop

MS_PER_CHARACTER = 50  # of the fake voice


class FakeRecognizer:
    """Hears what the test puts into ``results``; an exception there is raised to the listener."""

    def __init__(self) -> None:
        self.results: asyncio.Queue[Heard | RecognizerFailed] = asyncio.Queue()
        self.heard_bytes = 0
        self.batches: list[int] = []
        self.fails_to_open = False
        self.open_now = 0
        self.closing_s = 0.0

    @asynccontextmanager
    async def open(self, audio: AudioFormat) -> AsyncIterator[FakeRecognition]:
        if self.fails_to_open:
            raise RecognizerFailed("no connection")
        self.open_now += 1
        try:
            yield FakeRecognition(self)
        finally:
            self.open_now -= 1
            if self.closing_s:
                await asyncio.sleep(self.closing_s)


class FakeRecognition:
    def __init__(self, recognizer: FakeRecognizer) -> None:
        self._recognizer = recognizer

    def hear(self, pcm: bytes) -> None:
        self._recognizer.heard_bytes += len(pcm)
        self._recognizer.batches.append(len(pcm))

    async def results(self) -> AsyncIterator[Heard]:
        while True:
            result = await self._recognizer.results.get()
            if isinstance(result, RecognizerFailed):
                raise result
            yield result


class FakeVoice:
    """50 ms of sound per character after *latency_s*, or what ``latencies_s`` says for a text; ``fails`` is raised instead."""

    def __init__(self, latency_s: float = 0.1) -> None:
        self.latency_s = latency_s
        self.latencies_s: dict[str, float] = {}
        self.texts: list[str] = []
        self.fails: AgentError | None = None

    async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        self.texts.append(text)
        await asyncio.sleep(self.latencies_s.get(text, self.latency_s))
        if self.fails is not None:
            raise self.fails
        for _ in range(len(text)):
            yield b"\x00\x10" * (audio.rate_hz * MS_PER_CHARACTER // 1000)


@dataclass(frozen=True)
class Wait:
    """In a reply: the model takes its time."""

    seconds: float


Part = TextDelta | ToolUse | ReplyEnded | Wait | AgentError


def says(text: str) -> list[Part]:
    """A reply of words only, in pieces as a model streams them."""
    pieces: list[Part] = [TextDelta(text[at : at + 7]) for at in range(0, len(text), 7)]
    return [*pieces, ReplyEnded("end_turn", {"input_tokens": 100, "output_tokens": 10})]


def uses(name: str, text: str = "", use_id: str = "toolu_1", **arguments: object) -> list[Part]:
    """A reply that ends in a tool use."""
    words: list[Part] = [TextDelta(text)] if text else []
    return [*words, ToolUse(use_id, name, arguments), ReplyEnded("tool_use", {"input_tokens": 100, "output_tokens": 10})]


class FakeModel:
    """Plays its replies one after another and keeps what it was asked."""

    def __init__(self, *replies: list[Part], latency_s: float = 0.3) -> None:
        self.replies = list(replies)
        self.latency_s = latency_s
        self.requests: list[ModelRequest] = []
        self.left_early = 0

    async def reply(self, request: ModelRequest) -> AsyncIterator[TextDelta | ToolUse | ReplyEnded]:
        self.requests.append(request)
        parts = self.replies.pop(0)
        try:
            await asyncio.sleep(self.latency_s)
            for part in parts:
                if isinstance(part, AgentError):
                    raise part
                if isinstance(part, Wait):
                    await asyncio.sleep(part.seconds)
                else:
                    yield part
        except (asyncio.CancelledError, GeneratorExit):
            self.left_early += 1
            raise


class FakeTranscript:
    def __init__(self) -> None:
        self.states: list[AgentState] = []
        self.revisions: list[TurnRecord] = []
        self.tool_calls: list[ToolCallRecord] = []
        self.live_texts: list[LiveText] = []
        self.moments: list[Moment] = []

    def state(self, state: AgentState) -> None:
        self.states.append(state)

    def turn(self, turn: TurnRecord) -> None:
        self.revisions.append(turn)

    def tool_call(self, call: ToolCallRecord) -> None:
        self.tool_calls.append(call)

    def live(self, text: LiveText) -> None:
        self.live_texts.append(text)

    def note(self, moment: Moment) -> None:
        self.moments.append(moment)

    def copy(self) -> FakeTranscript:
        """As it is now, whoever writes into this one yet."""
        copy = FakeTranscript()
        copy.states, copy.revisions, copy.tool_calls = list(self.states), list(self.revisions), list(self.tool_calls)
        copy.live_texts, copy.moments = list(self.live_texts), list(self.moments)
        return copy

    @property
    def turns(self) -> list[TurnRecord]:
        """The highest revision of each turn, in order."""
        latest = {turn.turn_number: turn for turn in sorted(self.revisions, key=lambda turn: turn.revision)}
        return [latest[number] for number in sorted(latest)]
