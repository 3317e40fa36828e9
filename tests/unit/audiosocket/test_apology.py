from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket.apology import BYTES_MAX, FRAME_NS, STALE_FRAMES, Apology, frames_since
from audiosocket.audio import SLIN8, SLIN16, AudioFormat
from audiosocket.comfort import PERIOD_S, comfort_tone
from audiosocket.frames import Kind, Message, encode

SINCE_NS = 5_000_000_000


def pcm(*frames: int) -> bytes:
    return b"".join(bytes((number,)) * SLIN16.frame_bytes for number in frames)


def message(number: int) -> bytes:
    return encode(Message(Kind.SLIN16, pcm(number)))


APOLOGY = Apology.of(SLIN16, pcm(1, 2, 3), pcm(8, 9))


def test_its_words_are_due_frame_by_frame_from_their_beginning_then_the_tone_again_and_again() -> None:
    due = [APOLOGY.due(SINCE_NS, SINCE_NS + frame * FRAME_NS + 7) for frame in range(8)]
    assert due == [message(number) for number in (1, 2, 3, 8, 9, 8, 9, 8)]


def test_before_it_begins_and_after_words_without_a_tone_there_is_silence() -> None:
    assert APOLOGY.due(SINCE_NS, SINCE_NS - 1) is None
    assert Apology.of(SLIN16, pcm(1)).due(SINCE_NS, SINCE_NS + FRAME_NS) is None
    assert Apology.of(SLIN16, b"").due(SINCE_NS, SINCE_NS) is None


def test_what_was_said_counts_until_it_is_stale() -> None:
    said = [APOLOGY.said(SINCE_NS, SINCE_NS + frame * FRAME_NS) for frame in (-1, 0, 1, 2, 3, 2 + STALE_FRAMES, 3 + STALE_FRAMES)]
    assert said == [0, 1, 2, 3, 3, 3, 0]


@given(st.integers(0, 10**12))
def test_as_many_frames_are_due_as_have_begun(after_ns: int) -> None:
    assert (frames_since(SINCE_NS, SINCE_NS + after_ns) - 1) * FRAME_NS <= after_ns < frames_since(SINCE_NS, SINCE_NS + after_ns) * FRAME_NS


def test_another_process_gets_it_whole() -> None:
    descriptor = APOLOGY.shared()
    try:
        assert Apology.received(Kind.SLIN16, 3, descriptor) == APOLOGY
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(("kind", "words"), [(Kind.SLIN8, 3), (Kind.SLIN16, 6), (Kind.SLIN16, -1)])
def test_what_does_not_fit_its_description_is_refused(kind: Kind, words: int) -> None:
    descriptor = APOLOGY.shared()
    try:
        with pytest.raises(ValueError, match="apology"):
            Apology.received(kind, words, descriptor)
    finally:
        os.close(descriptor)


def test_more_than_anyone_says_is_refused() -> None:
    descriptor = Apology.of(SLIN16, bytes(BYTES_MAX)).shared()
    try:
        with pytest.raises(ValueError, match="no apology"):
            Apology.received(Kind.SLIN16, 1, descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("audio", [SLIN8, SLIN16])
def test_the_tone_is_soft_and_begins_and_ends_in_silence(audio: AudioFormat) -> None:
    tone = comfort_tone(audio)
    assert audio.duration_ms(len(tone)) == PERIOD_S * 1000
    samples = memoryview(tone).cast("h")
    assert 1_000 < max(samples) <= 2_000
    assert not any(samples[: audio.rate_hz // 2])
    assert not any(samples[-audio.rate_hz // 2 :])
