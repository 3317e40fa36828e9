"""What can go wrong, and whose fault it is.

AudioSocketError
├── ProtocolError    the peer's: it sent what AudioSocket does not allow; its connection ends
├── LineNotOpened    the world's: the expected leg did not dial in, or went before it was claimed
├── KeeperLost       the world's: who accepts the connections for us is gone or does not answer
└── PlayoutFull      ours: more speech was queued than anyone would listen to
"""

from __future__ import annotations

import uuid


class AudioSocketError(Exception):
    """Base of everything this package raises on its own account."""


class ProtocolError(AudioSocketError):
    """Bytes that are no AudioSocket message; nothing after them can be trusted."""


class LineNotOpened(AudioSocketError):
    """No line came of an expected leg; *reason* says why in words."""

    def __init__(self, leg_id: uuid.UUID, reason: str) -> None:
        super().__init__(f"leg {leg_id}: {reason}")
        self.leg_id = leg_id
        self.reason = reason


class KeeperLost(AudioSocketError):
    """No connection will come any more; those we have go on."""


class PlayoutFull(AudioSocketError):
    """Speech is fed far faster than it is played, and nobody stops it."""
