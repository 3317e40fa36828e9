from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from agent.cached_voice import CachedVoice
from agent.errors import VoiceFailed
from agent.ports import Voice
from agent.prompt.phrases import PHRASES
from agent.streams import closing
from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from tests.fakes.clock import virtual_time
from tests.fakes.services import FakeVoice


def none(text: str, audio: AudioFormat) -> None:
    return None


async def spoken(voice: Voice, text: str, audio: AudioFormat = SLIN16) -> bytes:
    return b"".join([piece async for piece in voice.speak(text, audio)])


@virtual_time
async def test_a_fixed_phrase_is_synthesised_once_per_rate() -> None:
    real = FakeVoice()
    voice = CachedVoice(real, bundled=none)
    first = await spoken(voice, PHRASES["greeting"])
    assert await spoken(voice, PHRASES["greeting"]) == first
    assert len(real.texts) == 1
    assert len(await spoken(voice, PHRASES["greeting"], SLIN8)) == len(first) // 2
    assert len(real.texts) == 2


@virtual_time
async def test_what_is_said_to_one_caller_is_not_kept() -> None:
    real = FakeVoice()
    voice = CachedVoice(real, bundled=none)
    for _ in range(2):
        await spoken(voice, "Ваше замовлення сорок два.")
    assert len(real.texts) == 2


@virtual_time
async def test_bundled_audio_comes_first_and_needs_no_voice() -> None:
    real = FakeVoice()
    real.fails = VoiceFailed("gone")
    voice = CachedVoice(real, bundled=lambda text, audio: b"\x01\x00" * 40_000)
    assert await spoken(voice, "Так.") == b"\x01\x00" * 40_000


@virtual_time
async def test_the_longest_unused_phrase_gives_way() -> None:
    real = FakeVoice()
    size = 10 * 50 * 32
    voice = CachedVoice(real, bundled=none, fixed=["a" * 10, "b" * 10, "c" * 10], limit_bytes=2 * size)
    for letter in "abac":  # c displaces b
        await spoken(voice, letter * 10)
    await spoken(voice, "a" * 10)
    assert [text[0] for text in real.texts] == ["a", "b", "c"]
    await spoken(voice, "b" * 10)
    assert real.texts[-1][0] == "b"


@virtual_time
async def test_a_phrase_that_failed_half_way_is_not_kept() -> None:
    real = FakeVoice()
    voice = CachedVoice(real, bundled=none)
    real.fails = VoiceFailed("gone")
    with pytest.raises(VoiceFailed):
        await spoken(voice, PHRASES["transfer"])
    real.fails = None
    assert await spoken(voice, PHRASES["transfer"])


@virtual_time
async def test_leaving_in_the_middle_closes_the_real_voice_before_it_returns() -> None:
    class Watched(FakeVoice):
        closed = False

        async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
            try:
                yield b"\0\0"
                yield b"\0\0"
            finally:
                self.closed = True

    real = Watched()
    async with closing(CachedVoice(real, bundled=none).speak("Ваше замовлення.", SLIN16)) as pieces:
        await anext(pieces)
    assert real.closed
