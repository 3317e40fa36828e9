"""RTP packets (RFC 3550) as a plain telephone sends them: no extensions, no contributing sources.

     0                   1                   2                   3
    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
    |                           timestamp                           |
    |                             SSRC                              |
    |  payload …                                                    |

Pure: bytes in, values out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

TELEPHONE_EVENT = 101  # RFC 4733, as our SDP names it
_HEADER = struct.Struct("!BBHII")


class NotRtp(ValueError):
    """The datagram is not an RTP packet of version 2."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        second = self.payload_type | (0x80 if self.marker else 0)
        return _HEADER.pack(0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc) + self.payload

    @classmethod
    def decode(cls, datagram: bytes) -> RtpPacket:
        if len(datagram) < _HEADER.size or datagram[0] >> 6 != 2:
            raise NotRtp(f"{len(datagram)} bytes starting {datagram[:1].hex()}")
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(datagram)
        start = _HEADER.size + 4 * (first & 0x0F)
        if first & 0x10:  # one extension header: skip it
            if len(datagram) < start + 4:
                raise NotRtp("truncated extension")
            start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4], "big")
        end = len(datagram) - (datagram[-1] if first & 0x20 else 0)
        if end < start:
            raise NotRtp("truncated")
        return cls(second & 0x7F, sequence, timestamp, ssrc, datagram[start:end], bool(second & 0x80))


def key_events(key: str, *, first_sequence: int, timestamp: int, ssrc: int) -> list[RtpPacket]:
    """One key press of 120 ms by RFC 4733: nine packets 20 ms apart, the last three repeat its end."""
    event = "0123456789*#ABCD".index(key)
    durations = [160 * n for n in range(1, 7)] + [960, 960, 960]
    return [
        RtpPacket(
            TELEPHONE_EVENT,
            first_sequence + n,
            timestamp,
            ssrc,
            struct.pack("!BBH", event, (0x80 if n >= 6 else 0) | 10, duration),
            marker=n == 0,
        )
        for n, duration in enumerate(durations)
    ]
