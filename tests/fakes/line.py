"""A media leg without a wire: plays to a caller who is in the same process, 20 ms by 20 ms of the loop's time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np

from audiosocket.audio import FRAME_MS, SLIN16, AudioFormat


class FakePlayback:
    def __init__(self, audio: AudioFormat, said_frames: int = 0) -> None:
        self._audio = audio
        self._said_frames = said_frames  # by another process, of the same speech: they have left when they are fed
        self._pcm = bytearray()
        self._sent_bytes = 0
        self._started = asyncio.Event()
        self._over = asyncio.Event()
        self.finished = False

    @property
    def heard_ms(self) -> int:
        return self._audio.duration_ms(self._sent_bytes)

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def feed(self, pcm: bytes) -> None:
        assert len(pcm) % 2 == 0
        if not self.over:
            self._pcm += pcm
            self._follow()

    def finish(self) -> None:
        self.finished = True
        self._follow()
        if self._started.is_set() and self.exhausted:
            self.end()

    def _follow(self) -> None:
        while self._said_frames and self.take_frame() is not None:
            self._said_frames -= 1

    async def started(self) -> bool:
        await self._started.wait()
        return self._sent_bytes > 0

    async def done(self) -> int:
        await self._over.wait()
        return self.heard_ms

    def take_frame(self) -> bytes | None:
        """Send a frame's worth if there is one; None if there is no speech."""
        size = self._audio.frame_bytes
        if len(self._pcm) < size and not (self.finished and self._pcm):
            return None
        sent = min(size, len(self._pcm))
        frame = bytes(self._pcm[:sent]).ljust(size, b"\0")
        del self._pcm[:sent]
        self._sent_bytes += sent
        self._started.set()
        return frame

    @property
    def exhausted(self) -> bool:
        return self.finished and not self._pcm

    def end(self) -> None:
        self._pcm.clear()
        self._started.set()
        self._over.set()


class FakeLine:
    """Satisfies ``agent.ports.Line``. ``start`` begins its clock; ``voiced_at_ms`` tells when the caller heard speech."""

    def __init__(self, audio: AudioFormat = SLIN16) -> None:
        self.format = audio
        self.paused = False
        self.said_frames = 0  # of what is said first, by a process before this one
        self.voiced_at_ms: list[int] = []  # of each speech frame, in ms of the loop's time
        self._queue: deque[FakePlayback] = deque()
        self._sink: Callable[[bytes], None] = _nobody
        self._key_sink: Callable[[str], None] = _nobody
        self._sent_sink: Callable[[bytes], None] = _nobody
        self._gone = asyncio.Event()
        self._from_caller: deque[bytes] = deque()
        self._idle: bytes | None = audio.silence
        self._on_the_way_back: deque[bytes] | None = None
        self._echo_gain = 0.0
        self._loop = asyncio.get_running_loop()
        self._next_s = self._loop.time()
        self._tick()

    # For the agent.

    def listen(self, sink: Callable[[bytes], None]) -> None:
        self._sink = sink

    def listen_keys(self, sink: Callable[[str], None]) -> None:
        self._key_sink = sink

    def overhear(self, sink: Callable[[bytes], None]) -> None:
        self._sent_sink = sink

    def play(self) -> FakePlayback:
        playback = FakePlayback(self.format, self.said_frames)
        self.said_frames = 0
        if self._gone.is_set():
            playback.end()
        else:
            self._queue.append(playback)
        return playback

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def hush(self) -> None:
        self.paused = False
        while self._queue:
            self._queue.popleft().end()

    async def closed(self) -> None:
        await self._gone.wait()

    # For the caller.

    @property
    def talking(self) -> bool:
        """Speech went to the caller within the last 60 ms."""
        return bool(self.voiced_at_ms) and self.voiced_at_ms[-1] > self._loop.time() * 1000 - 3 * FRAME_MS

    def say(self, frames: list[bytes]) -> None:
        self._from_caller.extend(frames)

    def echoes(self, *, down_db: float, delay_ms: int) -> None:
        """From now on his telephone sends back what it hears, weaker and later."""
        self._echo_gain = 10 ** (-down_db / 20)
        self._on_the_way_back = deque([self.format.silence] * (delay_ms // FRAME_MS))

    def press(self, keys: str) -> None:
        for key in keys:
            self._key_sink(key)

    def stop_sending_in_silence(self) -> None:
        """A telephone with silence suppression: no frames between sounds."""
        self._idle = None

    def hang_up(self) -> None:
        self._gone.set()
        self.hush()

    def _tick(self) -> None:
        if self._gone.is_set():
            return
        frame = self._from_caller.popleft() if self._from_caller else self._idle
        if frame is not None:
            self._sink(self._with_echo(frame))
        while self._queue and self._queue[0].exhausted:
            self._queue.popleft().end()
        sent = self._queue[0].take_frame() if self._queue and not self.paused else None
        if sent is not None:
            self.voiced_at_ms.append(round(self._loop.time() * 1000))
            if self._queue[0].exhausted:
                self._queue.popleft().end()
        self._sent_sink(sent or self.format.silence)
        if self._on_the_way_back is not None:
            self._on_the_way_back.append(sent or self.format.silence)
        self._next_s += FRAME_MS / 1000
        self._loop.call_at(self._next_s, self._tick)

    def _with_echo(self, frame: bytes) -> bytes:
        if not self._on_the_way_back:
            return frame
        mixed = np.frombuffer(frame, "<i2") + self._echo_gain * np.frombuffer(self._on_the_way_back.popleft(), "<i2")
        return np.clip(mixed, -32768, 32767).astype("<i2").tobytes()


def _nobody(heard: bytes | str) -> None:
    pass
