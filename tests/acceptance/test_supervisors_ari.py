"""Supervisors who work with Asterisk's own interface: user events, answered by what happens and on the caller's channel."""

from __future__ import annotations

import asyncio

import aioari

from tests.acceptance.floor import Floor, eventually, speeches
from tests.acceptance.supervisor import Supervisor

SENTENCE = "Зачекайте, будь ласка, я перевірю для вас наявність на складі."


async def said(floor: Floor) -> None:
    """The agent says what a supervisor wants, and the record says whose words they were."""
    telephone, olha = await floor.dial(), Supervisor(floor)
    number = telephone.number
    await floor.state_is("greeting", number)
    await olha.wishes("say", telephone, text=SENTENCE, cut="yes", reason="he waits")
    await olha.acknowledged(telephone, "say:accepted")

    async def spoken() -> bool:
        record = await floor.live_record(number)
        return record is not None and any(SENTENCE[:20] in turn["text"] for turn in speeches(record, "agent"))

    await eventually(spoken, "the supervisor's sentence as a turn", 30.0)
    await telephone.hang_up()


async def hung_up_with_a_goodbye(floor: Floor) -> None:
    telephone, olha = await floor.dial(), Supervisor(floor)
    await floor.state_is("greeting", telephone.number)
    await olha.wishes("hangup", telephone, goodbye="yes", reason="abusive")
    await telephone.ended()
    call = (await floor.record(telephone.number)).call
    assert (call["outcome"], call["ended_by"]) == ("hung_up", "supervisor")


async def hung_up_at_once(floor: Floor) -> None:
    telephone, olha = await floor.dial(), Supervisor(floor)
    await floor.state_is("greeting", telephone.number)
    await olha.wishes("hangup", telephone)
    await telephone.ended()
    call = (await floor.record(telephone.number)).call
    assert (call["outcome"], call["ended_by"]) == ("hung_up", "supervisor")


async def refused(floor: Floor) -> None:
    """What cannot be done is said, with its reason, and the talk goes on."""
    telephone, olha = await floor.dial(), Supervisor(floor)
    await floor.state_is("greeting", telephone.number)
    await olha.wishes("transfer", telephone, queue="nowhere")
    await olha.acknowledged(telephone, "transfer:queue_unknown")
    await olha.wishes("say", telephone, text="о" * 600)
    await olha.acknowledged(telephone, "say:text_too_long")
    await floor.state_is("greeting", telephone.number)
    await telephone.hang_up()
    assert (await floor.record(telephone.number)).call["outcome"] == "hung_up"


async def test_with_curl_a_supervisor_has_a_sentence_said_hangs_up_and_is_refused_with_a_reason(floor: Floor) -> None:
    async with asyncio.TaskGroup() as group:
        for act in (said, hung_up_with_a_goodbye, hung_up_at_once, refused):
            group.create_task(act(floor), name=act.__name__)


async def test_with_curl_a_caller_is_transferred_and_an_operator_takes_him(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    telephone, olha = await floor.dial(), Supervisor(floor)
    await floor.state_is("greeting")
    await olha.wishes("transfer", telephone, queue="operators", warm="no", reason="angry customer")
    await olha.acknowledged(telephone, "transfer:accepted")
    await operator.answered()
    shown = await floor.state_is("operator")
    assert shown.call["transfer_reason"] == "angry customer"
    await telephone.hang_up()
    assert (await floor.record()).call["outcome"] == "transferred"


async def test_an_independent_ari_client_transfers_and_hangs_up(floor: Floor) -> None:
    """aioari as it comes, with its own connection, as a supervisor's tool might use it."""
    first, second = await floor.dial(), await floor.dial()
    asterisk = floor.system.stack.asterisk
    client = await aioari.connect(asterisk.ari_url + "/", asterisk.supervisor_username, asterisk.supervisor_password)
    try:
        for telephone, wish, variables in ((first, "transfer", {"reason": "by hand"}), (second, "hangup", {})):
            await floor.state_is("greeting", telephone.number)
            source = [f"channel:{telephone.channel_id}"]
            await client.events.userEvent(
                eventName=wish, application="callctl", source=source, variables=variables
            )  # flat: it wraps them itself
    finally:
        await client.close()
    await second.ended()
    assert (await floor.record(second.number)).call["ended_by"] == "supervisor"
    await floor.state_is("transferring", first.number)
    await first.hang_up()
    call = (await floor.record(first.number)).call
    assert (call["outcome"], call["transfer_reason"]) == ("abandoned", "by hand")
