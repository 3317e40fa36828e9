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
from collections.abc import Callable
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


_SAMPLE = np.dtype("<i2")
_FULL_SCALE_POWER = 32768.0**2


class PowerMeter:
    """Mean square of 16-bit little-endian samples; 0.0 is digital silence.

    Runs 50 times a second and call, so it works in arrays of its own and makes none: half the time of plain numpy.
    """

    def __init__(self) -> None:
        self._make_room(0)

    def measure(self, pcm: bytes) -> float:
        """Power of whole samples; made for pieces of always the same length."""
        if len(pcm) != len(self._raw):
            self._make_room(len(pcm))
        if not pcm:
            return 0.0
        self._raw[:] = pcm
        self._wide[:] = self._samples
        return float(self._dot(self._wide)) / len(self._wide)

    def _make_room(self, pcm_bytes: int) -> None:
        self._raw = bytearray(pcm_bytes)
        self._samples = np.frombuffer(self._raw, _SAMPLE)
        self._wide = np.empty(len(self._samples), np.float32)
        self._dot = self._wide.dot


def power_of(dbfs: float) -> float:
    """The same measure for a level in dB of full scale."""
    return float(_FULL_SCALE_POWER * 10 ** (dbfs / 10))


class NoiseFloor:
    """``power``: the quietest of this window and the one before it."""

    def __init__(self, first: float, window_frames: int) -> None:
        self._window_frames = window_frames
        self._now = math.inf
        self._frames = 0
        self.power = first

    def follow(self, power: float) -> None:
        if power < self._now:
            self._now = power
            if power < self.power:
                self.power = power
        self._frames += 1
        if self._frames >= self._window_frames:
            self.power, self._now, self._frames = self._now, math.inf, 0


def _no_echo() -> bool:
    return False


class Endpointer:
    """One caller's sound. Times are milliseconds of any one clock that never goes back."""

    def __init__(self, config: EndpointingConfig | None = None) -> None:
        config = config or EndpointingConfig()
        self._config = config
        self._meter = PowerMeter()
        self._floor = NoiseFloor(power_of(config.first_floor_db), config.floor_window_ms // FRAME_MS)
        self._quietest_speech = power_of(config.quietest_speech_db)
        self._onset_ratio = float(10 ** (config.onset_margin_db / 10))
        self._going_on_ratio = float(10 ** (config.going_on_margin_db / 10))
        self._frames = 0
        self._voiced: list[tuple[int, int]] = []  # number and end in ms of the voiced frames of the onset window
        self._sounding = False
        self._last_voiced_ms = 0

    @property
    def sounding(self) -> bool:
        return self._sounding

    @property
    def deadline_ms(self) -> int | None:
        """When ``tick`` would end the speech if no voiced frame came."""
        return self._last_voiced_ms + self._config.hangover_ms if self._sounding else None

    def frame(self, pcm: bytes, now_ms: int, is_echo: Callable[[], bool] = _no_echo) -> SpeechBegan | SpeechEnded | None:
        """A frame that arrived at *now_ms*, which is taken for its end; *is_echo* is asked only of one that is loud enough for speech."""
        power = self._meter.measure(pcm)
        ratio = self._going_on_ratio if self._sounding else self._onset_ratio
        voiced = power >= self._quietest_speech and power >= self._floor.power * ratio and not is_echo()
        self._floor.follow(power)
        self._frames += 1
        if self._sounding:
            if voiced:
                self._last_voiced_ms = now_ms
            return self.tick(now_ms)
        return self._onset(now_ms) if voiced else None

    def tick(self, now_ms: int) -> SpeechEnded | None:
        """Time passed, with or without frames."""
        deadline = self.deadline_ms
        if deadline is None or now_ms < deadline:
            return None
        self._sounding = False
        self._voiced.clear()
        return SpeechEnded(self._last_voiced_ms)

    def _onset(self, now_ms: int) -> SpeechBegan | None:
        # Frames from before a gap say nothing about a sound after it.
        window = self._config.onset_window
        self._voiced = [
            (number, end_ms)
            for number, end_ms in self._voiced
            if self._frames - number < window and now_ms - end_ms <= (window + 1) * FRAME_MS
        ]
        self._voiced.append((self._frames, now_ms))
        if len(self._voiced) < self._config.onset_frames:
            return None
        self._sounding, self._last_voiced_ms = True, now_ms
        return SpeechBegan(self._voiced[0][1] - FRAME_MS)
