"""What a telephone sends every 20 ms: a frame of speech, a packet of a key press, else silence, or nothing at all. Pure.

say()     ──► [f f f f] ┐
press()   ──► [e e e e] ┴─ keys first ──► due() ──► one packet, or None: silence of a phone that suppresses it
"""

from __future__ import annotations

import random
from collections import deque

from audiosocket.audio import SLIN8
from ops.caller.g711 import ULAW, Law
from ops.caller.rtp import RtpPacket, key_events

SAMPLES = SLIN8.frame_samples  # of one packet; also its bytes, for G.711 has one byte a sample


class RtpStream:
    """One direction of a call. *suppresses_silence*: as many handsets do, send nothing while nobody speaks (RFC 3550 §5.1, marker bit)."""

    def __init__(self, law: Law = ULAW, *, suppresses_silence: bool = False) -> None:
        self.law = law
        self.suppresses_silence = suppresses_silence
        self._speech: deque[bytes] = deque()
        self._keys: deque[str] = deque()
        self._pressed: deque[RtpPacket] = deque()  # what is left of the key that is down
        self._sequence = random.randrange(0x8000)
        self._timestamp = random.randrange(0x8000_0000)
        self._ssrc = random.randrange(1 << 32)
        self._quiet = True

    @property
    def speaking(self) -> bool:
        return bool(self._speech)

    def say(self, pcm: bytes) -> None:
        """Queue speech of 8 kHz; what is left of the last frame is silence."""
        coded = self.law.encode(pcm)
        self._speech.extend(coded[n : n + SAMPLES].ljust(SAMPLES, self.law.silence) for n in range(0, len(coded), SAMPLES))

    def press(self, key: str) -> None:
        """Queue a key press of 180 ms; raises ValueError for what is no key of a telephone."""
        if len(key) != 1 or key not in "0123456789*#ABCD":
            raise ValueError(f"no key {key!r}")
        self._keys.append(key)

    def due(self, rounds: int = 1) -> bytes | None:
        """The datagram of now, *rounds* times 20 ms after the last call (more than one after a stall: its time is lost, no speech is)."""
        self._timestamp += rounds * SAMPLES
        if not self._pressed and self._keys:
            key = self._keys.popleft()
            self._pressed.extend(key_events(key, first_sequence=self._sequence + 1, timestamp=self._timestamp, ssrc=self._ssrc))
        if self._pressed:
            self._sequence += 1
            return self._pressed.popleft().encode()
        if not self._speech and self.suppresses_silence:
            self._quiet = True
            return None
        self._sequence += 1
        frame = self._speech.popleft() if self._speech else self.law.silence * SAMPLES
        packet = RtpPacket(
            self.law.payload_type, self._sequence & 0xFFFF, self._timestamp & 0xFFFFFFFF, self._ssrc, frame, marker=self._quiet
        )
        self._quiet = False
        return packet.encode()
