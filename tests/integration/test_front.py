"""Two workers on one Asterisk: who holds the plain name, what reaches whom under it, and who takes it over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from controller.ari.client import EventSocket
from controller.ari.front import Front
from controller.ari.messages import ChannelUserevent, Event, StasisStart
from controller.ari.rest import AriRest
from ops.devstack import DevStack
from tests.waiting import until

from .dialplan_lab import Lab

FRONT = "callctl"
LOOK_S = 0.1


@dataclass
class Worker:
    """As much of a controller as the front needs: its own application, and what it hears."""

    app: str
    rest: AriRest
    front: Front
    own: asyncio.Task[object]
    fronting: asyncio.Task[object]
    heard: list[Event] = field(default_factory=list)  # from its own socket
    handed: list[Event] = field(default_factory=list)  # by its front, at once

    def user_events(self) -> list[ChannelUserevent]:
        return [event for event in (*self.heard, *self.handed) if isinstance(event, ChannelUserevent)]

    def callers(self) -> list[tuple[str, list[str]]]:
        return [(event.channel.id, event.args) for event in self.heard if isinstance(event, StasisStart)]

    async def dies(self) -> None:
        await self.own_dies()
        await self.front_dies()

    async def own_dies(self) -> None:
        self.own.cancel()
        await asyncio.wait([self.own])

    async def front_dies(self) -> None:
        self.fronting.cancel()
        await asyncio.wait([self.fronting])


@asynccontextmanager
async def worker(stack: DevStack, app: str) -> AsyncIterator[Worker]:
    asterisk = stack.asterisk
    heard, handed = list[Event](), list[Event]()
    async with AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, app) as rest:

        def socket(name: str, on_event: Callable[[Event], None], on_connected: Callable[[], Awaitable[None]]) -> EventSocket:
            return EventSocket(
                asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, name, on_event=on_event, on_connected=on_connected
            )

        own = socket(app, heard.append, rest.ping)
        front = Front(
            rest, lambda event, connected: socket(FRONT, event, connected), name=FRONT, app=app, handle=handed.append, look_s=LOOK_S
        )

        running = asyncio.create_task(own.run()), asyncio.create_task(front.run())
        await own.wait_connected(10)
        one = Worker(app, rest, front, *running, heard, handed)
        try:
            yield one
        finally:
            await one.dies()


@dataclass
class Floor:
    lab: Lab
    first: Worker
    second: Worker

    async def holder(self) -> Worker:
        """Who holds the name, once one does and the other does not."""
        await until(lambda: self.first.front.held != self.second.front.held)
        return self.first if self.first.front.held else self.second

    async def wish(self, channel: str, **variables: str) -> None:
        answer = await self.lab.ari.post(
            "/events/user/transfer", params={"application": FRONT, "source": f"channel:{channel}"}, json={"variables": variables}
        )
        assert answer.status_code == 204, answer.text

    async def call_of(self, owner: Worker) -> str:
        """A caller whose call is the owner's; his channel."""
        async with self.lab.globals(ARI_WORKERS=owner.app):
            caller = await self.lab.call("100", {"__CALL_APP": owner.app, "__CALL_ID": "0190-the-call"})
            await until(lambda: owner.callers())
        return caller.channel


@pytest.fixture
async def floor(stack: DevStack) -> AsyncIterator[Floor]:
    async with AsyncExitStack() as exits:
        lab = await exits.enter_async_context(Lab.open(stack))
        first = await exits.enter_async_context(worker(stack, "callctl-1"))
        second = await exits.enter_async_context(worker(stack, "callctl-2"))
        yield Floor(lab, first, second)


async def test_one_of_two_holds_the_name_and_they_do_not_fight_for_it(floor: Floor) -> None:
    holder = await floor.holder()
    beats = await floor.first.rest.get_global("CALLCTL_FRONT")

    async with asyncio.timeout(5):
        while await holder.rest.get_global("CALLCTL_FRONT") in {beats, ""}:  # noqa: ASYNC110 - Asterisk does not tell
            await asyncio.sleep(LOOK_S)
    assert await floor.holder() is holder


@pytest.mark.parametrize("whose", ["holder's", "other's"])
async def test_a_supervisors_event_under_the_plain_name_reaches_whoever_has_the_call(floor: Floor, whose: str) -> None:
    holder = await floor.holder()
    other = floor.second if holder is floor.first else floor.first
    owner = holder if whose == "holder's" else other
    channel = await floor.call_of(owner)
    await floor.wish(channel, reason="angry", queue="service")
    await until(owner.user_events)
    (event,) = owner.user_events()
    assert event.channel is not None
    assert (event.eventname, event.channel.id) == ("transfer", channel)
    assert {name: event.userevent[name] for name in ("reason", "queue")} == {"reason": "angry", "queue": "service"}
    assert not (other if owner is holder else holder).user_events()


async def test_a_caller_who_enters_under_the_plain_name_is_moved_to_a_worker_with_his_arguments(floor: Floor) -> None:
    holder = await floor.holder()
    async with floor.lab.globals(ARI_WORKERS="callctl-7"):  # one that is gone
        caller = await floor.lab.call("100")
        await until(holder.callers)
    assert holder.callers() == [(caller.channel, ["inbound", "100"])]


async def test_when_the_holder_dies_the_other_takes_the_name_within_seconds(floor: Floor) -> None:
    holder = await floor.holder()
    other = floor.second if holder is floor.first else floor.first
    channel = await floor.call_of(other)
    await holder.dies()
    await until(lambda: other.front.held, timeout_s=5)
    await floor.wish(channel)
    await until(other.user_events)


async def test_a_holder_that_hangs_loses_the_name_and_does_not_take_it_back(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = await floor.holder()
    other = floor.second if holder is floor.first else floor.first
    monkeypatch.setattr(holder.rest, "set_global", lambda variable, value: asyncio.sleep(0))  # its beat stands still
    await until(lambda: other.front.held, timeout_s=5)
    await until(lambda: not holder.front.held)
    monkeypatch.undo()
    assert await floor.holder() is other


async def test_callers_who_entered_while_nobody_listened_are_taken_with_the_name(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = await floor.holder()
    other = floor.second if holder is floor.first else floor.first
    monkeypatch.setattr(holder.rest, "move", lambda *args: asyncio.sleep(0))  # it dies before it has moved anybody
    async with floor.lab.globals(ARI_WORKERS="callctl-7"):
        caller = await floor.lab.call("100")
        await floor.lab.waits_in(caller, "Stasis", timeout_s=5)
    await holder.dies()
    await until(lambda: other.callers(), timeout_s=8)
    assert other.callers() == [(caller.channel, ["inbound", "100"])]


async def test_who_takes_the_name_leaves_those_alone_who_were_moved_before(floor: Floor) -> None:
    holder = await floor.holder()
    other = floor.second if holder is floor.first else floor.first
    async with floor.lab.globals(ARI_WORKERS="callctl-7"):
        moved = await floor.lab.call("100")
        await until(holder.callers)
        await holder.front_dies()
        await until(lambda: other.front.held, timeout_s=5)
        later = await floor.lab.call("100")
        await until(other.callers)
    assert [channel for channel, _ in other.callers()] == [later.channel]
    assert [channel for channel, _ in holder.callers()] == [moved.channel]


async def test_a_caller_who_cannot_be_moved_goes_to_the_operators(floor: Floor) -> None:
    holder = await floor.holder()
    await holder.own_dies()
    async with floor.lab.globals(ARI_WORKERS="callctl-7"):
        caller = await floor.lab.call("100")
        await floor.lab.waits_in(caller, "Queue", timeout_s=5)
