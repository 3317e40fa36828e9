"""Unmarked speech for the stand-in recogniser: cut out by its energy, read by whisper in one thread.

Good for a human or a synthetic voice on a few calls, not for load: 1.4 s of CPU an utterance. Needs the extra ``whisper``
(faster-whisper) and a model (see ``google_stt_model``); with ``--mode whisper`` faster-whisper fetches one itself if there is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ops.standins.google_stt_model import local_model

WHISPER_HZ: Final = 16_000
WINDOW_MS: Final = 20
VOICED_RMS: Final = 0.01
LEAST_VOICED_MS: Final = 240  # less is a noise
PAUSE_MS: Final = 600  # ends an utterance
LONGEST_MS: Final = 20_000
MAX_WAITING: Final = 8
PROMPTS: Final = {
    "uk": "Розмова про шини: зимові, літні, всесезонні шини, Мішлен, шиномонтаж, замовлення.",
    "ru": "Разговор о шинах: зимние, летние, всесезонные шины, Мишлен, шиномонтаж, заказ.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """An utterance was cut out; *text* follows, empty when nothing could be read or too many wait."""

    text: Awaitable[str]
    end_ms: int


class WhisperEar:
    """Cuts unmarked utterances out of one stream of 16-bit PCM."""

    def __init__(self, whisper: Whisper, rate_hz: int, language: str) -> None:
        self._whisper, self._rate_hz, self._language = whisper, rate_hz, language.split("-")[0]
        self._window_bytes = 2 * rate_hz * WINDOW_MS // 1000
        self._rest = b""
        self._position_ms = 0
        self._speech = bytearray()  # from the first voiced window on
        self._voiced_ms = 0
        self._silent_ms = 0  # since the last voiced window

    def hear(self, pcm: bytes, *, marked: bool) -> list[Words]:
        """Utterances that ended with *pcm*; *marked*: somebody else understands what is being said."""
        self._rest += pcm
        found: list[Words] = []
        while len(self._rest) >= self._window_bytes:
            window, self._rest = self._rest[: self._window_bytes], self._rest[self._window_bytes :]
            self._position_ms += WINDOW_MS
            if marked:
                self._forget()
            elif self._ends_with(window):
                if self._voiced_ms >= LEAST_VOICED_MS:
                    text = self._whisper.read(bytes(self._speech), self._rate_hz, self._language)
                    found.append(Words(text, self._position_ms - self._silent_ms))
                self._forget()
        return found

    def _ends_with(self, window: bytes) -> bool:
        samples = np.frombuffer(window, "<i2").astype(np.float32) / 32768
        voiced = bool(np.sqrt((samples**2).mean()) > VOICED_RMS)
        if voiced or self._speech:
            self._speech += window
        if voiced:
            self._voiced_ms += WINDOW_MS
        self._silent_ms = 0 if voiced else self._silent_ms + WINDOW_MS
        spoken_ms = len(self._speech) // self._window_bytes * WINDOW_MS
        return bool(self._speech) and (self._silent_ms >= PAUSE_MS or spoken_ms >= LONGEST_MS)

    def _forget(self) -> None:
        self._speech.clear()
        self._voiced_ms = self._silent_ms = 0


class Whisper:
    """The model and its one thread."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="whisper")
        self._waiting = 0

    def listen(self, rate_hz: int, language: str) -> WhisperEar:
        return WhisperEar(self, rate_hz, language)

    async def read(self, pcm: bytes, rate_hz: int, language: str) -> str:
        if self._waiting >= MAX_WAITING:
            return ""
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._transcribe, pcm, rate_hz, language)
        finally:
            self._waiting -= 1

    def _transcribe(self, pcm: bytes, rate_hz: int, language: str) -> str:
        samples: NDArray[np.float32] = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
        if rate_hz != WHISPER_HZ:
            samples = soxr.resample(samples, rate_hz, WHISPER_HZ)
        padded = np.pad(samples, (WHISPER_HZ // 5, WHISPER_HZ // 3))
        segments, _ = self._model.transcribe(
            padded,
            language=language,
            beam_size=5,
            temperature=0,
            max_new_tokens=40,
            condition_on_previous_text=False,
            without_timestamps=True,
            initial_prompt=PROMPTS.get(language),
        )
        return " ".join(segment.text.strip() for segment in segments)


def open_whisper(mode: str) -> Whisper | None:
    """*mode* "phrasebook": never; "auto": when library and model are on this machine; "whisper": insist, fetching the model if need be."""
    model = None if mode == "phrasebook" else local_model()
    if mode != "whisper" and model is None:
        return None
    try:
        from faster_whisper import WhisperModel
    except ImportError:
        if mode == "auto":
            return None
        raise
    return Whisper(WhisperModel(str(model or "base"), device="cpu", compute_type="int8", cpu_threads=1))
