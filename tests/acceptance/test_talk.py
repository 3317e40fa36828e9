"""A caller talks with the agent: the main job."""

from __future__ import annotations

from ops.caller.script import HangUp, Listen, Say, UntilEnd
from tests.acceptance.floor import Floor, speeches


async def test_a_caller_asks_for_winter_tyres_and_the_agent_searches_and_answers(floor: Floor) -> None:
    _, log = await floor.talk((Listen(), Say("winter_tyres_camry"), Listen(), HangUp()))
    record = await floor.record()

    greeting, answer = speeches(record, "agent")[:2]
    assert "автоматизована система" in greeting["heard_text"]
    assert [turn["text"] for turn in speeches(record, "caller")] == ["Добрий день, мені потрібні зимові шини на Тойоту Камрі"]
    assert "грн" in answer["heard_text"]
    (tool,) = record.tool_calls
    assert tool["name"] == "search_tires"
    assert tool["arguments"]["season"] == "winter"
    assert tool["success"]
    assert len(log.latencies_ms) == 1
    assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")


async def test_a_russian_caller_is_understood_and_answered_in_ukrainian(floor: Floor) -> None:
    await floor.talk((Listen(), Say("ru_winter_tyres_camry"), Listen(), HangUp()))
    record = await floor.record()
    assert speeches(record, "caller")[0]["language"] == "ru-RU"
    assert record.tool_calls[0]["name"] == "search_tires"
    assert "ы" not in speeches(record, "agent")[-1]["text"]


async def test_after_the_goodbye_the_agent_ends_the_call(floor: Floor) -> None:
    await floor.talk((Listen(), Say("thanks_bye"), Listen(), UntilEnd()))
    record = await floor.record()
    assert (record.call["outcome"], record.call["ended_by"]) == ("goodbye", "agent")


async def test_every_turn_says_how_long_each_stage_took(floor: Floor) -> None:
    await floor.talk((Listen(), Say("winter_tyres"), Listen(), HangUp()))
    answer = speeches(await floor.record(), "agent")[1]
    stages = [answer[f"{stage}_ms"] for stage in ("hold", "stt", "model", "tts", "wire", "answer")]
    assert all(stage is not None and 0 <= stage < 10_000 for stage in stages)
    assert answer["answer_ms"] >= answer["hold_ms"]
