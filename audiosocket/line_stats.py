"""What a line counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineStats:
    """Counts since the leg opened. ``frames_due == frames_sent + frames_skipped``, always."""

    frames_due: int
    frames_sent: int
    frames_skipped: int
    """Stalls of this process and frames that the peer did not take."""

    frames_unread: int
    """The part of ``frames_skipped`` that the peer did not take."""

    frames_spoken: int
    """The part of ``frames_sent`` that was speech."""

    frames_received: int
    """Audio messages, of whatever length."""

    keys_received: int
