from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket.frames import AUDIO_FORMATS, Kind
from audiosocket.handover import (
    PACKET_BYTES_MAX,
    Have,
    Leave,
    Leg,
    Offer,
    Packet,
    Plea,
    Serve,
    Take,
    Told,
    Welcome,
    decode,
    encode,
    receive,
)

numbers = st.integers(1, 10**15)
legs = st.builds(Leg, st.uuids(), st.sampled_from(sorted(AUDIO_FORMATS)), st.integers(0, 65_535))
packets = st.one_of(
    st.builds(Take, numbers, st.none(), st.just(0)),
    st.builds(Take, numbers, legs, st.integers(0, 10**18)),
    st.builds(Offer, st.sampled_from(sorted(AUDIO_FORMATS)), st.integers(0, 10_000)),
    st.builds(Plea, numbers, st.booleans()),
    st.builds(Welcome, st.integers(1, 65_535)),
    st.just(Serve()),
    st.builds(Have, numbers),
    st.builds(Told, numbers, legs),
    st.just(Leave()),
)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


@given(packets)
def test_what_one_says_the_other_understands(packet: Packet) -> None:
    raw = encode(packet)
    assert decode(raw) == packet
    assert len(raw) <= PACKET_BYTES_MAX


@given(packets)
def test_a_newer_side_may_say_more(packet: Packet) -> None:
    assert decode(encode(packet) + b" and more") == packet


@given(st.binary(max_size=80) | st.text(max_size=40).map(str.encode))
def test_what_nobody_understands_is_nothing(raw: bytes) -> None:
    packet = decode(raw)
    assert packet is None or decode(encode(packet)) == packet


@pytest.mark.parametrize(
    "raw", [b"", b"sing", b"take", b"take x", b"take 1 2 3", b"have", b"leg 1", f"leg 1 {uuid.UUID(int=1)} 3 640".encode(), b"welcome no"]
)
def test_what_is_not_whole_is_nothing(raw: bytes) -> None:
    assert decode(raw) is None


def test_a_descriptor_comes_with_its_packet_and_no_child_inherits_it(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    leg = Leg(uuid.UUID(int=7), Kind.SLIN16, 640)
    socket.send_fds(theirs, [encode(Take(3, leg))], [theirs.fileno()])
    received = receive(ours)
    assert received is not None
    packet, descriptor = received
    assert packet == Take(3, leg)
    assert descriptor is not None
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)


def test_the_last_words_of_one_who_went_with_unread_packets_are_heard(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    with pytest.raises(BlockingIOError):
        receive(ours)
    ours.send(encode(Welcome(1)))  # never read
    theirs.send(encode(Have(5)))
    theirs.send(b"something new")
    theirs.close()
    assert receive(ours) == (Have(5), None)
    assert receive(ours) == (None, None)
    assert receive(ours) is None
