"""Stand-in for Google Cloud Speech-to-Text v2: the real protos over gRPC, in a process of its own.

    python -m ops.standins.google_stt --port P --control-port Q [--mode auto|phrasebook|whisper] [--set name=value ...]

Speech that carries the phrasebook's mark is recognised exactly, in any language, interim words included. Other speech
goes to whisper where that is installed (``google_stt_whisper``), else it is not heard. Enforced like Google does: the first
message configures, messages of at most 15 KB, a stream lives ``max_stream_s``, and one without audio ``idle_stream_s``.

The control log holds a "stream" per stream and an "utterance" per phrase: it arrives when the audio with its end does
(``detail.interim_ms`` is its first interim before that), and ends when its final leaves; so ended - arrived is our service time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import grpc
import msgspec
from google.cloud.speech_v2.types import cloud_speech
from google.protobuf.duration_pb2 import Duration

from ops.standins.control import Control, Served, now_ms
from ops.standins.google_stt_ear import Ear, FinalText, Hearing, InterimText, MarkBroken
from ops.standins.google_stt_whisper import Whisper, Words, open_whisper
from ops.standins.grpc_standin import Context, Refusal, arguments, serve, set_by, stream_handler

SERVICE, METHOD = "google.cloud.speech.v2.Speech", "StreamingRecognize"
MAX_AUDIO_BYTES = 15_360
MAX_ANSWERS_WAITING = 1000  # for a client that does not read
THAW_POLL_S = 0.02
_Response = cloud_speech.StreamingRecognizeResponse.pb()

Count = Annotated[int, msgspec.Meta(ge=0)]


class SttSettings(msgspec.Struct):
    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0  # from the end of a phrase to its final
    max_stream_s: Annotated[float, msgspec.Meta(gt=0)] = 300
    idle_stream_s: Annotated[float, msgspec.Meta(gt=0)] = 10
    refuse_next: Count = 0  # so many streams answer UNAVAILABLE
    hang_next: Count = 0  # so many streams neither read nor answer
    deaf_next: Count = 0  # so many streams read and never answer
    break_next: Count = 0  # so many times a stream dies with INTERNAL in the middle of a phrase
    frozen: bool = False  # while true, no stream reads or answers


class SpeechService:
    def __init__(self, control: Control[SttSettings], whisper: Whisper | None) -> None:
        self._control, self._whisper = control, whisper

    async def streaming_recognize(self, requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        served = self._control.arrived("stream")
        try:
            if self._control.spend("refuse_next"):
                await context.abort(grpc.StatusCode.UNAVAILABLE, "The service is currently unavailable.")
            if self._control.spend("hang_next"):
                await asyncio.Event().wait()
            first = await anext(aiter(requests), None)
            config = await _checked(first, context)
            served.detail.update(languages=list(config.config.language_codes), model=config.config.model)
            stream = _Stream(self._control, served, config, self._whisper)
            async for response in stream.responses(requests, context):
                served.began()
                yield response
            served.ended()
        except (asyncio.CancelledError, GeneratorExit):  # the latter if it went while a response was being sent
            served.ended("cancelled")
            raise
        finally:
            served.ended("aborted")


async def _checked(first: Any, context: Context) -> Any:
    """The configuration in the first message, or the refusal Google gives."""
    wrong = None
    if first is None or not first.HasField("streaming_config"):
        wrong = "first message must carry streaming_config"
    elif "/recognizers/" not in first.recognizer:
        wrong = "Invalid resource field value in the request: recognizer"
    elif not first.streaming_config.config.language_codes:
        wrong = "language_codes required"
    elif not first.streaming_config.config.explicit_decoding_config.sample_rate_hertz:
        wrong = "explicit_decoding_config.sample_rate_hertz required for LINEAR16"
    if wrong:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, wrong)
    return first.streaming_config


class _Stream:
    """One stream: reads audio as it comes and answers what the ears make of it."""

    def __init__(self, control: Control[SttSettings], served: Served, config: Any, whisper: Whisper | None) -> None:
        self._control, self._served = control, served
        self._rate_hz: int = config.config.explicit_decoding_config.sample_rate_hertz
        self._languages = list(config.config.language_codes)
        self._interims: bool = config.streaming_features.interim_results
        self._ear = Ear(self._rate_hz)
        self._words = whisper.listen(self._rate_hz, self._languages[0]) if whisper else None
        self._deaf = control.spend("deaf_next")
        self._first_interim_ms: float | None = None
        self._out: asyncio.Queue[Any] = asyncio.Queue()  # bounded by _put

    async def responses(self, requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        """Until the client closes or the service does; a refusal aborts *context*."""
        reader = asyncio.create_task(self._read(requests), name="stt stream reader")
        try:
            while (response := await self._out.get()) is not None:
                yield response
            if refusal := await reader:
                await context.abort(*refusal)
        finally:
            reader.cancel()

    async def _read(self, requests: AsyncIterator[Any]) -> Refusal | None:
        """Take audio to the end and tell what is left to tell; the refusal with which the stream dies, if it does."""
        try:
            async with asyncio.TaskGroup() as finals:
                return await self._take_all(aiter(requests), finals)
        finally:
            self._out.put_nowait(None)

    async def _take_all(self, requests: AsyncIterator[Any], finals: asyncio.TaskGroup) -> Refusal | None:
        opened = time.monotonic()
        while True:
            settings = self._control.settings
            left_s = opened + settings.max_stream_s - time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, min(left_s, settings.idle_stream_s))):
                    request = await anext(requests, None)
            except TimeoutError:
                if left_s <= settings.idle_stream_s:
                    return grpc.StatusCode.ABORTED, "Max duration of 5 minutes reached for stream."
                return grpc.StatusCode.ABORTED, "Stream timed out after receiving no more client requests."
            while self._control.settings.frozen:  # noqa: ASYNC110 - a setting has no event
                await asyncio.sleep(THAW_POLL_S)
            if request is None:
                return None
            if len(request.audio) > MAX_AUDIO_BYTES:
                return grpc.StatusCode.INVALID_ARGUMENT, f"Audio chunk can be of a a maximum of {MAX_AUDIO_BYTES} bytes"
            if self._deaf:
                continue
            for heard in self._hear(request.audio):
                self._tell(heard, finals)
            if self._ear.half_said and self._control.spend("break_next"):
                return grpc.StatusCode.INTERNAL, "Internal error encountered."

    def _hear(self, pcm: bytes) -> list[Hearing | Words]:
        found: list[Hearing | Words] = [*self._ear.hear(pcm)]
        self._served.detail["audio_ms"] = self._ear.position_ms
        if self._words is not None:
            found += self._words.hear(pcm, marked=self._ear.speaking is not None)
        return found

    def _tell(self, heard: Hearing | Words, finals: asyncio.TaskGroup) -> None:
        """Answer *heard*, a final by a task among *finals*."""
        match heard:
            case MarkBroken(at_ms):
                self._control.arrived("broken mark", at_ms=at_ms).ended("not recognised")
            case InterimText(phrase, text):
                if self._first_interim_ms is None:
                    self._first_interim_ms = now_ms()
                if self._interims:
                    self._put(_result(text, phrase.language))
            case FinalText(phrase, text, end_ms):
                utterance = self._control.arrived("utterance", key=phrase.key, text=text, interim_ms=self._first_interim_ms)
                self._first_interim_ms = None
                finals.create_task(self._finish(utterance, text, phrase.language, end_ms), name="stt final")
            case Words():
                utterance = self._control.arrived("utterance", key=None)
                finals.create_task(self._finish_words(utterance, heard), name="stt final of whisper")

    async def _finish(self, utterance: Served, text: str, language: str, end_ms: int) -> None:
        await asyncio.sleep(self._control.settings.latency_ms / 1000)
        self._put(_result(text, language, final_ms=end_ms))
        utterance.began()
        utterance.ended(text=text)

    async def _finish_words(self, utterance: Served, words: Words) -> None:
        text = await words.text
        if text:
            await self._finish(utterance, text, self._languages[0], words.end_ms)
        utterance.ended("nothing heard")

    def _put(self, response: Any) -> None:
        if self._out.qsize() < MAX_ANSWERS_WAITING:
            self._out.put_nowait(response)


def _result(text: str, language: str, final_ms: int | None = None) -> Any:
    """Raw protobuf; a final when it has an end."""
    response = _Response()
    result = response.results.add(language_code=language)
    alternative = result.alternatives.add(transcript=text)
    if final_ms is None:
        result.stability = 0.8
    else:
        alternative.confidence = 0.95
        result.is_final = True
        result.result_end_offset.CopyFrom(Duration(seconds=final_ms // 1000, nanos=final_ms % 1000 * 1_000_000))
    return response


async def main() -> None:
    parser = arguments("Stand-in for Google Cloud Speech-to-Text v2")
    parser.add_argument("--mode", choices=("auto", "phrasebook", "whisper"), default="auto")
    options = parser.parse_args()
    control = Control(set_by(vars(options), SttSettings))
    service = SpeechService(control, open_whisper(options.mode))
    handler = stream_handler(SERVICE, METHOD, cloud_speech.StreamingRecognizeRequest, service.streaming_recognize)
    await serve(handler, control, host=options.host, port=options.port, control_port=options.control_port)


if __name__ == "__main__":
    asyncio.run(main())
