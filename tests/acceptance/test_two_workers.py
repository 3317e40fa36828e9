"""Two controllers on one Asterisk: a supervisor under the plain name reaches whoever has the call; one that dies takes nobody with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from ops.system import Controller, System
from ops.workers import FRONT, open_workers
from tests.acceptance.floor import Floor, eventually
from tests.waiting import until

NAMES = ("callctl-1", "callctl-2")


@dataclass
class Workers:
    floor: Floor
    ari: httpx.AsyncClient
    controllers: dict[str, Controller]

    async def wish(self, channel: str, event: str, **variables: str) -> None:
        """As a supervisor with curl."""
        answer = await self.ari.post(
            f"/events/user/{event}", params={"application": FRONT, "source": f"channel:{channel}"}, json={"variables": variables}
        )
        assert answer.status_code == 204, answer.text

    async def holder(self) -> str:
        """Which of them holds the plain name."""

        async def beaten() -> str | None:
            if (await self.ari.get(f"/applications/{FRONT}")).status_code != 200:
                return None
            value = (await self.ari.get("/asterisk/variable", params={"variable": "CALLCTL_FRONT"})).json().get("value", "")
            return value.partition(" ")[0] or None

        return await eventually(beaten, "holder of the plain name", 15.0)

    async def kill(self, name: str) -> None:
        await asyncio.to_thread(self.controllers[name].kill)


@pytest.fixture
async def workers(floor: Floor, system: System) -> AsyncIterator[Workers]:
    """Instead of the one controller of other tests."""
    await floor.stop_controller()
    asterisk, opening = system.stack.asterisk, open_workers(system, len(NAMES))
    auth = (asterisk.ari_username, asterisk.ari_password)
    started = await asyncio.to_thread(opening.__enter__)
    try:
        async with httpx.AsyncClient(base_url=f"{asterisk.ari_url}/ari", auth=auth, timeout=5) as ari:
            yield Workers(floor, ari, started)
    finally:
        await floor.hang_up_all()  # a controller that is told to end waits for its talks
        await asyncio.to_thread(opening.__exit__, None, None, None)


@pytest.mark.timeout(240)
async def test_supervisors_reach_every_call_under_the_plain_name_also_after_its_holder_was_killed(workers: Workers, floor: Floor) -> None:
    holder = await workers.holder()
    other = next(name for name in NAMES if name != holder)
    calls = {}
    for _ in NAMES:  # new calls go to them in turn, when the one before has arrived
        telephone = await floor.dial()
        calls[(await floor.state_is("greeting")).call["app"]] = (telephone, floor.numbers[-1])
    assert sorted(calls) == list(NAMES)

    telephone, number = calls[other]
    await workers.wish(telephone.channel_id, "transfer", reason="vip")
    assert (await floor.state_is("transferring", number)).call["transfer_reason"] == "vip"

    operator = await floor.exchange.operator()
    await workers.kill(holder)
    await operator.answered()  # told by the one who has the call, whoever holds the name
    await floor.state_is("operator", number)

    async def taken() -> bool:
        return await workers.holder() == other

    await eventually(taken, "take-over of the plain name", 15.0)
    await workers.wish(telephone.channel_id, "hangup")
    await until(lambda: telephone.gone)
    call = (await floor.record(number)).call
    assert (call["outcome"], call["ended_by"]) == ("transferred", "supervisor")

    third = await floor.dial()  # to the one that is gone, or to the one that is not: it makes no difference to him
    fourth = await floor.dial()
    for new in floor.numbers[-2:]:
        assert (await floor.state_is("greeting", new)).call["app"] == other
    for one in (third, fourth, calls[holder][0]):
        await one.hang_up()
    await asyncio.to_thread(workers.controllers[holder].start)  # writes down what it left

    async def tidied() -> bool:
        return not await floor.exchange.channels() and not await floor.exchange.bridges()

    await eventually(tidied, "end of what the dead one left", 20.0)  # it is ready for calls before that
