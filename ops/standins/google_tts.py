"""Stand-in for Google Cloud Text-to-Speech: ``StreamingSynthesize`` over gRPC, in a process of its own.

    python -m ops.standins.google_tts --port P --control-port Q [--engine rhvoice|espeak] [--set name=value ...]

Speaks with RHVoice where it is found, else with espeak-ng. The control log holds one "synthesis" per stream: it arrives with its
text (``detail.text``), first_ms is its first audio, ended_ms its last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import grpc
import msgspec
from google.cloud.texttospeech_v1.types import cloud_tts

from ops.standins.control import Control
from ops.standins.grpc_standin import Context, Refusal, arguments, serve, set_by, stream_handler
from ops.standins.voices.engine import EngineFailed, Speech, open_engine
from ops.standins.voices.worker import Synthesizer

SERVICE, METHOD = "google.cloud.texttospeech.v1.TextToSpeech", "StreamingSynthesize"
MAX_TEXT_BYTES = 5_000
IDLE_S = 5.0
SPEAKERS = {"uk": "natalia", "ru": "irina"}
_Response = cloud_tts.StreamingSynthesizeResponse.pb()

Count = Annotated[int, msgspec.Meta(ge=0)]


class TtsSettings(msgspec.Struct):
    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0  # from the text to the first audio
    refuse_next: Count = 0  # so many streams answer UNAVAILABLE
    hang_next: Count = 0  # so many streams are never answered
    break_next: Count = 0  # so many streams die with INTERNAL after their first audio
    stall_next: Count = 0  # so many streams fall silent after their first audio
    down: bool = False  # while true, every stream answers UNAVAILABLE
    speed: Annotated[float, msgspec.Meta(ge=0.5, le=3.0)] = 1.0  # of speech; tests that wait for its end are in a hurry


@dataclass(frozen=True, slots=True)
class _Wish:
    speaker: str
    rate_hz: int
    text: str


class VoiceService:
    def __init__(self, control: Control[TtsSettings], voice: Synthesizer) -> None:
        self._control, self._voice = control, voice

    async def streaming_synthesize(self, requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        wish = await _read(requests)
        served = self._control.arrived("synthesis", text=wish.text if isinstance(wish, _Wish) else "")
        try:
            if isinstance(wish, tuple):
                await context.abort(*wish)
                return
            if self._control.settings.down or self._control.spend("refuse_next"):
                await context.abort(grpc.StatusCode.UNAVAILABLE, "The service is currently unavailable.")
            if self._control.spend("hang_next"):
                await asyncio.Event().wait()
            await asyncio.sleep(self._control.settings.latency_ms / 1000)
            async for pcm in self._voice.speak(Speech(wish.text, wish.speaker, self._control.settings.speed), wish.rate_hz):
                if served.first_ms is not None:
                    await self._fail_midway(context)
                served.began()
                yield _Response(audio_content=pcm)
            served.ended()
        except EngineFailed as error:
            await context.abort(grpc.StatusCode.INTERNAL, str(error))
        except asyncio.CancelledError:
            served.ended("cancelled")
            raise
        finally:
            served.ended("aborted")

    async def _fail_midway(self, context: Context) -> None:
        if self._control.spend("break_next"):
            await context.abort(grpc.StatusCode.INTERNAL, "Internal error encountered.")
        if self._control.spend("stall_next"):
            await asyncio.Event().wait()


async def _read(requests: AsyncIterator[Any]) -> _Wish | Refusal:
    """The whole of a request, or Google's refusal of it."""
    messages = aiter(requests)
    texts: list[str] = []
    config: Any = None
    try:
        while True:
            async with asyncio.timeout(IDLE_S):
                message = await anext(messages, None)
            if message is None:
                break
            if config is None:
                if not message.HasField("streaming_config"):
                    return grpc.StatusCode.INVALID_ARGUMENT, "The first request must contain the streaming config"
                config = message.streaming_config
            else:
                texts.append(message.input.text)
    except TimeoutError:
        return grpc.StatusCode.ABORTED, "Stream aborted due to long duration elapsed without input sent."
    audio = config.streaming_audio_config if config is not None else None
    text = "".join(texts)
    if audio is None or audio.audio_encoding != cloud_tts.AudioEncoding.PCM or not 8_000 <= audio.sample_rate_hertz <= 48_000:
        return grpc.StatusCode.INVALID_ARGUMENT, "Streaming needs audio_encoding PCM and a sample rate"
    if not text.strip() or len(text.encode()) > MAX_TEXT_BYTES:
        return grpc.StatusCode.INVALID_ARGUMENT, f"input must have 1 to {MAX_TEXT_BYTES} bytes of text"
    speaker = SPEAKERS.get(config.voice.language_code.split("-")[0], "natalia")
    return _Wish(speaker, audio.sample_rate_hertz, text)


async def main() -> None:
    parser = arguments("Stand-in for Google Cloud Text-to-Speech")
    parser.add_argument("--engine", choices=("rhvoice", "espeak"))
    options = parser.parse_args()
    control = Control(set_by(vars(options), TtsSettings))
    service = VoiceService(control, Synthesizer(open_engine(options.engine)))
    handler = stream_handler(SERVICE, METHOD, cloud_tts.StreamingSynthesizeRequest, service.streaming_synthesize)
    await serve(handler, control, host=options.host, port=options.port, control_port=options.control_port)


if __name__ == "__main__":
    asyncio.run(main())
