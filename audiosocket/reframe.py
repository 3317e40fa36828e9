"""Audio of any length in, frames of 20 ms out. Pure.

Asterisk sends one message per RTP packet: 20 ms with nearly every telephone, 10 to 60 ms with some.
Whoever listens gets 20 ms each time.
"""

from __future__ import annotations

from collections.abc import Sequence

from audiosocket.audio import AudioFormat


class Reframer:
    def __init__(self, audio: AudioFormat) -> None:
        self._frame_bytes = audio.frame_bytes
        self._rest = b""

    def push(self, pcm: bytes) -> Sequence[bytes]:
        """The frames that *pcm* completes; what is left over waits for the next call."""
        size = self._frame_bytes
        if len(pcm) == size and not self._rest:
            return (pcm,)
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % size
        self._rest = pcm[whole:]
        return [pcm[at : at + size] for at in range(0, whole, size)]
