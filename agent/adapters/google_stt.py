"""Speech to text by Google Cloud Speech-to-Text v2, streaming, for calls of any length.

    hear() ──► Tape ──100 ms messages──► stream ──► interims and finals ──► results()
                 ▲                          │
                 └── audio after the last ──┘ rotated before Google's limit of 5 minutes, in a silence if there is one;
                     final is sent again      reopened once when it fails by itself

Google's limits: a stream lives 5 minutes, a message carries at most 15 KB, a stream without audio for about 10 s is aborted
(so silence is sent when the caller's telephone sends nothing).
Source: cloud.google.com/speech-to-text/v2/docs, quotas and streaming.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import structlog
from google.api_core.client_options import ClientOptions
from google.cloud import speech_v2 as speech
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport

from agent.adapters.google_channel import FAILURES, StreamClosed, close, in_words, may_pass, pause_s, plaintext_channel, watched_channel
from agent.adapters.google_stt_config import Message, StreamLimits, first_message
from agent.adapters.google_stt_tape import Tape
from agent.errors import RecognizerFailed
from agent.ports import Heard, Streams
from audiosocket.audio import AudioFormat

log = structlog.get_logger(__name__)

MESSAGE_MS: Final = 100  # 20 ms messages cost twice the CPU
REPLAY_MESSAGE_MS: Final = 400  # 12.8 KB at 16 kHz, below the limit of 15 KB
STARVED_MS: Final = 200  # no frames for so long: silence is sent instead
QUIET_MS: Final = 500
QUIET_RMS: Final = 0.006  # -44 dBFS
LOUD_RMS: Final = 0.02  # -34 dBFS
LOUD_SHARE: Final = 0.3  # of the time without an answer; speech has pauses
MOST_FINALS_KEPT: Final = 100


class GoogleRecognizer:
    """One per process; ``open`` gives each call its ears. *first* makes the message that opens a stream."""

    def __init__(self, client: speech.SpeechAsyncClient, first: Callable[[AudioFormat], Message], limits: StreamLimits) -> None:
        self._client, self._first, self._limits = client, first, limits

    @property
    def host(self) -> str:
        """Where it connects to."""
        return str(self._client.transport.host)

    @contextlib.asynccontextmanager
    async def open(self, audio: AudioFormat) -> AsyncIterator[GoogleRecognition]:
        recognition = GoogleRecognition(self._client, self._first(audio), audio, self._limits)
        task = asyncio.create_task(recognition.run(), name="stt")
        try:
            yield recognition
        finally:
            task.cancel()
            await asyncio.wait({task})
            if recognition.dropped_ms:
                log.warning("stt_audio_dropped", dropped_ms=recognition.dropped_ms)


class GoogleRecognition:
    """One caller's ears: a chain of streams behind one queue of audio and one of texts."""

    def __init__(self, client: speech.SpeechAsyncClient, first: Message, audio: AudioFormat, limits: StreamLimits) -> None:
        self._client, self._first, self._limits = client, first, limits
        self._tape = Tape(audio)
        self._enough = asyncio.Event()  # a message's worth of audio waits
        self._heard: deque[Heard] = deque(maxlen=MOST_FINALS_KEPT)
        self._news = asyncio.Event()  # a text waits, or the end was reached
        self._failure: RecognizerFailed | None = None
        self._unfinished = False  # the last text was an interim
        self._earned_retry = True
        self._loud_ms = 0  # audio as loud as speech since the last answer
        self._answered = 0.0  # monotonic seconds
        self._doubted = False  # a stream was left for its silence, and none answered since
        self._sent_bytes = 0
        self._opened = self._failed = 0  # streams
        self._audio = audio

    @property
    def dropped_ms(self) -> int:
        """Audio that was thrown away because a stream did not take it in time."""
        return self._tape.dropped_ms

    @property
    def streamed_ms(self) -> int:
        """Audio sent, which is billed: also silence for a telephone that sends none, and what a new stream was told again."""
        return self._audio.duration_ms(self._sent_bytes)

    @property
    def streams(self) -> Streams:
        """As ``ports.TellsStreams``."""
        return Streams(self._opened, self._failed)

    @property
    def waiting_ms(self) -> int:
        """Audio heard and not sent yet."""
        return self._tape.waiting_ms

    def hear(self, pcm: bytes) -> None:
        self._tape.hear(pcm)
        if self._tape.waiting_ms >= MESSAGE_MS:
            self._enough.set()

    async def results(self) -> AsyncIterator[Heard]:
        while True:
            while self._heard:
                yield self._heard.popleft()
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            await self._news.wait()

    async def run(self) -> None:
        """Keep a stream open until cancelled; whatever else ends it ends ``results`` too."""
        try:
            await self._chain_streams()
        except RecognizerFailed as failure:
            self._failure = failure
        except Exception as error:
            log.exception("stt_broke")
            self._failure = RecognizerFailed(in_words(error))
        self._news.set()

    async def _chain_streams(self) -> None:
        """One stream after another; raises ``RecognizerFailed``."""
        while True:
            opened = time.monotonic()
            try:
                await self._one_stream()
                self._earned_retry = True
            except (*FAILURES, TimeoutError) as error:
                lived_s = time.monotonic() - opened
                retry = may_pass(error) and (self._earned_retry or lived_s > self._limits.forgiven_after_s)
                self._failed += 1
                log.warning("stt_stream_failed", reason=in_words(error), lived_s=round(lived_s, 1), reopens=retry)
                if not retry:
                    raise RecognizerFailed(in_words(error)) from error
                self._earned_retry = False
                await asyncio.sleep(pause_s(error))

    async def _one_stream(self) -> None:
        """Open a stream and serve it; returns when it is time for the next one, raises what it died of."""
        limits = self._limits
        self._tape.rewind()
        async with asyncio.timeout(limits.connect_timeout_s):
            call: Any = await self._client.streaming_recognize(timeout=limits.rotate_at_latest_s + 10, retry=None)
        self._opened += 1
        reader = asyncio.create_task(self._read(call), name="stt answers")
        writer = asyncio.create_task(self._write(call), name="stt audio")
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if not reader.done() and isinstance(writer.exception(), asyncio.InvalidStateError):
                await asyncio.wait({reader}, timeout=limits.write_timeout_s)  # it knows why the stream is over
            (reader if reader.done() else writer).result()
        finally:
            reader.cancel()
            writer.cancel()
            call.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)

    async def _write(self, call: Any) -> None:
        """Send audio as it comes; returns when the stream is old enough to be replaced."""
        opened = self._answered = time.monotonic()
        self._loud_ms = 0
        await self._send(call, self._first)
        while not self._is_old(time.monotonic() - opened):
            if self._tape.waiting_ms < MESSAGE_MS:
                self._enough.clear()
                try:
                    async with asyncio.timeout(STARVED_MS / 1000):
                        await self._enough.wait()
                except TimeoutError:
                    await asyncio.sleep(0)  # after a stall of this process, frames that came meanwhile are heard first
                    if not self._tape.waiting_ms:
                        self._tape.pad(STARVED_MS)
            if not self._tape.is_quiet(MESSAGE_MS, LOUD_RMS):
                self._loud_ms += self._tape.waiting_ms
            await self._send(call, Message(audio=self._tape.take(REPLAY_MESSAGE_MS)))
            self._doubt()

    def _doubt(self) -> None:
        """Leave a stream that is silent to speech; once, for what is loud may be traffic."""
        silent_s = time.monotonic() - self._answered
        if silent_s > self._limits.deaf_after_s and self._loud_ms > 1000 * LOUD_SHARE * silent_s and not self._doubted:
            self._doubted = True
            raise TimeoutError(f"no answer to {silent_s:.1f} s of speech")

    async def _send(self, call: Any, message: Message) -> None:
        async with asyncio.timeout(self._limits.write_timeout_s):
            await call.write(message)
        self._sent_bytes += len(message.audio)

    def _is_old(self, age_s: float) -> bool:
        if age_s < self._limits.rotate_after_s:
            return False
        silent = not self._unfinished and self._tape.is_quiet(QUIET_MS, QUIET_RMS)
        return silent or age_s >= self._limits.rotate_at_latest_s

    async def _read(self, call: Any) -> None:
        """Take texts until the stream ends, which is never its right."""
        async for response in call:
            self._answered, self._loud_ms, self._doubted = time.monotonic(), 0, False
            interim = ""
            for result in response.results:
                if not result.alternatives:
                    continue
                best = result.alternatives[0]
                if result.is_final:
                    self._tape.confirm(round(result.result_end_offset.total_seconds() * 1000))
                    self._earned_retry = True
                    self._tell(Heard(best.transcript.strip(), True, best.confidence or None, result.language_code or None))
                else:
                    interim += best.transcript
            if interim.strip():
                self._tell(Heard(interim.strip(), False))
        raise StreamClosed("the stream was closed by the service")

    def _tell(self, heard: Heard) -> None:
        if self._heard and not self._heard[-1].final:
            self._heard.pop()  # replaced
        self._heard.append(heard)
        self._unfinished = not heard.final
        self._news.set()


@contextlib.asynccontextmanager
async def google_recognizer(
    *,
    endpoint: str | None,
    project: str,
    location: str,
    model: str,
    languages: Sequence[str] = ("uk-UA", "ru-RU"),
    limits: StreamLimits | None = None,
) -> AsyncIterator[GoogleRecognizer]:
    """The recogniser and its one channel for the process.

    *endpoint* "host:port" is reached in plaintext without credentials (a stand-in); None is Google's own for *location*, with
    the application default credentials. Several languages need the location "global", "us" or "eu".
    """
    if endpoint:
        client = speech.SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=plaintext_channel(endpoint)))
    else:
        host = "speech.googleapis.com" if location == "global" else f"{location}-speech.googleapis.com"
        transport: Any = functools.partial(SpeechGrpcAsyncIOTransport, channel=watched_channel(SpeechGrpcAsyncIOTransport))
        client = speech.SpeechAsyncClient(transport=transport, client_options=ClientOptions(api_endpoint=host))
    recognizer = f"projects/{project}/locations/{location}/recognizers/_"
    first = functools.partial(first_message, recognizer, model, languages)
    try:
        yield GoogleRecognizer(client, first, limits or StreamLimits())
    finally:
        await close(client)
