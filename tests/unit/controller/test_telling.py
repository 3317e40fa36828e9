from __future__ import annotations

from collections.abc import AsyncIterator

from agent.errors import VoiceFailed
from audiosocket.audio import SLIN16, AudioFormat
from controller.telling import LONGEST, LONGEST_S, Telling, in_short
from tests.fakes.line import FakeLine

SOUND = SLIN16.silence[:-2] + b"\x01\x10"


class Spoken:
    """A voice of *frames* frames for each text, which fails behind them or lets us wait."""

    def __init__(self, frames: int = 3, *, fails: bool = False) -> None:
        self.frames = frames
        self.fails = fails
        self.texts: list[str] = []

    async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        self.texts.append(text)
        for _ in range(self.frames):
            yield SOUND
        if self.fails:
            raise VoiceFailed("down")


class Phrases:
    def __init__(self) -> None:
        self.played: list[str] = []

    def __call__(self, key: str, audio: AudioFormat) -> bytes | None:
        self.played.append(key)
        return SOUND


async def test_he_hears_the_summary_and_the_keys_and_the_second_time_from_memory() -> None:
    voice, phrases, line = Spoken(), Phrases(), FakeLine()
    telling = Telling(voice, phrases, "Хоче шини.")
    await telling.on(line)
    await telling.on(line)
    assert voice.texts == ["Хоче шини."]
    assert phrases.played == ["screening_keys"] * 2
    assert len(line.voiced_at_ms) == 8
    line.hang_up()


async def test_a_voice_that_fails_leaves_the_fixed_phrase() -> None:
    phrases, line = Phrases(), FakeLine()
    await Telling(Spoken(0, fails=True), phrases, "Хоче шини.").on(line)
    assert phrases.played == ["screening"]
    line.hang_up()


async def test_a_call_of_which_nothing_is_known_is_announced_by_the_fixed_phrase() -> None:
    voice, phrases, line = Spoken(), Phrases(), FakeLine()
    await Telling(voice, phrases, "  ").on(line)
    assert (voice.texts, phrases.played) == ([], ["screening"])
    line.hang_up()


async def test_no_voice_talks_longer_than_the_caller_can_wait() -> None:
    voice, line = Spoken(frames=100_000), FakeLine()
    telling = Telling(voice, Phrases(), "Хоче шини.")
    line.hang_up()  # nobody listens: what is fed is what would be heard
    await telling.on(line)
    assert len(telling._spoken or b"") == LONGEST_S * SLIN16.rate_hz * 2


def test_a_long_summary_is_cut_behind_a_sentence_or_a_word() -> None:
    assert in_short("  Хоче\nшини. ") == "Хоче шини."
    sentences = "Хоче чотири зимові шини на Камрі, двадцять п'ятого року. Доставка до Львова, відділення сім. " * 4
    assert in_short(sentences).endswith("року.")
    assert len(in_short(sentences)) <= LONGEST
    words = in_short("дуже довге речення без кінця " * 20)
    assert words.endswith("…")
    assert len(words) <= LONGEST + 1
    assert len(in_short("х" * 1000)) == LONGEST + 1
