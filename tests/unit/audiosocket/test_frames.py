from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket.audio import SLIN8, SLIN16
from audiosocket.errors import ProtocolError
from audiosocket.frames import AUDIO_FORMATS, AUDIO_KINDS, Decoder, Kind, Message, encode, silence

PAYLOAD_MAX = 700

audio = st.builds(
    Message,
    st.sampled_from(sorted(AUDIO_FORMATS)),
    st.binary(min_size=1, max_size=PAYLOAD_MAX // 2).map(lambda half: half * 2),
)
other = st.one_of(
    st.just(Message(Kind.HANGUP)),
    st.builds(Message, st.just(Kind.UUID), st.binary(min_size=16, max_size=16)),
    st.builds(Message, st.just(Kind.DTMF), st.binary(min_size=1, max_size=1)),
    st.builds(Message, st.just(Kind.ERROR), st.binary(max_size=4)),
)
messages = st.lists(audio | other, max_size=12)
cuts = st.lists(st.integers(min_value=1, max_value=400), min_size=1)


def decode(stream: bytes, cuts: list[int]) -> tuple[list[Message], str | None]:
    """All messages of *stream*, read in pieces of *cuts* bytes in turn, and the error it ended with."""
    decoder, found, at, turn = Decoder(PAYLOAD_MAX), [], 0, 0
    while at < len(stream):
        space = decoder.space()
        piece = stream[at : at + min(cuts[turn % len(cuts)], len(space))]
        assert piece, "there is always space once all messages were pulled"
        space[: len(piece)] = piece
        decoder.advance(len(piece))
        at, turn = at + len(piece), turn + 1
        try:
            while (message := decoder.next_message()) is not None:
                found.append(message)
        except ProtocolError as error:
            return found, str(error)
    return found, None


@given(messages, cuts)
def test_what_was_encoded_is_decoded_however_it_is_cut(sent: list[Message], cuts: list[int]) -> None:
    assert decode(b"".join(map(encode, sent)), cuts) == (sent, None)


@given(st.lists(st.binary(max_size=60) | (audio | other).map(encode)).map(b"".join), cuts)
def test_garbage_gives_the_same_messages_and_the_same_error_however_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    assert decode(stream, cuts) == decode(stream, [1])


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_but_a_protocol_error(stream: bytes) -> None:
    decode(stream, [7])


def test_what_came_before_the_garbage_is_still_told() -> None:
    good = Message(Kind.SLIN16, bytes(640))
    assert decode(encode(good) + b"GET / HTTP/1.1", [1_000]) == ([good], "unknown kind 0x47")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (bytes((0x12, 0xFF, 0xFE)), "message of 65534 bytes, at most 700 are allowed"),
        (bytes((0xFF, 0x03, 0x00)), "message of 768 bytes, at most 700 are allowed"),
        (bytes((0x12, 0x00, 0x03)), "audio of 3 bytes is no whole number of samples"),
        (bytes((0x10, 0x00, 0x00)), "audio of 0 bytes is no whole number of samples"),
        (bytes((0x01, 0x00, 0x0F)), "UUID of 15 bytes instead of 16"),
        (bytes((0x03, 0x00, 0x02)), "DTMF of 2 bytes instead of 1"),
        (bytes((0x00, 0x00, 0x01)), "HANGUP of 1 bytes instead of 0"),
        (bytes((0x02, 0x00, 0x00)), "unknown kind 0x02"),
        (bytes((0x19, 0x00, 0x02)), "unknown kind 0x19"),
    ],
)
def test_a_bad_header_is_refused_before_its_payload_comes(raw: bytes, reason: str) -> None:
    assert decode(raw, [3]) == ([], reason)


def test_after_an_error_comes_nothing_but_that_error() -> None:
    decoder = Decoder(PAYLOAD_MAX)
    for raw in (b"\x02\x00\x00", encode(Message(Kind.HANGUP))):
        decoder.space()[: len(raw)] = raw
        decoder.advance(len(raw))
        with pytest.raises(ProtocolError, match="unknown kind 0x02"):
            decoder.next_message()


def test_a_payload_outlives_the_buffer_it_came_in() -> None:
    decoder = Decoder(640)
    for fill in (b"\x01", b"\x02"):
        message = encode(Message(Kind.SLIN16, fill * 640))
        decoder.space()[: len(message)] = message
        decoder.advance(len(message))
        decoded = decoder.next_message()
        if fill == b"\x01":
            first = decoded
    assert first == Message(Kind.SLIN16, b"\x01" * 640)


def test_the_leg_is_read_from_its_uuid_message() -> None:
    leg_id = uuid.uuid4()
    assert Message(Kind.UUID, leg_id.bytes).leg_id() == leg_id


def test_silence_is_a_frame_of_the_legs_kind() -> None:
    assert silence(SLIN16) == b"\x12\x02\x80" + bytes(640)
    assert silence(SLIN8) == b"\x10\x01\x40" + bytes(320)


def test_every_audio_kind_has_its_rate() -> None:
    rates = {kind: audio.rate_hz for kind, audio in AUDIO_FORMATS.items()}
    expected = (8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000)
    assert rates == dict(zip(range(0x10, 0x19), expected, strict=True))
    assert all(AUDIO_FORMATS[AUDIO_KINDS[audio]] == audio for audio in AUDIO_KINDS)


def test_a_payload_that_the_length_cannot_tell_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="65536 bytes do not fit"):
        encode(Message(Kind.SLIN16, bytes(65_536)))
