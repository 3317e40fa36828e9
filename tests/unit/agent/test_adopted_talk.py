"""A talk whose process is killed, at any moment, goes on in another process: with what was heard, numbered on, and nothing done twice."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.case import Said
from agent.conversation import Caller
from agent.errors import ModelFailed
from agent.outcome import CallerGone, Completed, HandOff
from agent.ports import Heard
from agent.prompt.phrases import FILLERS, PHRASES
from agent.records import TurnRecord
from agent.settings import AgentSettings
from tests.fakes.clock import VirtualTimeLoop
from tests.fakes.services import Part, Wait, says, uses
from tests.fakes.talk import FakeTalk, Remains

APOLOGY = PHRASES["adopted"]
LONG = "Є зимові шини Мішлен, їх беруть найчастіше, бо вони тихі й добре тримають ожеледь. Також є дешевші, від місцевого виробника."
BYE = "Дякую за дзвінок. До побачення!"
SUMMARY = "Чотири шини Michelin X-Ice Snow, доставка в Київ, разом 18150 грн. Оформлюємо?"
ITEMS = [{"tyre_id": "t1", "quantity": 4}]

Script = Callable[[FakeTalk], Awaitable[None]]


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work())  # type: ignore[arg-type]


def killed(
    script: Script,
    *replies: list[Part],
    at_s: float | None = None,
    after: Remains | None = None,
    settings: AgentSettings | None = None,
    handing_over: bool = False,
) -> Remains:
    """The talk of *script* until its end or *at_s* of it, and then its process is gone: nothing it does any more reaches anybody."""

    async def work() -> Remains:
        talk = FakeTalk(*replies, after=after, settings=settings)
        talk.shop.latency_s = 1.0
        try:
            async with asyncio.timeout(at_s):
                await script(talk)
        except TimeoutError:
            pass
        return talk.killed(handing_over=handing_over)

    remains: Remains = run(work)
    return remains


def adopted(
    remains: Remains,
    script: Script,
    *replies: list[Part],
    caller: Caller | None = None,
    settings: AgentSettings | None = None,
    said_frames: int = 0,
) -> FakeTalk:
    """Another process goes on with it; *said_frames* of the apology were said while there was none."""

    async def work() -> FakeTalk:
        talk = FakeTalk(*replies, after=remains, caller=caller, settings=settings)
        talk.shop.latency_s = 0.2
        talk.line.said_frames = said_frames
        talk.begin("adopted")
        await script(talk)
        if talk.task is not None and not talk.task.done():
            talk.line.hang_up()
            assert await talk.outcome() == CallerGone()
        return talk

    talk: FakeTalk = run(work)
    return talk


async def greeted(talk: FakeTalk) -> None:
    talk.begin()
    await talk.agent_is_silent()


async def asked(talk: FakeTalk) -> None:
    await greeted(talk)
    await talk.says("Які є шини?")


async def is_answered(talk: FakeTalk) -> None:
    """He hears the apology, then the answer, and listens to its end."""
    await talk.until(lambda: talk.model.requests and not talk.model.replies)
    await talk.agent_is_silent()
    await talk.until(lambda: talk.transcript.states[-1] == "listening")


async def listens(talk: FakeTalk) -> None:
    await talk.agent_is_silent()
    await asyncio.sleep(3.0)


def agents(talk: FakeTalk) -> list[TurnRecord]:
    return [turn for turn in talk.transcript.turns if turn.speaker == "agent"]


def texts(request: Any) -> str:
    return json.dumps(request.messages, ensure_ascii=False)


# What it goes on with


def test_a_caller_who_had_no_answer_yet_is_answered_behind_an_apology() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: talk.model.requests)

    talk = adopted(killed(script, [Wait(5)]), is_answered, says("Так, є."))
    assert [turn.turn_number for turn in talk.transcript.turns] == [1, 2, 3]
    assert agents(talk)[-1].heard_text == f"{APOLOGY} Так, є."
    (request,) = talk.model.requests
    assert request.messages[-1]["role"] == "user"
    assert "Які є шини?" in texts(request)
    assert "відповіді абонент ще не чув" in texts(request)


def test_the_answer_is_made_while_the_apology_is_heard() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: talk.model.requests)

    talk = adopted(killed(script, [Wait(5)]), is_answered, says("Так, є."))
    gaps = [after - before for before, after in itertools.pairwise(talk.line.voiced_at_ms)]
    assert max(gaps) <= 60


def test_an_answer_that_was_cut_is_gone_on_with_from_where_it_was_heard() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.agent_talks()
        await asyncio.sleep(3.0)

    talk = adopted(killed(script, says(LONG)), is_answered, says("Також є дешевші."))
    cut = talk.transcript.turns[2]
    assert (cut.turn_number, cut.text, cut.interrupted) == (3, LONG, True)
    assert cut.heard_text
    assert LONG.startswith(cut.heard_text)
    assert cut.heard_ms == pytest.approx(3_000, abs=150)
    assert [turn.turn_number for turn in talk.transcript.revisions] == [1, 2, 3, 4]
    (request,) = talk.model.requests
    assert [message["role"] for message in request.messages] == ["user", "assistant", "user", "assistant", "user"]
    assert request.messages[3]["content"] == [{"type": "text", "text": cut.heard_text}]
    mark = request.messages[4]["content"][0]["text"]
    assert cut.heard_text[-20:] in mark
    assert "продовж" in mark


@pytest.mark.parametrize("said_frames", [0, 20, 10_000])
def test_a_slow_model_is_covered_by_fillers_and_one_that_hangs_by_a_human(said_frames: int) -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: talk.model.requests)

    async def waits(talk: FakeTalk) -> None:
        assert isinstance(await talk.outcome(), HandOff)

    talk = adopted(killed(script, [Wait(5)]), waits, [Wait(100)], said_frames=said_frames)
    assert max(after - before for before, after in itertools.pairwise(talk.line.voiced_at_ms)) <= 4_000
    assert sum(PHRASES[key] in agents(talk)[-2].text for key in FILLERS) == 3


def test_a_tool_that_was_at_work_is_worked_again_before_the_model_is_asked() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: talk.shop.request_ids)

    remains = killed(script, uses("check_availability", "Зараз подивлюся.", use_id="toolu_7", tyre_id="t1"))
    talk = adopted(remains, is_answered, says("Є вісім штук у Києві."))
    (call,) = talk.transcript.tool_calls
    assert (call.tool_use_id, call.success) == ("toolu_7", True)
    assert call.turn_number == agents(talk)[-1].turn_number
    (request,) = talk.model.requests
    blocks = [block for message in request.messages for block in message["content"]]
    (result,) = [block for block in blocks if block["type"] == "tool_result"]
    assert result["tool_use_id"] == "toolu_7"
    assert json.loads(result["content"][0]["text"])["in_stock_now"] == 8
    assert len([entry for entry in talk.ledger.entries(call_id="call-1") if entry.stage == "used"]) <= 1


def test_a_tool_that_he_interrupted_is_worked_again_when_he_is_answered() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: talk.shop.request_ids)
        await talk.says("І де саме?", duration_ms=400)

    talk = adopted(killed(script, uses("check_availability", tyre_id="t1")), is_answered, says("У Києві."))
    assert [call.success for call in talk.transcript.tool_calls] == [True]
    user = talk.model.requests[0].messages[-1]["content"]
    assert [block["type"] for block in user] == ["tool_result", "text", "text"]
    assert "І де саме?" in user[1]["text"]


def test_a_transfer_that_was_decided_is_carried_out() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: talk.transcript.tool_calls)

    async def is_transferred(talk: FakeTalk) -> None:
        assert await talk.outcome() == HandOff("asked", "Хоче людину.")

    replies = uses("transfer_to_operator", "З'єдную вас з оператором.", reason="просить", summary="Хоче людину.")
    talk = adopted(killed(script, replies), is_transferred)
    assert agents(talk)[-1].heard_text == f"{APOLOGY} {PHRASES['transfer']}"
    assert talk.model.requests == []


def test_last_words_that_were_cut_are_said_anew() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.agent_talks()
        await asyncio.sleep(0.5)

    async def is_transferred(talk: FakeTalk) -> None:
        outcome = await talk.outcome()
        assert isinstance(outcome, HandOff)
        assert outcome.why == "model_failed"

    talk = adopted(killed(script, [ModelFailed("529")]), is_transferred)
    assert agents(talk)[-1].heard_text == f"{APOLOGY} {PHRASES['transfer']}"


def test_a_greeting_that_was_cut_is_said_again_and_whole() -> None:
    async def script(talk: FakeTalk) -> None:
        talk.begin()
        await talk.agent_talks()
        await asyncio.sleep(1.0)

    talk = adopted(killed(script), listens)
    cut, again = talk.transcript.turns
    assert (cut.interrupted, again.interrupted) == (True, False)
    assert again.heard_text == f"{APOLOGY} {PHRASES['greeting']}"
    assert talk.transcript.states[-2:] == ["greeting", "listening"]


@pytest.mark.parametrize("name", [None, "Олена"])
def test_one_who_had_heard_nothing_is_greeted(name: str | None) -> None:
    async def nothing(talk: FakeTalk) -> None:
        pass

    talk = adopted(killed(nothing), listens, caller=Caller("+380671112233", name, "call-1"))
    assert agents(talk)[-1].heard_text == f"{APOLOGY} {PHRASES['greeting_known' if name else 'greeting']}"


def test_when_nothing_was_going_on_it_listens_after_the_apology() -> None:
    async def script(talk: FakeTalk) -> None:
        await greeted(talk)
        await asyncio.sleep(2.0)

    async def asks(talk: FakeTalk) -> None:
        await listens(talk)
        await talk.says("Є шини?")
        await is_answered(talk)

    talk = adopted(killed(script), asks, says("Так."))
    assert [turn.text for turn in talk.transcript.turns] == [PHRASES["greeting"], APOLOGY, "Є шини?", "Так."]
    assert not any(turn.interrupted for turn in talk.transcript.turns)


def test_silence_is_asked_about_and_not_doubled_by_the_apology() -> None:
    async def script(talk: FakeTalk) -> None:
        await greeted(talk)
        await talk.agent_talks()  # "ви ще на лінії?"

    talk = adopted(killed(script, handing_over=True), listens)
    assert agents(talk)[-1].text == APOLOGY


def test_after_our_goodbye_the_call_ends_and_does_not_begin_again() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.agent_is_silent()
        await asyncio.sleep(0.3)

    async def leaves(talk: FakeTalk) -> None:
        assert await talk.outcome() == Completed("goodbye")

    talk = adopted(killed(script, says(BYE)), leaves)
    assert [turn.text for turn in agents(talk)] == [PHRASES["greeting"], BYE, APOLOGY]


def test_one_who_has_said_goodbye_as_well_is_not_kept_on_the_line() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.agent_is_silent()
        talk.recognizer.closing_s = 0.5
        await talk.says("Дякую, до побачення", duration_ms=600)
        await talk.until(lambda: len(talk.transcript.turns) == 4)

    async def leaves(talk: FakeTalk) -> None:
        assert await talk.outcome() == Completed("goodbye")

    assert adopted(killed(script, says(BYE), handing_over=True), leaves).model.requests == []


def test_one_who_was_objecting_to_our_goodbye_is_answered() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.agent_is_silent()
        await talk.makes_noise(400)
        talk.hears(Heard("Зачекайте", final=False))
        await talk.makes_noise(200)

    assert agents(adopted(killed(script, says(BYE)), is_answered, says("Слухаю.")))[-1].heard_text == f"{APOLOGY} Слухаю."


def test_what_he_had_begun_to_say_is_recorded_and_answered_and_the_model_knows_that_it_broke_off() -> None:
    async def script(talk: FakeTalk) -> None:
        await greeted(talk)
        await talk.makes_noise(400)
        talk.hears(Heard("Мені потрібні зимові", final=False))
        await talk.makes_noise(300)

    talk = adopted(killed(script), is_answered, says("Які саме?"))
    turn = talk.transcript.turns[1]
    assert (turn.turn_number, turn.speaker, turn.text) == (2, "caller", "Мені потрібні зимові")
    assert "Мені потрібні зимові (зв'язок урвався" in texts(talk.model.requests[0])
    assert talk.history.said()[1] == Said("caller", "Мені потрібні зимові", broken=True)


def test_digits_that_he_had_typed_are_not_lost() -> None:
    async def script(talk: FakeTalk) -> None:
        await greeted(talk)
        talk.line.press("0671")
        await asyncio.sleep(0.5)

    talk = adopted(killed(script), is_answered, says("Слухаю."))
    assert talk.transcript.turns[1].text == "(набрано на клавіатурі) 0671"


def test_what_he_murmurs_while_he_listens_is_no_turn_of_his() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.agent_talks()
        await asyncio.sleep(2.0)
        await talk.makes_noise(300)
        talk.hears(Heard("ага", final=True))
        await asyncio.sleep(0.1)

    talk = adopted(killed(script, says(LONG)), is_answered, says("Також є дешевші."))
    assert [turn.text for turn in talk.transcript.turns if turn.speaker == "caller"] == ["Які є шини?"]


def test_a_supervisors_words_are_said_to_their_end() -> None:
    words = "Для вас ціна 3900 грн за шину, і доставка в подарунок, лише сьогодні."

    async def script(talk: FakeTalk) -> None:
        await greeted(talk)
        assert talk.conversation.say(words, by="Олена", cut=False)
        assert talk.conversation.say("І ще одне.", by="Ірина", cut=False)
        await talk.agent_talks()
        await asyncio.sleep(1.0)

    async def hears(talk: FakeTalk) -> None:
        await talk.until(lambda: len(talk.transcript.turns) == 5)

    talk = adopted(killed(script), hears)
    said = [(turn.prompted_by, turn.text, turn.interrupted) for turn in agents(talk)[1:]]
    assert said == [("Олена", words, True), ("", APOLOGY, False), ("Олена", words, False), ("Ірина", "І ще одне.", False)]


def test_a_price_that_a_supervisor_named_may_still_be_said() -> None:
    async def script(talk: FakeTalk) -> None:
        await greeted(talk)
        talk.conversation.say("Для вас ціна 3900 грн за шину.", by="Олена", cut=False)
        await talk.agent_is_silent()

    async def asks(talk: FakeTalk) -> None:
        await listens(talk)
        await talk.says("Точно?")
        await is_answered(talk)

    talk = adopted(killed(script), asks, says("Так, 3900 грн."))
    assert agents(talk)[-1].heard_text == "Так, 3900 грн."


def test_on_hold_it_waits_with_the_apology_until_he_is_back() -> None:
    async def script(talk: FakeTalk) -> None:
        await greeted(talk)
        talk.conversation.hold(True)
        await asyncio.sleep(1.0)

    async def comes_back(talk: FakeTalk) -> None:
        await asyncio.sleep(5.0)
        assert not talk.line.voiced_at_ms
        talk.conversation.hold(False)
        await talk.agent_is_silent()

    assert agents(adopted(killed(script), comes_back))[-1].heard_text == APOLOGY


def test_a_second_death_while_the_talk_goes_on_loses_nothing_either() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.agent_talks()
        await asyncio.sleep(3.0)

    async def goes_on(talk: FakeTalk) -> None:
        talk.begin("adopted")
        await asyncio.sleep(1.0)  # the apology sounds

    first = killed(script, says(LONG))
    second = killed(goes_on, [Wait(5)], after=first)
    talk = adopted(second, is_answered, says("Також є дешевші."))
    assert [turn.turn_number for turn in talk.transcript.revisions] == [1, 2, 3, 4, 5]
    heard = [turn.heard_text for turn in agents(talk)[1:]]
    assert heard[0] is not None
    assert LONG.startswith(heard[0])
    assert heard[1] is not None
    assert APOLOGY.startswith(heard[1])
    assert heard[2] == f"{APOLOGY} Також є дешевші."


def test_the_filler_that_was_said_last_is_not_said_again_at_once() -> None:
    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: PHRASES["filler_1"] in talk.voice.texts)

    async def waits(talk: FakeTalk) -> None:
        await talk.until(lambda: any(PHRASES[key] in talk.voice.texts for key in FILLERS))

    talk = adopted(killed(script, [Wait(50)]), waits, [Wait(50)])
    assert PHRASES["filler_1"] not in talk.voice.texts


# Writes, consent, limits


async def drafted(talk: FakeTalk) -> None:
    await greeted(talk)
    await talk.says("Чотири зимові шини в Київ")
    await talk.until(lambda: len(talk.model.requests) == 3)


DRAFT = uses("create_order_draft", use_id="d", items=ITEMS, customer_name="Іван")
DELIVER = uses("update_order_delivery", use_id="e", order_id="order-1", city="Київ", address="вул. Хрещатик, 1")
CONFIRM = uses("confirm_order", use_id="f", order_id="order-1", payment_method="cod")


async def agrees(talk: FakeTalk, words: str = "Так, оформлюйте") -> None:
    await listens(talk)
    await talk.says(words)
    await is_answered(talk)


def confirmations(talk: FakeTalk) -> list[tuple[str, str]]:
    return [write for write in talk.shop.writes if write[0] == "confirm_order"]


def test_an_order_that_was_drafted_before_can_be_confirmed_after() -> None:
    async def script(talk: FakeTalk) -> None:
        await drafted(talk)
        await talk.agent_is_silent()
        await asyncio.sleep(0.5)

    talk = adopted(killed(script, DRAFT, DELIVER, says(SUMMARY)), agrees, CONFIRM, says("Оформлено."))
    assert confirmations(talk) == [("confirm_order", "order-1")]


def test_a_bare_yes_to_the_apology_is_no_yes_to_the_order() -> None:
    async def script(talk: FakeTalk) -> None:
        await drafted(talk)
        await talk.agent_is_silent()
        await asyncio.sleep(0.5)

    async def murmurs(talk: FakeTalk) -> None:
        await agrees(talk, "Ага")

    talk = adopted(killed(script, DRAFT, DELIVER, says(SUMMARY)), murmurs, CONFIRM, says("Оформлюємо?"))
    assert confirmations(talk) == []


def test_a_total_that_was_not_heard_before_the_break_does_not_count_as_heard() -> None:
    async def script(talk: FakeTalk) -> None:
        await drafted(talk)
        await talk.agent_talks()
        await asyncio.sleep(1.5)  # of 3.9: before the total

    async def barges_in(talk: FakeTalk) -> None:
        await talk.agent_talks()
        await talk.says("Так, оформлюйте")
        await talk.until(lambda: talk.transcript.tool_calls[-1].name == "confirm_order")

    talk = adopted(killed(script, DRAFT, DELIVER, says(SUMMARY)), barges_in, [Wait(5)], CONFIRM, [Wait(5)])
    assert confirmations(talk) == []
    assert not talk.transcript.tool_calls[-1].success


def test_a_yes_in_which_we_broke_off_is_no_yes_for_it_may_have_gone_on() -> None:
    async def script(talk: FakeTalk) -> None:
        await drafted(talk)
        await talk.agent_is_silent()
        await talk.makes_noise(400)
        talk.hears(Heard("так оформлюйте", final=True))
        await talk.makes_noise(200)

    async def waits(talk: FakeTalk) -> None:
        await is_answered(talk)

    talk = adopted(killed(script, DRAFT, DELIVER, says(SUMMARY)), waits, CONFIRM, says("Тож оформлюємо?"))
    assert talk.history.said()[-2].broken
    assert confirmations(talk) == []


def test_a_yes_that_was_given_still_counts_when_the_order_had_not_been_begun_to_be_written() -> None:
    """What was heard of the answer to his yes stands behind it now; the yes was given before."""

    async def script(talk: FakeTalk) -> None:
        await drafted(talk)
        await talk.agent_is_silent()
        talk.ledger.sync_s = 5.0  # the disk is slow
        await talk.says("Так, оформлюйте")
        await talk.until(lambda: any(entry.intent == "confirm_order" for entry in talk.ledger.entries()))
        await talk.agent_is_silent()

    replies = uses("confirm_order", "Оформлюю.", use_id="f", order_id="order-1", payment_method="cod")
    remains = killed(script, DRAFT, DELIVER, says(SUMMARY), replies)
    assert not any(entry.intent == "confirm_order" and entry.stage == "begun" for entry in remains.ledger.entries())
    remains.ledger.sync_s = 0.0
    talk = adopted(remains, is_answered, says("Оформлено, дякую."))
    assert [said.text for said in talk.history.said() if said.text == "Оформлюю."]
    assert confirmations(talk) == [("confirm_order", "order-1")]


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.4, 0.6, 0.9, 1.1])
def test_an_order_that_was_being_confirmed_is_confirmed_once(after_s: float) -> None:
    """The shop's request takes a second and has its effect in the middle of it."""

    async def script(talk: FakeTalk) -> None:
        await drafted(talk)
        await talk.agent_is_silent()
        await talk.says("Так, оформлюйте")
        await talk.until(lambda: talk.shop.request_ids and len(talk.model.requests) == 4)
        before = len(talk.shop.request_ids)
        await talk.until(lambda: len(talk.shop.request_ids) > before)
        await asyncio.sleep(after_s)

    replies = [DRAFT, DELIVER, says(SUMMARY), [*uses("confirm_order", "Оформлюю.", use_id="f", order_id="order-1", payment_method="cod")]]
    remains = killed(script, *replies, says("Оформлено."))
    talk = adopted(remains, is_answered, says("Оформлено, дякую."))
    assert confirmations(talk) == [("confirm_order", "order-1")]
    assert [(call.tool_use_id, call.success) for call in talk.transcript.tool_calls if call.name == "confirm_order"] == [("f", True)]
    assert len([write for write in talk.shop.writes if write[0] == "create_order"]) == 1


def test_the_limit_of_uses_goes_on_counting_and_counts_what_is_worked_again_once() -> None:
    at_most_two = AgentSettings(tool_calls_max=2)

    async def script(talk: FakeTalk) -> None:
        await asked(talk)
        await talk.until(lambda: talk.transcript.tool_calls)
        drafted = len(talk.shop.request_ids)
        await talk.until(lambda: len(talk.shop.request_ids) > drafted)

    async def is_transferred(talk: FakeTalk) -> None:
        outcome = await talk.outcome()
        assert isinstance(outcome, HandOff)
        assert outcome.why == "limit"

    remains = killed(script, DRAFT, DELIVER, settings=at_most_two)
    talk = adopted(remains, is_transferred, uses("check_availability", use_id="u", tyre_id="t1"), settings=at_most_two)
    assert [(call.tool_use_id, call.success) for call in talk.transcript.tool_calls] == [("d", True), ("e", True), ("u", False)]
    assert len([entry for entry in talk.ledger.entries(call_id="call-1") if entry.stage == "used"]) == 2
