"""What the renderer does to speech, and that the bundled audio is up to date."""

import json
import wave

import numpy as np
import pytest

from agent.prompt.phrases import PHRASES
from ops.standins.voices.render import FIXED_FOLDER, LEVEL_DBFS, RATE_HZ, TEXTS, mastered


@pytest.mark.parametrize("key", PHRASES)
def test_each_fixed_phrase_is_bundled_as_it_is_worded_now(key: str) -> None:
    assert json.loads(TEXTS.read_text(encoding="utf-8"))[key] == PHRASES[key], "run python -m ops.standins.voices.render fixed"
    with wave.open(str(FIXED_FOLDER / f"{key}.wav")) as audio:
        assert (audio.getframerate(), audio.getnchannels(), audio.getsampwidth()) == (RATE_HZ, 1, 2)
        assert 0.5 < audio.getnframes() / RATE_HZ < 10


def test_speech_is_trimmed_to_its_voiced_part_and_brought_to_the_level() -> None:
    silence, tone = np.zeros(RATE_HZ), 0.01 * np.sin(2 * np.pi * 300 * np.arange(RATE_HZ) / RATE_HZ)
    speech = mastered(np.concatenate([silence, tone, silence]))
    assert len(speech) == pytest.approx(RATE_HZ, abs=RATE_HZ // 50)
    middle = speech[RATE_HZ // 4 : RATE_HZ * 3 // 4]
    assert 20 * np.log10(np.sqrt((middle**2).mean())) == pytest.approx(LEVEL_DBFS, abs=0.5)


def test_loud_peaks_are_not_clipped() -> None:
    quiet = 0.02 * np.sin(2 * np.pi * 300 * np.arange(RATE_HZ) / RATE_HZ)
    quiet[RATE_HZ // 2] = 1.0
    assert np.abs(mastered(quiet)).max() <= 0.7 + 1e-9
