"""What waits, what was sent and what is sent again."""

from hypothesis import given
from hypothesis import strategies as st

from agent.adapters.google_stt_tape import Tape
from audiosocket.audio import SLIN8, AudioFormat

MS = 16  # bytes of a millisecond at 8 kHz


def numbered(first_ms: int, length_ms: int) -> bytes:
    """Audio whose every sample tells its millisecond."""
    return b"".join(ms.to_bytes(2, "little") * 8 for ms in range(first_ms, first_ms + length_ms))


def test_audio_is_taken_in_order_and_in_messages() -> None:
    tape = Tape(SLIN8)
    tape.hear(numbered(0, 250))
    assert tape.waiting_ms == 250
    assert tape.take(100) == numbered(0, 100)
    assert tape.take(400) == numbered(100, 150)
    assert (tape.take(100), tape.waiting_ms) == (b"", 0)


def test_a_new_stream_begins_after_what_a_final_covered() -> None:
    tape = Tape(SLIN8)
    tape.hear(numbered(0, 1000))
    tape.take(1000)
    tape.confirm(400)
    tape.rewind()
    assert tape.take(5000) == numbered(400, 600)
    tape.confirm(100)  # of the new stream's own time
    tape.rewind()
    assert tape.take(5000) == numbered(500, 500)


def test_a_final_that_claims_more_than_was_sent_keeps_what_waits() -> None:
    tape = Tape(SLIN8)
    tape.hear(numbered(0, 300))
    tape.take(100)
    tape.confirm(5000)
    assert tape.take(5000) == numbered(100, 200)


def test_the_oldest_that_waits_is_dropped_and_counted() -> None:
    tape = Tape(SLIN8, waiting_limit_ms=200)
    tape.hear(numbered(0, 100))
    tape.take(100)
    tape.hear(numbered(100, 500))
    assert tape.dropped_ms == 300
    assert tape.take(5000) == numbered(400, 200)
    tape.rewind()
    assert tape.take(5000) == numbered(0, 100) + numbered(400, 200)


def test_what_was_sent_long_ago_is_not_kept_for_another_stream() -> None:
    tape = Tape(SLIN8, replay_limit_ms=200)
    for start in range(0, 1000, 100):
        tape.hear(numbered(start, 100))
        tape.take(100)
    tape.confirm(850)
    tape.rewind()
    assert tape.take(5000) == numbered(850, 150)


def test_silence_stands_in_for_missing_frames() -> None:
    tape = Tape(SLIN8)
    tape.pad(200)
    assert tape.take(5000) == bytes(200 * MS)


def test_quiet_is_judged_by_the_latest_audio() -> None:
    tape = Tape(SLIN8)
    assert tape.is_quiet(100, 0.01)
    tape.hear((8000).to_bytes(2, "little") * 8 * 100)
    assert not tape.is_quiet(100, 0.01)
    tape.pad(100)
    assert tape.is_quiet(100, 0.01)


@given(
    actions=st.lists(
        st.one_of(
            st.tuples(st.just("hear"), st.integers(1, 120)),
            st.tuples(st.just("take"), st.integers(1, 400)),
            st.tuples(st.just("confirm"), st.integers(0, 300)),
            st.tuples(st.just("rewind"), st.just(0)),
        ),
        max_size=60,
    )
)
def test_no_audio_is_skipped_and_none_is_sent_again_that_a_final_covered(actions: list[tuple[str, int]]) -> None:
    audio: AudioFormat = SLIN8
    tape = Tape(audio, waiting_limit_ms=100_000, replay_limit_ms=100_000)
    heard = origin = sent = confirmed = 0  # ms of the caller's audio
    for action, amount in actions:
        if action == "hear":
            tape.hear(numbered(heard, amount))
            heard += amount
        elif action == "take":
            piece = tape.take(amount)
            assert piece == numbered(sent, min(amount, heard - sent))
            sent += len(piece) // MS
        elif action == "confirm":
            tape.confirm(amount)
            confirmed = max(confirmed, min(origin + amount, sent))
        else:
            tape.rewind()
            origin = sent = confirmed
    assert tape.waiting_ms == heard - sent
