import numpy as np

from ops.caller.ear import Ear, is_voiced, last_voiced_ms

SILENCE = bytes(640)
VOICE = (3000 * np.sin(np.arange(320) / 5)).astype("<i2").tobytes()


def listen(pattern: str) -> Ear:
    """An ear that heard one frame each 20 ms: V voiced, . silent; the first at 0 s."""
    ear = Ear()
    for number, letter in enumerate(pattern):
        ear.hear(VOICE if letter == "V" else SILENCE, number * 0.02)
    return ear


def test_silence_is_not_voiced_and_a_tone_is() -> None:
    assert not is_voiced(SILENCE)
    assert not is_voiced(b"")
    assert is_voiced(VOICE)


def test_faint_line_noise_is_not_voiced() -> None:
    noise = np.random.default_rng(1).normal(0, 40, 320).astype("<i2").tobytes()
    assert not is_voiced(noise)


def test_the_end_of_the_voiced_part_is_found_before_trailing_silence() -> None:
    assert last_voiced_ms(SILENCE * 3 + VOICE * 2 + SILENCE * 10, 640) == 100
    assert last_voiced_ms(SILENCE * 3, 640) == 0


def test_the_first_voiced_frame_after_a_moment_skips_what_was_heard_before() -> None:
    ear = listen("VV...VV")
    assert ear.first_voiced_after(0.03) == 5 * 0.02
    assert ear.first_voiced_after(1.0) is None


def test_a_say_that_goes_on_began_after_the_last_real_pause() -> None:
    ear = listen("VV" + "." * 30 + "VV..VV")
    assert ear.speaking_since(37 * 0.02) == 32 * 0.02
    assert ear.speaking_since(37 * 0.02 + 0.5) is None


def test_a_hush_is_the_last_voiced_frame_before_a_pause_however_the_talk_goes_on() -> None:
    ear = listen("V" * 10 + "." * 20 + "VV")
    assert ear.hushed_after(5 * 0.02, 31 * 0.02) == 9 * 0.02
    assert listen("V" * 10).hushed_after(5 * 0.02, 10 * 0.02) is None
    assert listen("V" * 10).hushed_after(5 * 0.02, 9 * 0.02 + 0.31) == 9 * 0.02


def test_frames_each_twenty_milliseconds_have_no_jitter() -> None:
    assert all(abs(jitter) < 0.001 for jitter in listen("V" * 50).jitter_ms())
