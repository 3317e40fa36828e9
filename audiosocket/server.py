"""Who may connect: only legs that were announced before, each once, in time.

    connected ──UUID──► expected? ──► Line, silence from here on ──► pending.line()
        │                  │ no: unknown or reused
        │ no UUID in time  │
        ▼                  ▼
     refused: one log line with peer and reason, connection aborted

An expectation that nobody claims in time is dropped together with the line it may have got.
"""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

from audiosocket.audio import SLIN16, AudioFormat
from audiosocket.frames import Kind, Message
from audiosocket.lateness import Lateness
from audiosocket.limits import Limits
from audiosocket.line import Line
from audiosocket.metronome import Metronome
from audiosocket.pending import Pending
from audiosocket.refusals import Refusals
from audiosocket.wire import Ending, Wire

BACKLOG = 1_024
USED_REMEMBERED = 10_000
CLOSING_S = 1.0

log = structlog.get_logger(__name__)


class AudioSocketServer:
    """Listens while entered; leaving it closes every line. One metronome may serve several servers."""

    def __init__(
        self, host: str, port: int, *, limits: Limits | None = None, metronome: Metronome | None = None, sock: socket.socket | None = None
    ) -> None:
        """*port* 0 is any free one; ``port`` tells which. *sock* is a bound socket to listen on instead; it is closed with us."""
        self._host = host
        self._port = port
        self._limits = limits or Limits()
        self._metronome = metronome or Metronome()
        self._sock = sock
        self._server: asyncio.Server | None = None
        self._arrivals: set[Wire] = set()  # no UUID yet
        self._expected: dict[uuid.UUID, Pending] = {}
        self._used: dict[uuid.UUID, None] = {}  # in order of use, bounded
        self._lines: dict[uuid.UUID, Line] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._refusals = Refusals()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        if self._sock is not None:
            self._server = await loop.create_server(self._accept, sock=self._sock, backlog=BACKLOG)
        else:
            self._server = await loop.create_server(self._accept, self._host, self._port, backlog=BACKLOG)
        self._port = self._server.sockets[0].getsockname()[1]
        log.info("audiosocket_listening", host=self._host, port=self._port)
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
        if self._server is None:
            pending.drop("server is closed")
        else:
            self._expected[leg_id] = pending
        return pending

    def claim(self, leg_id: uuid.UUID) -> Line | None:
        """The open line of a leg that outlived the process which made it; once."""
        return None

    async def drain(self, timeout_s: float) -> int:
        """Accept nothing more, wait for the lines to end, close the rest; how many had to be closed."""
        server, self._server = self._server, None
        if server is None:
            return 0
        server.close()
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
        try:
            async with asyncio.timeout(CLOSING_S):
                await server.wait_closed()
        except TimeoutError:
            log.warning("audiosocket_closing_slow")
        self._refusals.flush()
        log.info("audiosocket_closed", lines_closed=len(remaining))
        return len(remaining)

    def _accept(self) -> Wire:
        return Wire(self._connected, self._limits.payload_bytes)

    def _connected(self, wire: Wire) -> None:
        wire.receiver = arrival = _Arrival(wire, identified=self._identified, refused=self._refused)
        if len(self._arrivals) + len(self._lines) >= self._limits.connections:
            wire.close(Ending("too many connections", orderly=False))
        else:
            self._arrivals.add(wire)
            arrival.expire_in(self._limits.uuid_s)

    def _identified(self, wire: Wire, leg_id: uuid.UUID) -> None:
        pending = self._expected.pop(leg_id, None)
        if pending is None:
            reason = "UUID reused" if leg_id in self._used else "UUID not expected"
            wire.close(Ending(reason, orderly=False, detail=str(leg_id)))
            return
        self._remember(leg_id)
        self._arrivals.discard(wire)
        line = Line(wire, leg_id, pending.audio, metronome=self._metronome, limits=self._limits, on_closed=self._closed)
        self._lines[leg_id] = line
        self._idle.clear()
        line.start()
        pending.open(line)

    def _refused(self, wire: Wire, ending: Ending) -> None:
        self._arrivals.discard(wire)
        self._refusals.tell(ending.reason, peer=wire.peer, detail=ending.detail)

    def _closed(self, line: Line) -> None:
        del self._lines[line.leg_id]
        if not self._lines:
            self._idle.set()

    def _withdraw(self, pending: Pending) -> None:
        self._expected.pop(pending.leg_id, None)
        self._remember(pending.leg_id)

    def _remember(self, leg_id: uuid.UUID) -> None:
        self._used[leg_id] = None
        if len(self._used) > USED_REMEMBERED:
            del self._used[next(iter(self._used))]


class _Arrival:
    """A connection whose UUID has not come yet."""

    def __init__(self, wire: Wire, *, identified: Callable[[Wire, uuid.UUID], None], refused: Callable[[Wire, Ending], None]) -> None:
        self._wire = wire
        self._identified = identified
        self._refused = refused
        self._timer: asyncio.TimerHandle | None = None

    def expire_in(self, uuid_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(uuid_s, self._wire.close, Ending("no UUID in time", orderly=False))

    def received(self, message: Message) -> None:
        self._stop_timer()
        if message.kind is Kind.UUID:
            self._identified(self._wire, message.leg_id())
        else:
            self._wire.close(Ending("UUID does not come first", orderly=False, detail=message.kind.name))

    def ended(self, ending: Ending) -> None:
        self._stop_timer()
        self._refused(self._wire, ending)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
