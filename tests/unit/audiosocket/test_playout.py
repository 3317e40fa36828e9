from __future__ import annotations

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from audiosocket.audio import SLIN8, SLIN16
from audiosocket.errors import PlayoutFull
from audiosocket.frames import Kind, Message, encode, silence
from audiosocket.playout import QUEUED_MS_MAX, Lead, Playout, Stretch

FRAME = SLIN8.frame_bytes
SILENCE = silence(SLIN8)
noise = random.Random(7)


def speech(samples: int) -> bytes:
    """Not a single silent byte, so that padding can be told from speech."""
    return bytes(noise.randrange(1, 256) for _ in range(samples * 2))


class NaiveStretch:
    """The reference: plain bytes, cut only when a frame is due."""

    def __init__(self) -> None:
        self.fed = b""
        self.heard = 0
        self.finished = False
        self.ended = False
        self.endings = 0
        self.starts = 0


class PlayoutAgainstNaiveReference(RuleBasedStateMachine):
    stretches: Bundle[tuple[Stretch, NaiveStretch]] = Bundle("stretches")

    def __init__(self) -> None:
        super().__init__()
        self.playout = Playout(SLIN8)
        self.queue: list[NaiveStretch] = []
        self.all: list[tuple[Stretch, NaiveStretch]] = []
        self.paused = False

    def settle(self) -> None:
        while self.queue and self.queue[0].finished and self.queue[0].heard == len(self.queue[0].fed):
            self.queue.pop(0).ended = True

    @rule(target=stretches)
    def play(self) -> tuple[Stretch, NaiveStretch]:
        naive = NaiveStretch()

        def started() -> None:
            naive.starts += 1

        def ended() -> None:
            naive.endings += 1

        pair = self.playout.play(started, ended), naive
        self.queue.append(naive)
        self.all.append(pair)
        return pair

    @rule(pair=stretches, samples=st.integers(0, 3 * FRAME // 2))
    def feed(self, pair: tuple[Stretch, NaiveStretch], samples: int) -> None:
        stretch, naive = pair
        pcm = speech(samples)
        if naive.finished and not naive.ended:
            with pytest.raises(ValueError, match="after it was finished"):
                stretch.feed(pcm)
            return
        stretch.feed(pcm)
        if not naive.ended:
            naive.fed += pcm

    @rule(pair=stretches)
    def finish(self, pair: tuple[Stretch, NaiveStretch]) -> None:
        stretch, naive = pair
        stretch.finish()
        if not naive.ended:
            naive.finished = True
            self.settle()

    @rule()
    def pause(self) -> None:
        self.playout.pause()
        self.paused = True

    @rule()
    def resume(self) -> None:
        self.playout.resume()
        self.paused = False

    @rule()
    def hush(self) -> None:
        self.playout.hush()
        self.paused = False
        for naive in self.queue:
            naive.ended = True
        self.queue.clear()

    @rule(ticks=st.integers(1, 5), taken=st.booleans())
    def tick(self, ticks: int, taken: bool) -> None:
        """*taken* False: the wire did not take the frame, it must stay due."""
        for _ in range(ticks):
            expected, speaking = self.expected()
            message = self.playout.due()
            assert message == SILENCE[:3] + expected
            if not taken:
                continue
            assert self.playout.sent(message) == speaking
            if speaking:
                head = self.queue[0]
                head.heard = min(head.heard + FRAME, len(head.fed))
                self.settle()

    def expected(self) -> tuple[bytes, bool]:
        if self.queue and not self.paused:
            head = self.queue[0]
            left = head.fed[head.heard : head.heard + FRAME]
            if len(left) == FRAME or (head.finished and left):
                return left.ljust(FRAME, b"\0"), True
        return bytes(FRAME), False

    @invariant()
    def heard_is_exact(self) -> None:
        for stretch, naive in self.all:
            assert stretch.heard_samples * 2 == naive.heard
            assert stretch.heard_ms == naive.heard * 1000 // 16_000

    @invariant()
    def each_starts_at_most_once_and_ends_once(self) -> None:
        for stretch, naive in self.all:
            assert naive.starts == (naive.heard > 0)
            assert stretch.ended == naive.ended
            assert naive.endings == naive.ended


PlayoutAgainstNaiveReference.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestPlayoutAgainstNaiveReference = PlayoutAgainstNaiveReference.TestCase


def nothing() -> None:
    pass


def test_silence_is_due_when_nothing_is_played() -> None:
    assert Playout(SLIN16).due() == b"\x12\x02\x80" + bytes(640)


def test_after_it_was_closed_whatever_is_played_is_over_at_once() -> None:
    playout = Playout(SLIN16)
    playout.close()
    stretch = playout.play(nothing, nothing)
    stretch.feed(speech(320))
    assert stretch.ended
    assert playout.due() == silence(SLIN16)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="3 bytes are no whole number of samples"):
        Playout(SLIN16).play(nothing, nothing).feed(b"abc")


def test_more_speech_than_anyone_listens_to_is_refused_and_leaves_the_rest_intact() -> None:
    playout = Playout(SLIN8)
    playout.play(nothing, nothing).feed(bytes(QUEUED_MS_MAX // 20 * FRAME))
    second = playout.play(nothing, nothing)
    with pytest.raises(PlayoutFull, match="300 s"):
        second.feed(bytes(FRAME))
    playout.hush()
    playout.play(nothing, nothing).feed(bytes(FRAME))


WORDS = speech(4 * 160 + 100)  # four frames and a part of one
MESSAGES = [encode(Message(Kind.SLIN8, WORDS[at : at + FRAME].ljust(FRAME, b"\0"))) for at in range(0, len(WORDS), FRAME)]


def leave(playout: Playout, frames: int) -> list[bytes]:
    left = []
    for _ in range(frames):
        left.append(playout.due())
        playout.sent(left[-1])
    return left


@pytest.mark.parametrize("said", range(6))
@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("piece", [FRAME // 2, FRAME, 3 * FRAME, 10 * FRAME])
def test_who_says_what_is_being_said_goes_on_in_the_middle_and_has_said_it_whole(said: int, before: int, piece: int) -> None:
    playout = Playout(SLIN8)
    playout.lead(Lead(MESSAGES, said))
    heard = leave(playout, before)
    assert heard == (MESSAGES[said:] + [SILENCE] * before)[:before]
    starts, ends = [], []
    stretch = playout.play(lambda: starts.append(1), lambda: ends.append(1))
    for at in range(0, len(WORDS), piece):
        stretch.feed(WORDS[at : at + piece])
    stretch.finish()
    rest = leave(playout, 6)
    assert rest == (MESSAGES[min(said + before, 5) :] + [SILENCE] * 6)[:6]
    assert stretch.heard_samples * 2 == len(WORDS)
    assert (starts, ends) == ([1], [1])


def test_who_says_something_else_says_it_from_its_beginning_and_ends_what_was_being_said() -> None:
    playout = Playout(SLIN8)
    playout.lead(Lead(MESSAGES, 2))
    other = speech(160)
    stretch = playout.play(nothing, nothing)
    assert leave(playout, 1) == MESSAGES[2:3], "until there is something to say instead"
    stretch.feed(other)
    assert leave(playout, 2) == [encode(Message(Kind.SLIN8, other)), SILENCE]
    assert stretch.heard_samples == 160


def test_only_the_first_who_plays_goes_on_where_another_stood() -> None:
    playout = Playout(SLIN8)
    playout.lead(Lead(MESSAGES, 3))
    playout.play(nothing, nothing).finish()
    second = playout.play(nothing, nothing)
    second.feed(WORDS[:FRAME])
    assert leave(playout, 1) == MESSAGES[:1]
    playout.lead(Lead(MESSAGES, 0))
    assert leave(playout, 1) == [SILENCE], "too late for a lead"


def test_what_is_being_said_can_be_hushed_and_paused() -> None:
    playout = Playout(SLIN8)
    playout.lead(Lead(MESSAGES, 0))
    playout.pause()
    assert leave(playout, 1) == [SILENCE]
    playout.resume()
    assert leave(playout, 1) == MESSAGES[:1]
    playout.hush()
    assert leave(playout, 1) == [SILENCE]
    stretch = playout.play(nothing, nothing)
    stretch.feed(WORDS[:FRAME])
    assert stretch.heard_ms == 0, "it was not said to its end, so it is said again"
