"""What a peer may do before its connection is refused or ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    connections: int = 300
    """Connections at once, those without a UUID yet among them."""

    payload_bytes: int = 7_680
    """The longest message: 20 ms at 192 kHz, the most that Asterisk sends."""

    uuid_s: float = 1.5
    """From connecting to the UUID message; Asterisk needs about 1 ms."""

    claim_s: float = 30.0
    """From ``expect()`` until somebody asks for the line; then leg and expectation are dropped."""

    unread_s: float = 2.0
    """A peer that takes nothing for so long is gone, whatever TCP thinks."""

    send_buffer_bytes: int = 16_384
    """For a peer that stopped reading. The kernel doubles it and counts its own overhead: about half a second of audio."""

    ahead_s: float = 5.0
    """How far a peer's audio may run ahead of real time, counted from the UUID: the bound of a flood."""
