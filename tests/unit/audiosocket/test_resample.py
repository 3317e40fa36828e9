from __future__ import annotations

import numpy as np
import pytest

from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from audiosocket.resample import LiveResampler, resample


def tone(audio: AudioFormat, hz: float, seconds: float) -> bytes:
    t = np.arange(int(audio.rate_hz * seconds)) / audio.rate_hz
    return (8_000 * np.sin(2 * np.pi * hz * t)).astype("<i2").tobytes()


def loudest_hz(pcm: bytes, audio: AudioFormat) -> float:
    samples = np.frombuffer(pcm, "<i2")
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.argmax(spectrum) * audio.rate_hz / len(samples))


@pytest.mark.parametrize(("source", "target"), [(SLIN8, SLIN16), (SLIN16, SLIN8), (AudioFormat(22_050), SLIN16)])
def test_a_clip_keeps_its_length_and_its_pitch(source: AudioFormat, target: AudioFormat) -> None:
    clip = resample(tone(source, 440, 1.0), source, target)
    assert len(clip) == pytest.approx(target.rate_hz * 2, abs=4)
    assert loudest_hz(clip, target) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(("source", "target"), [(SLIN8, SLIN16), (SLIN16, SLIN8)])
def test_a_live_stream_comes_out_whole_with_hardly_a_delay(source: AudioFormat, target: AudioFormat) -> None:
    live, pcm = LiveResampler(source, target), tone(source, 440, 1.0)
    size = source.frame_bytes
    pieces = [live.push(pcm[at : at + size]) for at in range(0, len(pcm), size)]
    held_back = len(live.flush())
    whole = b"".join(pieces)
    assert len(whole) + held_back == pytest.approx(target.rate_hz * 2, abs=8)
    assert target.duration_ms(held_back) <= 2
    assert loudest_hz(whole, target) == pytest.approx(440, abs=2)


def test_the_same_rate_is_handed_through() -> None:
    pcm = tone(SLIN16, 440, 0.1)
    assert resample(pcm, SLIN16, SLIN16) is pcm
    assert LiveResampler(SLIN16, SLIN16).push(pcm) is pcm
    assert resample(b"", SLIN8, SLIN16) == b""
