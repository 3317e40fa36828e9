"""Transfers that meet something else: each caller ends up in one place, once, and nothing is left in Asterisk."""

from __future__ import annotations

import asyncio

from audiosocket.audio import SLIN16
from controller.journal.queries import CallShown
from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually
from tests.acceptance.supervisor import Supervisor
from tests.acceptance.test_rude_acts import greeted

SLOW_MS = 8_000


async def abandons(floor: Floor, telephone: Telephone) -> CallShown:
    """The caller reaches the queue and hangs up there; his record."""

    async def queued() -> bool:
        return await floor.exchange.application_of(telephone.channel_id) == "Queue"

    await eventually(queued, "the caller in the queue", 20.0)
    await telephone.hang_up()
    record = await floor.record(telephone.number)
    assert record.call["outcome"] == "abandoned"
    return record


def reason(record: CallShown) -> str:
    return str(record.call["transfer_reason"])


def answers(record: CallShown) -> list[str]:
    """What became of the supervisors' wishes."""
    return [line["data"]["code"] for line in record.events if line["name"] == "Acknowledged"]


async def while_the_agent_speaks(floor: Floor) -> None:
    telephone, olha = await greeted(floor), Supervisor(floor)
    await olha.wishes("transfer", telephone, reason="speaking")
    record = await abandons(floor, telephone)
    assert reason(record) == "speaking"


async def while_a_tool_runs(floor: Floor) -> None:
    telephone, olha = await floor.dial(), Supervisor(floor)
    await Talk(telephone).lead((Listen(), Say("winter_tyres_camry")))
    await floor.state_is("tool", telephone.number)
    await olha.wishes("transfer", telephone, reason="tool")
    record = await abandons(floor, telephone)
    assert reason(record) == "tool"


async def twice_at_once(floor: Floor) -> None:
    telephone, olha, petro = await greeted(floor), Supervisor(floor), Supervisor(floor)
    await asyncio.gather(*(who.wishes("transfer", telephone, reason=f"by {n}") for n, who in enumerate((olha, petro))))
    record = await abandons(floor, telephone)
    assert reason(record) in {"by 0", "by 1"}
    assert answers(record) == ["accepted", "transferring"]


async def on_a_call_that_ends(floor: Floor) -> None:
    telephone, olha = await greeted(floor), Supervisor(floor)
    await asyncio.gather(olha.wishes("transfer", telephone, reason="too late"), telephone.hang_up(), return_exceptions=True)
    call = (await floor.record(telephone.number)).call
    assert (call["outcome"], call["ended_by"]) in {("hung_up", "caller"), ("abandoned", "caller")}


async def against_a_hang_up(floor: Floor) -> None:
    telephone, olha = await greeted(floor), Supervisor(floor)
    await asyncio.gather(olha.wishes("hangup", telephone), olha.wishes("transfer", telephone), return_exceptions=True)
    await telephone.ended()
    call = (await floor.record(telephone.number)).call
    assert call["ended_by"] == "supervisor"
    assert call["outcome"] == "hung_up"


async def against_the_key_0(floor: Floor) -> None:
    telephone, olha = await greeted(floor), Supervisor(floor)
    await asyncio.gather(telephone.press("0"), olha.wishes("transfer", telephone, reason="both"))
    record = await abandons(floor, telephone)
    assert reason(record) in {"both", "key_0"}


async def together_with_the_agent(floor: Floor) -> None:
    """The caller asks for a human, and a supervisor has just decided the same."""
    telephone, olha = await floor.dial(), Supervisor(floor)
    await Talk(telephone).lead((Listen(),))
    await telephone.say(phrase("operator").pcm(SLIN16))
    await floor.state_is("transferring", telephone.number)
    await olha.wishes("transfer", telephone, reason="both")
    record = await abandons(floor, telephone)
    assert reason(record) == "asked"
    assert answers(record) == ["transferring"]


async def test_a_transfer_while_the_agent_speaks_twice_at_once_with_a_key_a_hang_up_and_the_agents_own(floor: Floor) -> None:
    acts = (while_the_agent_speaks, twice_at_once, on_a_call_that_ends, against_a_hang_up, against_the_key_0, together_with_the_agent)
    async with asyncio.TaskGroup() as group:
        for act in acts:
            group.create_task(act(floor), name=act.__name__)


async def test_a_transfer_while_a_tool_runs(floor: Floor) -> None:
    floor.system.standins.control("shop").set(latency_ms=SLOW_MS)
    await while_a_tool_runs(floor)
