"""What is due on a line now, and how much of it the caller has heard. Pure: no I/O, no clock.

Stretches of speech stand in a queue; the metronome asks once per 20 ms what is due::

    play() ──► [ stretch | stretch | stretch ]
    feed() ─────────^head        │
                      │          └─ due(): head's next frame, or silence
                      │                when the queue is empty, the head has run dry, or we are paused
                      └─ sent(): the frame left; head.heard grows; a head with nothing more to come ends

Rule 1: there is always something to send. Silence is a frame, not the lack of one.
Rule 2: only what ``sent`` confirms was heard. A frame that could not be written stays due, so a stall
delays speech and never punches a hole into it, and ``heard_ms`` is a position in the speech.
Rule 3: a stretch begins and ends on a frame. While it may still be fed, less than a frame waits for
more; ``finish`` fills the last frame up with silence, and that padding is not counted as heard.
Rule 4: a stretch ends once: played to its end or hushed. Afterwards feeding it does nothing.
Rule 5: a ``Lead`` sounds until something is fed. A first stretch that says the same goes on where the lead stands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from audiosocket.audio import FRAME_MS, SAMPLE_BYTES, AudioFormat
from audiosocket.errors import PlayoutFull
from audiosocket.frames import AUDIO_KINDS, header, silence

QUEUED_MS_MAX = 300_000


class Lead:
    """What the caller hears of before anybody plays here: another process is in the middle of saying it."""

    def __init__(self, messages: Sequence[bytes], said: int) -> None:
        """*said*: how many of them have left."""
        self._said = deque(messages[:said])
        self._rest = deque(messages[said:])

    def due(self) -> bytes | None:
        return self._rest[0] if self._rest else None

    def sent(self) -> None:
        self._said.append(self._rest.popleft())

    def stop(self) -> None:
        self._rest.clear()

    def takes(self, message: bytes) -> bool:
        """Whether *message*, the next of who says the same, was said already. Nothing is after one that differs."""
        if self._said and self._said[0] == message:
            self._said.popleft()
            return True
        self._said.clear()
        return False


class Stretch:
    """One stretch of speech: messages ready for the wire, built when it is fed."""

    def __init__(
        self,
        audio: AudioFormat,
        *,
        admit: Callable[[int], None],
        settle: Callable[[], None],
        on_started: Callable[[], None],
        on_ended: Callable[[], None],
        lead: Lead | None = None,
    ) -> None:
        """*admit* raises PlayoutFull where so many frames more are too many; *settle* is told when the end is known."""
        self._lead = lead
        self._audio = audio
        self._admit = admit
        self._settle = settle
        self._on_started = on_started
        self._on_ended = on_ended
        self._frame_bytes = audio.frame_bytes  # kept: it is asked for 50 times a second
        self._header = header(AUDIO_KINDS[audio], self._frame_bytes)
        self._rest = b""  # fed, but less than a frame
        self._padding_bytes = 0  # of silence at the end of the last message
        self._sent_bytes = 0
        self._finished = False
        self.messages: deque[bytes] = deque()
        self.ended = False

    @property
    def heard_samples(self) -> int:
        return self._sent_bytes // SAMPLE_BYTES

    @property
    def heard_ms(self) -> int:
        """Whole milliseconds of this speech that were sent, without padding."""
        return self._audio.duration_ms(self._sent_bytes)

    # For the speaker.

    def feed(self, pcm: bytes) -> None:
        """Add whole samples. Raises ValueError for half a sample or after ``finish``, PlayoutFull."""
        if self.ended:
            return
        if self._finished:
            raise ValueError("speech was fed after it was finished")
        if len(pcm) % SAMPLE_BYTES:
            raise ValueError(f"{len(pcm)} bytes are no whole number of samples")
        size = self._frame_bytes
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % size
        self._admit(whole // size)
        self.messages.extend([self._header + pcm[at : at + size] for at in range(0, whole, size)])
        self._rest = pcm[whole:]
        self._follow()

    def finish(self) -> None:
        """No more will be fed."""
        if self.ended or self._finished:
            return
        self._finished = True
        if self._rest:
            self._padding_bytes = self._frame_bytes - len(self._rest)
            self.messages.append(self._header + self._rest + bytes(self._padding_bytes))
            self._rest = b""
        self._follow()
        self._settle()

    # For the playout.

    @property
    def exhausted(self) -> bool:
        """Nothing more will come of it."""
        return self._finished and not self.messages

    def sent(self) -> None:
        """The first of ``messages`` has left."""
        if not self._sent_bytes:
            self._on_started()
        self.messages.popleft()
        self._sent_bytes += self._frame_bytes
        if not self.messages:  # the last one has the padding, if there is any
            self._sent_bytes -= self._padding_bytes

    def _follow(self) -> None:
        """What the lead has said need not be said again."""
        while self._lead is not None and self.messages:
            if self._lead.takes(self.messages[0]):
                self.sent()
            else:
                self._lead = None

    def end(self) -> None:
        self.ended = True
        self.messages.clear()
        self._rest = b""
        self._on_ended()


class Playout:
    """The queue of one line. ``due`` and ``sent`` belong to the metronome, the rest to the speaker."""

    def __init__(self, audio: AudioFormat) -> None:
        self._audio = audio
        self._silence = silence(audio)
        self._queue: deque[Stretch] = deque()
        self._paused = False
        self._closed = False
        self._lead: Lead | None = None
        self._followed = False  # who played first has it

    def lead(self, lead: Lead) -> None:
        """Sounds from now on, unless something was played before."""
        if not self._followed:
            self._lead = lead

    def play(self, on_started: Callable[[], None], on_ended: Callable[[], None]) -> Stretch:
        """Queue a new stretch. Both callbacks must only note what they are told.

        *on_started* is called when its first frame has left, *on_ended* once, from whatever call ends it.
        """
        lead, self._followed = None if self._followed else self._lead, True
        stretch = Stretch(self._audio, admit=self._admit, settle=self._settle, on_started=on_started, on_ended=on_ended, lead=lead)
        if self._closed:
            stretch.end()
        else:
            self._queue.append(stretch)
        return stretch

    def due(self) -> bytes:
        """The message to send now. Asking changes nothing."""
        if self._paused:
            return self._silence
        if self._queue and (messages := self._queue[0].messages):
            return messages[0]
        if self._lead is not None and (message := self._lead.due()) is not None:
            return message
        return self._silence

    def sent(self, message: bytes) -> bool:
        """*message*, as ``due`` gave it just before, has left whole; True if it was speech."""
        if message is self._silence:
            return False
        if self._lead is not None and message is self._lead.due():
            self._lead.sent()
            return True
        head = self._queue[0]
        head.sent()
        if not head.messages:
            self._settle()
        return True

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def hush(self) -> None:
        """End every stretch where it stands, and the pause."""
        self._paused = False
        self._lead, self._followed = None, True
        hushed, self._queue = self._queue, deque()
        for stretch in hushed:
            stretch.end()

    def close(self) -> None:
        """Hush, and end at once whatever is played from now on."""
        self._closed = True
        self.hush()

    def _settle(self) -> None:
        if self._lead is not None:
            self._lead.stop()
        while self._queue and self._queue[0].exhausted:
            self._queue.popleft().end()

    def _admit(self, frames: int) -> None:
        queued = sum(len(stretch.messages) for stretch in self._queue)
        if (queued + frames) * FRAME_MS > QUEUED_MS_MAX:
            raise PlayoutFull(f"more than {QUEUED_MS_MAX // 1000} s of speech are queued")
        if self._lead is not None and frames:
            self._lead.stop()
