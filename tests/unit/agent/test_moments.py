from __future__ import annotations

import pytest

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.errors import AgentError, ModelFailed, RecognizerFailed, VoiceFailed
from agent.moments import BUDGET_MS, Sounds, Stage, failure, stage


@pytest.mark.parametrize("source", BUDGET_MS)
def test_a_stage_over_its_budget_is_a_warning(source: Stage) -> None:
    assert stage(source, "Passed", BUDGET_MS[source]).level == ""
    assert stage(source, "Passed", BUDGET_MS[source] + 1).level == "warn"


def test_of_a_stage_is_told_what_is_known() -> None:
    assert stage("rtp", "FirstFrame", 7, answer_ms=None).data == {"ms": 7}
    assert stage("rtp", "FirstFrame", 7, answer_ms=900).data == {"ms": 7, "answer_ms": 900}


@pytest.mark.parametrize(
    ("failed", "source"),
    [(RecognizerFailed("x"), "stt"), (VoiceFailed("x"), "tts"), (ModelFailed("x"), "llm"), (AgentError("x"), "tool")],
)
def test_a_failure_says_whose_it_is(failed: AgentError, source: str) -> None:
    told = failure(failed)
    assert (told.source, told.name, told.level, told.text) == (source, type(failed).__name__, "err", "x")


def test_a_sound_is_told_with_its_length() -> None:
    sounds = Sounds()
    began, ended = sounds.heard(SpeechBegan(1_000)), sounds.heard(SpeechEnded(1_800))
    assert began is not None
    assert ended is not None
    assert (began.name, ended.name, ended.data) == ("SpeechBegan", "SpeechEnded", {"sound_ms": 800})


def test_a_line_that_crackles_is_told_of_twice_a_second_and_no_more() -> None:
    sounds = Sounds()
    told = [sounds.heard(event) for at in range(0, 10_000, 100) for event in (SpeechBegan(at), SpeechEnded(at + 60))]
    assert len([one for one in told if one is not None]) == 2 * 20
