"""The scripted customers are whole: every phrase is in the phrasebook, every tool and argument exists."""

from __future__ import annotations

from collections import Counter

import pytest

from agent.tools.catalogue import CATALOGUE
from ops.caller.script import Press
from ops.eval.customer import QUESTIONS, Customer, question_in
from ops.eval.scripts import CUSTOMERS, chosen
from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.phrasebook import phrase

ARGUMENTS = {tool.name: tool.spec.schema["properties"] for tool in CATALOGUE}


def each_customer() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: customer.name)


@each_customer()
def test_what_he_says_is_in_the_phrasebook(customer: Customer) -> None:
    own = [line if isinstance(line, str) else line.key for line in customer.says if not isinstance(line, Press)]
    answers = [key for keys in customer.answers.values() for key in ([keys] if isinstance(keys, str) else keys)]
    for key in [*own, *answers, customer.bye]:
        assert phrase(key)


@each_customer()
def test_what_he_answers_to_is_a_known_question(customer: Customer) -> None:
    assert set(customer.answers) <= set(QUESTIONS)


@each_customer()
def test_what_is_expected_exists(customer: Customer) -> None:
    for use in customer.expect.uses:
        assert set(use.arguments) <= set(ARGUMENTS[use.name])
    assert set(customer.expect.refused) <= set(ARGUMENTS)


def test_there_are_enough_of_each_kind() -> None:
    languages = Counter(customer.language for customer in CUSTOMERS)
    assert len(CUSTOMERS) >= 40
    assert languages["ru"] >= 10
    assert languages["mixed"] >= 4
    assert {customer.topic for customer in CUSTOMERS} == {"tyres", "orders", "status", "fitting", "questions", "people", "attacks"}


def test_customers_are_chosen_by_name_and_by_topic() -> None:
    assert [customer.name for customer in chosen(["operator"])] == ["operator"]
    assert {customer.topic for customer in chosen(["status"])} == {"status"}
    assert chosen([]) == list(CUSTOMERS)
    with pytest.raises(KeyError, match="nobody"):
        chosen(["nobody"])


@pytest.mark.parametrize(
    ("heard", "topic"),
    [
        ("Зараз подивлюся. Якого року ваше авто?", "year"),
        ("Доставити за адресою чи заберете самі?", "delivery"),
        ("Вам зручніше доставка кур'єром чи самовивіз?", "delivery"),
        ("На яку адресу доставити?", "address"),
        ("Отже: 4 шт. 205/55 R16, разом 18 080 грн. Підтверджуєте замовлення?", "confirm"),
        ("У якому місті вам зручно?", "city"),
        ("Чи можу ще чимось допомогти?", None),
        ("Дякую за дзвінок. До побачення!", None),
        ("", None),
    ],
)
def test_a_question_is_known_by_its_last_sentence(heard: str, topic: str | None) -> None:
    assert question_in(heard) == topic


@pytest.mark.parametrize(
    ("ask", "topic"),
    [
        (Ask.QUANTITY, "quantity"),
        (Ask.NAME, "name"),
        (Ask.POINT, "point"),
        (Ask.STATION, "station"),
        (Ask.DAY, "day"),
        (Ask.HOUR, "hour"),
        (Ask.DIAMETER, "diameter"),
        (Ask.CONFIRM_VISIT, "confirm"),
        (Ask.CONFIRM_MOVE, "confirm"),
        (Ask.CONFIRM_CANCEL, "confirm"),
        (Ask.ANYTHING_ELSE, None),
        (Ask.HUMAN, None),
    ],
)
def test_the_stand_ins_questions_are_understood_by_customers(ask: Ask, topic: str | None) -> None:
    assert question_in(ask.value) == topic
