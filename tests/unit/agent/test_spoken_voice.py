from __future__ import annotations

from agent.cached_voice import CachedVoice
from agent.ports import Voice
from agent.prompt.phrases import PHRASES
from agent.spoken_voice import SpokenVoice
from audiosocket.audio import SLIN16
from tests.fakes.clock import virtual_time
from tests.fakes.services import FakeVoice


async def speak(voice: Voice, text: str) -> None:
    async for _ in voice.speak(text, SLIN16):
        pass


@virtual_time
async def test_the_service_is_given_the_spoken_form() -> None:
    real = FakeVoice()
    await speak(SpokenVoice(real), "Michelin 215/55 R17 за 4690 грн.")
    assert real.texts == ["Мішлен двісті п'ятнадцять на п'ятдесят п'ять, радіус сімнадцять за чотири тисячі шістсот дев'яносто гривень."]


@virtual_time
async def test_behind_the_cache_fixed_phrases_are_still_known() -> None:
    real = FakeVoice()
    voice = CachedVoice(SpokenVoice(real), bundled=lambda text, audio: None)
    for _ in range(2):
        await speak(voice, PHRASES["greeting"])
    assert real.texts == [PHRASES["greeting"]]
