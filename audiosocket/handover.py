"""What a keeper of connections and the server that serves them tell each other. Pure, but for passing a descriptor.

The keeper holds a duplicate of every connection, so that a leg outlives the process that serves it::

    keeper                                   server
      ◄───── apology 18 102, descriptor ────   what is said to callers when I am gone (``audiosocket.apology``)
      ◄─────────────────────────── serve ───   the lines are mine from now on
      ─── take 7 UUID 18 640 0, descriptor ►   a leg that another process served; since when it is apologised to, in ns, 0: it is not
      ─── new 8, descriptor ───────────────►   a connection that has not told its UUID
      ─── welcome 9092 ────────────────────►   that was all I kept; the port that I listen on
      ◄────────────────────────── have 7 ───   I send to it now
      ─── new 9, descriptor ───────────────►   as they come
      ◄────────────── leg 8 UUID 18 0 ──────   it told its UUID, I send to it
      ◄────────────── leg 8 UUID 18 640 ────   its audio: what kind, and its longest message so far
      ◄────────────────────────── plea 8 1 ──   apologise to it when I am gone; 0: do not
      ◄─────────────────────────── leave ───   I send no more, on no line

One message a packet of a SOCK_SEQPACKET pair. Nobody tells that a connection has ended: the kernel does, when
either side shuts it down.

Words instead of structures, because an old keeper talks with new servers: unknown words and further fields are ignored.
"""

from __future__ import annotations

import os
import socket
import uuid
from typing import NamedTuple

from audiosocket.frames import AUDIO_FORMATS, LENGTH_MAX, Kind

PACKET_BYTES_MAX = 256


class Leg(NamedTuple):
    """What is known of a connection that told its UUID."""

    leg_id: uuid.UUID
    kind: Kind
    """Of its audio; expected only, as long as *longest_bytes* is 0."""
    longest_bytes: int
    """Its longest audio message so far."""


class Take(NamedTuple):
    """Goes with a descriptor."""

    number: int
    leg: Leg | None
    since_ns: int = 0
    """CLOCK_MONOTONIC at the first frame of the apology that the keeper says there, 0 if it says none."""


class Welcome(NamedTuple):
    port: int


class Serve(NamedTuple):
    pass


class Have(NamedTuple):
    number: int


class Told(NamedTuple):
    number: int
    leg: Leg


class Offer(NamedTuple):
    """Goes with a descriptor: an ``Apology``."""

    kind: Kind
    words: int
    """How many of its messages."""


class Plea(NamedTuple):
    number: int
    wanted: bool
    """Whether its caller is apologised to when nobody serves him."""


class Leave(NamedTuple):
    pass


Packet = Take | Welcome | Serve | Have | Told | Offer | Plea | Leave


def encode(packet: Packet) -> bytes:
    match packet:
        case Take(number, None):
            words = f"new {number}"
        case Take(number, Leg() as leg, since_ns):
            words = f"take {number} {_leg_words(leg)} {since_ns}"
        case Welcome(port):
            words = f"welcome {port}"
        case Serve():
            words = "serve"
        case Have(number):
            words = f"have {number}"
        case Told(number, leg):
            words = f"leg {number} {_leg_words(leg)}"
        case Offer(kind, words_count):
            words = f"apology {kind.value} {words_count}"
        case Plea(number, wanted):
            words = f"plea {number} {wanted:d}"
        case Leave():
            words = "leave"
    return words.encode("ascii")


def decode(raw: bytes) -> Packet | None:
    """None for what we do not understand."""
    try:
        word, *fields = raw.decode("ascii").split()
        match word:
            case "new":
                return Take(int(fields[0]), None)
            case "take":
                return Take(int(fields[0]), _leg(fields[1:4]), int(fields[4]) if fields[4:] else 0)
            case "welcome":
                return Welcome(int(fields[0]))
            case "serve":
                return Serve()
            case "have":
                return Have(int(fields[0]))
            case "leg":
                return Told(int(fields[0]), _leg(fields[1:4]))
            case "apology" if (kind := Kind(int(fields[0]))) in AUDIO_FORMATS:
                return Offer(kind, int(fields[1]))
            case "plea":
                return Plea(int(fields[0]), bool(int(fields[1])))
            case "leave":
                return Leave()
    except (ValueError, IndexError):
        pass
    return None


def receive(channel: socket.socket) -> tuple[Packet | None, int | None] | None:
    """The next packet, None inside for one that we do not understand, and its descriptor; None when the other side is gone.

    Raises BlockingIOError. A side that went while packets for it were unread is told first; what it said before is still there.
    """
    try:
        raw, descriptors, _, _ = socket.recv_fds(channel, PACKET_BYTES_MAX, 1)
    except ConnectionResetError:
        return receive(channel)
    except OSError as error:
        if isinstance(error, BlockingIOError):
            raise
        return None
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # recv_fds passes no flags on to the kernel
    return (decode(raw), descriptors[0] if descriptors else None) if raw else None


def _leg_words(leg: Leg) -> str:
    return f"{leg.leg_id} {leg.kind.value} {leg.longest_bytes}"


def _leg(fields: list[str]) -> Leg:
    leg_id, kind, longest = fields
    leg = Leg(uuid.UUID(leg_id), Kind(int(kind)), int(longest))
    if leg.kind not in AUDIO_FORMATS or not 0 <= leg.longest_bytes <= LENGTH_MAX:
        raise ValueError(leg)
    return leg
