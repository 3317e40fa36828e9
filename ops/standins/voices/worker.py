"""One engine in one thread, for many who want speech at once: a bounded queue in, pieces of PCM out, a cache between.

speak() ──► queue ──► thread: engine → resampler ──► pieces ──► speak()
                         └──────────────────────────► cache of whole speeches by (speech, rate)
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import soxr

from ops.standins.voices.engine import Engine, EngineFailed, Speech

MAX_WAITING: Final = 200
CACHE_BYTES: Final = 32_000_000
PIECE_MS: Final = 100


@dataclass
class _Job:
    speech: Speech
    rate_hz: int
    loop: asyncio.AbstractEventLoop
    pieces: asyncio.Queue[bytes | EngineFailed | None] = field(default_factory=asyncio.Queue)
    abandoned: threading.Event = field(default_factory=threading.Event)

    def hand_over(self, piece: bytes | EngineFailed | None) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.pieces.put_nowait, piece)


class Synthesizer:
    """Owns *engine*; a daemon thread, for C code cannot be interrupted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[_Job] = queue.Queue(MAX_WAITING)
        self._cache: OrderedDict[tuple[Speech, int], bytes] = OrderedDict()
        self._cached_bytes = 0
        threading.Thread(target=self._work, name=f"voice {engine.name}", daemon=True).start()

    async def speak(self, speech: Speech, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """16-bit PCM at *rate_hz* while it is synthesised; closing the iterator abandons it. Raises ``EngineFailed``."""
        if (whole := self._cache.get((speech, rate_hz))) is not None:
            self._cache.move_to_end((speech, rate_hz))
            step = 2 * rate_hz * PIECE_MS // 1000
            for start in range(0, len(whole), step):
                yield whole[start : start + step]
            return
        job = _Job(speech, rate_hz, asyncio.get_running_loop())
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise EngineFailed("too many speeches wait for the voice") from None
        said = bytearray()
        try:
            while (piece := await job.pieces.get()) is not None:
                if isinstance(piece, EngineFailed):
                    raise piece
                said += piece
                yield piece
            self._remember((speech, rate_hz), bytes(said))
        finally:
            job.abandoned.set()

    def _remember(self, key: tuple[Speech, int], pcm: bytes) -> None:
        self._cached_bytes += len(pcm) - len(self._cache.pop(key, b""))
        self._cache[key] = pcm
        while self._cached_bytes > CACHE_BYTES:
            self._cached_bytes -= len(self._cache.popitem(last=False)[1])

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job.abandoned.is_set():
                continue
            try:
                self._synthesise(job)
            except EngineFailed as error:
                job.hand_over(error)

    def _synthesise(self, job: _Job) -> None:
        resampler: Any = None

        def sink(pcm: bytes, engine_hz: int) -> bool:
            nonlocal resampler
            if resampler is None:
                resampler = soxr.ResampleStream(engine_hz, job.rate_hz, 1, dtype="int16", quality="LQ")
            piece = resampler.resample_chunk(np.frombuffer(pcm, "<i2")).tobytes()
            if piece:
                job.hand_over(piece)
            return not job.abandoned.is_set()

        self._engine.speak(job.speech, sink)
        if resampler is not None and (rest := resampler.resample_chunk(np.zeros(0, "<i2"), last=True).tobytes()):
            job.hand_over(rest)
        job.hand_over(None)
