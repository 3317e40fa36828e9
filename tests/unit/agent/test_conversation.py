"""Whole talks through the real conversation; only the neighbours are fakes, and time is virtual."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
import structlog

from agent.conversation import Caller
from agent.errors import ModelFailed, RecognizerFailed, ShopFailed, VoiceFailed
from agent.outcome import CallerGone, Completed, HandOff, Outcome
from agent.ports import Heard, ModelRequest, ReplyEnded, TextDelta, ToolUse
from agent.prompt.phrases import PHRASES
from agent.records import AgentState
from tests.fakes.clock import virtual_time
from tests.fakes.desk import CALLER
from tests.fakes.services import FakeModel, Part, Wait, says, uses
from tests.fakes.talk import FakeTalk, sound

LONG = "Є зимові шини Мішлен, їх беруть найчастіше, бо вони тихі й добре тримають ожеледь. Також є дешевші, від місцевого виробника."


@virtual_time
async def test_a_question_is_answered_with_the_help_of_a_tool() -> None:
    talk = FakeTalk(
        uses("search_tires", "Зараз подивлюся.", vehicle_make="Toyota", vehicle_model="Camry", vehicle_year=2019, season="winter"),
        says("Є Michelin за 4500 грн. Підходить?"),
        says("Чудово, дякую за дзвінок. До побачення!"),
    )
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні зимові шини на Камрі")
    await talk.until(lambda: len(talk.model.requests) == 2)
    await talk.agent_is_silent()
    await talk.says("Так, дякую")
    assert await talk.outcome() == Completed("goodbye")

    turns = talk.transcript.turns
    assert [(turn.turn_number, turn.speaker) for turn in turns] == [(1, "agent"), (2, "caller"), (3, "agent"), (4, "caller"), (5, "agent")]
    assert turns[0].heard_text == turns[0].text == PHRASES["greeting"]
    assert turns[2].text == turns[2].heard_text == "Зараз подивлюся. Є Michelin за 4500 грн. Підходить?"
    assert not turns[2].interrupted
    assert turns[2].usage == {"input_tokens": 200, "output_tokens": 20}
    (call,) = talk.transcript.tool_calls
    assert (call.turn_number, call.name, call.success, call.duration_ms) == (3, "search_tires", True, 200)
    assert call.request_id == talk.shop.request_ids[0] != ""
    assert talk.shop.queries[0].vehicle_model == "Camry"
    roles = [message["role"] for message in talk.model.requests[-1].messages]
    assert roles == ["user", "assistant", "user", "assistant", "user", "assistant", "user"]
    assert AgentState.TOOL in talk.transcript.states
    assert talk.transcript.states[0] == AgentState.GREETING
    assert talk.recognizer.open_now == 0


@virtual_time
async def test_what_the_services_log_names_the_call_though_the_callers_sound_arrives_from_outside() -> None:
    talk = FakeTalk(uses("search_tires", "Зараз подивлюся.", season="winter"), says("Є Michelin."))
    seen: list[object] = []

    async def reply(request: ModelRequest) -> AsyncIterator[TextDelta | ToolUse | ReplyEnded]:
        seen.append(structlog.contextvars.get_contextvars().get("call_id"))
        async for part in FakeModel.reply(talk.model, request):
            yield part

    talk.model.reply = reply  # type: ignore[method-assign]

    async def named() -> Outcome:
        structlog.contextvars.bind_contextvars(call_id="call-1")
        return await talk.conversation.run(talk.line, "greeting")

    talk.task = asyncio.create_task(named())
    await talk.agent_is_silent()
    await talk.says("Потрібні зимові шини")
    await talk.until(lambda: len(seen) == 2)
    talk.line.hang_up()
    await talk.outcome()
    assert seen == ["call-1", "call-1"]


@virtual_time
async def test_latencies_are_measured_from_the_last_voiced_frame_to_the_first_frame_sent() -> None:
    talk = FakeTalk(says("Так, звичайно, маємо їх на складі."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("У вас є шини?", duration_ms=1_000, final_after_s=None, interim_after_s=0.5)
    ended_ms = talk.now_ms
    await talk.agent_talks()
    first_ms = talk.line.voiced_at_ms[-1]
    await talk.agent_is_silent()
    latencies = talk.transcript.turns[-1].latencies
    assert latencies.answer_ms == pytest.approx(first_ms - ended_ms, abs=40)
    assert (latencies.hold_ms, latencies.stt_ms, latencies.model_ms, latencies.tts_ms) == (550, 300, 300, 100)
    assert latencies.wire_ms is not None
    assert latencies.wire_ms <= 20
    assert latencies.answer_ms == 550 + 300 + 300 + 100 + latencies.wire_ms
    await _leave(talk)


@virtual_time
async def test_an_interruption_stops_the_speech_at_once_and_the_history_keeps_what_was_heard() -> None:
    talk = FakeTalk(says(LONG), says("Добре, дивлюся дешевші."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(2.0)
    onset_ms = talk.now_ms
    await talk.says("А дешевші є?")
    stopped_ms = [ms for ms in talk.line.voiced_at_ms if ms >= onset_ms][-1]
    assert stopped_ms - onset_ms <= 100
    await talk.until(lambda: len(talk.model.requests) == 2)

    cut = talk.transcript.turns[2]
    assert cut.interrupted
    assert cut.text == LONG
    assert cut.heard_ms == pytest.approx(2_060, abs=60)
    assert cut.heard_ms is not None
    assert cut.heard_text == LONG[: cut.heard_ms // 50].rpartition(" ")[0]
    messages = talk.model.requests[-1].messages
    assert messages[-2] == {"role": "assistant", "content": [{"type": "text", "text": cut.heard_text}]}
    assert messages[-1]["content"][0]["text"] == "А дешевші є?"
    await talk.agent_is_silent()
    assert [turn.turn_number for turn in talk.transcript.turns] == [1, 2, 3, 4, 5]
    await _leave(talk)


@virtual_time
async def test_a_cough_pauses_the_speech_and_it_goes_on_where_it_stopped() -> None:
    talk = FakeTalk(says(LONG))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(1.0)
    onset_ms = talk.now_ms
    await talk.makes_noise(300)
    assert talk.line.paused
    await talk.until(lambda: not talk.line.paused)
    assert talk.now_ms - onset_ms <= 700
    await talk.agent_is_silent()
    gap_ms = max(b - a for a, b in zip(talk.line.voiced_at_ms, talk.line.voiced_at_ms[1:], strict=False) if a >= onset_ms)
    assert 500 <= gap_ms <= 700
    turn = talk.transcript.turns[-1]
    assert (turn.heard_text, turn.interrupted, len(talk.transcript.turns)) == (LONG, False, 3)
    assert turn.heard_ms == sum(len(part) for part in talk.voice.texts[1:]) * 50
    await _leave(talk)


@virtual_time
async def test_a_long_sound_without_words_cuts_and_is_asked_about() -> None:
    talk = FakeTalk(says(LONG))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await talk.makes_noise(1_500)
    assert talk.transcript.turns[-1].interrupted
    await talk.agent_is_silent()
    assert talk.transcript.turns[-1].text == PHRASES["didnt_hear"]
    await _leave(talk)


@virtual_time
async def test_a_silent_caller_is_asked_once_and_then_said_goodbye() -> None:
    talk = FakeTalk()
    talk.begin()
    await talk.agent_is_silent()
    greeted_ms = talk.line.voiced_at_ms[-1]
    await talk.agent_is_silent()
    asked_ms = talk.line.voiced_at_ms[-1]
    assert await talk.outcome() == Completed("silence")
    frames = talk.line.voiced_at_ms
    assert next(ms for ms in frames if ms > greeted_ms) - greeted_ms == pytest.approx(10_000, abs=150)
    assert next(ms for ms in frames if ms > asked_ms) - asked_ms == pytest.approx(10_000, abs=150)
    assert [turn.text for turn in talk.transcript.turns] == [PHRASES["greeting"], PHRASES["still_there"], PHRASES["goodbye_silence"]]


@virtual_time
async def test_a_late_final_corrects_the_record_only() -> None:
    talk = FakeTalk(says("Так, є."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("зимові шини", final_after_s=None)
    await talk.agent_talks()
    talk.hears(Heard("зимові шини на Камрі", final=True, confidence=0.8, language="uk-UA"))
    await talk.agent_is_silent()
    caller = [turn for turn in talk.transcript.revisions if turn.speaker == "caller"]
    assert [(turn.turn_number, turn.revision, turn.text) for turn in caller] == [(2, 1, "зимові шини"), (2, 2, "зимові шини на Камрі")]
    assert caller[1].stt_confidence == 0.8
    assert len(talk.model.requests) == 1
    await _leave(talk)


@virtual_time
async def test_an_interrupted_tool_keeps_its_result() -> None:
    talk = FakeTalk(uses("check_availability", tyre_id="t1"), says("Є вісім штук у Києві."))
    talk.shop.latency_s = 2.0
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Скільки їх є?")
    await talk.until(lambda: talk.shop.request_ids)
    await talk.says("І де саме?")
    await talk.until(lambda: len(talk.model.requests) == 2)
    assert len(talk.shop.request_ids) == 1
    user = talk.model.requests[1].messages[-1]
    assert [block["type"] for block in user["content"]] == ["tool_result", "text"]
    assert json.loads(user["content"][0]["content"][0]["text"])["in_stock_now"] == 8
    assert talk.transcript.tool_calls[0].success
    await talk.agent_is_silent()
    await _leave(talk)


@virtual_time
async def test_the_model_asks_for_a_transfer_and_its_last_words_are_heard_first() -> None:
    talk = FakeTalk(uses("transfer_to_operator", "З'єдную вас з оператором.", reason="просить", summary="Хоче повернути шини."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("З'єднайте з оператором")
    assert await talk.outcome() == HandOff("asked", "Хоче повернути шини.")
    assert talk.transcript.turns[-1].heard_text == "З'єдную вас з оператором."


@virtual_time
async def test_an_empty_reply_after_a_tool_does_not_leave_him_in_silence() -> None:
    talk = FakeTalk(uses("check_availability", "Зараз подивлюся.", tyre_id="T1"), says(""))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Чи є вони?")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    assert talk.transcript.turns[-1].heard_text == f"Зараз подивлюся. {PHRASES['didnt_hear']}"
    await _leave(talk)


@virtual_time
async def test_a_transfer_without_words_is_announced() -> None:
    talk = FakeTalk(uses("transfer_to_operator", reason="просить", summary="Хоче людину."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Людину")
    assert await talk.outcome() == HandOff("asked", "Хоче людину.")
    assert talk.transcript.turns[-1].heard_text == PHRASES["transfer"]


@virtual_time
async def test_after_the_queue_the_talk_goes_on_with_its_history_and_can_be_handed_over_again() -> None:
    transfer = uses("transfer_to_operator", reason="просить", summary="Хоче людину.")
    talk = FakeTalk(transfer, uses("transfer_to_operator", use_id="toolu_2", reason="ще раз", summary="Чекав уже раз."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Людину")
    assert isinstance(await talk.outcome(), HandOff)
    talk.begin("nobody_free")
    await talk.agent_is_silent()
    await talk.says("Спробуйте ще раз")
    assert await talk.outcome() == HandOff("asked", "Чекав уже раз.")
    texts = json.dumps(talk.model.requests[-1].messages, ensure_ascii=False)
    assert PHRASES["nobody_free"] in texts
    assert "Хоче людину." in texts
    assert [turn.turn_number for turn in talk.transcript.turns] == [1, 2, 3, 4, 5, 6]


@virtual_time
async def test_a_broken_recogniser_is_apologised_for_without_the_voice() -> None:
    talk = FakeTalk()
    talk.begin()
    await talk.agent_is_silent()
    spoken = len(talk.voice.texts)
    talk.recognizer.results.put_nowait(RecognizerFailed("stream lost"))
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "stt_failed"
    assert len(talk.voice.texts) == spoken
    assert talk.transcript.turns[-1].heard_text == PHRASES["apology_transfer"]
    assert talk.line.voiced_at_ms[-1] > talk.now_ms - 100


@virtual_time
async def test_a_recogniser_that_cannot_be_opened_is_apologised_for() -> None:
    talk = FakeTalk()
    talk.recognizer.fails_to_open = True
    talk.begin()
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "stt_failed"


@virtual_time
async def test_a_voice_that_fails_in_the_middle_is_apologised_for_with_prerendered_audio() -> None:
    talk = FakeTalk(says(LONG))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await talk.until(lambda: talk.voice.latency_s)
    talk.voice.fails = VoiceFailed("gone")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "tts_failed"
    cut, apology = talk.transcript.turns[-2:]
    assert cut.interrupted
    assert apology.heard_text == PHRASES["apology_transfer"]


@virtual_time
async def test_a_voice_that_fails_at_the_greeting_still_lets_the_caller_hear_an_apology() -> None:
    talk = FakeTalk()
    talk.voice.fails = VoiceFailed("gone")
    talk.begin()
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert [turn.text for turn in talk.transcript.turns] == [PHRASES["apology_transfer"]]


@virtual_time
async def test_a_voice_that_hangs_is_a_failed_voice_before_the_caller_has_waited_four_seconds() -> None:
    talk = FakeTalk()
    talk.voice.latency_s = 100
    talk.begin()
    began_ms = talk.now_ms
    await talk.agent_talks()
    assert talk.now_ms - began_ms < 4_000
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "tts_failed"


@virtual_time
async def test_a_recogniser_that_hangs_while_it_closes_does_not_hold_the_outcome_up() -> None:
    talk = FakeTalk()
    talk.recognizer.closing_s = 100
    talk.begin()
    await talk.agent_is_silent()
    talk.line.hang_up()
    assert await talk.outcome(limit_s=2) == CallerGone()


@virtual_time
async def test_a_failed_model_hands_over_with_the_callers_words() -> None:
    talk = FakeTalk([ModelFailed("529")])
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "model_failed"
    assert "Потрібні шини" in outcome.summary


@virtual_time
async def test_the_wish_for_a_human_is_understood_when_the_model_fails() -> None:
    talk = FakeTalk([ModelFailed("529")])
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Дайте оператора")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "asked"
    assert talk.transcript.turns[-1].heard_text == PHRASES["transfer"]


@virtual_time
async def test_the_wish_for_a_human_is_granted_while_the_model_hangs() -> None:
    talk = FakeTalk([Wait(100)])
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    await talk.agent_is_silent()  # a filler
    await talk.says("Позовите менеджера")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "asked"
    assert len(talk.model.requests) == 1


@virtual_time
async def test_nobody_waits_longer_than_four_seconds_for_a_sound_and_not_for_ever_for_an_answer() -> None:
    talk = FakeTalk([Wait(100)])
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини", final_after_s=None)
    ended_ms = talk.now_ms
    await talk.agent_talks()
    assert talk.line.voiced_at_ms[-1] - ended_ms <= 4_000
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "model_failed"
    assert talk.now_ms - ended_ms < 25_000
    waited = talk.transcript.turns[2]
    fillers = [PHRASES[key] for key in ("filler_1", "filler_2", "filler_3")]
    assert waited.text == " ".join(fillers)
    assert waited.latencies.filler_ms == pytest.approx(550 + 300 + 700 + 100, abs=50)
    assert waited.latencies.answer_ms is None
    assert talk.model.left_early == 1


@virtual_time
async def test_an_answer_that_a_cough_holds_up_is_not_followed_by_a_filler() -> None:
    talk = FakeTalk(says("Добре."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("так")
    await asyncio.sleep(0.52)
    await talk.makes_noise(250)
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    turn = talk.transcript.turns[-1]
    assert (turn.text, turn.heard_text) == ("Добре.", "Добре.")
    await asyncio.sleep(3.0)
    assert talk.voice.texts[-1] == "Добре."
    await _leave(talk)


@virtual_time
async def test_a_slow_answer_follows_the_filler() -> None:
    talk = FakeTalk([Wait(4.0), TextDelta("Ось що я знайшла."), ReplyEnded("end_turn")])
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    turn = talk.transcript.turns[-1]
    assert turn.heard_text == f"{PHRASES['filler_1']} {PHRASES['filler_2']} Ось що я знайшла."
    assert turn.latencies.filler_ms is not None
    assert turn.latencies.answer_ms is not None
    assert turn.latencies.answer_ms > turn.latencies.filler_ms
    await _leave(talk)


@virtual_time
async def test_a_filler_is_heard_while_the_voice_is_slow_with_the_answer() -> None:
    talk = FakeTalk(says("Ось що я знайшла."))
    talk.voice.latencies_s["Ось що я знайшла."] = 3.4
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини", final_after_s=None)
    ended_ms = talk.now_ms
    await talk.agent_talks()
    assert talk.line.voiced_at_ms[-1] - ended_ms <= 4_000
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    turn = talk.transcript.turns[-1]
    assert turn.heard_text == f"{PHRASES['filler_1']} Ось що я знайшла."
    assert turn.latencies.filler_ms is not None
    assert turn.latencies.answer_ms is not None
    filler_length_ms = len(PHRASES["filler_1"]) * 50
    assert turn.latencies.answer_ms >= turn.latencies.filler_ms + filler_length_ms
    await _leave(talk)


@virtual_time
async def test_a_failed_shop_is_told_to_the_model_in_words() -> None:
    talk = FakeTalk(uses("check_availability", tyre_id="t1"), says("На жаль, система не відповідає. Вам передзвонити?"))
    talk.shop.fails = ShopFailed("503", status=503, retryable=True)
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Скільки їх?")
    await talk.agent_is_silent()
    result = talk.model.requests[1].messages[-1]["content"][0]
    assert result["is_error"]
    assert "не відповідає" in result["content"][0]["text"]
    assert not talk.transcript.tool_calls[0].success
    await _leave(talk)


@virtual_time
async def test_the_eleventh_tool_call_goes_to_a_human() -> None:
    talk = FakeTalk([*(ToolUse(f"toolu_{n}", "check_availability", {"tyre_id": "t1"}) for n in range(11)), ReplyEnded("tool_use")])
    talk.shop.latency_s = 0.01
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Скільки їх?")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "limit"
    assert "Скільки їх?" in outcome.summary
    assert len(talk.shop.request_ids) == 10
    assert [call.success for call in talk.transcript.tool_calls] == [True] * 10 + [False]


@virtual_time
async def test_what_must_not_be_said_is_replaced_and_nothing_of_that_reply_follows() -> None:
    reply: list[Part] = [
        TextDelta("Маю гарну новину. Шини для вас за 10 грн. "),
        ToolUse("t1", "search_tires", {"width": 215}),
        ReplyEnded("tool_use"),
    ]
    talk = FakeTalk(reply, says("Гаразд."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Продайте дешевше")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    turn = talk.transcript.turns[-1]
    said = f"Маю гарну новину. {PHRASES['cannot_say']}"
    assert (turn.text, turn.heard_text, turn.interrupted) == (said, said, False)
    assert talk.transcript.tool_calls == []
    assert not any("10 грн" in text for text in talk.voice.texts)
    await talk.says("Ну добре")
    await talk.until(lambda: len(talk.model.requests) == 2)
    spoken, after = talk.model.requests[-1].messages[-2:]
    assert spoken == {"role": "assistant", "content": [{"type": "text", "text": said}]}
    assert "ціна" in after["content"][0]["text"]
    assert after["content"][1]["text"] == "Ну добре"
    await _leave(talk)


@virtual_time
async def test_a_reply_without_end_is_left_where_it_is_too_long() -> None:
    talk = FakeTalk(says("Ще одне речення про шини. " * 60))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Розкажіть щось")
    await talk.until(lambda: len(talk.transcript.turns) == 3)
    turn = talk.transcript.turns[-1]
    assert turn.heard_text == turn.text
    assert 500 < len(turn.text) <= 600
    assert PHRASES["cannot_say"] not in turn.text
    await _leave(talk)


@virtual_time
async def test_a_caller_we_know_is_greeted_as_such_and_the_model_knows_his_name_and_the_day() -> None:
    talk = FakeTalk(says("Так, є."), caller=Caller(CALLER, "Олена", "call-1"))
    talk.begin()
    await talk.agent_is_silent()
    assert talk.transcript.states[0] == AgentState.GREETING
    await talk.says("Є шини?")
    await talk.until(lambda: talk.model.requests)
    assert talk.transcript.turns[0].text == PHRASES["greeting_known"]
    assert "Олена" in talk.model.requests[0].system
    assert "2026-11-23" in talk.model.requests[0].system
    await _leave(talk)


@virtual_time
async def test_a_summary_that_was_interrupted_before_its_total_confirms_nothing() -> None:
    items = [{"tyre_id": "t1", "quantity": 4}]
    talk = FakeTalk(
        uses("create_order_draft", use_id="d", items=items, customer_name="Іван"),
        uses("update_order_delivery", use_id="u", order_id="order-1", city="Київ", address="вул. Хрещатик, 1"),
        says("Отже, чотири шини Michelin X-Ice Snow, доставка в Київ на вулицю Хрещатик, разом 18150 грн. Підтверджуєте?"),
        uses("confirm_order", use_id="c1", order_id="order-1", payment_method="cod"),
        says("Разом 18150 грн за чотири шини, підтверджуєте?"),
        uses("confirm_order", use_id="c2", order_id="order-1", payment_method="cod"),
        says("Готово."),
    )
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Чотири зимові в Київ")
    await talk.until(lambda: "Отже" in " ".join(talk.voice.texts) and talk.line.talking)
    await asyncio.sleep(1.5)
    await talk.says("Так, оформлюйте", duration_ms=1_500)
    await talk.until(lambda: len(talk.transcript.tool_calls) == 3)
    assert ("confirm_order", "order-1") not in talk.shop.writes
    await talk.agent_is_silent()
    await talk.says("Так, оформлюйте")
    await talk.until(lambda: len(talk.transcript.tool_calls) == 4)
    assert talk.shop.writes[-1] == ("confirm_order", "order-1")
    assert [call.success for call in talk.transcript.tool_calls] == [True, True, False, True]
    await talk.agent_is_silent()
    await _leave(talk)


@virtual_time
async def test_a_caller_who_hangs_up_ends_the_talk_and_the_cut_turn_is_recorded() -> None:
    talk = FakeTalk(says(LONG))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(1.0)
    talk.line.hang_up()
    assert await talk.outcome() == CallerGone()
    assert talk.transcript.turns[-1].interrupted
    assert talk.transcript.turns[-1].heard_ms == pytest.approx(1_000, abs=60)


@virtual_time
async def test_cancelling_silences_the_line_at_once_and_records_the_cut_turn() -> None:
    talk = FakeTalk(says(LONG))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Які є шини?")
    await talk.agent_talks()
    await asyncio.sleep(1.0)
    await _cancel(talk)
    turn = talk.transcript.turns[-1]
    assert turn.interrupted
    assert turn.heard_text
    assert turn.heard_text != LONG


@virtual_time
async def test_cancelling_does_not_wait_for_a_tool_but_says_that_it_was_broken_off() -> None:
    talk = FakeTalk(uses("check_availability", tyre_id="t1"))
    talk.shop.latency_s = 15.0
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Скільки їх є?")
    await talk.until(lambda: talk.shop.request_ids)
    assert talk.task is not None
    talk.task.cancel()
    at_ms = talk.now_ms
    with suppress(asyncio.CancelledError):
        await talk.task
    assert talk.now_ms - at_ms <= 20
    (call,) = talk.transcript.tool_calls
    assert not call.success
    assert _tasks_left() == []


@virtual_time
async def test_a_fault_of_ours_is_apologised_for_and_handed_over() -> None:
    talk = FakeTalk()  # asked for a reply it does not have, the model breaks with IndexError
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "agent_failed"
    assert talk.transcript.turns[-1].text == PHRASES["apology_transfer"]
    assert talk.line.voiced_at_ms[-1] > talk.now_ms - 100


@virtual_time
async def test_cancelling_the_apology_for_a_fault_of_ours_silences_it_and_records_what_was_heard() -> None:
    talk = FakeTalk()  # asked for a reply it does not have, the model breaks with IndexError
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    await talk.agent_talks()
    await asyncio.sleep(1.0)
    await _cancel(talk)
    cut = talk.transcript.turns[-1]
    assert (cut.text, cut.interrupted) == (PHRASES["apology_transfer"], True)
    assert cut.heard_ms == pytest.approx(1_000, abs=60)
    assert cut.heard_text
    assert PHRASES["apology_transfer"].startswith(cut.heard_text)
    assert cut.heard_text != PHRASES["apology_transfer"]


async def _greeting(talk: FakeTalk) -> None:
    await talk.agent_talks()


async def _listening(talk: FakeTalk) -> None:
    await talk.agent_is_silent()


async def _hearing(talk: FakeTalk) -> None:
    await talk.agent_is_silent()
    await talk.says("Потрібні шини", final_after_s=None)


async def _thinking(talk: FakeTalk) -> None:
    await talk.agent_is_silent()
    await talk.says("Потрібні шини")
    await talk.until(lambda: talk.model.requests)


async def _filling(talk: FakeTalk) -> None:
    talk.model.latency_s = 10.0
    await _thinking(talk)
    await talk.agent_talks()


async def _synthesising(talk: FakeTalk) -> None:
    talk.voice.latency_s = 2.0
    await _thinking(talk)
    await talk.until(lambda: len(talk.voice.texts) == 2)


async def _speaking(talk: FakeTalk) -> None:
    await _thinking(talk)
    await talk.agent_talks()


async def _held(talk: FakeTalk) -> None:
    await _speaking(talk)
    await talk.makes_noise(200)
    assert talk.line.paused


async def _apologising(talk: FakeTalk) -> None:
    talk.model.replies[0] = [ModelFailed("529")]
    await _thinking(talk)
    await talk.agent_talks()


@pytest.mark.parametrize("reach", [_greeting, _listening, _hearing, _thinking, _filling, _synthesising, _speaking, _held, _apologising])
def test_cancelling_in_any_state_is_silent_at_once_and_leaves_a_true_record(reach: Callable[[FakeTalk], Awaitable[None]]) -> None:
    @virtual_time
    async def talked() -> None:
        talk = FakeTalk(says(LONG))
        talk.begin()
        await reach(talk)
        await _cancel(talk)
        assert not talk.line.paused
        heard_ms = sum(turn.heard_ms or 0 for turn in talk.transcript.turns)
        assert heard_ms == pytest.approx(len(talk.line.voiced_at_ms) * 20, abs=20 * len(talk.transcript.turns))
        assert talk.recognizer.open_now == 0

    talked()


@virtual_time
async def test_a_telephone_that_sends_nothing_in_silence_is_understood_as_well() -> None:
    talk = FakeTalk(says("Так, є."))
    talk.line.stop_sending_in_silence()
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Є шини?", final_after_s=None)
    ended_ms = talk.now_ms
    await talk.agent_talks()
    assert talk.now_ms - ended_ms < 1_500
    await _leave(talk)


@virtual_time
async def test_the_recogniser_gets_all_audio_in_batches_of_100_ms() -> None:
    talk = FakeTalk()
    talk.begin()
    await asyncio.sleep(5.0)
    assert set(talk.recognizer.batches) == {3_200}
    assert talk.recognizer.heard_bytes == pytest.approx(5.0 * 32_000, abs=3_200)
    await _leave(talk)


@virtual_time
async def test_words_that_made_no_sound_for_us_are_answered() -> None:
    talk = FakeTalk(says("Так, є."))
    talk.begin()
    await talk.agent_is_silent()
    talk.hears(Heard("є шини", final=True, confidence=0.7))
    await talk.agent_is_silent()
    assert talk.transcript.turns[1].text == "є шини"
    await _leave(talk)


@virtual_time
async def test_a_caller_who_goes_on_before_the_answer_is_heard_out() -> None:
    talk = FakeTalk(says("Зимові є."), says("Зимові на Камрі є."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Потрібні зимові", final_after_s=0.1)
    await talk.until(lambda: len(talk.model.requests) == 1)
    await talk.says("На Камрі")
    await talk.agent_is_silent()
    assert talk.model.requests[1].messages[-1]["content"] == [
        {"type": "text", "text": "Потрібні зимові"},
        {"type": "text", "text": "На Камрі"},
    ]
    assert [turn.speaker for turn in talk.transcript.turns] == ["agent", "caller", "caller", "agent"]
    assert len(sound(100, talk.line.format)) == 5
    await _leave(talk)


async def _cancel(talk: FakeTalk) -> None:
    """Cancel; from then on the caller hears nothing, and no task is left."""
    assert talk.task is not None
    frames = len(talk.line.voiced_at_ms)
    talk.task.cancel()
    with suppress(asyncio.CancelledError):
        await talk.task
    assert talk.task.cancelled()
    await asyncio.sleep(1.0)
    assert len(talk.line.voiced_at_ms) <= frames
    assert _tasks_left() == []


async def _leave(talk: FakeTalk) -> None:
    talk.line.hang_up()
    assert await talk.outcome() == CallerGone()
    assert _tasks_left() == []


def _tasks_left() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


@virtual_time
async def test_a_tool_that_never_comes_back_ends_with_a_human() -> None:
    talk = FakeTalk(uses("check_availability", tyre_id="t1"))
    talk.shop.latency_s = 100
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Скільки їх?")
    outcome = await talk.outcome()
    assert isinstance(outcome, HandOff)
    assert outcome.why == "agent_failed"


@virtual_time
async def test_thanks_after_our_goodbye_end_the_call_and_are_recorded() -> None:
    talk = FakeTalk(says("Дякую за дзвінок. До побачення!"))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Це все")
    await talk.agent_is_silent()
    await talk.says("Дякую, до побачення")
    assert await talk.outcome() == Completed("goodbye")
    assert talk.transcript.turns[-1].text == "Дякую, до побачення"
    assert len(talk.model.requests) == 1


@virtual_time
async def test_a_decided_transfer_is_made_even_if_its_announcement_is_interrupted() -> None:
    words = "З'єдную вас з оператором, він відповість на всі ваші запитання про повернення шин."
    talk = FakeTalk(uses("transfer_to_operator", words, reason="просить", summary="Повернення."))
    talk.begin()
    await talk.agent_is_silent()
    await talk.says("Хочу повернути шини")
    await talk.agent_talks()
    await talk.until(lambda: talk.transcript.tool_calls)
    await talk.says("Так, добре", final_after_s=None)
    assert await talk.outcome() == HandOff("asked", "Повернення.")
    assert talk.transcript.turns[-1].interrupted


@virtual_time
async def test_the_greeting_can_be_interrupted() -> None:
    talk = FakeTalk(says("Так, є."))
    talk.begin()
    await talk.agent_talks()
    await asyncio.sleep(1.5)
    await talk.says("Є зимові шини?")
    await talk.agent_is_silent()
    greeting, question, answer = talk.transcript.turns
    assert greeting.interrupted
    assert greeting.heard_text is not None
    assert PHRASES["greeting"].startswith(greeting.heard_text)
    assert talk.model.requests[0].messages[1]["content"] == [{"type": "text", "text": greeting.heard_text}]
    assert (question.text, answer.text) == ("Є зимові шини?", "Так, є.")
    await _leave(talk)
