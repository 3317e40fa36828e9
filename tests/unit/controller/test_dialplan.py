from __future__ import annotations

import asyncio

import pytest

from controller.ari.errors import AriNotFound, AriRefused, AriTimeout
from controller.ari.resources import Channel
from controller.dialplan import Dialplan, is_probe


class SmallAsterisk:
    """Knows which contexts exist, and which channels."""

    def __init__(self, *contexts: str) -> None:
        self.contexts = set(contexts)
        self.channels: set[str] = set()
        self.may_create = True
        self.answers = True

    async def create_channel(self, channel_id: str, endpoint: str, *args: str) -> Channel:
        if not self.may_create:
            raise AriRefused("POST /channels/create", "Allocation failed", 500)
        assert is_probe(args)
        self.channels.add(channel_id)
        return Channel(id=channel_id)

    async def get_variable(self, channel_id: str, variable: str) -> str:
        if not self.answers:
            raise AriTimeout("GET /channels/.../variable", "no answer within 5 s")
        assert channel_id in self.channels
        return str(int(any(variable == f"DIALPLAN_EXISTS({context},s,1)" for context in self.contexts)))

    async def hang_up(self, channel_id: str) -> None:
        if channel_id not in self.channels:
            raise AriNotFound("DELETE /channels/...", "Channel not found")
        self.channels.remove(channel_id)


async def test_a_dialplan_with_the_way_to_the_operators_is_fine_and_nothing_stays_behind() -> None:
    asterisk = SmallAsterisk("transfer-to-operator")
    dialplan = Dialplan(asterisk)
    before = dialplan.why
    await dialplan.look()
    assert before, "unknown is not well"
    assert dialplan.why is None
    assert not asterisk.channels


async def test_a_missing_context_is_told_until_it_is_there() -> None:
    asterisk = SmallAsterisk("incoming")
    dialplan = Dialplan(asterisk)
    await dialplan.look()
    assert "[transfer-to-operator]" in (dialplan.why or "")
    assert not asterisk.channels
    asterisk.contexts.add("transfer-to-operator")
    await dialplan.look()
    assert dialplan.why is None


async def test_operators_who_are_told_first_need_the_ways_on_from_there_and_others_do_not() -> None:
    asterisk = SmallAsterisk("transfer-to-operator", "screen", "summary-accepted")
    dialplan = Dialplan(asterisk)
    await dialplan.look()
    assert "[screen-alone]" in (dialplan.why or "")
    asterisk.contexts.add("screen-alone")
    await dialplan.look()
    assert dialplan.why is None


async def test_an_asterisk_that_does_not_let_us_look_is_told() -> None:
    asterisk = SmallAsterisk("transfer-to-operator")
    asterisk.may_create = False
    dialplan = Dialplan(asterisk)
    await dialplan.look()
    assert dialplan.why
    assert "Allocation failed" in dialplan.why


async def test_an_asterisk_that_does_not_answer_says_nothing_about_its_dialplan_and_keeps_no_channel() -> None:
    asterisk = SmallAsterisk("transfer-to-operator")
    dialplan = Dialplan(asterisk)
    await dialplan.look()
    asterisk.answers = False
    with pytest.raises(AriTimeout):
        await dialplan.look()
    assert dialplan.why is None
    assert not asterisk.channels


async def test_a_look_that_is_cancelled_while_the_channel_is_made_removes_it_all_the_same() -> None:
    class SlowAsterisk(SmallAsterisk):
        """Makes the channel whether or not anybody waits for its answer, as Asterisk does."""

        def __init__(self) -> None:
            super().__init__("transfer-to-operator")
            self.asked, self.ready = asyncio.Event(), asyncio.Event()

        async def create_channel(self, channel_id: str, endpoint: str, *args: str) -> Channel:
            self.asked.set()
            try:
                await self.ready.wait()
            finally:
                self.late = asyncio.get_running_loop().call_soon(self.channels.add, channel_id)
            await asyncio.sleep(0)
            return Channel(id=channel_id)

    asterisk = SlowAsterisk()
    looking = asyncio.create_task(Dialplan(asterisk).look())
    await asterisk.asked.wait()
    looking.cancel()
    asterisk.ready.set()
    await asyncio.wait([looking])
    assert looking.cancelled()
    await asyncio.sleep(0)
    assert not asterisk.channels
