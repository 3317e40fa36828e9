"""Who may connect: only legs that were announced before, each once, in time.

    connected ──UUID──► expected? ──► Line, silence from here on ──► pending.line()
        │                  │ no: unknown or reused
        │ no UUID in time  │
        ▼                  ▼
     refused: one log line with peer and reason, connection aborted

An expectation that nobody claims in time is dropped together with the line it may have got.

Connections come by listening, or from a keeper that outlives us (``handover``). Then legs that another
process had are here before the first new one, expected by nobody: ``claim()`` gives them to whoever adopts their call.
"""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import structlog

from audiosocket.apology import Apology
from audiosocket.arrival import Arrival
from audiosocket.audio import SLIN16, AudioFormat
from audiosocket.frames import AUDIO_FORMATS, AUDIO_KINDS, Decoder
from audiosocket.handed import Handed
from audiosocket.handover import Leg, Take
from audiosocket.kept import KeptLines
from audiosocket.lateness import Lateness
from audiosocket.limits import Limits
from audiosocket.line import Line
from audiosocket.metronome import Metronome
from audiosocket.pending import Pending
from audiosocket.playout import Lead
from audiosocket.refusals import Refusals
from audiosocket.rejoin import RejoiningDecoder
from audiosocket.wire import Ending, Wire

BACKLOG = 1_024
USED_REMEMBERED = 10_000
CLOSING_S = 1.0

log = structlog.get_logger(__name__)


class AudioSocketServer:
    """Listens while entered; leaving it closes every line. One metronome may serve several servers."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        limits: Limits | None = None,
        metronome: Metronome | None = None,
        sock: socket.socket | None = None,
        keeper: socket.socket | None = None,
        apology: Apology | None = None,
    ) -> None:
        """*port* 0 is any free one; ``port`` tells which.

        *sock* is bound already: host and port are not used. *keeper* is a channel to who accepts for us; should that be lost, we
        accept on *sock* ourselves. *apology* is what the keeper says where a line asks for it (``Line.apologise_when_lost``) when we are
        gone, and what is going on on the lines that we get from there.
        """
        self._host = host
        self._port = port
        self._sock = sock
        self._keeper = keeper
        self._apology = apology
        self._limits = limits or Limits()
        self._metronome = metronome or Metronome()
        self._open = False
        self._server: asyncio.Server | None = None
        self._handed: Handed | None = None
        self._listening: asyncio.Task[None] | None = None
        self._arrivals: set[Wire] = set()  # no UUID yet
        self._expected: dict[uuid.UUID, Pending] = {}
        self._used: dict[uuid.UUID, None] = {}  # in order of use, bounded
        self._lines: dict[uuid.UUID, Line] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._kept = KeptLines(self._limits.claim_s)
        self._refusals = Refusals()

    async def __aenter__(self) -> Self:
        """Raises OSError when it cannot listen, KeeperLost; a server with a keeper has all that was kept then."""
        self._open = True
        if self._keeper is not None:
            self._handed = Handed(self._keeper, self._take, self._keeper_lost)
            self._port = await self._handed.serve(self._apology)
            log.info("audiosocket_handed", port=self._port, kept=len(self._lines))
        else:
            await self._listen()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.drain(timeout_s=0)

    @property
    def port(self) -> int:
        return self._port

    @property
    def lines(self) -> tuple[Line, ...]:
        """Those open now."""
        return tuple(self._lines.values())

    @property
    def kept(self) -> tuple[Line, ...]:
        """Those that another process had and nobody here has claimed; after ``limits.claim_s`` they are closed."""
        return self._kept.unclaimed

    @property
    def lateness(self) -> Lateness:
        """How late the clock of all lines was served."""
        return self._metronome.lateness

    @property
    def refusals(self) -> Counter[str]:
        """How many connections were refused, by reason."""
        return self._refusals.counts

    def expect(self, leg_id: uuid.UUID, *, audio: AudioFormat = SLIN16, on_open: Callable[[Line], None] | None = None) -> Pending:
        """Admit *leg_id* once; call it before Asterisk is asked to dial in. Raises ValueError for an id that is expected or was used.

        *audio* is what the leg was asked for; nothing tells its rate before its first audio. *on_open* gets the line before the
        leg's first audio is read: who listens only after ``pending.line()`` may miss what came in one piece with the UUID.
        """
        if leg_id in self._expected or leg_id in self._used:
            raise ValueError(f"leg {leg_id} is expected already or was used")
        pending = Pending(leg_id, audio, claim_s=self._limits.claim_s, withdraw=self._withdraw, on_open=on_open)
        if not self._open:
            pending.drop("server is closed")
        else:
            self._expected[leg_id] = pending
        return pending

    def claim(self, leg_id: uuid.UUID) -> Line | None:
        """The line of a leg that another process had, open and ticking; None if there is none. It is given once."""
        return self._kept.claim(leg_id)

    def leave(self) -> bool:
        """Touch no line any more: the keeper sends on them until our successor does. For the moment before we exit.

        False, and nothing is changed, if there is no keeper.
        """
        if self._handed is None or not self._handed.open:
            return False
        self._open = False
        for wire in self._arrivals:
            wire.let_go()
        for line in self.lines:
            line.let_go()
        self._handed.leave()
        return True

    async def drain(self, timeout_s: float) -> int:
        """Accept nothing more, wait for the lines to end, close the rest; how many had to be closed."""
        if not self._open:
            return 0
        self._open = False
        if self._server is not None:
            self._server.close()
        for pending in tuple(self._expected.values()):
            pending.drop("server is closed")
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            pass
        remaining = self.lines
        for line in remaining:
            line.close("server is closed")
        for wire in tuple(self._arrivals):
            wire.close(Ending("server is closed"))
        if self._handed is not None:
            self._handed.close()
        if self._listening is not None:
            self._listening.cancel()
        if self._server is not None:
            try:
                async with asyncio.timeout(CLOSING_S):
                    await self._server.wait_closed()
            except TimeoutError:
                log.warning("audiosocket_closing_slow")
        self._refusals.flush()
        log.info("audiosocket_closed", lines_closed=len(remaining))
        return len(remaining)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        if self._sock is not None:
            self._server = await loop.create_server(self._accept, sock=self._sock, backlog=BACKLOG)
        else:
            self._server = await loop.create_server(self._accept, self._host, self._port, backlog=BACKLOG)
        host, self._port = self._server.sockets[0].getsockname()[:2]
        log.info("audiosocket_listening", host=host, port=self._port)

    def _keeper_lost(self) -> None:
        if self._sock is not None and self._open:
            self._listening = asyncio.get_running_loop().create_task(self._listen(), name="audiosocket-listen")

    def _accept(self) -> Wire:
        return Wire(partial(self._connected, None), Decoder(self._limits.payload_bytes), self._limits.send_buffer_bytes)

    def _take(self, take: Take) -> Wire:
        if take.leg is None:
            return Wire(partial(self._connected, take.number), Decoder(self._limits.payload_bytes), self._limits.send_buffer_bytes)
        decoder = RejoiningDecoder(self._limits.payload_bytes, take.leg.kind, take.leg.longest_bytes)
        return Wire(partial(self._kept_again, take.number, take.leg, take.since_ns), decoder, self._limits.send_buffer_bytes)

    def _connected(self, number: int | None, wire: Wire) -> None:
        wire.receiver = arrival = Arrival(wire, identified=partial(self._identified, number), refused=self._refused)
        if not self._open:
            wire.close(Ending("server is closed"))
        elif len(self._arrivals) + len(self._lines) >= self._limits.connections:
            wire.close(Ending("too many connections", orderly=False))
        else:
            self._arrivals.add(wire)
            arrival.expire_in(self._limits.uuid_s)

    def _identified(self, number: int | None, wire: Wire, leg_id: uuid.UUID) -> None:
        pending = self._expected.pop(leg_id, None)
        if pending is None:
            reason = "UUID reused" if leg_id in self._used else "UUID not expected"
            wire.close(Ending(reason, orderly=False, detail=str(leg_id)))
            return
        self._arrivals.discard(wire)
        line = self._open_line(wire, leg_id, pending.audio, number)
        if number is not None:
            self._tell_keeper(number, line)
        line.start()
        pending.open(line)

    def _kept_again(self, number: int, leg: Leg, since_ns: int, wire: Wire) -> None:
        line = self._open_line(wire, leg.leg_id, AUDIO_FORMATS[leg.kind], number, kept_longest_bytes=leg.longest_bytes)
        self._kept.add(line)
        assert self._handed is not None
        self._handed.have(number)
        if self._apology is not None and since_ns and line.format == self._apology.audio:
            line.go_on(Lead(self._apology.words, self._apology.said(since_ns, time.monotonic_ns())))
        line.start()

    def _open_line(
        self, wire: Wire, leg_id: uuid.UUID, audio: AudioFormat, number: int | None, kept_longest_bytes: int | None = None
    ) -> Line:
        self._remember(leg_id)
        on_audio = partial(self._tell_keeper, number) if number is not None else _nobody
        line = Line(
            wire,
            leg_id,
            audio,
            metronome=self._metronome,
            limits=self._limits,
            on_closed=self._closed,
            on_audio=on_audio,
            on_plea=partial(self._plead, number),
            kept_longest_bytes=kept_longest_bytes,
        )
        self._lines[leg_id] = line
        self._idle.clear()
        return line

    def _tell_keeper(self, number: int, line: Line) -> None:
        assert self._handed is not None
        self._handed.tell(number, Leg(line.leg_id, AUDIO_KINDS[line.format], line.longest_bytes))

    def _plead(self, number: int | None, wanted: bool) -> None:
        if number is not None and self._handed is not None:
            self._handed.plead(number, wanted)

    def _refused(self, wire: Wire, ending: Ending) -> None:
        self._arrivals.discard(wire)
        self._refusals.tell(ending.reason, peer=wire.peer, detail=ending.detail)

    def _closed(self, line: Line) -> None:
        del self._lines[line.leg_id]
        self._kept.closed(line)
        if not self._lines:
            self._idle.set()

    def _withdraw(self, pending: Pending) -> None:
        self._expected.pop(pending.leg_id, None)
        self._remember(pending.leg_id)

    def _remember(self, leg_id: uuid.UUID) -> None:
        self._used[leg_id] = None
        if len(self._used) > USED_REMEMBERED:
            del self._used[next(iter(self._used))]


def _nobody(line: Line) -> None:
    """No keeper wants to know."""
