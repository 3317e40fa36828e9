"""What others do to a call behind our back, on the real Asterisk: noticed, followed, cleaned up, and told truthfully."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from ops.caller.sip import sip_call
from ops.caller.telephone import Telephone
from tests.acceptance.floor import Floor, eventually
from tests.acceptance.supervisor import Supervisor
from tests.waiting import until

ELSEWHERE = "elsewhere"


async def greeted(floor: Floor) -> Telephone:
    telephone = await floor.dial()
    await floor.state_is("greeting", telephone.number)
    return telephone


async def ours_in_bridge_of(floor: Floor, telephone: Telephone) -> tuple[str, list[str]]:
    """The call's bridge, and our legs."""
    record = await floor.live_record(telephone.number)
    assert record is not None
    names = await floor.exchange.channels()
    return f"b-{record.call['id']}", [name for name in names if name.startswith("m-")]


async def ended(floor: Floor, telephone: Telephone) -> tuple[str, str]:
    """Outcome and who ended it."""
    call = (await floor.record(telephone.number)).call
    return call["outcome"], call["ended_by"]


async def deleted(floor: Floor) -> tuple[str, str]:
    telephone = await greeted(floor)
    await Supervisor(floor).ari("DELETE", f"/channels/{telephone.channel_id}")
    return await ended(floor, telephone)


async def hung_up_on_the_console(floor: Floor) -> tuple[str, str]:
    telephone = await greeted(floor)
    channel = json.loads(await Supervisor(floor).curl("GET", f"/channels/{telephone.channel_id}"))
    await asyncio.to_thread(floor.system.stack.asterisk.cli, f"channel request hangup {channel['name']}")
    return await ended(floor, telephone)


async def sent_to_the_queue_by_hand(floor: Floor) -> tuple[str, str]:
    telephone = await greeted(floor)
    place = {"context": "transfer-to-operator", "extension": "s", "priority": "1"}
    await Supervisor(floor).ari("POST", f"/channels/{telephone.channel_id}/continue", **place)
    await elsewhere_for_good(floor, telephone)
    assert not telephone.gone
    await telephone.hang_up()
    return await ended(floor, telephone)


async def moved_to_another_application(floor: Floor) -> tuple[str, str]:
    """He stays in our bridge, and nobody tells but StasisEnd: the agent withdraws, and his bridge goes with him."""
    telephone = await greeted(floor)
    async with application(floor):
        await Supervisor(floor).ari("POST", f"/channels/{telephone.channel_id}/move", app=ELSEWHERE)
        await elsewhere_for_good(floor, telephone)
        bridge, _ = await ours_in_bridge_of(floor, telephone)
        here = json.loads(await Supervisor(floor).curl("GET", f"/bridges/{bridge}"))
        assert here["channels"] == [telephone.channel_id]
        await telephone.hang_up()
        return await ended(floor, telephone)


async def elsewhere_for_good(floor: Floor, telephone: Telephone) -> None:
    """Somebody else has him, and not only because a hang-up was told late."""
    await floor.state_is("operator", telephone.number)

    async def settled() -> bool:
        record = await floor.live_record(telephone.number)
        return record is not None and any((line["event"] or {}).get("name") == "settle" for line in record.events)

    await eventually(settled, "the moment in which a late hang-up would have come", 20.0)


@asynccontextmanager
async def application(floor: Floor) -> AsyncIterator[None]:
    """Somebody else's, registered meanwhile."""
    asterisk = floor.system.stack.asterisk
    login = base64.b64encode(f"{asterisk.supervisor_username}:{asterisk.supervisor_password}".encode()).decode()
    url = f"{asterisk.ari_url.replace('http', 'ws', 1)}/ari/events?app={ELSEWHERE}"
    async with connect(url, additional_headers={"Authorization": f"Basic {login}"}, close_timeout=1):
        yield


TOLD = {
    deleted: ("hung_up", "supervisor"),
    hung_up_on_the_console: ("hung_up", "supervisor"),
    sent_to_the_queue_by_hand: ("moved", "caller"),
    moved_to_another_application: ("moved", "caller"),
}
"""Outcome and who ended it, as the record must say."""


async def test_a_caller_taken_away_or_hung_up_by_others_is_followed_and_the_record_says_who(floor: Floor) -> None:
    async with asyncio.TaskGroup() as group:
        acts = {act: group.create_task(act(floor), name=act.__name__) for act in TOLD}
    assert {act: task.result() for act, task in acts.items()} == TOLD


async def test_a_bridge_and_a_leg_deleted_under_the_talk_come_back_and_he_is_spoken_to(floor: Floor) -> None:
    telephone = await greeted(floor)
    bridge, [leg] = await ours_in_bridge_of(floor, telephone)
    olha = Supervisor(floor)
    await olha.ari("DELETE", f"/bridges/{bridge}")

    async def joined_again() -> bool:
        again = await floor.exchange.bridges()
        return bridge in again and set(json.loads(await olha.curl("GET", f"/bridges/{bridge}"))["channels"]) == {telephone.channel_id, leg}

    await eventually(joined_again, "the bridge with both in it", 10.0)
    await olha.ari("DELETE", f"/channels/{leg}")

    async def another_leg() -> bool:
        legs = (await ours_in_bridge_of(floor, telephone))[1]
        return bool(legs) and legs != [leg]

    await eventually(another_leg, "another leg", 10.0)
    heard = len(telephone.ear.voiced)
    await until(lambda: len(telephone.ear.voiced) > heard + 10)
    await telephone.hang_up()
    assert await ended(floor, telephone) == ("hung_up", "caller")


@pytest.mark.timeout(300)  # the first time sipp is fetched
async def test_on_hold_the_agent_is_silent_and_goes_on_when_the_caller_is_back(floor: Floor) -> None:
    number = floor.new_number()
    async with sip_call(floor.system.stack, number=number) as telephone:
        await floor.state_is("greeting", number)
        await until(lambda: telephone.ear.voiced)
        telephone.hold()
        await logged(floor, number, "ChannelHold")
        heard = len(telephone.ear.voiced)
        telephone.unhold()
        await logged(floor, number, "ChannelUnhold")
        await until(lambda: len(telephone.ear.voiced) > heard + 10)
        await telephone.hang_up()
    assert (await floor.record(number)).call["outcome"] == "hung_up"


async def logged(floor: Floor, number: str, name: str) -> None:
    """Wait for a line of the call's flight recorder."""

    async def there() -> bool:
        record = await floor.live_record(number)
        return record is not None and any(line["name"] == name for line in record.events)

    await eventually(there, f"line {name} in the log", 10.0)
