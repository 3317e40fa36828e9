"""AudioSocket on the wire. Pure: bytes in, messages out.

TCP, each message a header of three bytes and a payload::

     0        1        2        3                     3 + length
    +--------+--------+--------+---------  ...  ---------+
    |  kind  |      length     |         payload         |
    +--------+--------+--------+---------  ...  ---------+
              big endian

    kind        payload                                     Asterisk sends    we may send
    0x00        none: hang up                               yes               yes
    0x01        16 bytes: the leg's UUID, first of all      yes, once         no
    0x03        1 byte: a key of the telephone, ASCII       yes               no (kills the leg)
    0x10-0x18   PCM, 16 bits, signed, little endian, mono,  one per 20 ms     one per 20 ms
                at 8 12 16 24 32 44.1 48 96 192 kHz         of RTP received   from 0x01 to the end
    0xff        an error code, 1 byte or none               yes               no (kills the leg)

Rule 1: everything that decides whether bytes are a message lives here.
Rule 2: how the stream is cut into reads never matters: the same messages come out, then at the
same place the same ``ProtocolError``, then nothing but that error.

Kinds as in Asterisk 22's res_audiosocket; 0x00, 0x01, 0x10 and 0xff are the protocol's first version.
"""

from __future__ import annotations

import uuid
from enum import IntEnum
from typing import NamedTuple

from audiosocket.audio import SAMPLE_BYTES, AudioFormat
from audiosocket.errors import ProtocolError

HEADER_BYTES = 3
LENGTH_MAX = 0xFFFF
UUID_BYTES = 16


class Kind(IntEnum):
    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    SLIN8 = 0x10
    SLIN12 = 0x11
    SLIN16 = 0x12
    SLIN24 = 0x13
    SLIN32 = 0x14
    SLIN44 = 0x15
    SLIN48 = 0x16
    SLIN96 = 0x17
    SLIN192 = 0x18
    ERROR = 0xFF


AUDIO_FORMATS: dict[Kind, AudioFormat] = {
    Kind.SLIN8: AudioFormat(8_000),
    Kind.SLIN12: AudioFormat(12_000),
    Kind.SLIN16: AudioFormat(16_000),
    Kind.SLIN24: AudioFormat(24_000),
    Kind.SLIN32: AudioFormat(32_000),
    Kind.SLIN44: AudioFormat(44_100),
    Kind.SLIN48: AudioFormat(48_000),
    Kind.SLIN96: AudioFormat(96_000),
    Kind.SLIN192: AudioFormat(192_000),
}
AUDIO_KINDS: dict[AudioFormat, Kind] = {audio: kind for kind, audio in AUDIO_FORMATS.items()}

_KINDS: dict[int, Kind] = {kind.value: kind for kind in Kind}
_EXACT_BYTES = {Kind.HANGUP: 0, Kind.UUID: UUID_BYTES, Kind.DTMF: 1}


class Message(NamedTuple):
    kind: Kind
    payload: bytes = b""

    def leg_id(self) -> uuid.UUID:
        """The leg's UUID, of a ``Kind.UUID`` message."""
        return uuid.UUID(bytes=self.payload)


_message = tuple.__new__
"""Makes a ``Message`` of its fields at once; the class's own ``__new__`` takes twice as long, 50 times a second and line."""


def header(kind: Kind, payload_bytes: int) -> bytes:
    return bytes((kind, payload_bytes >> 8, payload_bytes & 0xFF))


def encode(message: Message) -> bytes:
    """*message* as it travels. Raises ValueError for a payload that the length cannot tell."""
    if len(message.payload) > LENGTH_MAX:
        raise ValueError(f"{len(message.payload)} bytes do not fit into one message")
    return header(message.kind, len(message.payload)) + message.payload


def silence(audio: AudioFormat) -> bytes:
    """20 ms of silence as it travels."""
    return encode(Message(AUDIO_KINDS[audio], audio.silence))


class Decoder:
    """Cuts a byte stream into messages, with one buffer that it owns and never lets grow.

    A reader fills ``space()``, tells how much with ``advance(n)``, then pulls ``next_message()`` until
    None. Payloads are copies: they stay valid when the buffer is written again.
    """

    def __init__(self, payload_bytes_max: int, *, buffer_bytes: int = 0) -> None:
        """*payload_bytes_max*: a longer message is refused as soon as its header is known. *buffer_bytes*: room for more than one."""
        self._payload_bytes_max = payload_bytes_max
        self._received = bytearray(max(HEADER_BYTES + max(payload_bytes_max, UUID_BYTES), buffer_bytes))
        self._buffer = memoryview(self._received)
        self._begin = 0  # of the first message not yet pulled
        self._end = 0  # of what was received
        # The last header that was found good, and what it says: a leg sends the same again and again.
        self._header = header(Kind.HANGUP, 0)
        self._kind = Kind.HANGUP
        self._length = 0

    def space(self) -> memoryview:
        """Where to write the bytes that come next; never empty once all messages were pulled."""
        if self._begin:
            rest = self._end - self._begin
            if rest:
                self._buffer[:rest] = self._buffer[self._begin : self._end]
            self._begin, self._end = 0, rest
        return self._buffer[self._end :] if self._end else self._buffer

    def advance(self, count: int) -> None:
        """*count* bytes were written at the start of ``space()``."""
        self._end += count

    def next_message(self) -> Message | None:
        """The next whole message, None when more bytes are needed. Raises ProtocolError, then at every call."""
        begin = self._begin
        payload_begin = begin + HEADER_BYTES
        if payload_begin > self._end:
            return None
        if not self._received.startswith(self._header, begin):
            self._read_header(begin)
        payload_end = payload_begin + self._length
        if payload_end > self._end:
            return None
        self._begin = payload_end
        return _message(Message, (self._kind, self._buffer[payload_begin:payload_end].tobytes()))

    def _read_header(self, begin: int) -> None:
        kind_byte, high, low = self._received[begin : begin + HEADER_BYTES]
        length = high << 8 | low
        self._kind = self._check(kind_byte, length)
        self._header, self._length = header(self._kind, length), length

    def _check(self, kind_byte: int, length: int) -> Kind:
        kind = _KINDS.get(kind_byte)
        if kind is None:
            raise ProtocolError(f"unknown kind 0x{kind_byte:02x}")
        if length > self._payload_bytes_max:
            raise ProtocolError(f"message of {length} bytes, at most {self._payload_bytes_max} are allowed")
        if kind in AUDIO_FORMATS:
            if length == 0 or length % SAMPLE_BYTES:
                raise ProtocolError(f"audio of {length} bytes is no whole number of samples")
        elif length != _EXACT_BYTES.get(kind, length):
            raise ProtocolError(f"{kind.name} of {length} bytes instead of {_EXACT_BYTES[kind]}")
        return kind
