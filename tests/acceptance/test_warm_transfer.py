"""An operator is told who calls before he has the caller; whatever he does with that, the caller loses nothing but time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.journal.queries import CallShown
from ops.caller.operator import REFUSE, OperatorPhone
from ops.caller.telephone import Telephone
from tests.acceptance.floor import Floor, eventually, speeches
from tests.acceptance.tape import Tape
from tests.waiting import until

RINGS_WITHIN_S = 60.0
REFUSED_BY_SILENCE_S = 45.0  # two tellings and ten seconds of silence


async def wants_a_human(floor: Floor) -> Telephone:
    """A caller who pressed 0 during the greeting."""
    telephone = await floor.dial()
    await floor.state_is("greeting")
    await telephone.press("0")
    return telephone


class Desks:
    """Both operators' telephones."""

    def __init__(self, picking: dict[asyncio.Task[None], OperatorPhone]) -> None:
        self._picking = picking

    async def next(self) -> OperatorPhone:
        """Whose telephone rings next; he picks it up and hears who calls."""
        done, _ = await asyncio.wait(self._picking, timeout=RINGS_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        (task,) = done
        operator = self._picking.pop(task)
        task.result()
        assert await operator.asked()
        return operator


@asynccontextmanager
async def both(floor: Floor) -> AsyncIterator[Desks]:
    async with asyncio.TaskGroup() as group:
        phones = [await floor.exchange.operator(name) for name in ("op1", "op2")]
        picking = {group.create_task(phone.picked_up(RINGS_WITHIN_S), name=phone.name): phone for phone in phones}
        yield Desks(dict(picking))
        for task in picking:
            task.cancel()


async def test_he_hears_the_summary_while_the_caller_waits_with_music_and_key_1_connects_them(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    telephone = await wants_a_human(floor)
    await operator.picked_up()
    assert await operator.asked()
    assert await floor.exchange.application_of(telephone.channel_id) == "Queue"
    heard = len(telephone.ear.voiced)
    await until(lambda: len(telephone.ear.voiced) > heard + 10)
    await floor.state_is("transferring")

    await operator.press("1")
    await operator.connected()
    await floor.state_is("operator")
    tape = Tape(operator.ear)
    await tape.hears("want_four", telephone.say)
    operator.hang_up()
    await until(lambda: telephone.gone)
    call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"], call["transferred_to_operator"]) == ("transferred", "operator", True)
    assert (call["operator"], call["ended_who"]) == ("op1", "op1")


async def test_one_who_refuses_is_followed_by_the_next(floor: Floor) -> None:
    async with both(floor) as desks:
        telephone = await wants_a_human(floor)
        first = await desks.next()
        await first.press(REFUSE)
        await until(lambda: first.gone)
        other = await desks.next()
        await other.decided()
        await floor.state_is("operator")
        other.hang_up()
        await until(lambda: telephone.gone)


async def test_one_who_hangs_up_while_he_is_told_is_followed_by_the_next(floor: Floor) -> None:
    async with both(floor) as desks:
        telephone = await wants_a_human(floor)
        first = await desks.next()
        first.hang_up()
        other = await desks.next()
        await other.decided()
        await floor.state_is("operator")
        assert not telephone.gone


async def test_a_caller_whom_all_refuse_is_back_with_the_agent_who_offers_a_call_back(floor: Floor) -> None:
    async with both(floor) as desks:
        telephone = await wants_a_human(floor)
        first = await desks.next()
        await first.press(REFUSE)
        await (await desks.next()).press(REFUSE)

        async def told() -> CallShown | None:
            shown = await floor.live_record()
            return shown if shown is not None and any("передзвонити" in turn["text"] for turn in speeches(shown, "agent")) else None

        await eventually(told, "offer to ring back", 30.0)
        assert not telephone.gone


async def test_a_caller_who_gives_up_while_the_operator_is_told_frees_his_phone_at_once(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    telephone = await wants_a_human(floor)
    await operator.picked_up()
    assert await operator.asked()
    await telephone.hang_up()
    await until(lambda: operator.gone)
    call = (await floor.record()).call
    assert (call["outcome"], call["ended_by"]) == ("abandoned", "caller")


async def test_a_controller_that_stops_while_the_operator_presses_his_key_costs_neither_of_them_the_call(floor: Floor) -> None:
    """His key comes in time, or the dialplan asks him anew."""
    operator = await floor.exchange.operator()
    telephone = await wants_a_human(floor)
    await operator.picked_up()
    assert await operator.asked()
    code, _ = await asyncio.gather(floor.stop_controller(), operator.decided())
    assert code == 0
    tape = Tape(telephone.ear)
    await tape.hears("hello", operator.say)
    assert (await floor.record()).call["ended_by"] == "controller"


async def test_one_who_presses_no_key_has_refused_and_the_next_ones_phone_rings(floor: Floor) -> None:
    async with both(floor) as desks:
        await wants_a_human(floor)
        first = await desks.next()
        await until(lambda: first.gone, timeout_s=REFUSED_BY_SILENCE_S)
        other = await desks.next()
        await other.decided()
        await floor.state_is("operator")
