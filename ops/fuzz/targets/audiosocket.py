"""The AudioSocket parser: the same messages however the stream is cut, and nothing but its own error."""

from __future__ import annotations

from hypothesis import strategies as st

from audiosocket.errors import ProtocolError
from audiosocket.frames import AUDIO_FORMATS, Decoder, Kind, Message, encode
from ops.fuzz.target import Target, pure

PAYLOAD_MAX = 700

_audio = st.builds(
    lambda kind, half: encode(Message(kind, half * 2)), st.sampled_from(sorted(AUDIO_FORMATS)), st.binary(min_size=1, max_size=350)
)
_other = st.builds(lambda kind, payload: encode(Message(kind, payload)), st.sampled_from(sorted(Kind)), st.binary(max_size=20))
_header = st.builds(
    lambda kind, length, rest: bytes((kind, length >> 8, length & 255)) + rest,
    *(st.integers(0, 255), st.integers(0, 65_535)),
    st.binary(max_size=40),
)
_spoilt = st.builds(
    lambda message, at, bit: bytes(byte ^ (1 << bit if place == at % len(message) else 0) for place, byte in enumerate(message)),
    _audio,
    st.integers(0, 700),
    st.integers(0, 7),
)
_streams = st.lists(st.one_of(_audio, _other, _header, _spoilt, st.binary(max_size=60)), max_size=12).map(b"".join)
INPUTS = st.tuples(_streams, st.lists(st.integers(1, 800), min_size=1, max_size=8))


def read(stream: bytes, cuts: list[int]) -> tuple[list[Message], str | None]:
    decoder, found, at, turn = Decoder(PAYLOAD_MAX), list[Message](), 0, 0
    while at < len(stream):
        space = decoder.space()
        piece = stream[at : at + min(cuts[turn % len(cuts)], len(space))]
        assert piece, "there is always room once all messages were taken"
        space[: len(piece)] = piece
        decoder.advance(len(piece))
        at, turn = at + len(piece), turn + 1
        try:
            while (message := decoder.next_message()) is not None:
                found.append(message)
        except ProtocolError as error:
            return found, str(error)
    return found, None


def check(value: tuple[bytes, list[int]]) -> None:
    stream, cuts = value
    messages, error = read(stream, cuts)
    assert read(stream, [1]) == (messages, error), "how the stream is cut does not matter"
    assert stream.startswith(b"".join(map(encode, messages))), "what was read is what was sent, from its begin and without a gap"
    assert all(len(message.payload) <= PAYLOAD_MAX for message in messages)


TARGET = Target("audiosocket", INPUTS, pure(check))
