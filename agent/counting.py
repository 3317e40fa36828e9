"""Every request to a service, told by how it went: what makes a provider's graph, for all calls of a process together.

    answered   it came to its end
    failed     it did not, by the service's fault: an attempt that was repeated counts, too
    cut_off    we wanted no more of it: the caller spoke, or hung up

What is a request differs: a stream of a recogniser (counted when the talk lets go of it), a reply of the model, a text that is synthesised
(a cached one is none). The shop's are told by its breaker, which sees each of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal, Protocol

from agent.errors import ModelFailed, VoiceFailed
from agent.ports import Model, ModelRequest, Recognition, Recognizer, ReplyEnded, TellsStreams, TextDelta, ToolUse, Voice
from agent.streams import closing
from audiosocket.audio import AudioFormat

Service = Literal["stt", "model", "tts", "shop"]
Went = Literal["answered", "failed", "cut_off"]


class OnRequest(Protocol):
    def __call__(self, service: Service, went: Went, count: int = 1) -> None: ...


class CountedRecognizer:
    def __init__(self, recognizer: Recognizer, on_request: OnRequest) -> None:
        self._recognizer = recognizer
        self._on_request = on_request

    def open(self, audio: AudioFormat) -> AbstractAsyncContextManager[Recognition]:
        return self._open(audio)

    @asynccontextmanager
    async def _open(self, audio: AudioFormat) -> AsyncIterator[Recognition]:
        async with self._recognizer.open(audio) as recognition:
            try:
                yield recognition
            finally:
                if isinstance(recognition, TellsStreams):
                    streams = recognition.streams
                    self._on_request("stt", "answered", max(0, streams.opened - streams.failed))
                    self._on_request("stt", "failed", streams.failed)


class CountedVoice:
    """Directly before the service's own: behind every cache."""

    def __init__(self, voice: Voice, on_request: OnRequest) -> None:
        self._voice = voice
        self._on_request = on_request

    async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        went: Went = "cut_off"
        try:
            async with closing(self._voice.speak(text, audio)) as pieces:
                async for piece in pieces:
                    yield piece
            went = "answered"
        except VoiceFailed:
            went = "failed"
            raise
        finally:
            self._on_request("tts", went)


class MeterableModel(Model, Protocol):
    def metered(self, replied: Callable[[Mapping[str, int]], None]) -> Model: ...


class CountedModel:
    def __init__(self, model: MeterableModel, on_request: OnRequest) -> None:
        self._model = model
        self._on_request = on_request

    def metered(self, replied: Callable[[Mapping[str, int]], None]) -> Model:
        """As ``metering.TellsUsage``."""
        return _Counted(self._model.metered(replied), self._on_request)

    def reply(self, request: ModelRequest) -> AsyncIterator[TextDelta | ToolUse | ReplyEnded]:
        return _Counted(self._model, self._on_request).reply(request)


class _Counted:
    def __init__(self, model: Model, on_request: OnRequest) -> None:
        self._model = model
        self._on_request = on_request

    async def reply(self, request: ModelRequest) -> AsyncIterator[TextDelta | ToolUse | ReplyEnded]:
        went: Went = "cut_off"
        try:
            async with closing(self._model.reply(request)) as parts:
                async for part in parts:
                    if isinstance(part, ReplyEnded):  # whoever reads may stop right here
                        went = "answered"
                        self._on_request("model", "failed", part.retries)
                    yield part
        except ModelFailed:
            went = "failed"
            raise
        finally:
            self._on_request("model", went)
