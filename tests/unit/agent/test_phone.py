from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.phone import normalise


@pytest.mark.parametrize(
    "written",
    [
        "+380671234567",
        "380671234567",
        "067 123-45-67",
        "(067) 123.45.67",
        "80671234567",
        "+38 (067) 123 45 67",
        "38 067 123 45 67",
        "00380671234567",
        "671234567",
        "\u00a0067\u2011123\u201345 67 ",
    ],
)
def test_every_way_to_write_a_number_is_the_same_number(written: str) -> None:
    assert normalise(written) == "+380671234567"


@pytest.mark.parametrize(
    "written",
    ["", "anonymous", "101", "1001", "067 123 45 6", "067 123 45 678", "+38067123456", "+3806712345678", "067-12E-45-67", "٠٦٧١٢٣٤٥٦٧"],
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert normalise(written) == ""


def test_a_foreign_number_keeps_its_country() -> None:
    assert normalise("+48 600 123 456") == normalise("0048600123456") == "+48600123456"


@given(st.text(alphabet="+0123456789 -()a", max_size=20))
def test_a_normalised_number_is_its_own_normal_form(written: str) -> None:
    number = normalise(written)
    assert number == normalise(number)
    assert number == "" or (number[0] == "+" and number[1:].isdigit())


@given(st.from_regex(r"[3-9][0-9]{8}", fullmatch=True))
def test_the_forms_of_one_subscriber_meet(subscriber: str) -> None:
    assert {normalise(prefix + subscriber) for prefix in ("+380", "380", "0", "80", "00380", "")} == {f"+380{subscriber}"}
