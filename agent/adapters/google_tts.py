"""Text to speech by Google Cloud Text-to-Speech, streaming: one stream per clause, raw PCM in the line's own rate.

Closing the iterator of ``speak`` cancels the stream at once. A stream that fails before its first audio is opened once more.
Streaming is offered for the Chirp 3 HD voices (cloud.google.com/text-to-speech/docs/create-audio-text-streaming).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import structlog
from google.cloud import texttospeech_v1 as tts
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport

from agent.adapters.google_channel import FAILURES, StreamClosed, close, in_words, may_pass, pause_s, plaintext_channel, watched_channel
from agent.errors import VoiceFailed
from audiosocket.audio import SAMPLE_BYTES, AudioFormat

log = structlog.get_logger(__name__)


class GoogleVoice:
    """One per process; every ``speak`` is a stream of its own."""

    def __init__(self, client: tts.TextToSpeechAsyncClient, *, voice: str, first_audio_timeout_s: float, gap_timeout_s: float) -> None:
        self._client, self._voice = client, voice
        self._first_audio_timeout_s, self._gap_timeout_s = first_audio_timeout_s, gap_timeout_s

    @property
    def host(self) -> str:
        """Where it connects to."""
        return str(self._client.transport.host)

    async def speak(self, text: str, audio: AudioFormat) -> AsyncGenerator[bytes, None]:
        """PCM as it is synthesised; raises ``VoiceFailed`` when nothing comes in time or the stream breaks."""
        for may_retry in (True, False):
            spoken = False
            try:
                async with contextlib.aclosing(self._one_stream(text, audio)) as pieces:
                    async for pcm in pieces:
                        spoken = True
                        yield pcm
            except TimeoutError as error:
                raise VoiceFailed(f"no audio for {self._gap_timeout_s if spoken else self._first_audio_timeout_s:g} s") from error
            except FAILURES as error:
                if spoken or not may_retry or not may_pass(error):
                    raise VoiceFailed(in_words(error)) from error
                log.warning("tts_stream_failed", reason=in_words(error), reopens=True)
                await asyncio.sleep(pause_s(error))
            else:
                return

    async def _one_stream(self, text: str, audio: AudioFormat) -> AsyncGenerator[bytes, None]:
        call: Any = None
        half = b""  # of a sample cut in two
        try:
            async with asyncio.timeout(self._first_audio_timeout_s):
                call = await self._client.streaming_synthesize(timeout=None, retry=None)
                await call.write(tts.StreamingSynthesizeRequest(streaming_config=self._config(audio)))
                await call.write(tts.StreamingSynthesizeRequest(input=tts.StreamingSynthesisInput(text=text)))
                await call.done_writing()
                responses = aiter(call)
                response = await anext(responses, None)
            if response is None:
                raise StreamClosed("the stream ended without audio")
            while response is not None:
                pcm = half + response.audio_content
                whole = len(pcm) - len(pcm) % SAMPLE_BYTES
                half = pcm[whole:]
                if whole:
                    yield pcm[:whole]
                async with asyncio.timeout(self._gap_timeout_s):
                    response = await anext(responses, None)
        finally:
            if call is not None:
                call.cancel()

    def _config(self, audio: AudioFormat) -> tts.StreamingSynthesizeConfig:
        return tts.StreamingSynthesizeConfig(
            voice=tts.VoiceSelectionParams(language_code="-".join(self._voice.split("-")[:2]), name=self._voice),
            streaming_audio_config=tts.StreamingAudioConfig(audio_encoding=tts.AudioEncoding.PCM, sample_rate_hertz=audio.rate_hz),
        )


@contextlib.asynccontextmanager
async def google_voice(
    *, endpoint: str | None, voice: str, first_audio_timeout_s: float = 3.0, gap_timeout_s: float = 3.0
) -> AsyncIterator[GoogleVoice]:
    """The voice and its one channel for the process.

    *endpoint* "host:port" is reached in plaintext without credentials (a stand-in); None is Google's own, with the
    application default credentials. *voice* is Google's name of it, its language in front: "uk-UA-Chirp3-HD-Aoede".
    """
    if endpoint:
        client = tts.TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=plaintext_channel(endpoint)))
    else:
        transport: Any = functools.partial(TextToSpeechGrpcAsyncIOTransport, channel=watched_channel(TextToSpeechGrpcAsyncIOTransport))
        client = tts.TextToSpeechAsyncClient(transport=transport)
    try:
        yield GoogleVoice(client, voice=voice, first_audio_timeout_s=first_audio_timeout_s, gap_timeout_s=gap_timeout_s)
    finally:
        await close(client)
