"""What a caller hears while nobody serves his leg: an apology at once, then a soft tone now and then, so that he does not hang up.

    worker   ── apology 18 102, descriptor ──► keeper       once, before it serves
    worker   ── plea 7 1 ─────────────────────► keeper       a talk is going on there: its caller would wait for us
    keeper   ── take 7 ... since ─────────────► successor   who says the same words goes on in the middle of them (``playout.Lead``)

Both processes read one clock, so *since* and 20 ms a frame tell how far it has come, whoever sends.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from audiosocket.audio import FRAME_MS, AudioFormat
from audiosocket.frames import AUDIO_FORMATS, AUDIO_KINDS, Kind, Message, encode, header

FRAME_NS = FRAME_MS * 1_000_000
STALE_FRAMES = 25
"""So long after its words they still count as just said; a caller who waited longer is told anew."""
BYTES_MAX = 4_000_000


@dataclass(frozen=True, slots=True)
class Apology:
    """Messages as they travel, 20 ms each."""

    audio: AudioFormat
    words: tuple[bytes, ...]
    tone: tuple[bytes, ...]
    """Again and again after the words; may be empty."""

    @classmethod
    def of(cls, audio: AudioFormat, words: bytes, tone: bytes = b"") -> Apology:
        """Of PCM; what is less than a frame at the end is filled up with silence."""
        return cls(audio, _messages(audio, words), _messages(audio, tone))

    def due(self, since_ns: int, now_ns: int) -> bytes | None:
        """The message of this moment; None for silence."""
        frame = frames_since(since_ns, now_ns) - 1
        if frame < len(self.words):
            return self.words[frame] if frame >= 0 else None
        return self.tone[(frame - len(self.words)) % len(self.tone)] if self.tone else None

    def said(self, since_ns: int, now_ns: int) -> int:
        """How many frames of the words he has heard, if he is in the middle of them or they have just ended; else 0."""
        frames = frames_since(since_ns, now_ns)
        return min(frames, len(self.words)) if frames <= len(self.words) + STALE_FRAMES else 0

    # To another process.

    def shared(self) -> int:
        """A descriptor of it, the caller's to close. Raises OSError."""
        descriptor = os.memfd_create("apology", os.MFD_CLOEXEC)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(b"".join((*self.words, *self.tone)))
        return descriptor

    @classmethod
    def received(cls, kind: Kind, words: int, descriptor: int) -> Apology:
        """What *descriptor* shows, of which the first *words* messages are the words. Raises OSError, ValueError."""
        audio = AUDIO_FORMATS[kind]
        head = header(kind, audio.frame_bytes)
        size = len(head) + audio.frame_bytes
        raw = os.pread(descriptor, BYTES_MAX + 1, 0)
        if len(raw) > BYTES_MAX or len(raw) % size or not 0 <= words <= len(raw) // size:
            raise ValueError(f"{len(raw)} bytes are no apology of {words} messages")
        messages = tuple(raw[at : at + size] for at in range(0, len(raw), size))
        if not all(message.startswith(head) for message in messages):
            raise ValueError("an apology is made of whole messages")
        return cls(audio, messages[:words], messages[words:])


def frames_since(since_ns: int, now_ns: int) -> int:
    """How many are due by now, the one of *since* too; 0 before it."""
    return (now_ns - since_ns) // FRAME_NS + 1 if now_ns >= since_ns else 0


def _messages(audio: AudioFormat, pcm: bytes) -> tuple[bytes, ...]:
    size = audio.frame_bytes
    return tuple(encode(Message(AUDIO_KINDS[audio], pcm[at : at + size].ljust(size, b"\0"))) for at in range(0, len(pcm), size))
