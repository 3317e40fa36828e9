"""When the caller began and stopped making sound, from 20 ms frames alone.

Pure: frames and times go in, events come out.

    level ▁▁▂▁▁▆█▇▅▂▆█▇▁▁▁▁▁▁▁▁▁▁▁
                │ │        │      │
                │ │        │      SpeechEnded(last_voiced_ms): nothing voiced for ``hangover_ms``
                │ │        last voiced frame
                │ SpeechBegan(at_ms): ``onset_frames`` of the last ``onset_window`` frames were voiced
                first voiced frame of the window = at_ms

A fixed threshold never fires on a quiet line, so the floor of noise is followed by minimum statistics (Martin 2001): it is the
quietest level of the last one to two windows. Speech always dips to the noise between syllables; a lasting noise becomes the floor
itself and is speech no more. Telephones that send nothing in silence make no frames: ``tick`` ends the speech then.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from audiosocket.audio import FRAME_MS


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    at_ms: int  # beginning of the first voiced frame


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    last_voiced_ms: int  # end of the last voiced frame


@dataclass(frozen=True, slots=True)
class EndpointingConfig:
    onset_frames: int = 3
    onset_window: int = 4
    hangover_ms: int = 200  # longer than the closure of a plosive; the end of a *turn* is the turn machine's matter
    onset_margin_db: float = 10.0
    going_on_margin_db: float = 6.0
    quietest_speech_db: float = -66.0  # of full scale; A-law's idle noise (samples of +-8) lies at -72
    floor_window_ms: int = 1_600
    first_floor_db: float = -40.0  # at most, until the line has shown its own: a street must not seem to speak from the first frame


_DIGITAL_SILENCE_DB = -90.0
_FULL_SCALE_DB = 20 * math.log10(32768)


def level_db(pcm: bytes) -> float:
    """RMS of 16-bit little-endian samples in dB of full scale; digital silence is -90."""
    samples = np.frombuffer(pcm, dtype="<i2")
    if not samples.size:
        return _DIGITAL_SILENCE_DB
    wide = samples.astype(np.float32)
    power = float(np.dot(wide, wide)) / samples.size
    return max(_DIGITAL_SILENCE_DB, 10 * math.log10(power) - _FULL_SCALE_DB) if power > 0 else _DIGITAL_SILENCE_DB


class NoiseFloor:
    """The quietest level of this window and the one before it."""

    def __init__(self, first_db: float, window_frames: int) -> None:
        self._window_frames = window_frames
        self._before_db = first_db
        self._now_db = math.inf
        self._frames = 0

    @property
    def db(self) -> float:
        return min(self._before_db, self._now_db)

    def follow(self, frame_db: float) -> None:
        self._now_db = min(self._now_db, frame_db)
        self._frames += 1
        if self._frames >= self._window_frames:
            self._before_db, self._now_db, self._frames = self._now_db, math.inf, 0


class Endpointer:
    """One caller's sound. Times are milliseconds of any one clock that never goes back."""

    def __init__(self, config: EndpointingConfig | None = None) -> None:
        self._config = config or EndpointingConfig()
        self._floor = NoiseFloor(self._config.first_floor_db, self._config.floor_window_ms // FRAME_MS)
        self._recent: deque[tuple[bool, int]] = deque(maxlen=self._config.onset_window)
        self._sounding = False
        self._last_voiced_ms = 0

    @property
    def sounding(self) -> bool:
        return self._sounding

    @property
    def deadline_ms(self) -> int | None:
        """When ``tick`` would end the speech if no voiced frame came."""
        return self._last_voiced_ms + self._config.hangover_ms if self._sounding else None

    def frame(self, pcm: bytes, now_ms: int) -> SpeechBegan | SpeechEnded | None:
        """A frame that arrived at *now_ms*, which is taken for its end."""
        level = level_db(pcm)
        margin = self._config.going_on_margin_db if self._sounding else self._config.onset_margin_db
        voiced = level >= max(self._floor.db + margin, self._config.quietest_speech_db)
        self._floor.follow(level)
        if self._sounding:
            if voiced:
                self._last_voiced_ms = now_ms
            return self.tick(now_ms)
        return self._onset(voiced, now_ms)

    def tick(self, now_ms: int) -> SpeechEnded | None:
        """Time passed, with or without frames."""
        deadline = self.deadline_ms
        if deadline is None or now_ms < deadline:
            return None
        self._sounding = False
        self._recent.clear()
        return SpeechEnded(self._last_voiced_ms)

    def _onset(self, voiced: bool, now_ms: int) -> SpeechBegan | None:
        # Frames from before a gap say nothing about a sound after it.
        while self._recent and now_ms - self._recent[0][1] > (self._config.onset_window + 1) * FRAME_MS:
            self._recent.popleft()
        self._recent.append((voiced, now_ms))
        ends = [end_ms for was_voiced, end_ms in self._recent if was_voiced]
        if len(ends) < self._config.onset_frames:
            return None
        self._sounding = True
        self._last_voiced_ms = ends[-1]
        return SpeechBegan(ends[0] - FRAME_MS)
