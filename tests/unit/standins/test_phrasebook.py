"""The bundled audio is whole and says which phrase it is."""

import re

import numpy as np
import pytest

from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from ops.caller.g711 import ULAW
from ops.standins.phrasebook import FOLDER, Phrase, by_ident, phrase, phrases
from ops.standins.phrasebook.mark import MARK_MS, MarkFinder, at_mark_rate

MARKED = [found for found in phrases().values() if found.ident is not None]


def idents(pcm: bytes, rate_hz: int) -> list[int | None]:
    return [mark.ident for mark in MarkFinder().feed(at_mark_rate(pcm, rate_hz))]


@pytest.mark.parametrize("audio", [SLIN8, SLIN16], ids=["8k", "16k"])
@pytest.mark.parametrize("spoken", MARKED, ids=lambda spoken: spoken.key)
def test_each_phrase_names_itself_also_through_g711(spoken: Phrase, audio: AudioFormat) -> None:
    pcm = spoken.pcm(audio)
    assert idents(pcm, audio.rate_hz) == [spoken.ident]
    assert idents(ULAW.decode(ULAW.encode(pcm)), audio.rate_hz) == [spoken.ident]


@pytest.mark.parametrize("spoken", phrases().values(), ids=lambda spoken: spoken.key)
def test_the_speech_of_each_phrase_is_voiced_to_its_last_frame(spoken: Phrase) -> None:
    samples = np.frombuffer(spoken.pcm(SLIN16), "<i2") / 32768
    assert np.sqrt((samples[-320:] ** 2).mean()) > 0.001
    assert 0.05 < np.abs(samples).max() < 0.95


def test_keys_are_snake_case_and_ids_and_files_differ() -> None:
    entries = [found.entry for found in phrases().values()]
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", entry.key) for entry in entries)
    assert len(by_ident()) == len(MARKED)
    assert {entry.wav for entry in entries} == {path.name for path in FOLDER.glob("*.wav")}


def test_the_cough_is_not_marked_and_says_nothing() -> None:
    cough = phrase("cough")
    assert (cough.ident, cough.text) == (None, "")
    assert idents(cough.pcm(SLIN16), 16_000) == []
    assert 150 <= cough.duration_ms <= 250


def test_speech_is_what_follows_the_mark() -> None:
    spoken = phrase("winter_tyres_camry")
    assert spoken.duration_ms == spoken.speech_ms + MARK_MS
    assert len(spoken.pcm(SLIN8)) == pytest.approx(len(spoken.pcm(SLIN16)) / 2, abs=4)


def test_an_unknown_key_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="winter_tyres_camry"):
        phrase("winter_tires_camry")
