from __future__ import annotations

import re

import pytest

from agent.phone import normalise
from controller.upkeep.numbers import masked, pattern

PHONE = "+380671234567"
WRITTEN = [
    "+380671234567",
    "380671234567",
    "00380671234567",
    "80671234567",
    "0671234567",
    "671234567",
    "067 123-45-67",
    "(067) 1234567",
    "+38 (067) 123 45 67",
    "067.123.45.67",
    "067\u00a0123\u00a045\u00a067",
]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("around", ["{}", "тел. {}, дякую", "sip:{}@trunk", '{{"phone": "{}"}}', "%2B{}", "два {}"])
def test_each_way_to_write_a_number_is_found_and_taken_out_whole(written: str, around: str) -> None:
    assert normalise(written) == PHONE
    without = re.sub(pattern(PHONE), "***", around.format(written))
    assert without == around.format("***")


@pytest.mark.parametrize(
    "other", ["+380671234568", "06712345670", "1671234567", "1767123456789", "+48671234567", "0671 234 56", "671234", "нуль шістдесят сім"]
)
def test_what_is_another_number_or_none_is_left_alone(other: str) -> None:
    assert re.sub(pattern(PHONE), "***", other) == other


@pytest.mark.parametrize("written", ["+48600123456", "0048 600 123 456", "48600123456"])
def test_a_foreign_number_is_found_too(written: str) -> None:
    assert re.sub(pattern("+48600123456"), "***", f"тел {written}.") == "тел ***."


@pytest.mark.parametrize(("phone", "shown"), [(PHONE, "+38067***4567"), ("+12345678", "+1***5678")])
def test_a_receipt_shows_enough_of_a_number_for_who_knows_it_and_not_the_number(phone: str, shown: str) -> None:
    assert masked(phone) == shown
    assert not re.search(pattern(phone), masked(phone))
