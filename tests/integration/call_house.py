"""The life of calls on the real Asterisk: real switchboard, sessions, REST, events, media; an agent that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.ports import Transcript
from agent.prompt.rendered import RenderedVoice, phrase_pcm
from audiosocket.server import AudioSocketServer
from controller.ari.client import EventSocket
from controller.ari.messages import Event
from controller.ari.rest import AriRest
from controller.call.events import Limits
from controller.control import Control
from controller.journal.records import CallRevised
from controller.listening import Listening
from controller.recovery import Recovery
from controller.screening import Screenings, Workshop
from controller.sheets.sheet import Sheet
from controller.surroundings import Caller, ConversationLike, Surroundings
from controller.switchboard import Purpose, Switchboard
from ops.caller.telephone import Exchange
from ops.devstack import DevStack
from tests.fakes.calls import KeptJournal, KeptSheets, PuppetAgent
from tests.waiting import until

APP = "callctl"


@dataclass
class RealHouse:
    rest: AriRest
    socket: EventSocket
    server: AudioSocketServer
    switchboard: Switchboard
    recovery: Recovery
    journal: KeptJournal
    agents: list[PuppetAgent]
    exchange: Exchange
    control: Control
    heard_by: list[tuple[str, ...]]  # each change of who listens
    events: list[Event]
    listening: asyncio.Task[None]
    sheets: KeptSheets

    def agent(self) -> PuppetAgent:
        return self.agents[-1]

    async def agent_speaks(self, openings: int = 1) -> PuppetAgent:
        await until(lambda: bool(self.agents) and len(self.agent().openings) == openings and self.agent().running == 1)
        return self.agent()

    @property
    def call_id(self) -> str:
        """Of the latest call."""
        return self.switchboard.sessions[-1].call.call_id

    async def state(self, state: str) -> None:
        await until(lambda: any(session.call.state == state for session in self.switchboard.sessions))

    async def ended(self, outcome: str, by: str) -> None:
        await until(lambda: not self.switchboard.sessions)
        assert [(record.outcome, record.ended_by) for record in self.journal.closed] == [(outcome, by)]
        await self.nothing_left()
        assert all(agent.at_once_max == 1 and not agent.running for agent in self.agents)

    async def die(self) -> list[Sheet]:
        """As by kill -9, seen from outside: not one order more, every socket closed. What a successor finds."""
        left = list(self.sheets.kept.values())
        for task in (*self.switchboard._running, *self.control._listening._ears):
            task.cancel()
        await until(lambda: not self.switchboard.sessions)
        self.listening.cancel()
        await asyncio.wait([self.listening])
        await self.server.drain(timeout_s=0)
        return left

    async def nobody_listens(self) -> None:
        """No telephone, snoop and bridge of one who listened is left."""
        async with asyncio.timeout(10):
            while any(name[:2] in {"s-", "n-", "l-"} for name in (*await self.exchange.channels(), *await self.exchange.bridges())):  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # Asterisk does not tell

    async def nothing_left(self) -> None:
        async with asyncio.timeout(10):
            while await self.rest.channels() or await self.rest.bridges():  # noqa: ASYNC110 - Asterisk does not tell
                await asyncio.sleep(0.05)
        assert not self.server.lines


@asynccontextmanager
async def real_house(
    stack: DevStack,
    *,
    ari_url: str = "",
    limits: Limits | None = None,
    calls_max: int = 10,
    predecessors: Sequence[CallRevised] = (),
    sheets: Sequence[Sheet] = (),
) -> AsyncIterator[RealHouse]:
    asterisk = stack.asterisk
    """*predecessors* and *sheets*: what a dead one has left."""
    journal, kept, agents, events = KeptJournal(), KeptSheets(), list[PuppetAgent](), list[Event]()

    async def hire(caller: Caller, transcript: Transcript) -> ConversationLike:
        agents.append(PuppetAgent(caller, transcript))
        return agents[-1]

    async with (
        AudioSocketServer("127.0.0.1", 0) as server,
        AriRest(ari_url or asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, APP) as rest,
        Exchange(asterisk) as exchange,
    ):
        around = Surroundings(
            asterisk=rest,
            lines=server,
            advertised=f"127.0.0.1:{server.port}",
            journal=journal,
            converse=hire,
            phrase=lambda key, audio: audio.silence * 5,
            sheets=kept,
        )
        heard_by = list[tuple[str, ...]]()
        listening_in = Listening(rest, on_change=lambda call_id, names: heard_by.append(names))
        workshop = Workshop(
            asterisk=rest,
            lines=server,
            advertised=around.advertised,
            voice=RenderedVoice(),  # which knows no summary, so that the fixed phrase is heard
            phrase=lambda key, audio: phrase_pcm(key, audio.rate_hz),
            call_of=lambda call_id: session.call if (session := switchboard.session(call_id)) else None,
        )
        screenings = Screenings(workshop)
        purposes: dict[str, Purpose] = {"supervisor": listening_in, "summary": screenings}
        async with (
            listening_in,
            screenings,
            Switchboard(around, app=APP, calls_max=calls_max, limits=limits, purposes=purposes) as switchboard,
        ):
            control = Control(switchboard, listening_in)
            await switchboard.adopt(sheets)
            recovery = Recovery(rest, switchboard, journal, app=APP, predecessors=predecessors)

            def hear(event: Event) -> None:
                events.append(event)
                switchboard.handle(event)

            socket = EventSocket(
                ari_url or asterisk.ari_url,
                asterisk.ari_username,
                asterisk.ari_password,
                APP,
                on_event=hear,
                on_connected=recovery.reconcile,
            )
            listening = asyncio.create_task(_keep_going(socket, recovery), name="events")
            try:
                await socket.wait_connected(10)
                yield RealHouse(
                    rest, socket, server, switchboard, recovery, journal, agents, exchange, control, heard_by, events, listening, kept
                )
            finally:
                await switchboard.drain(0)
                listening.cancel()
                await asyncio.wait([listening])


async def _keep_going(socket: EventSocket, recovery: Recovery) -> None:
    """As ``controller.app`` does."""
    async with asyncio.TaskGroup() as group:
        group.create_task(socket.run())
        group.create_task(recovery.run())
