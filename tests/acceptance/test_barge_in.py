"""The caller speaks while the agent speaks."""

from __future__ import annotations

from ops.caller.script import HangUp, Interrupt, Listen, Say
from tests.acceptance.floor import Floor, speeches

HUSHED_MS = 500  # 100 ms is our share from onset to pause; the rest is Asterisk and a machine under load


async def test_words_of_the_caller_cut_the_agent_and_the_history_keeps_what_was_heard(floor: Floor) -> None:
    _, log = await floor.talk((Listen(), Say("winter_tyres_camry"), Interrupt("stop_wait", after_s=2.0), Listen(), HangUp()))
    record = await floor.record()

    cut = next(turn for turn in speeches(record, "agent") if turn["interrupted"])
    assert cut["heard_text"] != cut["text"]
    assert cut["text"].startswith(cut["heard_text"].rstrip(" .,…"))
    assert [turn["text"] for turn in speeches(record, "caller")][-1] == "Стоп, зачекайте!"
    interruption = log.exchanges[-2]
    assert interruption.hushed_s is not None
    assert 1000 * (interruption.hushed_s - interruption.began_s) < HUSHED_MS


async def test_a_cough_pauses_the_agent_who_then_goes_on_where_he_stopped(floor: Floor) -> None:
    await floor.talk((Listen(), Say("winter_tyres_camry"), Interrupt("cough", after_s=2.0), Listen(), HangUp()))
    record = await floor.record()

    assert len(speeches(record, "caller")) == 1
    answer = speeches(record, "agent")[1]
    assert not answer["interrupted"]
    assert answer["heard_text"] in (None, answer["text"])


async def test_the_greeting_can_be_interrupted(floor: Floor) -> None:
    await floor.talk((Interrupt("winter_tyres_camry", after_s=1.0), Listen(), HangUp()))
    record = await floor.record()
    greeting = speeches(record, "agent")[0]
    assert greeting["interrupted"]
    assert record.tool_calls[0]["name"] == "search_tires"
