"""Our own voice, come back: whether a frame from the caller is explained by what we have just sent.

    sent   ──────────────────────────────────────────────┐ the last 480 ms
             ▁▃▆█▅▂▁▁▃▇█▆▃▁▁▂▅▇▅▂▁▁▁▃▆▇▄▂▁▁▂▆█▇▄▂▁▁▃▅▂▁ │
    heard                        └───── lag ─────►  ▁▂▃▂▁ │ the last 60 ms, some 15-45 dB weaker

Pure. An echo is a weaker copy of what we sent 0-400 ms ago; a copy is found by correlation at every lag, and what share of the energy it
explains is the square of the coefficient. Real speech is explained by a chance likeness only, and seldom by something much louder; of
speech over an echo, the echo explains the smaller part. Energy envelopes alone would need a second to learn the way of the echo, and be
deaf meanwhile. Once a lag is known it is asked first, and less likeness is enough. Frames may come one tick sooner or later.

Measured with the bundled audio (``tests/unit/agent/test_echo_sound.py``), echoes of 15-45 dB and 20-400 ms through G.711: none begins a
sound in 250 s of our speech. A caller up to 5 dB below us, over our speech, is told after 60 ms, 80 at most; one 5-15 dB below us after 60,
140 at the 95th percentile; over an echo as well half are told after 80 ms, nine of ten after 210. A reverberant room still fools it now and
then: our speech then pauses for 0.6 s and goes on. A frame costs 1 us; one that might be speech while we speak 0.1 ms where the lag is
known, else 0.3 ms.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audiosocket.audio import AudioFormat

_Samples = NDArray[np.float32]

_LAGS_FRAMES: Final = 20
_HEARD_FRAMES: Final = 3
_RATE_HZ: Final = 4_000  # the band in which most of the energy of speech lies
_QUIETER: Final = 16.0  # in power, 12 dB: an echo is at least so much weaker than what it is of
_LIKE: Final = 0.65
_LIKE_AT_KNOWN_LAG: Final = 0.4
_AROUND: Final = 4  # samples either side of a known lag
_HEARD_AT_KNOWN_LAG: Final = 1  # frame: his first one over an echo counts
_NOTHING: Final = np.zeros(1, np.float32)
_GAP_MS: Final = 60  # frames from before it do not belong together


class SoundEcho:
    """One line. ``sent`` and ``heard`` cost next to nothing; ``explains`` is asked for frames that might be speech."""

    def __init__(self, audio: AudioFormat) -> None:
        self._factor = audio.rate_hz // _RATE_HZ
        self._frame = audio.frame_samples // self._factor  # samples at _RATE_HZ
        self._silence = audio.silence
        self._sent: deque[bytes] = deque([self._silence] * (_LAGS_FRAMES + _HEARD_FRAMES), _LAGS_FRAMES + _HEARD_FRAMES)
        self._heard: deque[bytes] = deque(maxlen=_HEARD_FRAMES)
        self._heard_ms = 0
        self._silent_frames = len(self._sent)  # since we last sent a sound
        self._lag: int | None = None  # samples at _RATE_HZ, as last found

    def sent(self, pcm: bytes) -> None:
        """A frame that left for the caller, speech or silence."""
        self._sent.append(pcm)
        self._silent_frames = self._silent_frames + 1 if pcm == self._silence else 0

    def heard(self, pcm: bytes, now_ms: int) -> None:
        """A frame that came from him."""
        if now_ms - self._heard_ms > _GAP_MS:
            self._heard.clear()
        self._heard.append(pcm)
        self._heard_ms = now_ms

    def explains(self) -> bool:
        """Whether the last frame heard is an echo."""
        if self._silent_frames >= len(self._sent) or not self._heard:
            return False
        sent, heard = self._narrow(b"".join(self._sent)), self._narrow(b"".join(self._heard))
        return self._at_known_lag(sent, heard[-_HEARD_AT_KNOWN_LAG * self._frame :]) or self._at_any_lag(sent, heard)

    def _at_known_lag(self, sent: _Samples, heard: _Samples) -> bool:
        if self._lag is None:
            return False
        for jitter in (0, self._frame, -self._frame):
            lag = self._lag + jitter
            begin = max(0, len(sent) - len(heard) - lag - _AROUND)
            end = min(len(sent), len(sent) - lag + _AROUND)
            if (
                end - begin >= len(heard)
                and _likeness(np.correlate(sent[begin:end], heard), sent[begin:end], heard)[0] >= _LIKE_AT_KNOWN_LAG
            ):
                return True
        return False

    def _at_any_lag(self, sent: _Samples, heard: _Samples) -> bool:
        size = 1 << (len(sent) - 1).bit_length()  # what wraps around falls on lags that are not asked for
        spectrum = np.fft.rfft(sent, size) * np.conj(np.fft.rfft(heard, size))
        likeness, at = _likeness(np.fft.irfft(spectrum, size)[: len(sent) - len(heard) + 1], sent, heard)
        if likeness < _LIKE:
            return False
        self._lag = len(sent) - len(heard) - at
        return True

    def _narrow(self, pcm: bytes) -> _Samples:
        """At _RATE_HZ; a plain mean is filter enough, for both sides go through the same."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float32)
        return sum((samples[phase :: self._factor] for phase in range(1, self._factor)), start=samples[:: self._factor])


def _likeness(products: NDArray[np.floating], sent: _Samples, heard: _Samples) -> tuple[float, int]:
    """The largest share of the energy of *heard* that a much weaker copy of *sent* explains, and where in *sent* that copy begins."""
    energy = float(heard @ heard)
    if energy == 0.0:
        return 0.0, 0
    sums = np.concatenate((_NOTHING, np.cumsum(sent * sent)))
    # What is hardly louder than its supposed copy explains little of it.
    energies = np.maximum(sums[len(heard) :] - sums[: -len(heard)], _QUIETER * energy)
    shares = products * products / energies
    at = int(shares.argmax())
    return float(shares[at]) / energy, at
