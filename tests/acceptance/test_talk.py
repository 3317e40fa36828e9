"""A caller talks with the agent: the main job."""

from __future__ import annotations

import pytest

from ops.caller.script import HangUp, Listen, Say, UntilEnd
from ops.standins.phrasebook import phrase
from ops.system import System
from tests.acceptance.floor import Talked, speeches, talk_at_once


@pytest.fixture(scope="module")
def talks(system: System) -> dict[str, Talked]:
    return talk_at_once(
        system,
        {
            "ukrainian": (Listen(), Say("winter_tyres_camry"), Listen(), HangUp()),
            "russian": (Listen(), Say("ru_winter_tyres_camry"), Listen(), HangUp()),
            "goodbye": (Listen(), Say("thanks_bye"), Listen(), UntilEnd()),
        },
    )


def test_a_caller_asks_for_winter_tyres_and_the_agent_searches_and_answers(talks: dict[str, Talked]) -> None:
    log, record = talks["ukrainian"].log, talks["ukrainian"].record
    greeting, answer = speeches(record, "agent")[:2]
    assert "автоматизована система" in greeting["heard_text"]
    assert [turn["text"] for turn in speeches(record, "caller")] == [phrase("winter_tyres_camry").text]
    assert "грн" in answer["heard_text"]
    (tool,) = record.tool_calls
    assert tool["name"] == "search_tires"
    assert tool["arguments"]["season"] == "winter"
    assert tool["success"]
    assert len(log.latencies_ms) == 1
    assert (record.call["outcome"], record.call["ended_by"]) == ("hung_up", "caller")


def test_every_answer_says_how_long_each_stage_took(talks: dict[str, Talked]) -> None:
    answer = speeches(talks["ukrainian"].record, "agent")[1]
    stages = [answer[f"{stage}_ms"] for stage in ("hold", "stt", "model", "tts", "wire", "answer")]
    assert all(stage is not None and 0 <= stage < 10_000 for stage in stages)
    assert answer["answer_ms"] >= answer["hold_ms"]


def test_a_russian_caller_is_understood_and_answered_in_ukrainian(talks: dict[str, Talked]) -> None:
    record = talks["russian"].record
    assert speeches(record, "caller")[0]["language"] == "ru-RU"
    assert record.tool_calls[0]["name"] == "search_tires"
    assert not set("ыэёъ") & set(speeches(record, "agent")[-1]["text"].lower())


def test_after_the_goodbye_the_agent_ends_the_call(talks: dict[str, Talked]) -> None:
    record = talks["goodbye"].record
    assert (record.call["outcome"], record.call["ended_by"]) == ("goodbye", "agent")
