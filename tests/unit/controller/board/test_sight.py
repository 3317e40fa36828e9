from __future__ import annotations

from dataclasses import dataclass

import pytest

from controller.board.sight import ROLES, Sight, masked_number
from controller.log_stream.filter import Filter, View
from controller.masking import NUMBER_FIELDS, Masking
from tests.unit.controller.log_stream.lines import line as line_of_log

CALL = {
    "id": "c",
    "caller": {"name": "Олена", "tel": "380672143890", "known": 3},
    "topic": "дзвінок на 067 214 38 90",
    "can": ["say", "hang"],
}


@dataclass
class Identity:
    role: str
    numbers: bool = False


def test_each_role_sees_what_the_former_sees_and_more() -> None:
    sights = [Sight.of(Identity(role)) for role in ROLES]
    assert [(sight.log, sight.acts) for sight in sights] == [(False, False), (True, False), (True, True), (True, True)]
    assert not any(sight.numbers for sight in sights), "numbers are the token's matter"
    assert Sight.of(Identity("viewer", numbers=True)).numbers


def test_without_the_right_to_numbers_they_are_masked_in_fields_and_in_what_was_said() -> None:
    seen = Sight(acts=True).see(CALL)
    assert seen == {**CALL, "caller": {"name": "Олена", "tel": "+38067***3890", "known": 3}, "topic": "дзвінок на 067***3890"}
    assert Sight(numbers=True, acts=True).see(CALL) == CALL


def test_who_may_not_act_is_offered_nothing_to_do() -> None:
    assert Sight(numbers=True).see(CALL)["can"] == []


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+380671234567", "+38067***4567"), ("12025550123", "***0123"), ("104", "104"), ("anonymous", "***mous"), ("", "")],
)
def test_a_number_of_any_form_keeps_at_most_what_is_needed_to_know_it_again(number: str, shown: str) -> None:
    assert masked_number(number) == shown


@pytest.mark.parametrize("field", sorted(NUMBER_FIELDS))
def test_what_the_fields_name_says_is_a_number_is_masked_as_in_the_log(field: str) -> None:
    shape = {"data": {"event": {field: "12025550123"}}}
    line = View(Filter(), Masking())(line_of_log(1, **{field: "12025550123"}))
    assert Sight().see(shape) == {"data": {"event": {field: "***0123"}}}
    assert b'"***0123"' in (line or b"")
    assert Sight(numbers=True).see(shape) == shape


def test_arguments_that_were_masked_are_named() -> None:
    tool = {"args": {"phone": "+380671234567", "city": "Київ"}, "result": {"to": "0671234567"}, "redacted": []}
    assert Sight().see(tool) == {"args": {"phone": "+38067***4567", "city": "Київ"}, "result": {"to": "067***4567"}, "redacted": ["phone"]}


def test_a_field_that_only_looks_like_ours_breaks_nothing() -> None:
    hostile = {"result": {"redacted": [], "args": "x", "can": {"a": 1}, "tel": 5}}
    assert Sight().see(hostile) == {"result": {"redacted": [], "args": "x", "can": [], "tel": 5}}
