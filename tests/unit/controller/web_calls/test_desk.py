"""What Asterisk knows of a guest is taken away as soon as it need not know it, whatever fails in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from controller.ari.errors import AriUnavailable
from controller.ari.messages import ChannelDestroyed, StasisStart
from controller.ari.resources import Channel
from controller.web_calls.desk import WebCalls
from controller.web_calls.endpoint import Place
from controller.web_calls.guests import CREDENTIAL_S, Guest
from tests.fakes.sip_objects import FakeSipObjects
from tests.waiting import until

PLACE = Place(app="callctl", proxy_address="127.0.0.2")
NEVER_S = 3_600.0  # these tests sweep themselves


class Desk:
    def __init__(self) -> None:
        self.asterisk = FakeSipObjects()
        self.now_s = 100.0
        self.hung_up: list[str] = []
        self.web_calls = self.opened()

    def opened(self) -> WebCalls:
        return WebCalls(self.asterisk, PLACE, calls_max=5, hung_up=self.hung_up.append, clock_s=lambda: self.now_s, sweep_s=NEVER_S)

    def calls(self, guest: Guest, channel_id: str = "c1") -> None:
        """His INVITE reaches our application."""
        self.asterisk.there[channel_id] = guest.user
        channel = Channel(id=channel_id, name=f"PJSIP/{guest.user}-00000001")
        self.web_calls.handle(StasisStart(channel=channel, args=["web", "100"]))

    def channel_ends(self, channel_id: str = "c1") -> None:
        self.asterisk.there.pop(channel_id, None)
        self.web_calls.handle(ChannelDestroyed(channel=Channel(id=channel_id)))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    async with desk.web_calls:
        yield desk
    assert desk.asterisk.objects == {}, "something is left in Asterisk"


async def test_a_guests_password_ends_with_his_call_and_his_endpoint_with_his_channel(desk: Desk) -> None:
    guest = await desk.web_calls.admit()
    assert desk.asterisk.names("auth") == desk.asterisk.names("endpoint") == {guest.user}
    desk.calls(guest)
    await until(lambda: desk.asterisk.names("auth") == set())
    assert desk.asterisk.names("endpoint") == {guest.user}
    desk.channel_ends()
    await until(lambda: not desk.asterisk.objects)


async def test_who_does_not_call_is_swept_away(desk: Desk) -> None:
    await desk.web_calls.admit()
    await desk.web_calls.sweep()
    assert desk.asterisk.objects
    desk.now_s += CREDENTIAL_S
    await desk.web_calls.sweep()
    assert not desk.asterisk.objects


async def test_a_channels_end_that_nobody_told_us_is_noticed_by_the_sweep(desk: Desk) -> None:
    guest = await desk.web_calls.admit()
    desk.calls(guest)
    await desk.web_calls.sweep()
    assert desk.asterisk.names("endpoint") == {guest.user}
    desk.asterisk.there.clear()
    await desk.web_calls.sweep()
    assert not desk.asterisk.objects


async def test_a_lost_socket_is_the_caller_who_hung_up(desk: Desk) -> None:
    guest = await desk.web_calls.admit()
    assert desk.web_calls.connect(guest.token) is guest
    desk.calls(guest)
    await desk.web_calls.disconnected(guest)
    assert desk.hung_up == ["c1"]
    assert desk.asterisk.there == {}
    desk.channel_ends()
    await until(lambda: not desk.asterisk.objects)


async def test_a_socket_that_we_close_because_we_stop_does_not_end_a_talk_with_an_operator(desk: Desk) -> None:
    guest = await desk.web_calls.admit()
    assert desk.web_calls.connect(guest.token) is guest
    desk.calls(guest)
    desk.web_calls.close()
    await desk.web_calls.disconnected(guest)
    assert not desk.hung_up
    assert desk.asterisk.there == {"c1": guest.user}
    desk.channel_ends()
    await until(lambda: not desk.asterisk.objects)


async def test_one_who_is_swept_away_while_his_socket_opens_has_no_more_business_here(desk: Desk) -> None:
    guest = await desk.web_calls.admit()
    assert desk.web_calls.connect(guest.token) is guest
    desk.now_s += CREDENTIAL_S
    await desk.web_calls.sweep()
    async with asyncio.timeout(1):
        await desk.web_calls.over(guest)


async def test_half_a_credential_is_taken_back(desk: Desk) -> None:
    desk.asterisk.refuses_endpoints = True
    with pytest.raises(AriUnavailable):
        await desk.web_calls.admit()
    assert not desk.asterisk.objects
    assert not list(desk.web_calls.guests)


async def test_what_could_not_be_taken_away_is_tried_again_and_opens_no_door_meanwhile(desk: Desk) -> None:
    guest = await desk.web_calls.admit()
    desk.now_s += CREDENTIAL_S
    desk.asterisk.away = True
    with pytest.raises(AriUnavailable):
        await desk.web_calls.sweep()
    await desk.web_calls.disconnected(guest)
    assert desk.web_calls.connect(guest.token) is None
    desk.asterisk.away = False
    await desk.web_calls.sweep()
    assert not desk.asterisk.objects


async def test_asterisk_away_in_the_middle_of_a_credential_leaves_nothing_in_our_books_for_ever(desk: Desk) -> None:
    desk.asterisk.away = True
    with pytest.raises(AriUnavailable):
        await desk.web_calls.admit()
    desk.asterisk.away = False
    await desk.web_calls.sweep()
    assert not list(desk.web_calls.guests)


async def test_a_predecessors_guests_are_taken_over_and_another_controllers_are_not(desk: Desk) -> None:
    predecessor = desk.opened()
    talking, idle = await predecessor.admit(), await predecessor.admit()
    desk.asterisk.there["c1"] = talking.user
    await desk.asterisk.put_sip_object("endpoint", "web-ffffffffffff", {"accountcode": "callctl-2"})
    await desk.asterisk.put_sip_object("endpoint", "op1", {"accountcode": "callctl"})
    await desk.web_calls.reconcile()
    await desk.web_calls.sweep()
    assert desk.asterisk.names("endpoint") == {talking.user, "web-ffffffffffff", "op1"}
    assert idle.user not in desk.asterisk.names("auth")
    desk.channel_ends()
    await until(lambda: desk.asterisk.names("endpoint") == {"web-ffffffffffff", "op1"})
    desk.asterisk.objects.clear()


async def test_other_callers_are_nobodys_guests(desk: Desk) -> None:
    desk.web_calls.handle(StasisStart(channel=Channel(id="c9", name="PJSIP/trunk-00000001"), args=["inbound", "100"]))
    desk.web_calls.handle(StasisStart(channel=Channel(id="c9", name="PJSIP/web-ffffffffffff-00000001"), args=["web", "100"]))
    desk.channel_ends("c9")
    assert not list(desk.web_calls.guests)
