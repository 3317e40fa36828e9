from __future__ import annotations

import math
import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket.errors import ProtocolError
from audiosocket.frames import Decoder, Kind, Message, encode
from audiosocket.rejoin import SEARCHED_MESSAGES, RejoiningDecoder, boundary

LONGEST = 640
PAYLOAD_MAX = 7_680


def spoken(payload: bytes) -> Message:
    return Message(Kind.SLIN16, payload)


anything = st.binary(min_size=1, max_size=40).map(lambda half: half * 2)
looks_like_messages = st.lists(
    st.sampled_from(
        [
            encode(spoken(bytes(2))),
            encode(spoken(b"\x12\x00\x02\x03\x00\x01")),
            encode(Message(Kind.DTMF, b"5")),
            encode(Message(Kind.HANGUP)),
            b"\x12\x02\x80",
            b"\x00\x12",
        ]
    ),
    min_size=1,
    max_size=60,
).map(lambda parts: b"".join(parts)[:LONGEST].ljust(2 * (min(LONGEST, sum(map(len, parts))) // 2) + 2, b"\0")[:LONGEST])
audio = st.one_of(anything, looks_like_messages, st.integers(1, LONGEST // 2).map(lambda samples: bytes(2 * samples))).map(spoken)
key = st.binary(min_size=1, max_size=1).map(lambda key: Message(Kind.DTMF, key))
last = st.sampled_from([[], [Message(Kind.HANGUP)], [Message(Kind.ERROR)], [Message(Kind.ERROR, b"\x02")]])
streams = st.tuples(st.lists(audio | key, min_size=1, max_size=12), last).map(lambda parts: [*parts[0], *parts[1]])


def read(decoder: Decoder, stream: bytes, piece_bytes: int) -> list[Message]:
    """All messages of *stream*, read in pieces."""
    found, at = [], 0
    while at < len(stream):
        space = decoder.space()
        piece = stream[at : at + min(piece_bytes, len(space))]
        space[: len(piece)] = piece
        decoder.advance(len(piece))
        at += len(piece)
        while (message := decoder.next_message()) is not None:
            found.append(message)
    return found


def places(sent: list[Message]) -> list[int]:
    """Where each message of a stream begins, and where the last ends."""
    ends = [0]
    for message in sent:
        ends.append(ends[-1] + len(encode(message)))
    return ends


@settings(max_examples=300, deadline=None)
@given(streams, st.data())
def test_a_boundary_that_is_told_is_one_of_the_stream_whatever_the_audio_pretends(sent: list[Message], data: st.DataObject) -> None:
    stream = b"".join(map(encode, sent))
    begin = data.draw(st.integers(0, len(stream) - 1))
    received = stream[begin : data.draw(st.integers(begin + 1, len(stream)))]
    found = boundary(received, Kind.SLIN16, LONGEST)
    assert found is None or begin + found in places(sent)


@settings(max_examples=300, deadline=None)
@given(streams, st.data())
def test_wherever_it_begins_it_yields_what_was_sent_last_and_nothing_else(sent: list[Message], data: st.DataObject) -> None:
    stream = b"".join(map(encode, sent))
    begin = data.draw(st.integers(0, len(stream) - 1))
    try:
        found = read(RejoiningDecoder(PAYLOAD_MAX, Kind.SLIN16, LONGEST), stream[begin:], data.draw(st.integers(1, 2_000)))
    except ProtocolError as error:
        assert "cannot be told" in str(error)  # noqa: PT017 - a stream that is all pretence may stay undecided, and is given up
        assert len(stream) - begin >= SEARCHED_MESSAGES * (3 + LONGEST)
    else:
        assert found == sent[len(sent) - len(found) :]


def noise(seed: int) -> bytes:
    return random.Random(seed).randbytes(LONGEST)


def tone(hz: float, loudness: float, frame: int) -> bytes:
    """20 ms that go on where the frame before ended."""
    samples = (int(loudness * 32_767 * math.sin(2 * math.pi * hz * (frame * 320 + place) / 16_000)) for place in range(320))
    return array("h", samples).tobytes()


@settings(deadline=None)
@given(
    st.one_of(
        st.just([bytes(LONGEST)] * 8),
        st.integers(0, 2**32).map(lambda seed: [noise(seed + place) for place in range(8)]),
        st.tuples(st.floats(71, 3_001), st.floats(0.01, 1)).map(lambda made: [tone(*made, frame) for frame in range(8)]),
    ),
    st.integers(0, 2 + LONGEST),
)
def test_in_silence_noise_and_tones_it_is_in_step_within_three_messages(payloads: list[bytes], begin: int) -> None:
    sent = [spoken(payload) for payload in payloads]
    stream = b"".join(map(encode, sent))
    decoder = RejoiningDecoder(PAYLOAD_MAX, Kind.SLIN16, LONGEST)
    first = read(decoder, stream[begin : places(sent)[4]], 643)
    assert first, "three whole messages were there, and nothing was heard"
    whole = [message for message, place in zip(sent, places(sent), strict=False) if place >= begin]
    found = first + read(decoder, stream[places(sent)[4] :], 643)
    assert found == whole[len(whole) - len(found) :]
    assert len(found) >= len(whole) - 1, "what waited for certainty is not lost, but for what pretence led into the true chain"


def test_a_hang_up_is_believed_only_in_step() -> None:
    silent, hang_up = spoken(bytes(LONGEST)), Message(Kind.HANGUP)
    stream = b"".join(map(encode, [silent, silent, silent, hang_up]))
    assert read(RejoiningDecoder(PAYLOAD_MAX, Kind.SLIN16, LONGEST), stream[100:], 100) == [silent, silent, hang_up]


def test_a_chain_may_pass_a_key_that_is_nearly_the_last_of_what_came() -> None:
    stream = encode(spoken(bytes(LONGEST))) + encode(Message(Kind.DTMF, b"5"))
    for more in range(4):
        assert boundary(stream + b"\x12\x02\x80"[:more], Kind.SLIN16, LONGEST) in (0, None)


def test_before_a_leg_has_spoken_it_may_be_inside_the_longest_message_there_is() -> None:
    sent = [spoken(noise(place)) for place in range(40)]
    stream = b"".join(map(encode, sent))
    assert boundary(stream[:PAYLOAD_MAX], Kind.SLIN16, PAYLOAD_MAX) is None
    found = read(RejoiningDecoder(PAYLOAD_MAX, Kind.SLIN16, 0), stream, 643)
    assert len(found) > 20
    assert found == sent[-len(found) :]


def test_what_repeats_with_the_frame_and_looks_like_a_header_each_time_is_given_up() -> None:
    frame = encode(spoken(b"\x12\x02\x80".rjust(103, b"\x55").ljust(LONGEST, b"\x55")))
    with pytest.raises(ProtocolError, match="cannot be told"):
        read(RejoiningDecoder(PAYLOAD_MAX, Kind.SLIN16, LONGEST), frame * 20, 643)


def test_bytes_that_are_no_stream_of_that_leg_are_refused_and_stay_refused() -> None:
    decoder = RejoiningDecoder(PAYLOAD_MAX, Kind.SLIN16, LONGEST)
    for _ in range(2):
        with pytest.raises(ProtocolError, match="no message can begin here"):
            read(decoder, b"\x55" * 800, 800)
