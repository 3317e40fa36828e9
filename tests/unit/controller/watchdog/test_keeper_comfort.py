from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket.audio import SLIN16
from audiosocket.frames import silence
from controller.watchdog.keeper_comfort import UNTAKEN_FRAMES_MAX, ComfortClock, Sent, discard_received, send_whole

FRAME = silence(SLIN16)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as ours:
        theirs, _ = listener.accept()
        with theirs:
            yield ours, theirs


def test_the_first_frame_is_due_at_once_and_then_one_every_20_ms() -> None:
    clock = ComfortClock()
    assert [clock.due(now_ms / 1000) for now_ms in (5_000, 5_000, 5_019, 5_021, 5_039, 5_041)] == [True, False, False, True, False, True]
    clock.start()
    assert clock.due(5.042)


def test_what_was_missed_is_left_out_and_the_beat_stays() -> None:
    clock = ComfortClock()
    assert clock.due(1.0)
    assert clock.due(1.105)
    assert not clock.due(1.106)
    assert clock.wait_s(1.106) == pytest.approx(0.014)
    assert clock.due(1.121)


@given(st.lists(st.floats(0.0001, 0.5), min_size=1, max_size=200))
def test_never_more_frames_than_20_ms_have_passed_and_no_two_in_the_same_20_ms(steps: list[float]) -> None:
    clock, now_s, sent = ComfortClock(), 0.0, 0
    for step in steps:
        sent += clock.due(now_s)
        assert not clock.due(now_s)
        assert sent <= 1 + now_s / 0.02 + 1e-6
        now_s += step


def test_a_peer_that_does_not_read_is_never_sent_half_a_frame(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)  # as ``audiosocket.wire`` leaves it
    results = [send_whole(ours, FRAME) for _ in range(500)]
    assert set(results[-50:]) == {Sent.NOT}
    assert Sent.BROKEN not in results
    ours.shutdown(socket.SHUT_WR)
    taken = b"".join(iter(lambda: theirs.recv(65_536), b""))
    assert taken == FRAME * results.count(Sent.WHOLE)
    assert results.count(Sent.WHOLE) > UNTAKEN_FRAMES_MAX


def test_a_connection_that_is_over_is_told(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    ours.shutdown(socket.SHUT_RDWR)
    assert send_whole(ours, FRAME) is Sent.BROKEN


def test_what_a_peer_says_is_thrown_away_until_it_is_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert discard_received(ours)
    theirs.sendall(FRAME)
    assert discard_received(ours)
    theirs.close()
    assert not discard_received(ours)
