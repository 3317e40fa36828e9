"""A sound that says: you are still connected. Soft, short and seldom, and not like any tone of a telephone network."""

from __future__ import annotations

import numpy as np

from audiosocket.audio import AudioFormat

PERIOD_S = 2.0
_SILENCE_S = 0.7  # first, so that it does not run into what was said before
_TONES_HZ = (523.25, 659.25)  # one after the other
_TONE_S = 0.24
_PEAK = 2_000  # of 32767: 24 dB below


def comfort_tone(audio: AudioFormat) -> bytes:
    """PCM of ``PERIOD_S``, to be repeated."""
    pcm = np.zeros(round(PERIOD_S * audio.rate_hz), np.int16)
    for number, hz in enumerate(_TONES_HZ):
        count = round(_TONE_S * audio.rate_hz)
        at = round((_SILENCE_S + number * _TONE_S) * audio.rate_hz)
        swelling = np.hanning(count)  # no clicks
        pcm[at : at + count] = _PEAK * swelling * np.sin(2 * np.pi * hz * np.arange(count) / audio.rate_hz)
    return pcm.tobytes()
