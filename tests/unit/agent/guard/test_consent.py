from __future__ import annotations

import dataclasses
import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.case import Case, Said
from agent.guard.consent import heard_and_confirmed_booking, heard_and_confirmed_cancel, heard_and_confirmed_order
from agent.history import heard_part
from agent.ledger import Entry
from agent.once import Write
from agent.prompt.phrases import PHRASES
from agent.shop import Booking, Order
from tests.fakes.desk import CALLER, FakeLedger, a_desk

ORDER = Order("o1", "1001", CALLER, "draft", "чернетка", 18_150, "Michelin X-Ice Snow 215/55 R17, 4 шт.")
CONFIRM = SimpleNamespace(order_id="o1")
SUMMARY = "Чотири шини Michelin X-Ice Snow, доставка в Київ, разом 18 150 грн. Оформлюємо?"
TUESDAY, TEN = dt.date(2026, 11, 24), dt.time(10)
FITTING = Booking("b1", "s1", "На Подолі", TUESDAY, TEN, "tire_change", CALLER, "booked")


def talk(*texts: str) -> tuple[Said, ...]:
    """Lines "A: ..." of the agent and "C: ..." of the caller, as they were heard."""
    return tuple(Said("agent" if text[0] == "A" else "caller", text[3:]) for text in texts)


def order_confirmed(*texts: str, order: Order = ORDER, changed: int = 0, ledger: FakeLedger | None = None) -> bool:
    case = Case(orders={"o1": order}, changed={"o1": changed})
    return heard_and_confirmed_order(CONFIRM, a_desk(case=case, said=talk(*texts), ledger=ledger)) is None


def booked(*texts: str, day: dt.date = TUESDAY, hour: dt.time = TEN, moves: bool = False, changed: int = 0) -> bool:
    case = Case(bookings={"b1": FITTING}, changed={"b1": changed})
    wanted = SimpleNamespace(booking_id="b1" if moves else None, date=day, time=hour)
    return heard_and_confirmed_booking(wanted, a_desk(case=case, said=talk(*texts))) is None


def cancelled(*texts: str, changed: int = 0) -> bool:
    desk = a_desk(case=Case(bookings={"b1": FITTING}, changed={"b1": changed}), said=talk(*texts))
    return heard_and_confirmed_cancel(SimpleNamespace(booking_id="b1"), desk) is None


# An order.


@pytest.mark.parametrize("yes", ["так", "Так, оформлюйте", "да, подтверждаю", "ага", "давайте", "звісно", "так, чотири шини"])
def test_a_yes_to_the_summary_that_was_heard_confirms(yes: str) -> None:
    assert order_confirmed(f"A: {SUMMARY}", f"C: {yes}")


@pytest.mark.parametrize("answer", ["ні", "так, але дві", "так, дві штуки", "а доставка скільки", "зачекайте", "шш", "нет", "так?"])
def test_anything_else_does_not(answer: str) -> None:
    assert not order_confirmed(f"A: {SUMMARY}", f"C: {answer}")


def test_without_an_answer_nothing_is_confirmed() -> None:
    assert not order_confirmed()
    assert not order_confirmed(f"A: {SUMMARY}")
    assert not order_confirmed("C: так, оформлюйте")
    assert not order_confirmed("C: так", f"A: {SUMMARY}")


@pytest.mark.parametrize(
    "summary",
    [
        "Шини Мішлен, разом вісімнадцять тисяч сто п'ятдесят гривень, підтверджуєте?",
        "Michelin, всього 18150 грн. Замовляємо?",
        "Доставка 150 грн. Комплект разом із доставкою — 18\u00a0150 гривень. Все правильно?",
    ],
)
def test_the_total_may_be_said_in_any_form(summary: str) -> None:
    assert order_confirmed(f"A: {summary}", "C: так")


@pytest.mark.parametrize(
    "summary", ["Оформлюємо замовлення?", "Чотири шини Michelin, разом 18 000 грн. Оформлюємо?", "Разом 18 150 грн. Так?"]
)
def test_without_the_right_total_or_without_the_goods_it_is_no_summary(summary: str) -> None:
    assert not order_confirmed(f"A: {summary}", "C: так, оформлюйте")


@given(st.integers(0, len(SUMMARY) * 50))
def test_a_summary_cut_before_its_total_was_not_heard(heard_ms: int) -> None:
    part = heard_part(SUMMARY, heard_ms, len(SUMMARY) * 50)
    said = [f"A: {part}"] if part else []
    assert order_confirmed(*said, "C: так, оформлюйте") == ("18 150" in part)


def test_what_was_heard_before_the_order_changed_does_not_count() -> None:
    said = [f"A: {SUMMARY}", "C: так", "A: Додала доставку кур'єром.", "C: так, оформлюйте"]
    assert order_confirmed(*said, changed=0)
    assert not order_confirmed(*said, changed=2)
    assert order_confirmed(*said, f"A: {SUMMARY}", "C: так", changed=2)


@given(st.integers(0, 6))
def test_one_yes_confirms_one_state_of_the_order(changed: int) -> None:
    said = ["A: Вітаю!", "C: Добрий день", f"A: {SUMMARY}", "C: так"]
    assert order_confirmed(*said, changed=changed) == (changed <= 2)


def test_the_summary_may_be_followed_by_a_question_and_its_answer() -> None:
    assert order_confirmed(f"A: {SUMMARY}", "C: а коли привезете", "A: За два дні. Оформлюємо?", "C: так")
    assert order_confirmed(f"A: {SUMMARY}", "C: а коли привезете", "A: За два дні.", "C: добре, оформлюйте")


@pytest.mark.parametrize("question", [PHRASES["still_there"], "Вас з'єднати з оператором?", "Показати дешевші?"])
def test_a_yes_to_another_question_is_no_yes_to_the_order(question: str) -> None:
    assert not order_confirmed(f"A: {SUMMARY}", "C: хвилинку", f"A: {question}", "C: так")


def test_a_yes_to_a_cancellation_confirms_no_order() -> None:
    said = (f"A: {SUMMARY}", "C: хвилинку", "A: Скасувати запис на завтра о 10:00?")
    assert not order_confirmed(*said, "C: так")
    assert not order_confirmed(*said, "C: підтверджую")
    assert not order_confirmed(*said[:2], "A: Скасовую запис, підтверджуєте?", "C: підтверджую")
    assert not order_confirmed(*said, "C: так, скасовуйте")


def test_after_a_no_a_plain_yes_needs_the_summary_again() -> None:
    refused = (f"A: {SUMMARY}", "C: ні, дорого", "A: Може, оформимо дешевші?")
    assert not order_confirmed(*refused, "C: так")
    assert order_confirmed(*refused[:2], f"A: Тоді лишаємо так. {SUMMARY}", "C: так")


def test_a_murmur_answers_a_question_only() -> None:
    assert order_confirmed(f"A: {SUMMARY}", "C: угу")
    assert not order_confirmed("A: Чотири шини Michelin, разом 18 150 грн.", "C: угу")


def test_what_we_did_not_hear_may_be_said_again() -> None:
    assert order_confirmed(f"A: {SUMMARY}", f"A: {PHRASES['didnt_hear']}", "C: так")
    assert order_confirmed(f"A: {PHRASES['didnt_hear']}", f"A: {SUMMARY}", "C: так", changed=1)


def test_two_utterances_in_a_row_are_one_answer() -> None:
    assert order_confirmed(f"A: {SUMMARY}", "C: так", "C: оформлюйте")
    assert not order_confirmed(f"A: {SUMMARY}", "C: так", "C: ой ні, зачекайте")


def test_a_write_that_was_begun_or_done_is_for_the_tool_to_answer() -> None:
    ledger = FakeLedger()
    key = Write("call-1", CALLER, "confirm_order", {"order": "o1"}).key
    ledger.note(Entry(call_id="call-1", number=CALLER, intent="confirm_order", stage="refused", at_ms=1, key=key))
    assert not order_confirmed("C: алло", ledger=ledger)
    ledger.note(Entry(call_id="call-1", number=CALLER, intent="confirm_order", stage="unknown", at_ms=2, key=key))
    assert order_confirmed("C: алло", ledger=ledger)
    assert order_confirmed("C: алло", order=dataclasses.replace(ORDER, status="confirmed"))


def test_the_refusal_tells_the_model_what_to_read_out() -> None:
    refusal = heard_and_confirmed_order(CONFIRM, a_desk(case=Case(orders={"o1": ORDER})))
    assert refusal is not None
    assert "18150 грн" in refusal.words
    assert "X-Ice" in refusal.words


WORDS = st.sampled_from([f"A: {SUMMARY}", "A: Зараз.", "A: Показати інші?", "C: так", "C: ні", "C: оформлюйте", "C: а коли", "C: угу"])


@given(st.lists(WORDS, max_size=8), st.integers(0, 8))
def test_in_any_talk_a_confirmed_order_was_told_after_its_change_and_then_agreed_to(said: list[str], changed: int) -> None:
    if not order_confirmed(*said, changed=changed):
        return
    after = said[changed:]
    assert f"A: {SUMMARY}" in after
    answer = after[max(at for at, text in enumerate(after) if text[0] == "A") + 1 :]
    assert answer
    assert not {"C: ні", "C: а коли"} & set(answer)


# A fitting.

READ_OUT = "Записую на вівторок, 24 листопада, о 10:00, заміна шин на Подолі. Підтверджуєте?"


@pytest.mark.parametrize(
    "text", [READ_OUT, "Завтра о десятій вас влаштує?", "Отже, завтра на 10 годину. Записати?", "Завтра о 10:00 вільно. Записати вас?"]
)
def test_a_yes_to_its_day_and_hour_books(text: str) -> None:
    assert booked(f"A: {text}", "C: так")


@pytest.mark.parametrize(
    "text",
    ["Записати вас?", "Записати на завтра?", "Записати на 10:00?", "Завтра о 11:00, записати?", "У середу о 10:00, записати?"],
)
def test_a_yes_to_half_of_it_or_to_another_time_does_not_book(text: str) -> None:
    assert not booked(f"A: {text}", "C: так, записуйте")


def test_a_choice_of_hours_is_no_summary_and_another_hour_is_no_yes() -> None:
    choice = "A: Завтра вільно о 9:00, 10:00 та 11:00. Записати?"
    assert not booked(choice, "C: давайте на десяту")
    assert booked(choice, "C: давайте на десяту", f"A: {READ_OUT}", "C: так")
    assert not booked(f"A: {READ_OUT}", "C: так, на одинадцяту")


@pytest.mark.parametrize("answer", ["так, записуйте на середу", "давайте післязавтра", "так, на 25 листопада"])
def test_a_yes_to_another_day_is_no_yes(answer: str) -> None:
    assert not booked(f"A: {READ_OUT}", f"C: {answer}")
    assert booked(f"A: {READ_OUT}", "C: так, записуйте на вівторок")


def test_a_move_needs_its_own_yes() -> None:
    friday = dt.date(2026, 11, 27)
    before = (f"A: {READ_OUT}", "C: так", "A: Записала.", "C: ой, перенесіть на п'ятницю")
    move = "A: Переношу запис із завтра, 10:00, на п'ятницю, 27 листопада, на 12:00. Підтверджуєте?"
    assert not booked(*before, day=friday, hour=dt.time(12), moves=True, changed=2)
    assert booked(*before, move, "C: так", day=friday, hour=dt.time(12), moves=True, changed=2)


@pytest.mark.parametrize("text", ["Скасувати запис на завтра о 10:00?", "Скасовую запис на 24 листопада, підтверджуєте?"])
def test_a_yes_to_which_booking_goes_cancels_it(text: str) -> None:
    assert cancelled("C: скасуйте мій запис", f"A: {text}", "C: так")


@pytest.mark.parametrize("text", ["Скасувати запис?", "У вас запис на завтра о 10:00, вірно?", "Скасувати запис на п'ятницю о 15:00?"])
def test_a_yes_to_something_else_cancels_nothing(text: str) -> None:
    assert not cancelled("C: скасуйте мій запис", f"A: {text}", "C: так")


def test_a_wish_to_cancel_is_not_yet_the_yes() -> None:
    assert not cancelled("C: скасуйте мій запис на завтра")
    assert not cancelled(f"A: {READ_OUT}", "C: скасуйте")


def test_an_order_or_booking_that_nobody_knows_is_for_others_to_refuse() -> None:
    assert heard_and_confirmed_order(SimpleNamespace(order_id="?"), a_desk()) is None
    assert heard_and_confirmed_cancel(SimpleNamespace(booking_id="?"), a_desk()) is None
