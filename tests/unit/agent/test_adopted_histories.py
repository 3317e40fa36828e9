"""A process killed at any millisecond of a talk: what it leaves is what was heard, and the talk that goes on has a true record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.history import CallerSaid, History
from agent.memory import Memory
from agent.outcome import CallerGone, Completed
from agent.prompt.phrases import PHRASES
from agent.records import TurnRecord
from tests.fakes.clock import VirtualTimeLoop
from tests.fakes.services import Part, says, uses
from tests.fakes.talk import FakeTalk, Remains
from tests.unit.agent.wellformed import check_messages, check_record

LONG = "Замовлення оформлено, дякую. Ще є зимові диски, їх беруть найчастіше, бо вони міцні. Також є дешевші, від місцевого виробника."
REPLIES: list[list[Part]] = [
    uses("create_order_draft", "Зараз.", use_id="d", items=[{"tyre_id": "t1", "quantity": 4}], customer_name="Іван"),
    uses("update_order_delivery", use_id="e", order_id="order-1", city="Київ", address="вул. Хрещатик, 1"),
    says("Чотири шини Michelin X-Ice Snow, доставка в Київ, разом 18150 грн. Оформлюємо?"),
    uses("confirm_order", "Оформлюю.", use_id="f", order_id="order-1", payment_method="cod"),
    says(LONG),
    says("Дякую за дзвінок. До побачення!"),
]
LASTS_MS = 29_000
KEPT_MS = 140  # a hundred, and a frame or two


async def order(talk: FakeTalk) -> None:
    """He orders, agrees, interrupts what comes after, and we say goodbye."""
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Чотири зимові шини в Київ")
    await talk.until(lambda: len(talk.model.requests) == 3)
    await talk.agent_is_silent()
    await talk.says("Так, оформлюйте", duration_ms=1_500)
    await talk.until(lambda: len(talk.model.requests) == 5)
    await talk.agent_talks()
    await asyncio.sleep(2.5)
    await talk.makes_noise(300)
    await asyncio.sleep(2.0)
    await talk.says("Ні, дякую")
    assert await talk.outcome() == Completed("goodbye")


@dataclass(frozen=True)
class Death:
    kept: Remains  # what a SIGKILL leaves
    handed: Remains  # what a process leaves that knows that it ends
    history: History  # what stands if the talk is cut in the same instant
    turns: list[TurnRecord]


async def _die(at_ms: int) -> Death:
    talk = FakeTalk(*REPLIES)
    talk.shop.latency_s = 1.0
    try:
        async with asyncio.timeout(at_ms / 1000):
            await order(talk)
    except TimeoutError:
        pass
    kept, handed = talk.killed(), talk.killed(handing_over=True)
    if talk.task is not None:
        talk.task.cancel()
    for _ in range(5):  # no time passes
        await asyncio.sleep(0)
    return Death(kept, handed, talk.history, talk.transcript.turns)


async def _go_on(remains: Remains) -> FakeTalk:
    talk = FakeTalk(*[says("Слухаю вас.") for _ in range(5)], after=remains)
    talk.begin("adopted")
    began_ms = talk.now_ms
    await talk.agent_talks()
    assert talk.now_ms - began_ms <= 300
    await asyncio.sleep(9.0)
    talk.line.hang_up()
    assert isinstance(await talk.outcome(), CallerGone | Completed)
    return talk


def _run(work: Any) -> Any:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work)


def _of(remains: Remains) -> Memory:
    assert remains.memory is not None
    return remains.memory


def _turns(remains: Remains) -> list[TurnRecord]:
    return sorted([*remains.transcript.turns, *_of(remains).going.turns], key=lambda turn: turn.turn_number)


def _whole(memory: Memory) -> History:
    """Without what he had only begun to say."""
    return History(entry for entry in memory.entries if not (isinstance(entry, CallerSaid) and entry.broken))


def _told(history: History) -> list[Any]:
    """What the model is told; not why a tool that is at work has no result yet."""
    messages = history.messages()
    for block in (block for message in messages for block in message["content"] if block.get("is_error")):
        del block["content"]
    return messages


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, LASTS_MS))
def test_what_is_left_is_what_was_heard_and_the_talk_goes_on_with_a_true_record(at_ms: int) -> None:
    death: Death = _run(_die(at_ms))
    if death.kept.memory is None:
        return  # nothing had happened yet
    handed, kept = _of(death.handed), _of(death.kept)

    # A handover leaves exactly what a cut in the same instant would have left.
    assert _whole(handed).said() == death.history.said()
    assert _told(_whole(handed)) == _told(death.history)
    ours = [turn for turn in _turns(death.handed) if turn not in handed.going.turns or turn.speaker == "agent"]
    assert [(turn.turn_number, turn.text, turn.heard_text, turn.heard_ms) for turn in ours] == [
        (turn.turn_number, turn.text, turn.heard_text, turn.heard_ms) for turn in death.turns
    ]

    # A SIGKILL leaves the same but for the last tenth of a second of our speech.
    for then, now in zip(_turns(death.kept), _turns(death.handed), strict=False):
        assert (then.turn_number, then.speaker) == (now.turn_number, now.speaker)
        assert (now.heard_ms or 0) - KEPT_MS <= (then.heard_ms or 0) <= (now.heard_ms or 0)
        assert set((then.heard_text or "").split()) <= set((now.heard_text or "").split())
    assert 0 <= len(_turns(death.handed)) - len(_turns(death.kept)) <= 1
    assert (kept.case.orders, kept.case.changed) == (handed.case.orders, handed.case.changed)
    assert (kept.told.amounts_uah, kept.fillers) == (handed.told.amounts_uah, handed.fillers)

    # So the talk goes on.
    talk: FakeTalk = _run(_go_on(death.kept))
    assert talk.transcript.turns[: len(_turns(death.kept))] == _turns(death.kept)
    assert len({(turn.turn_number, turn.revision) for turn in talk.transcript.revisions}) == len(talk.transcript.revisions)
    check_record(talk)
    for request in talk.model.requests:
        check_messages(request.messages)
    said = History(kept.entries).said()
    assert talk.history.said()[: len(said)] == said
    assert any(PHRASES["adopted"] in (turn.heard_text or "") for turn in talk.transcript.turns)
    assert len(set(talk.shop.writes)) == len(talk.shop.writes)
    assert len({call.tool_use_id for call in talk.transcript.tool_calls}) == len(talk.transcript.tool_calls)
