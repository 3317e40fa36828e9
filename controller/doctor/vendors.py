"""The vendors, each asked something real and small through the adapter that calls use: address, credentials and names at once."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress

from agent.errors import ModelFailed, RecognizerFailed, ShopFailed, VoiceFailed
from agent.ports import ModelRequest
from agent.shop import TyreQuery
from audiosocket.audio import FRAME_MS, SLIN16
from controller.doctor.finding import Finding, fail, ok
from controller.reachable import vendor_addresses
from controller.services import CredentialsMissing, open_model, open_recognizer, open_shop, open_voice
from controller.settings import Settings

REFUSAL_S = 2.0  # a stream that Google does not want ends sooner
SPOKEN_MS = 400


async def recognizer(settings: Settings) -> list[Finding]:
    host, port = vendor_addresses(settings)["stt"]
    try:
        async with open_recognizer(settings) as google, google.open(SLIN16) as recognition:
            for _ in range(SPOKEN_MS // FRAME_MS):
                recognition.hear(SLIN16.silence)
            with suppress(TimeoutError):  # silence has no text: not to be refused is all we want
                async with asyncio.timeout(REFUSAL_S):
                    await anext(recognition.results(), None)
    except (RecognizerFailed, CredentialsMissing) as error:
        return [_vendor("Speech to text", host, port, error, "STT_PROJECT, STT_LOCATION, STT_MODEL and the Google credentials")]
    return [ok(f"Speech to text listens at {host}:{port}, model {settings.stt.model}, {' and '.join(settings.stt.languages)}.")]


async def voice(settings: Settings) -> list[Finding]:
    host, port = vendor_addresses(settings)["tts"]
    began = time.monotonic()
    try:
        async with open_voice(settings) as google, aclosing(google.speak("Так.", SLIN16)) as pieces:
            await anext(pieces)
    except (VoiceFailed, CredentialsMissing, StopAsyncIteration) as error:
        return [_vendor("Text to speech", host, port, error, "TTS_VOICE and the Google credentials")]
    return [ok(f"Text to speech speaks at {host}:{port}, voice {settings.tts.voice}, first audio after {_ms(began)} ms.")]


async def model(settings: Settings) -> list[Finding]:
    host, port = vendor_addresses(settings)["anthropic"]
    began = time.monotonic()
    request = ModelRequest(system="Answer with one word.", messages=[{"role": "user", "content": "Готовий?"}], tools=[])
    try:
        async with open_model(settings) as claude, aclosing(claude.reply(request)) as parts:
            await anext(parts)
    except (ModelFailed, StopAsyncIteration) as error:
        return [_vendor("Claude", host, port, error, "ANTHROPIC_API_KEY, ANTHROPIC_MODEL and ANTHROPIC_BASE_URL")]
    return [ok(f"Claude answers at {host}:{port}, model {settings.anthropic.model}, first token after {_ms(began)} ms.")]


async def shop(settings: Settings) -> list[Finding]:
    host, port = vendor_addresses(settings)["shop"]
    began = time.monotonic()
    try:
        async with open_shop(settings) as api:
            await api.tyres.search_tyres(TyreQuery(width=205, profile=55, diameter=16), request_id="doctor")
    except ShopFailed as error:
        return [_vendor("The shop's API", host, port, error, "SHOP_BASE_URL (with /api/v1) and SHOP_API_KEY")]
    return [ok(f"The shop's API answers at {host}:{port} after {_ms(began)} ms.")]


def _vendor(what: str, host: str, port: int, error: Exception, look_at: str) -> Finding:
    why = str(error) or type(error).__name__
    return fail(f"{what} at {host}:{port} does not work: {why}", f"Check {look_at}; without it callers go to the operators.")


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
