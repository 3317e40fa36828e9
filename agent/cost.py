"""What a call costs, by service, from what was used.

Pure. Prices are list prices in US dollars without tax, free tiers or discounts, read in November 2026:

    model  Claude Haiku 5.5, prompts up to 100,000 tokens: 0.10 in, 0.50 out, 0.125 written to the 5-minute cache, 0.01 read from it, each
           per million tokens (platform.claude.com/docs/en/models/haiku-5-5/overview, released 7 October 2026)
    stt    Speech-to-Text v2, standard recognition: 0.016 per minute of audio, silence included (cloud.google.com/speech-to-text/pricing)
    tts    Chirp 3 HD: 30 per million characters sent (cloud.google.com/text-to-speech/pricing)

Who pays others sets them (``PRICES_*``). A failed or interrupted request is counted with what it had used by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

SERVICES = ("model", "stt", "tts")
TOTAL = "total"
_MILLION = 1_000_000
_DIGITS = 6  # a millionth of a dollar


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars."""

    model_input_per_mtok: float = 0.10
    model_output_per_mtok: float = 0.50
    model_cache_write_per_mtok: float = 0.125
    model_cache_read_per_mtok: float = 0.01
    stt_per_minute: float = 0.016
    tts_per_mchar: float = 30.0


class Used(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="used.1"):
    """What a call has used so far."""

    tokens: dict[str, int] = {}
    stt_ms: int = 0
    tts_characters: int = 0


class Meter:
    """What one call has used; its services feed it (``agent.metering``). *before* is what another process has metered of the call."""

    def __init__(self, before: Used | None = None) -> None:
        before = before or Used()
        self.tokens: Counter[str] = Counter(before.tokens)  # by the Messages API's names: input_tokens excludes both cache counters
        self._streams: list[Callable[[], int]] = [lambda: before.stt_ms]
        self.tts_characters = before.tts_characters  # sent to be synthesised; cached phrases are not

    @property
    def used(self) -> Used:
        return Used(tokens=dict(self.tokens), stt_ms=self.stt_ms, tts_characters=self.tts_characters)

    def replied(self, usage: Mapping[str, int]) -> None:
        """One reply of the model, whole or not."""
        self.tokens.update(usage)

    def streaming(self, sent_ms: Callable[[], int]) -> None:
        """Audio goes to be recognised; *sent_ms* tells how much so far, also after its end."""
        self._streams.append(sent_ms)

    @property
    def stt_ms(self) -> int:
        return sum(sent_ms() for sent_ms in self._streams)

    def sent(self, characters: int) -> None:
        self.tts_characters += characters

    def cost_usd(self, prices: Prices) -> dict[str, float]:
        """By service, and the total; empty when nothing was used."""
        model = (
            self.tokens["input_tokens"] * prices.model_input_per_mtok
            + self.tokens["output_tokens"] * prices.model_output_per_mtok
            + self.tokens["cache_creation_input_tokens"] * prices.model_cache_write_per_mtok
            + self.tokens["cache_read_input_tokens"] * prices.model_cache_read_per_mtok
        ) / _MILLION
        stt = self.stt_ms / 60_000 * prices.stt_per_minute
        tts = self.tts_characters * prices.tts_per_mchar / _MILLION
        by_service = {"model": model, "stt": stt, "tts": tts, TOTAL: model + stt + tts}
        return {service: round(cost, _DIGITS) for service, cost in by_service.items()} if by_service[TOTAL] else {}
