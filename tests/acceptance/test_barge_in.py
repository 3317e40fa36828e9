"""The caller speaks while the agent speaks."""

from __future__ import annotations

import pytest

from ops.caller.script import HangUp, Interrupt, Listen, Say
from ops.system import System
from tests.acceptance.floor import Talked, speeches, talk_at_once

HUSHED_MS = 500  # 100 ms is our share from onset to pause; the rest is Asterisk and a machine under load


@pytest.fixture(scope="module")
def talks(system: System) -> dict[str, Talked]:
    return talk_at_once(
        system,
        {
            "cut": (Listen(), Say("winter_tyres_camry"), Interrupt("stop_wait", after_s=2.0), Listen(), HangUp()),
            "cough": (Listen(), Say("winter_tyres_camry"), Interrupt("cough", after_s=2.0), Listen(), HangUp()),
            "greeting": (Interrupt("winter_tyres_camry", after_s=1.0), Listen(), HangUp()),
        },
    )


def test_words_of_the_caller_cut_the_agent_and_the_history_keeps_what_was_heard(talks: dict[str, Talked]) -> None:
    log, record = talks["cut"].log, talks["cut"].record
    cut = next(turn for turn in speeches(record, "agent") if turn["interrupted"])
    assert cut["heard_text"] != cut["text"]
    assert cut["text"].startswith(cut["heard_text"].rstrip(" .,…"))
    assert [turn["text"] for turn in speeches(record, "caller")][-1] == "Стоп, зачекайте!"
    interruption = log.exchanges[-2]
    assert interruption.hushed_s is not None
    assert 1000 * (interruption.hushed_s - interruption.began_s) < HUSHED_MS


def test_a_cough_pauses_the_agent_who_then_goes_on_where_he_stopped(talks: dict[str, Talked]) -> None:
    log, record = talks["cough"].log, talks["cough"].record
    assert len(speeches(record, "caller")) == 1
    answer = speeches(record, "agent")[1]
    assert not answer["interrupted"]
    assert answer["heard_text"] in (None, answer["text"])
    cough = log.exchanges[-2]
    assert cough.hushed_s is not None, "the agent did not pause"
    assert 1000 * (cough.hushed_s - cough.began_s) < HUSHED_MS
    assert cough.answered_s is not None, "the agent did not go on"


def test_the_greeting_can_be_interrupted(talks: dict[str, Talked]) -> None:
    record = talks["greeting"].record
    greeting, answer = speeches(record, "agent")[:2]
    assert [tool["name"] for tool in record.tool_calls] == ["search_tires"]
    assert greeting["interrupted"]
    assert greeting["text"].startswith(greeting["heard_text"].rstrip(" .,…"))
    assert answer["heard_ms"] > 0
