from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.endpointing import Endpointer, EndpointingConfig, PowerMeter, SpeechBegan, SpeechEnded, power_of
from audiosocket.audio import SLIN8, SLIN16, AudioFormat

RANDOM = np.random.default_rng(3)


def noise(duration_ms: int, level_dbfs: float, audio: AudioFormat = SLIN16) -> list[bytes]:
    count = audio.frame_samples * (duration_ms // 20)
    samples = RANDOM.normal(0, 32768 * 10 ** (level_dbfs / 20), count)
    return frames(np.clip(samples, -32768, 32767), audio)


def tone(duration_ms: int, hz: float, level: float, audio: AudioFormat = SLIN16) -> list[bytes]:
    times = np.arange(audio.frame_samples * (duration_ms // 20)) / audio.rate_hz
    return frames(level * 32767 * np.sin(2 * np.pi * hz * times), audio)


def frames(samples: np.ndarray, audio: AudioFormat) -> list[bytes]:
    pcm = samples.astype("<i2").tobytes()
    return [pcm[at : at + audio.frame_bytes] for at in range(0, len(pcm), audio.frame_bytes)]


def silence(duration_ms: int) -> list[bytes]:
    return [SLIN16.silence] * (duration_ms // 20)


def events(stream: list[bytes], endpointer: Endpointer | None = None) -> list[SpeechBegan | SpeechEnded]:
    endpointer = endpointer or Endpointer()
    found = (endpointer.frame(pcm, (index + 1) * 20) for index, pcm in enumerate(stream))
    return [event for event in found if event is not None]


@pytest.mark.parametrize("floor_db", [-90.0, -70.0, -55.0, -45.0])
def test_speech_over_any_usual_noise_is_found_to_the_frame(floor_db: float) -> None:
    stream = noise(1000, floor_db) + noise(600, max(floor_db, -80) + 20) + noise(1000, floor_db)
    assert events(stream) == [SpeechBegan(1000), SpeechEnded(1600)]


def test_a_quiet_line_is_heard_where_a_fixed_threshold_would_be_deaf() -> None:
    # RMS 33 of 32768 over a digitally silent line.
    assert events(silence(1000) + noise(500, -60) + silence(500)) == [SpeechBegan(1000), SpeechEnded(1500)]


def test_onset_is_told_within_three_frames() -> None:
    endpointer = Endpointer()
    told = [endpointer.frame(pcm, (index + 1) * 20) for index, pcm in enumerate(silence(200) + noise(100, -30))]
    assert [index for index, event in enumerate(told) if event] == [12]


@pytest.mark.parametrize("hz", [900, 1300, 1700, 2100, 2300])
@pytest.mark.parametrize("audio", [SLIN8, SLIN16])
def test_a_marking_tone_counts_as_speech(hz: int, audio: AudioFormat) -> None:
    stream = [audio.silence] * 50 + tone(460, hz, 0.35, audio) + [audio.silence] * 50
    assert events(stream) == [SpeechBegan(1000), SpeechEnded(1460)]


def test_speech_from_the_very_first_frame_is_heard() -> None:
    assert events(noise(500, -25) + silence(400)) == [SpeechBegan(0), SpeechEnded(500)]


def test_a_click_of_two_frames_is_no_speech() -> None:
    assert events(silence(500) + noise(40, -20) + silence(500)) == []


def test_the_gap_of_a_plosive_does_not_end_the_speech() -> None:
    stream = silence(500) + noise(300, -30) + silence(160) + noise(300, -30) + silence(400)
    assert events(stream) == [SpeechBegan(500), SpeechEnded(1260)]


def test_idle_a_law_noise_is_silence() -> None:
    idle = frames(RANDOM.choice([-8.0, 8.0], SLIN16.frame_samples * 200), SLIN16)
    assert events(silence(500) + idle) == []


def test_a_noise_that_lasts_becomes_the_floor() -> None:
    config = EndpointingConfig()
    stream = silence(1000) + noise(10_000, -35)
    began, ended = events(stream)
    assert began == SpeechBegan(1000)
    assert isinstance(ended, SpeechEnded)
    assert ended.last_voiced_ms - 1000 <= 2 * config.floor_window_ms + 20
    louder = Endpointer()
    events(stream, louder)
    assert louder.frame(noise(20, -15)[0], 11_020) is None
    assert louder.frame(noise(20, -15)[0], 11_040) is None
    assert louder.frame(noise(20, -15)[0], 11_060) == SpeechBegan(11_000)


def test_a_telephone_that_sends_no_frames_in_silence_ends_its_speech_by_the_clock() -> None:
    endpointer = Endpointer()
    events(silence(500) + noise(300, -30), endpointer)
    assert endpointer.deadline_ms == 1_000
    assert endpointer.tick(999) is None
    assert endpointer.tick(1_000) == SpeechEnded(800)
    assert endpointer.tick(2_000) is None
    assert endpointer.deadline_ms is None


def test_frames_before_a_gap_do_not_help_a_sound_after_it() -> None:
    endpointer = Endpointer()
    loud = noise(20, -30)[0]
    assert endpointer.frame(loud, 20) is None
    assert endpointer.frame(loud, 40) is None
    assert endpointer.frame(loud, 5_000) is None


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from([-90.0, -60.0, -40.0, -20.0])), max_size=12))
def test_began_and_ended_alternate_and_times_never_go_back(runs: list[tuple[int, float]]) -> None:
    found = events([pcm for count, level in runs for pcm in noise(count * 20, level)])
    kinds = [type(event) for event in found]
    assert kinds == [SpeechBegan, SpeechEnded] * (len(kinds) // 2) + [SpeechBegan] * (len(kinds) % 2)
    times = [event.at_ms if isinstance(event, SpeechBegan) else event.last_voiced_ms for event in found]
    assert times == sorted(times)


def test_power_and_level_are_one_measure() -> None:
    meter = PowerMeter()
    assert meter.measure(b"") == meter.measure(bytes(640)) == 0.0
    assert meter.measure(np.full(320, -8, "<i2").tobytes()) == 64.0
    assert power_of(-72.25) == pytest.approx(64.0, rel=0.01)


@given(st.lists(st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=400), min_size=1, max_size=4))
def test_power_is_exact_whatever_was_measured_before(pieces: list[list[int]]) -> None:
    meter = PowerMeter()
    for piece in pieces:
        exact = sum(sample * sample for sample in piece) / len(piece)
        assert meter.measure(np.array(piece, "<i2").tobytes()) == pytest.approx(exact, rel=1e-4)
