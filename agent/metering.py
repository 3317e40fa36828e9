"""The services of one call, each telling its ``Meter`` what was used.

    Meter ◄── usage ────────── model        every attempt, broken ones too, if the adapter tells; else whole replies
      ▲ ◄──── ms ───────────── recognizer   what the adapter streamed, its padding and repetitions too, if it tells; else what it was given
      └────── characters ───── voice        what is sent to be synthesised: a cache and a rewriting in between pass ``metered`` on

An adapter tells by a method or property of its own (the protocols here); what has none is counted from outside. So nothing global
says whose call it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, runtime_checkable

from agent.conversation import Services
from agent.cost import Meter
from agent.ports import Heard, Model, ModelRequest, Recognition, Recognizer, ReplyEnded, Streams, TellsStreams, TextDelta, ToolUse, Voice
from agent.streams import closing
from audiosocket.audio import AudioFormat


@runtime_checkable
class TellsCharacters(Protocol):
    """A voice in front of another."""

    def metered(self, sent: Callable[[int], None]) -> Voice:
        """The same voice, telling how many characters it sends each time."""


@runtime_checkable
class TellsUsage(Protocol):
    def metered(self, replied: Callable[[Mapping[str, int]], None]) -> Model:
        """The same model, telling the usage of each attempt at its end, however it ends."""


@runtime_checkable
class TellsStreamed(Protocol):
    @property
    def streamed_ms(self) -> int:
        """Audio sent to the service."""


def metered(services: Services, meter: Meter) -> Services:
    """The same services for one call; what it uses of them goes to *meter*."""
    return dataclasses.replace(
        services,
        recognizer=MeteredRecognizer(services.recognizer, meter),
        model=metered_model(services.model, meter),
        voice=metered_voice(services.voice, meter.sent),
    )


def metered_voice(voice: Voice, sent: Callable[[int], None]) -> Voice:
    return voice.metered(sent) if isinstance(voice, TellsCharacters) else _MeteredVoice(voice, sent)


def metered_model(model: Model, meter: Meter) -> Model:
    return model.metered(meter.replied) if isinstance(model, TellsUsage) else _MeteredModel(model, meter)


class _MeteredVoice:
    def __init__(self, voice: Voice, sent: Callable[[int], None]) -> None:
        self._voice = voice
        self._sent = sent

    async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        self._sent(len(text))
        async with closing(self._voice.speak(text, audio)) as pieces:
            async for piece in pieces:
                yield piece


class _MeteredModel:
    def __init__(self, model: Model, meter: Meter) -> None:
        self._model = model
        self._meter = meter

    async def reply(self, request: ModelRequest) -> AsyncIterator[TextDelta | ToolUse | ReplyEnded]:
        async with closing(self._model.reply(request)) as parts:
            async for part in parts:
                if isinstance(part, ReplyEnded):
                    self._meter.replied(part.usage)
                yield part


class MeteredRecognizer:
    def __init__(self, recognizer: Recognizer, meter: Meter) -> None:
        self._recognizer = recognizer
        self._meter = meter

    def open(self, audio: AudioFormat) -> AbstractAsyncContextManager[Recognition]:
        return self._open(audio)

    @asynccontextmanager
    async def _open(self, audio: AudioFormat) -> AsyncIterator[Recognition]:
        async with self._recognizer.open(audio) as recognition:
            heard = _MeteredRecognition(recognition, audio)
            self._meter.streaming(lambda: heard.streamed_ms)
            yield heard


class _MeteredRecognition:
    def __init__(self, recognition: Recognition, audio: AudioFormat) -> None:
        self._recognition = recognition
        self._audio = audio
        self._given_bytes = 0

    @property
    def streamed_ms(self) -> int:
        told = self._recognition
        return told.streamed_ms if isinstance(told, TellsStreamed) else self._audio.duration_ms(self._given_bytes)

    @property
    def streams(self) -> Streams:
        return self._recognition.streams if isinstance(self._recognition, TellsStreams) else Streams()

    def hear(self, pcm: bytes) -> None:
        self._given_bytes += len(pcm)
        self._recognition.hear(pcm)

    def results(self) -> AsyncIterator[Heard]:
        return self._recognition.results()
