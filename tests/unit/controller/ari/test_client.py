from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from controller.ari.client import EventSocket
from controller.ari.echo import Echo
from controller.ari.errors import AriUnavailable
from controller.ari.http import basic_authorization
from controller.ari.messages import ChannelVarset, Event, StasisStart
from tests.fakes.ari_events import FakeEventServer
from tests.fakes.tcp_proxy import TcpProxy
from tests.waiting import until

START = {"type": "StasisStart", "application": "callctl", "args": ["incoming"], "channel": {"id": "c-1"}}


class Owner:
    """What the controller does with the socket: keeps the events, counts the reconciliations."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.resyncs = 0
        self.failures: list[Exception] = []

    def take(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, ChannelVarset):
            raise ValueError("a bug in what the event sets off")

    async def resync(self) -> None:
        self.resyncs += 1
        if self.failures:
            raise self.failures.pop(0)


@asynccontextmanager
async def running(
    url: str, owner: Owner, password: str = "secret", resync: Callable[[], Awaitable[None]] | None = None, echo: Echo | None = None
) -> AsyncIterator[EventSocket]:
    on_connected = resync or owner.resync
    socket = EventSocket(url, "callctl", password, "callctl", on_event=owner.take, on_connected=on_connected, echo=echo, ping_s=0.2)
    task = asyncio.create_task(socket.run())
    try:
        yield socket
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled(), "run() ends only by cancellation"


async def test_events_arrive_in_order_and_the_password_is_not_in_the_url() -> None:
    owner = Owner()
    async with FakeEventServer.start() as asterisk, running(asterisk.url, owner) as socket:
        await socket.wait_connected(5)
        for number in range(50):
            await asterisk.deliver("callctl", START | {"channel": {"id": f"c-{number}"}})
        await until(lambda: len(owner.events) == 50)
        assert [event.channel.id for event in owner.events if isinstance(event, StasisStart)] == [f"c-{n}" for n in range(50)]
        assert asterisk.requests == ["/ari/events?app=callctl"]


async def test_a_connection_that_answers_pings_and_sends_no_events_is_replaced() -> None:
    owner = Owner()
    async with FakeEventServer.start() as asterisk:
        hears = True

        async def ask(name: str) -> None:
            if hears:
                await asterisk.deliver("callctl", {"type": "ChannelUserevent", "application": "callctl", "eventname": name})

        echo = Echo(ask, period_s=0.02, answer_s=0.2)
        async with running(asterisk.url, owner, echo=echo) as socket:
            await socket.wait_connected(5)
            await asterisk.deliver("callctl", START)
            await until(lambda: owner.events)
            hears = False
            await until(lambda: socket.deaf == 1)
            hears = True
            await until(lambda: socket.connects == 2 and socket.connected and owner.resyncs == 2)
            await asterisk.deliver("callctl", START)
            await until(lambda: len(owner.events) == 2)
            assert [type(event) for event in owner.events] == [StasisStart, StasisStart], "echoes are nobody's business"


@pytest.mark.parametrize("breakage", ["finish", "reset"])
async def test_a_broken_connection_is_replaced_by_a_new_one_and_reconciled(breakage: str) -> None:
    owner = Owner()
    async with (
        FakeEventServer.start() as asterisk,
        TcpProxy.to(asterisk.port) as proxy,
        running(f"http://127.0.0.1:{proxy.port}", owner) as socket,
    ):
        await socket.wait_connected(5)
        await until(lambda: owner.resyncs == 1)
        getattr(proxy, breakage)()
        await until(lambda: socket.connects == 2 and owner.resyncs == 2)
        await asterisk.wait_accepted(2)
        await asterisk.deliver("callctl", START)
        await until(lambda: len(owner.events) == 1)


async def test_while_a_lost_socket_is_still_being_closed_there_is_a_reason_already() -> None:
    told: list[tuple[bool, str]] = []

    async def resync() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append((socket.connected, socket.why))

    async with (
        FakeEventServer.start() as asterisk,
        TcpProxy.to(asterisk.port) as proxy,
        running(f"http://127.0.0.1:{proxy.port}", Owner(), resync=resync) as socket,
    ):
        await socket.wait_connected(5)
        proxy.reset()
        await until(lambda: told)
        assert told[0] == (False, "Asterisk's event socket is lost")


async def test_a_black_hole_is_noticed_by_the_missing_pong() -> None:
    owner = Owner()
    async with (
        FakeEventServer.start() as asterisk,
        TcpProxy.to(asterisk.port) as proxy,
        running(f"http://127.0.0.1:{proxy.port}", owner) as socket,
    ):
        await socket.wait_connected(5)
        proxy.swallow()
        await until(lambda: not socket.connected, timeout_s=3)
        assert socket.why
        proxy.release()
        await until(lambda: socket.connected and owner.resyncs == 2, timeout_s=15)


async def test_it_connects_once_asterisk_comes_up() -> None:
    async with FakeEventServer.start() as earlier:
        port = earlier.port
    owner = Owner()
    async with running(f"http://127.0.0.1:{port}", owner) as socket:
        await until(lambda: "not reachable" in socket.why)
        assert not socket.connected
        async with FakeEventServer.start(port=port):
            await socket.wait_connected(5)


async def test_a_wrong_password_is_told_and_never_connects() -> None:
    owner = Owner()
    async with FakeEventServer.start() as asterisk, running(asterisk.url, owner, password="wrong") as socket:
        await until(lambda: "401" in socket.why)
        assert (socket.connected, owner.resyncs) == (False, 0)


async def test_a_replaced_application_is_taken_back_at_most_three_times_a_minute() -> None:
    owner = Owner()
    headers = {"Authorization": basic_authorization("callctl", "secret")}
    async with FakeEventServer.start() as asterisk, running(asterisk.url, owner) as socket:
        for times in (1, 2, 3, 4):
            await until(lambda: socket.connected)
            await asterisk.wait_accepted(2 * times - 1)
            async with connect(f"ws://127.0.0.1:{asterisk.port}/ari/events?app=callctl", additional_headers=headers) as rival:
                await until(lambda times=times: socket.replaced == times)  # type: ignore[misc]
                assert socket.state == "replaced"
                if times == 4:
                    accepted = asterisk.accepted
                    with pytest.raises(TimeoutError):
                        await asterisk.wait_accepted(accepted + 1, timeout_s=1.5)
                await rival.close()


async def test_a_failing_handler_does_not_silence_the_following_events() -> None:
    owner = Owner()
    async with FakeEventServer.start() as asterisk, running(asterisk.url, owner) as socket:
        await socket.wait_connected(5)
        await asterisk.deliver("callctl", {"type": "ChannelVarset", "variable": "X", "value": "1"})
        await asterisk.deliver("callctl", START)
        await until(lambda: len(owner.events) == 2)
        assert socket.connects == 1


async def test_unknown_and_malformed_messages_are_counted_and_skipped() -> None:
    owner = Owner()
    async with FakeEventServer.start() as asterisk, running(asterisk.url, owner) as socket:
        await socket.wait_connected(5)
        for frame in ('{"type":"PeerStatusChange"}', '{"type":"StasisStart"}', "no json"):
            await asterisk.deliver("callctl", frame)
        await asterisk.deliver("callctl", START)
        await until(lambda: len(owner.events) == 1)
        assert (socket.decoder.unknown, socket.decoder.malformed) == (1, 2)


async def test_a_reconciliation_that_cannot_read_asterisk_is_tried_on_a_new_connection() -> None:
    owner = Owner()
    owner.failures = [AriUnavailable("GET /channels", "gone")]
    async with FakeEventServer.start() as asterisk, running(asterisk.url, owner) as socket:
        await until(lambda: owner.resyncs == 2)
        assert socket.connects == 2


async def test_a_slow_reconciliation_neither_holds_up_events_nor_outlives_its_connection() -> None:
    owner = Owner()
    cancelled: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append("yes")

    async with FakeEventServer.start() as asterisk, running(asterisk.url, owner, resync=slow) as socket:
        await socket.wait_connected(5)
        await asterisk.deliver("callctl", START)
        await until(lambda: len(owner.events) == 1)
        await asterisk.close_owner("callctl")
        await until(lambda: cancelled == ["yes"])
