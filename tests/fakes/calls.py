"""The life of calls on a fake Asterisk: real switchboard, sessions and AudioSocket server, an agent that does as it is told."""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from agent.outcome import CallerGone, Completed, HandOff, Outcome
from agent.ports import Line, Transcript
from agent.records import AgentState, TurnRecord
from audiosocket.audio import AudioFormat
from audiosocket.server import AudioSocketServer
from controller.call.events import Limits
from controller.control import Control
from controller.journal.records import CallRevised, Logged, MachineStepped, Record
from controller.listening import Listening
from controller.recovery import Recovery
from controller.session import Session
from controller.sheets.sheet import Sheet, decode, encode
from controller.surroundings import Caller, ConversationLike, Surroundings
from controller.switchboard import Purpose, Switchboard
from tests.fakes.ari import APP, FRONT, FakeAsterisk

LIMIT_S = 5.0


async def until(reached: Callable[[], object], what: str = "") -> None:
    """Wait for a condition; the tests' only way to wait."""
    async with asyncio.timeout(LIMIT_S):
        while not reached():  # noqa: ASYNC110 - any condition, not only one that somebody announces
            await asyncio.sleep(0.002)


class PuppetAgent:
    """Talks until the test tells it what comes out, or the line closes."""

    def __init__(self, caller: Caller, transcript: Transcript) -> None:
        self.caller = caller
        self.transcript = transcript
        self.openings: list[str] = []
        self.running = 0
        self.at_once_max = 0
        self.cancelled = 0
        self.may_end = asyncio.Event()  # clear it: the agent has something to finish after it was stopped
        self.may_end.set()
        self._says: asyncio.Future[Outcome] | None = None
        self.dictated: list[tuple[str, str, bool]] = []  # text, by whom, cut
        self.held = False
        self.remembers = caller.memory
        self.line: Line | None = None  # the latest

    def say(self, text: str, *, by: str, cut: bool) -> bool:
        if self.running:
            self.dictated.append((text, by, cut))
        return bool(self.running)

    def hold(self, on: bool) -> None:
        self.held = on

    def memory(self) -> bytes:
        return self.remembers

    def learns(self, what: bytes) -> None:
        """Something that a successor must know."""
        self.remembers = what
        self.caller.on_memory()

    async def run(self, line: Line, opening: str) -> Outcome:
        self.openings.append(opening)
        self.line = line
        self.running += 1
        self.at_once_max = max(self.at_once_max, self.running)
        self._says = asyncio.get_running_loop().create_future()
        self.transcript.state(AgentState.GREETING)
        says = self._says
        closed = asyncio.create_task(line.closed())
        closed.add_done_callback(lambda _: None if says.done() else says.set_result(CallerGone()))
        try:
            return await says
        except asyncio.CancelledError:
            self.cancelled += 1
            self.transcript.turn(TurnRecord(turn_number=1, speaker="agent", text="Доб…", started_at_ms=0, interrupted=True))
            await self.may_end.wait()
            raise
        finally:
            closed.cancel()
            self.running -= 1

    def says(self, outcome: Outcome) -> None:
        assert self._says is not None
        self._says.set_result(outcome)

    def breaks(self) -> None:
        assert self._says is not None
        self._says.set_exception(RuntimeError("a bug"))

    def hands_off(self) -> None:
        self.says(HandOff(why="asked", summary="Хоче шини"))

    def says_goodbye(self) -> None:
        self.says(Completed(why="goodbye"))


@dataclass
class KeptSheets:
    kept: dict[str, Sheet] = field(default_factory=dict)

    def put(self, call_id: str, sheet: Sheet) -> None:
        self.kept[call_id] = decode(encode(sheet))

    def drop(self, call_id: str) -> None:
        self.kept.pop(call_id, None)


@dataclass
class KeptJournal:
    records: list[Record] = field(default_factory=list)

    def append(self, record: Record) -> None:
        self.records.append(record)

    @property
    def logged(self) -> list[Logged]:
        return [record for record in self.records if isinstance(record, Logged)]

    @property
    def revisions(self) -> list[CallRevised]:
        return [record for record in self.records if isinstance(record, CallRevised)]

    @property
    def steps(self) -> list[MachineStepped]:
        return [record for record in self.records if isinstance(record, MachineStepped)]

    @property
    def closed(self) -> list[CallRevised]:
        return [record for record in self.revisions if record.ended_at_ms is not None]


@dataclass
class House:
    asterisk: FakeAsterisk
    server: AudioSocketServer
    switchboard: Switchboard
    journal: KeptJournal
    agents: list[PuppetAgent]
    listening: Listening
    control: Control
    heard_by: list[tuple[str, ...]]  # each change of who listens
    sheets: KeptSheets

    async def die(self) -> list[Sheet]:
        """As by kill -9, seen from outside: not one order more, every socket closed. What a successor finds."""
        left = list(self.sheets.kept.values())
        self.asterisk.on_event = lambda event: None
        for task in self.switchboard._running:
            task.cancel()
        await until(lambda: not self.switchboard.sessions)
        await self.server.drain(timeout_s=0)
        return left

    def agent(self) -> PuppetAgent:
        return self.agents[-1]

    def session(self) -> Session:
        return self.switchboard.sessions[-1]

    def recovery(self, *predecessors: CallRevised, **more: Any) -> Recovery:
        return Recovery(self.asterisk, self.switchboard, self.journal, app=APP, front=FRONT, predecessors=predecessors, **more)

    async def talk(self, channel_id: str = "1700000000.1") -> PuppetAgent:
        """A caller with whom the agent speaks."""
        agents = len(self.agents)
        self.asterisk.call_in(channel_id)
        await until(lambda: len(self.agents) > agents and self.agent().running)
        return self.agent()

    async def state(self, state: str) -> None:
        await until(lambda: any(session.call.state == state for session in self.switchboard.sessions))

    async def ended(self, outcome: str, by: str, *, calls: int = 1) -> None:
        """Every call is over, each with one closed record, and nothing is left in Asterisk."""
        await until(lambda: not self.switchboard.sessions)
        assert [(record.outcome, record.ended_by) for record in self.journal.closed] == [(outcome, by)] * calls
        await until(lambda: not self.asterisk.legs and not self.asterisk.phones and not self.asterisk.snoops)
        await until(lambda: not self.asterisk.mixing)
        assert not self.server.lines
        assert all(agent.at_once_max <= 1 and not agent.running for agent in self.agents)


@asynccontextmanager
async def house(
    *,
    calls_max: int = 10,
    limits: Limits | None = None,
    phrase: Callable[[str, AudioFormat], bytes | None] = lambda key, audio: audio.silence * 2,
    converse: Callable[[Caller, Transcript], Awaitable[ConversationLike]] | None = None,
    listeners_max: int = 20,
    answer_s: float = 3.0,
    purposes: Mapping[str, Purpose] = MappingProxyType({}),
    asterisk: FakeAsterisk | None = None,
) -> AsyncIterator[House]:
    """*asterisk*: one that a dead house has left behind."""
    asterisk, journal, sheets, agents = asterisk or FakeAsterisk(), KeptJournal(), KeptSheets(), list[PuppetAgent]()

    async def hire(caller: Caller, transcript: Transcript) -> ConversationLike:
        agents.append(PuppetAgent(caller, transcript))
        return agents[-1]

    async with AudioSocketServer("127.0.0.1", 0) as server:
        around = Surroundings(
            asterisk=asterisk,
            lines=server,
            advertised=f"127.0.0.1:{server.port}",
            journal=journal,
            converse=converse or hire,
            phrase=phrase,
            sheets=sheets,
        )
        heard_by = list[tuple[str, ...]]()
        listening = Listening(asterisk, listeners_max=listeners_max, on_change=lambda call_id, names: heard_by.append(names))
        known = ChainMap(dict[str, Purpose](supervisor=listening), purposes)  # type: ignore[arg-type]  # only read
        async with listening, Switchboard(around, app=APP, calls_max=calls_max, limits=limits, purposes=known) as switchboard:
            asterisk.on_event = switchboard.handle
            control = Control(switchboard, listening, answer_s=answer_s)
            yield House(asterisk, server, switchboard, journal, agents, listening, control, heard_by, sheets)
