"""One media leg: what the caller says goes to a sink, what is played goes to the caller, silence between.

    Asterisk ──► Wire ──► Reframer ──► sink(frame)            while the caller's telephone sends
    Asterisk ◄── Wire ◄── Playout ◄── play() feed() hush()    every 20 ms, by the metronome

From the UUID message until the end a frame goes out every 20 ms, speech or silence, whether anything
is played, paused, held or broken: an AudioSocket peer that goes quiet can freeze the whole Asterisk
(``audiosocket_read`` spins on EAGAIN while it holds the channel's lock).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable

import structlog

from audiosocket.audio import FRAME_MS, SAMPLE_BYTES, AudioFormat
from audiosocket.frames import AUDIO_FORMATS, AUDIO_KINDS, HEADER_BYTES, Kind, Message
from audiosocket.limits import Limits
from audiosocket.line_stats import LineStats
from audiosocket.metronome import Metronome
from audiosocket.playback import Playback
from audiosocket.playout import Lead, Playout
from audiosocket.reframe import Reframer
from audiosocket.wire import Ending, Wire

MESSAGE_BYTES_MIN = 160
"""What a message counts at least when we look for floods: keys and crumbs of audio are not free."""

UNHEARD_MS = 1_000
"""So much of what a caller said while his line changed hands waits for the first who listens; older audio is dropped."""

log = structlog.get_logger(__name__)


class Line:
    """Made by the server when an expected leg has told its UUID; satisfies ``agent.ports.Line``."""

    def __init__(
        self,
        wire: Wire,
        leg_id: uuid.UUID,
        audio: AudioFormat,
        *,
        metronome: Metronome,
        limits: Limits,
        on_closed: Callable[[Line], None],
        on_audio: Callable[[Line], None] = lambda line: None,
        on_plea: Callable[[bool], None] = lambda wanted: None,
        kept_longest_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """*audio* is assumed until the leg's first audio message tells; *on_closed* is called once.

        *on_audio* is called when the first audio message or one longer than all before has come, *on_plea* by ``apologise_when_lost``.
        *kept_longest_bytes*: the leg was served by another process, and that was its longest then (0: it had sent no audio).
        """
        self.leg_id = leg_id
        self._wire = wire
        self._metronome = metronome
        self._limits = limits
        self._on_closed = on_closed
        self._clock = clock
        self._opened_s = clock()
        self._ending: Ending | None = None
        self._gone = asyncio.Event()
        self._sink: Callable[[bytes], None] | None = None
        self._key_sink: Callable[[str], None] | None = None
        self._sent_sink: Callable[[bytes], None] | None = None
        self._on_audio = on_audio
        self._on_plea = on_plea
        self.kept = kept_longest_bytes is not None
        """Whether another process served this leg before."""
        self.longest_bytes = kept_longest_bytes or 0
        """Of the leg's audio messages so far."""
        self._unheard: deque[bytes] | None = deque(maxlen=UNHEARD_MS // FRAME_MS) if self.kept else None
        self._announced: Kind | None = AUDIO_KINDS[audio] if kept_longest_bytes else None
        self._assume(audio)
        self._received_bytes = 0
        self._allowed_bytes = 0.0
        self._frames_received = self._keys_received = 0
        self._due = self._sent = self._skipped = self._unread = self._spoken = 0
        self._unread_in_a_row = 0

    def start(self) -> None:
        """Take the wire over, send the first silence and never stop."""
        self._wire.receiver = self
        self._metronome.join(self)
        self.tick()

    # For those who talk with the caller.

    @property
    def format(self) -> AudioFormat:
        """Final once the caller was heard or something was played; before that, what was expected."""
        return self._format

    @property
    def peer(self) -> str:
        return self._wire.peer

    @property
    def reason(self) -> str | None:
        """Why the line is closed, in words; None while it is open."""
        return self._ending.in_words() if self._ending else None

    @property
    def stats(self) -> LineStats:
        return LineStats(
            frames_due=self._due,
            frames_sent=self._sent,
            frames_skipped=self._skipped,
            frames_unread=self._unread,
            frames_spoken=self._spoken,
            frames_received=self._frames_received,
            keys_received=self._keys_received,
        )

    def listen(self, sink: Callable[[bytes], None]) -> None:
        """Call *sink* with each 20 ms frame from the caller, in the event loop; it must not block. Replaces an earlier sink.

        The first one on a line that was kept gets what the caller said meanwhile, at once.
        """
        self._sink = sink
        if self._unheard is not None:
            asyncio.get_running_loop().call_soon(self._catch_up)

    def listen_keys(self, sink: Callable[[str], None]) -> None:
        """Call *sink* with each key (0-9 * # A-D). Asterisk tells keys on the caller's channel as well: act on one of the two."""
        self._key_sink = sink

    def overhear(self, sink: Callable[[bytes], None]) -> None:
        """Call *sink* with each 20 ms frame that has left for the caller, speech or silence; as ``listen``. Replaces an earlier sink."""
        self._sent_sink = sink

    def play(self) -> Playback:
        """Queue a new stretch of speech behind those already queued; on a closed line it is over at once."""
        self._played = True
        return Playback(self._playout)

    def pause(self) -> None:
        """Stop within one frame; what is queued waits. The caller hears silence."""
        self._playout.pause()

    def resume(self) -> None:
        """Go on exactly where ``pause`` stopped."""
        self._playout.resume()

    def hush(self) -> None:
        """Stop within one frame, throw away what is queued and end the pause; each ``Playback.done`` returns."""
        self._playout.hush()

    def go_on(self, lead: Lead) -> None:
        """Say *lead* until something is fed. Before ``start``."""
        self._playout.lead(lead)

    def apologise_when_lost(self, wanted: bool) -> None:
        """Whether he who is on this line waits for us, and is told so if this process dies; nobody does it where there is no keeper."""
        if not self._ending:
            self._on_plea(wanted)

    def close(self, reason: str = "closed here", *, orderly: bool = True) -> None:
        """Hang the leg up; the caller stays in his bridge. *reason* is logged, as a warning unless *orderly*."""
        self._wire.close(Ending(reason, orderly))

    def let_go(self) -> None:
        """Send and hear nothing more, and leave the leg to another process. The line stays open in name only."""
        self._metronome.leave(self)
        self._wire.let_go()

    async def closed(self) -> None:
        """Wait until the leg is gone, from whatever side; ``reason`` then says why."""
        await self._gone.wait()

    # For the metronome.

    def tick(self) -> None:
        if self._ending:
            return
        self._due += 1
        message = self._playout.due()
        if self._wire.send(message):
            self._sent += 1
            self._unread_in_a_row = 0
            if self._playout.sent(message):
                self._spoken += 1
            if self._sent_sink is not None:
                self._sent_sink(message[HEADER_BYTES:])
            return
        self._skipped += 1
        self._unread += 1
        self._unread_in_a_row += 1
        if self._unread_in_a_row * FRAME_MS >= self._limits.unread_s * 1000:
            self._wire.close(Ending("peer does not read", orderly=False))

    def skip(self, frames: int) -> None:
        self._due += frames
        self._skipped += frames

    def fail(self, error: Exception) -> None:
        log.error("line_failed", leg=str(self.leg_id), exc_info=error)
        self._wire.close(Ending("failed here", orderly=False, detail=type(error).__name__))

    # For the wire.

    def received(self, message: Message) -> None:
        try:
            kind, payload = message
            if kind is self._announced or (kind in AUDIO_FORMATS and self._announce(kind)):
                self._heard(payload)
            elif kind is Kind.DTMF:
                self._key(payload)
            elif kind is Kind.HANGUP:
                self._wire.close(Ending("peer hung up"))
            elif kind is Kind.ERROR:
                self._wire.close(Ending("peer reported an error", orderly=False, detail=payload.hex()))
            elif kind is Kind.UUID:
                self._wire.close(Ending("malformed", orderly=False, detail="a second UUID"))
        except Exception as error:  # noqa: BLE001 - a sink's fault ends its own line, told once, not the event loop's reader
            self.fail(error)

    def ended(self, ending: Ending) -> None:
        self._ending = ending
        self._metronome.leave(self)
        self._playout.close()
        self._sink = self._key_sink = self._sent_sink = None
        self._gone.set()
        tell = log.info if ending.orderly else log.warning
        tell(
            "line_closed",
            leg=str(self.leg_id),
            peer=self.peer,
            reason=ending.in_words(),
            frames_sent=self._sent,
            frames_skipped=self._skipped,
            frames_received=self._frames_received,
        )
        self._on_closed(self)

    # Within.

    def _assume(self, audio: AudioFormat) -> None:
        self._format = audio
        self._playout = Playout(audio)
        self._reframer = Reframer(audio)
        self._played = False

    def _heard(self, pcm: bytes) -> None:
        self._frames_received += 1
        self._received_bytes += len(pcm) if len(pcm) > MESSAGE_BYTES_MIN else MESSAGE_BYTES_MIN
        if self._received_bytes > self._allowed_bytes:
            self._look_for_flood()
        if len(pcm) > self.longest_bytes:
            self.longest_bytes = len(pcm)
            self._on_audio(self)
        for frame in self._reframer.push(pcm):
            if self._unheard is not None:
                self._unheard.append(frame)
            elif self._sink is not None:
                self._sink(frame)

    def _catch_up(self) -> None:
        unheard, self._unheard = self._unheard, None
        try:
            for frame in unheard or ():
                if self._sink is not None:
                    self._sink(frame)
        except Exception as error:  # noqa: BLE001 - as in ``received``
            self.fail(error)

    def _announce(self, kind: Kind) -> bool:
        """The leg's first audio tells its rate; Asterisk drops audio of any other. Too late if speech was made for another."""
        audio = AUDIO_FORMATS[kind]
        if audio != self._format and (self._announced or self._played):
            detail = f"it speaks {audio.rate_hz} Hz, {self._format.rate_hz} Hz is in use"
            self._wire.close(Ending("leg of another rate", orderly=False, detail=detail))
            return False
        if audio != self._format:
            self._assume(audio)
        self._announced = kind
        return True

    def _key(self, payload: bytes) -> None:
        self._keys_received += 1
        self._received_bytes += MESSAGE_BYTES_MIN
        self._look_for_flood()
        if self._key_sink is not None:
            self._key_sink(payload.decode("ascii", "replace"))

    def _look_for_flood(self) -> None:
        """A telephone sends in real time; what runs far ahead of that is a flood. The clock is asked only when the allowance is used up."""
        passed_s = self._clock() - self._opened_s
        self._allowed_bytes = (passed_s + self._limits.ahead_s) * self._format.rate_hz * SAMPLE_BYTES
        if self._received_bytes > self._allowed_bytes:
            self._wire.close(Ending("flood", orderly=False, detail="audio far ahead of real time"))
