"""The caller's frames: to the endpointer one by one, to the recogniser in batches. What is only our own echo is no sound of his."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from agent.echo_sound import SoundEcho
from agent.endpointing import Endpointer, SpeechBegan, SpeechEnded
from agent.ports import Recognition
from audiosocket.audio import AudioFormat

_BATCH_MS = 100  # 20 ms messages cost twice the CPU of 100 ms ones
_KEPT_BATCHES = 30  # while the recogniser is still connecting
_TAIL_MS = 600  # of silence that a recogniser needs to believe in an end
_GAP_MS = 100  # without a frame: the telephone has stopped sending


class Ears:
    """*on_event* is called in the event loop, before anything slower is done with the frame."""

    def __init__(
        self,
        audio: AudioFormat,
        endpointer: Endpointer,
        *,
        echo: SoundEcho | None = None,
        now_ms: Callable[[], int],
        on_event: Callable[[SpeechBegan | SpeechEnded], None],
    ) -> None:
        self._audio = audio
        self._endpointer = endpointer
        self._echo = echo or SoundEcho(audio)
        self._now_ms = now_ms
        self._on_event = on_event
        self._batch = bytearray()
        self._batch_bytes = audio.frame_bytes * _BATCH_MS // 20
        self._kept: deque[bytes] = deque(maxlen=_KEPT_BATCHES)
        self._recognition: Recognition | None = None
        self._frame_ms = now_ms()  # when the last frame came
        self._sound_ms: int | None = None  # when the last sound began ...
        self._sound_until_ms: int | None = None  # ... and ended; None: it lasts

    @property
    def deadline_ms(self) -> int | None:
        """When ``tick`` is due."""
        return self._endpointer.deadline_ms

    def sound_since(self, at_ms: int) -> int | None:
        """When the caller's last sound began, if it lasted beyond *at_ms*."""
        over = self._sound_until_ms is not None and self._sound_until_ms < at_ms
        return None if over else self._sound_ms

    def attach(self, recognition: Recognition) -> None:
        """The recogniser is there; it gets what was said meanwhile."""
        self._recognition = recognition
        while self._kept:
            recognition.hear(self._kept.popleft())

    def frame(self, pcm: bytes) -> None:
        """The line's sink."""
        self._frame_ms = self._now_ms()
        self._echo.heard(pcm, self._frame_ms)
        event = self._endpointer.frame(pcm, self._frame_ms, self._echo.explains)
        if event is not None:
            self._tell(event)
        self._batch += pcm
        if len(self._batch) >= self._batch_bytes or isinstance(event, SpeechEnded):
            self._send()

    def sent(self, pcm: bytes) -> None:
        """What the line sent, frame by frame."""
        self._echo.sent(pcm)

    def tick(self) -> None:
        """Time passed without frames: a telephone may send nothing in silence, and the recogniser would wait for ever."""
        now_ms = self._now_ms()
        event = self._endpointer.tick(now_ms)
        if event is None:
            return
        self._tell(event)
        if now_ms - self._frame_ms >= _GAP_MS:  # else the tick only was quicker than the next frame: he may go on after a pause
            self._batch += bytes(self._audio.frame_bytes * _TAIL_MS // 20)
        if self._batch:
            self._send()

    def _tell(self, event: SpeechBegan | SpeechEnded) -> None:
        match event:
            case SpeechBegan(at_ms):
                self._sound_ms, self._sound_until_ms = at_ms, None
            case SpeechEnded(last_voiced_ms):
                self._sound_until_ms = last_voiced_ms
        self._on_event(event)

    def _send(self) -> None:
        batch = bytes(self._batch)
        self._batch.clear()
        if self._recognition is None:
            self._kept.append(batch)
        else:
            self._recognition.hear(batch)
