from __future__ import annotations

import pytest

from agent.errors import VoiceFailed
from agent.intents import says_goodbye
from agent.prompt.phrases import FILLERS, PHRASES
from agent.prompt.rendered import RenderedVoice, phrase_pcm, prerendered, warm_up
from audiosocket.audio import SLIN8, SLIN16


@pytest.mark.parametrize("greeting", ["greeting", "greeting_known"])
def test_every_greeting_says_that_an_automated_system_processes_the_call(greeting: str) -> None:
    assert "автоматизована система" in PHRASES[greeting]


def test_the_phrases_that_end_a_call_say_goodbye_and_no_other_does() -> None:
    assert {key for key, text in PHRASES.items() if says_goodbye(text)} == {
        "goodbye",
        "goodbye_silence",
        "nobody_free_call_back",
        "nobody_free_call_again",
    }


def test_every_filler_is_a_phrase() -> None:
    assert set(FILLERS) <= set(PHRASES)
    assert len({PHRASES[key] for key in FILLERS}) >= 6


def test_what_may_not_be_said_leads_back_to_tyres() -> None:
    assert "шин" in PHRASES["cannot_say"]
    assert PHRASES["cannot_say"].endswith("?")


def test_every_phrase_is_bundled_as_audio_at_both_rates() -> None:
    assert warm_up(SLIN16.rate_hz, SLIN8.rate_hz) == []
    for key in PHRASES:
        wide, narrow = phrase_pcm(key, 16_000), phrase_pcm(key, 8_000)
        assert wide is not None
        assert narrow is not None
        assert 500 < SLIN16.duration_ms(len(wide)) < 15_000
        assert SLIN8.duration_ms(len(narrow)) == pytest.approx(SLIN16.duration_ms(len(wide)), abs=20)
        assert any(wide)


async def test_the_voice_of_emergencies_says_phrases_and_nothing_else() -> None:
    pieces = [piece async for piece in RenderedVoice().speak(PHRASES["apology_transfer"], SLIN16)]
    assert b"".join(pieces) == prerendered(PHRASES["apology_transfer"], SLIN16)
    with pytest.raises(VoiceFailed):
        async for _ in RenderedVoice().speak("Щось інше.", SLIN16):
            pass
