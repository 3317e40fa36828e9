"""The vendors' clients of one process, opened from the settings; the only place that knows which vendor does what.

Opening connects to nobody: a vendor that is down must not keep the controller from starting.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass

from google.auth.exceptions import GoogleAuthError

from agent.adapters.anthropic_model import AnthropicModel
from agent.adapters.google_stt import GoogleRecognizer, google_recognizer
from agent.adapters.google_tts import GoogleVoice, google_voice
from agent.adapters.shop_breaker import OnBreaker, OnEnded
from agent.adapters.shop_http import HttpShop
from agent.cached_voice import CachedVoice
from agent.conversation import Services
from agent.counting import CountedModel, CountedRecognizer, CountedVoice, OnRequest, Service, Went
from agent.ledger import Ledger
from agent.once import Once
from agent.spoken_voice import SpokenVoice
from controller.knowledge import PostgresKnowledge
from controller.record import now_ms
from controller.settings import Settings


class CredentialsMissing(Exception):
    """A vendor's client cannot even be made; in words."""


def _nobody(service: Service, went: Went, count: int = 1) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """Everything a conversation needs but the ledger, which one process has at a time."""

    recognizer: CountedRecognizer
    model: CountedModel
    voice: CachedVoice
    shop: HttpShop
    knowledge: PostgresKnowledge

    def services(self, ledger: Ledger) -> Services:
        return Services(
            recognizer=self.recognizer,
            model=self.model,
            voice=self.voice,
            shop=self.shop,
            knowledge=self.knowledge,
            once=Once(ledger, clock_ms=now_ms),
        )


@asynccontextmanager
async def open_vendors(
    settings: Settings, *, on_breaker: OnBreaker | None = None, on_request: OnRequest = _nobody
) -> AsyncIterator[Vendors]:
    """*on_breaker* is told the state of the shop's breaker, *on_request* how each request to a vendor went. Raises CredentialsMissing."""

    def on_ended(failed: bool) -> None:
        on_request("shop", "failed" if failed else "answered")

    async with AsyncExitStack() as exits:
        recognizer = await exits.enter_async_context(open_recognizer(settings))
        voice = await exits.enter_async_context(open_voice(settings))
        model = await exits.enter_async_context(open_model(settings))
        shop = await exits.enter_async_context(open_shop(settings, on_breaker, on_ended))
        knowledge = await exits.enter_async_context(PostgresKnowledge.open(settings.database.url.get_secret_value()))
        yield Vendors(
            recognizer=CountedRecognizer(recognizer, on_request),
            model=CountedModel(model, on_request),
            voice=CachedVoice(SpokenVoice(CountedVoice(voice, on_request))),
            shop=shop,
            knowledge=knowledge,
        )


@asynccontextmanager
async def open_recognizer(settings: Settings) -> AsyncIterator[GoogleRecognizer]:
    _tell_google(settings)
    stt = settings.stt
    opening = google_recognizer(
        endpoint=stt.endpoint or None, project=stt.project, location=stt.location, model=stt.model, languages=stt.languages
    )
    async with AsyncExitStack() as exits:
        try:
            recognizer = await exits.enter_async_context(opening)
        except GoogleAuthError as error:
            raise _missing("speech to text", "STT_ENDPOINT", error) from error
        yield recognizer


@asynccontextmanager
async def open_voice(settings: Settings) -> AsyncIterator[GoogleVoice]:
    _tell_google(settings)
    async with AsyncExitStack() as exits:
        try:
            voice = await exits.enter_async_context(google_voice(endpoint=settings.tts.endpoint or None, voice=settings.tts.voice))
        except GoogleAuthError as error:
            raise _missing("text to speech", "TTS_ENDPOINT", error) from error
        yield voice


def open_model(settings: Settings) -> AbstractAsyncContextManager[AnthropicModel]:
    anthropic = settings.anthropic
    key = anthropic.api_key.get_secret_value()
    model = AnthropicModel(
        key,
        model=anthropic.model,
        base_url=anthropic.base_url,
        max_tokens=anthropic.max_tokens,
        requests_per_minute=anthropic.requests_per_minute,
    )
    return aclosing(model)


def open_shop(
    settings: Settings, on_breaker: OnBreaker | None = None, on_ended: OnEnded | None = None
) -> AbstractAsyncContextManager[HttpShop]:
    shop, key = settings.shop, settings.shop.api_key.get_secret_value()
    return aclosing(HttpShop(shop.base_url, key, timeout_s=shop.timeout_s, on_breaker=on_breaker, on_ended=on_ended))


def _tell_google(settings: Settings) -> None:
    """Its library reads the environment alone, not .env.local."""
    if settings.google.application_credentials:
        os.environ.setdefault("GOOGLE_APPLICATION_CREDENTIALS", str(settings.google.application_credentials))


def _missing(what: str, variable: str, error: GoogleAuthError) -> CredentialsMissing:
    return CredentialsMissing(
        f"Google's {what} has no usable credentials ({str(error).splitlines()[0]}). Set GOOGLE_APPLICATION_CREDENTIALS to a service"
        f" account's key file, or {variable} to a stand-in."
    )
