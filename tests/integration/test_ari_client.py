"""Our ARI client against the real Asterisk, with a telephone that is an AudioSocket server of ours."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import pytest

from audiosocket.server import AudioSocketServer
from controller.ari.client import EventSocket
from controller.ari.echo import Echo
from controller.ari.errors import AriNotFound, AriRefused
from controller.ari.messages import (
    EVENT_TYPES,
    BridgeDestroyed,
    ChannelDestroyed,
    ChannelEnteredBridge,
    ChannelHangupRequest,
    ChannelUserevent,
    ChannelVarset,
    Event,
    StasisEnd,
    StasisStart,
)
from controller.ari.rest import AriRest
from ops.devstack import DevStack
from tests.fakes.tcp_proxy import TcpProxy
from tests.waiting import until

EventT = TypeVar("EventT", bound=Event)


@dataclass
class Connection:
    """One application of its own: what it says and what it hears."""

    rest: AriRest
    socket: EventSocket
    server: AudioSocketServer
    events: list[Event] = field(default_factory=list)

    async def heard(self, kind: type[EventT], matching: Callable[[EventT], bool] = lambda event: True) -> EventT:
        """The first event of that kind, now or soon."""

        def first() -> EventT | None:
            return next((event for event in self.events if isinstance(event, kind) and matching(event)), None)

        await until(first)
        found = first()
        assert found is not None
        return found

    async def caller(self, number: str = "+380671234567") -> str:
        """A call from *number* that the dialplan sent into our application; its channel id."""
        phone = uuid.uuid4()
        self.server.expect(phone)
        channel_id = f"sim-{phone}"
        await self.rest.originate(
            channel_id,
            f"AudioSocket/127.0.0.1:{self.server.port}/{phone}/c(slin16)",
            context="incoming",
            extension="100",
            caller_id=number,
        )
        await self.heard(StasisStart, lambda event: event.channel.id == channel_id)
        return channel_id

    async def leg(self) -> str:
        leg_id = uuid.uuid4()
        self.server.expect(leg_id)
        channel = await self.rest.external_media(f"m-{leg_id}", str(leg_id), f"127.0.0.1:{self.server.port}")
        started = await self.heard(StasisStart, lambda event: event.channel.id == channel.id)
        assert started.args == [str(leg_id)]
        return channel.id


@asynccontextmanager
async def connected(stack: DevStack, url: str | None = None, app: str = "callctl") -> AsyncIterator[Connection]:
    asterisk = stack.asterisk
    url = url or asterisk.ari_url
    events: list[Event] = []

    async def filter_events() -> None:
        await rest.set_event_filter(EVENT_TYPES)

    async with (
        AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, app) as rest,
        AudioSocketServer("127.0.0.1", 0) as server,
    ):
        echo = Echo(lambda event: rest.user_event(event, app, "", {}), period_s=0.2, answer_s=1.0)
        who = (url, asterisk.ari_username, asterisk.ari_password, app)
        socket = EventSocket(*who, on_event=events.append, on_connected=filter_events, echo=echo)
        task = asyncio.create_task(socket.run())
        try:
            await socket.wait_connected(10)
            yield Connection(rest, socket, server, events)
        finally:
            for channel in await rest.channels():
                with suppress(AriNotFound):  # it went by itself
                    await rest.hang_up(channel.id)
            for bridge in await rest.bridges():
                await rest.destroy_bridge(bridge.id)
            task.cancel()
            await asyncio.wait([task], timeout=5)


@pytest.fixture(scope="module")
def stack(stack: DevStack) -> Iterator[DevStack]:
    """An Asterisk of our own: these tests take its application's name, hang everybody up and restart it."""
    with DevStack(parts=("asterisk",)) as own:
        yield own


@pytest.fixture
async def ari(stack: DevStack) -> AsyncIterator[Connection]:
    async with connected(stack) as connection:
        yield connection


async def test_a_connection_on_which_asterisk_sends_no_events_is_given_up_for_one_that_hears(ari: Connection) -> None:
    await until(lambda: ari.socket.connected)
    await ari.rest.set_event_filter(("ChannelHold",))  # deaf, as after a race in Asterisk that nobody can bring about
    await until(lambda: ari.socket.deaf == 1)
    await until(lambda: ari.socket.connects == 2 and ari.socket.connected)
    await ari.caller()
    assert not [event for event in ari.events if isinstance(event, ChannelUserevent)]


async def test_a_call_is_answered_bridged_with_a_leg_and_ended(ari: Connection) -> None:
    caller = await ari.caller()
    arrived = await ari.heard(StasisStart)
    assert arrived.args == ["inbound", "100", "next"]
    assert arrived.channel.caller.number == "+380671234567"
    await ari.rest.subscribe_channel(caller)
    await ari.rest.set_variables(caller, {"__CALL_ID": "call-1", "NOTE": "дякую & so on"})
    assert await ari.rest.get_variable(caller, "NOTE") == "дякую & so on"
    assert await ari.rest.get_variable(caller, "NEVER_SET") == ""
    await ari.rest.answer(caller)
    bridge = await ari.rest.create_bridge("b-call-1")
    leg = await ari.leg()
    await ari.rest.add_to_bridge(bridge.id, caller, leg)
    await ari.heard(ChannelEnteredBridge, lambda event: event.channel is not None and event.channel.id == leg)
    assert set((await ari.rest.bridge(bridge.id)).channels) == {caller, leg}
    assert {channel.id: channel.channelvars.get("CALL_ID") for channel in await ari.rest.channels()}[caller] == "call-1"
    assert caller in (await ari.rest.application()).channel_ids

    await ari.rest.remove_from_bridge(bridge.id, leg)
    await ari.rest.hang_up(leg)
    await ari.rest.hang_up(caller)
    hangup = await ari.heard(ChannelHangupRequest, lambda event: event.channel.id == caller)
    assert hangup.soft, "a hang-up by command"
    await ari.heard(ChannelDestroyed, lambda event: event.channel.id == caller)
    await ari.rest.subscribe_bridge(bridge.id)
    await ari.rest.destroy_bridge(bridge.id)
    await ari.heard(BridgeDestroyed)
    with pytest.raises(AriNotFound):
        await ari.rest.hang_up(caller)
    assert ari.socket.decoder.malformed == 0


async def test_a_caller_sent_to_the_operators_leaves_the_application_without_a_hang_up(ari: Connection) -> None:
    caller = await ari.caller()
    await ari.rest.subscribe_channel(caller)
    await ari.rest.answer(caller)
    await ari.rest.continue_in_dialplan(caller, context="transfer-to-operator", extension="s", priority=1)
    await ari.heard(StasisEnd, lambda event: event.channel.id == caller)
    assert not [event for event in ari.events if isinstance(event, ChannelHangupRequest)]
    assert (await ari.rest.channel(caller)).dialplan.context in ("transfer-to-operator", "incoming")


async def test_the_queues_fate_and_a_supervisors_wish_are_heard_and_noise_is_not(ari: Connection) -> None:
    caller = await ari.caller()
    await ari.rest.subscribe_channel(caller)
    await ari.rest.set_variables(caller, {"QUEUESTATUS": "TIMEOUT"})
    varset = await ari.heard(ChannelVarset, lambda event: event.variable == "QUEUESTATUS")
    assert varset.value == "TIMEOUT"
    await ari.rest._regular.request(
        "POST",
        f"{ari.rest.url}/ari/events/user/transfer",
        params={"application": "callctl", "source": f"channel:{caller}"},
        data='{"variables": {"reason": "angry", "n": 3}}',
        headers={"Content-Type": "application/json"},
    )
    wish = await ari.heard(ChannelUserevent)
    assert wish.channel is not None
    assert (wish.eventname, wish.channel.id, wish.userevent["n"]) == ("transfer", caller, 3)
    assert ari.socket.decoder.unknown == 0, "Asterisk sends what we asked for and nothing else"


async def test_a_leg_cannot_enter_a_bridge_before_it_is_there(ari: Connection) -> None:
    await ari.rest.create_bridge("b-early")
    with pytest.raises(AriRefused) as refused:
        await ari.rest.add_to_bridge("b-early", "m-not-there")
    assert refused.value.status in (400, 404, 422)


async def test_a_wrong_password_is_refused_with_its_status(stack: DevStack) -> None:
    async with AriRest(stack.asterisk.ari_url, "callctl", "wrong", "callctl") as rest:
        with pytest.raises(AriRefused) as refused:
            await rest.ping()
    assert refused.value.status == 401


async def test_asterisk_tells_its_version_and_modules(ari: Connection) -> None:
    assert (await ari.rest.asterisk_info()).system.version.startswith("22.")
    assert {"res_ari_channels.so", "chan_audiosocket.so"} <= {module.name for module in await ari.rest.modules()}


@pytest.mark.parametrize("breakage", ["finish", "reset", "hole"])
async def test_after_a_cut_events_of_a_running_call_flow_again(stack: DevStack, breakage: str) -> None:
    port = urlsplit(stack.asterisk.ari_url).port
    assert port is not None
    async with TcpProxy.to(port) as proxy, connected(stack, f"http://127.0.0.1:{proxy.port}") as ari:
        caller = await ari.caller()
        await ari.rest.subscribe_channel(caller)
        if breakage == "hole":
            proxy.swallow()
            await until(lambda: not ari.socket.connected, timeout_s=8)
            proxy.release()
        else:
            getattr(proxy, breakage)()
        await until(lambda: ari.socket.connects == 2, timeout_s=20)
        await until(lambda: ari.socket.connected)
        await ari.rest.hang_up(caller)
        await ari.heard(ChannelDestroyed, lambda event: event.channel.id == caller)


async def test_a_second_controller_of_the_same_name_is_noticed_and_the_name_taken_back(ari: Connection, stack: DevStack) -> None:
    async with connected(stack):
        await until(lambda: ari.socket.replaced == 1)
    await until(lambda: ari.socket.connected, timeout_s=20)
    await ari.caller()


async def test_it_comes_back_after_a_restart_of_asterisk(ari: Connection, stack: DevStack) -> None:
    await asyncio.to_thread(stack.asterisk.kill)
    await until(lambda: not ari.socket.connected)
    await asyncio.to_thread(stack.asterisk.start)
    await until(lambda: ari.socket.connected, timeout_s=30)
    await ari.caller()
