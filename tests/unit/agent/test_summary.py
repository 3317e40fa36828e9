from __future__ import annotations

from agent.errors import ModelFailed, RecognizerFailed, ShopFailed, VoiceFailed
from agent.history import History
from agent.summary import cause_of, summary_of


def test_the_operator_reads_why_and_the_callers_last_words() -> None:
    history = History()
    assert "ще нічого не сказав" in summary_of(history, "stt_failed")
    for text in ("Перше.", "Друге.", "Третє."):
        history.caller_said(text)
    assert summary_of(history) == "Абонент просить оператора. Слова абонента: «Друге. / Третє.»."
    assert "не відповідає мовна модель" in summary_of(history, "model_failed")


def test_a_long_talker_is_cut_short() -> None:
    history = History()
    history.caller_said("слово " * 500)
    assert len(summary_of(history)) < 400


def test_each_failure_has_its_own_cause() -> None:
    failures = (RecognizerFailed(), VoiceFailed(), ModelFailed(), ShopFailed("down"))
    assert [cause_of(failed) for failed in failures] == ["stt_failed", "tts_failed", "model_failed", "agent_failed"]
