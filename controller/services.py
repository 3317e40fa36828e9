"""The vendors' clients of one process, opened from the settings; the only place that knows which vendor does what."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from agent.adapters.anthropic_model import AnthropicModel
from agent.adapters.google_stt import google_recognizer
from agent.adapters.google_tts import google_voice
from agent.adapters.shop_http import HttpShop
from agent.cached_voice import CachedVoice
from agent.conversation import Services
from controller.settings import Settings


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Connects to nobody yet: a vendor that is down must not keep the controller from starting."""
    if settings.google.application_credentials:  # Google's library reads the environment only, not .env.local
        os.environ.setdefault("GOOGLE_APPLICATION_CREDENTIALS", str(settings.google.application_credentials))
    stt, tts, anthropic, shop = settings.stt, settings.tts, settings.anthropic, settings.shop
    async with AsyncExitStack() as exits:
        recognizer = await exits.enter_async_context(
            google_recognizer(
                endpoint=stt.endpoint or None, project=stt.project, location=stt.location, model=stt.model, languages=stt.languages
            )
        )
        voice = await exits.enter_async_context(google_voice(endpoint=tts.endpoint or None, voice=tts.voice))
        model = await exits.enter_async_context(
            aclosing(
                AnthropicModel(
                    anthropic.api_key.get_secret_value(),
                    model=anthropic.model,
                    base_url=anthropic.base_url,
                    max_tokens=anthropic.max_tokens,
                )
            )
        )
        tyres = await exits.enter_async_context(
            aclosing(HttpShop(shop.base_url, shop.api_key.get_secret_value(), timeout_s=shop.timeout_s))
        )
        yield Services(recognizer=recognizer, model=model, voice=CachedVoice(voice), shop=tyres)
