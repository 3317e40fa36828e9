"""Cutting utterances out of unmarked audio; the model is one that tells how much it was given."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ops.standins.google_stt_whisper import MAX_WAITING, Whisper, WhisperEar, Words, open_whisper

RATE = 8_000


class Measuring:
    """Its text is the length of the audio in tenths of a second."""

    def transcribe(self, audio: NDArray[np.float32], **_: Any) -> tuple[list[SimpleNamespace], None]:
        return [SimpleNamespace(text=f" {round(len(audio) / 1_600)} ")], None


def tone(length_ms: int) -> bytes:
    at = np.arange(length_ms * RATE // 1000) / RATE
    return (4000 * np.sin(2 * np.pi * 300 * at)).astype("<i2").tobytes()


def silence(length_ms: int) -> bytes:
    return bytes(2 * length_ms * RATE // 1000)


@pytest.fixture
def whisper() -> Whisper:
    return Whisper(Measuring())


@pytest.fixture
def ear(whisper: Whisper) -> WhisperEar:
    return whisper.listen(RATE, "uk-UA")


async def texts(found: list[Words]) -> list[str]:
    return [await words.text for words in found]


async def test_an_utterance_ends_with_a_pause(ear: WhisperEar) -> None:
    assert ear.hear(silence(500) + tone(1_000) + silence(500), marked=False) == []
    (words,) = ear.hear(silence(200), marked=False)
    assert words.end_ms == 1_500
    assert int(await words.text) == pytest.approx(10 + 6 + 5, abs=1)  # with its pause and the padding


async def test_short_pauses_do_not_end_it_and_two_utterances_are_two(ear: WhisperEar) -> None:
    found = ear.hear(tone(500) + silence(300) + tone(500) + silence(700) + tone(400) + silence(700), marked=False)
    assert len(await texts(found)) == 2


async def test_a_noise_is_not_an_utterance(ear: WhisperEar) -> None:
    assert ear.hear(tone(200) + silence(1_000), marked=False) == []


async def test_speech_that_somebody_else_understands_is_left_alone(ear: WhisperEar) -> None:
    assert ear.hear(tone(500), marked=False) == []
    assert ear.hear(tone(500), marked=True) == []
    assert ear.hear(silence(1_000), marked=False) == []


async def test_a_speaker_without_pauses_is_cut(ear: WhisperEar) -> None:
    assert len(await texts(ear.hear(tone(20_100), marked=False))) == 1


async def test_more_than_can_wait_is_not_read(whisper: Whisper) -> None:
    reads = [whisper.read(tone(100), RATE, "uk") for _ in range(MAX_WAITING + 2)]
    assert (await asyncio.gather(*reads)).count("") == 2


def test_phrasebook_mode_never_loads_a_model() -> None:
    assert open_whisper("phrasebook") is None
