from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.masking import Masking


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+380671234567", "+38067***4567"),
        ("call from +380671234567 to 100", "call from +38067***4567 to 100"),
        ("0671234567", "067***4567"),
        ("PJSIP/0671234567-0000001a", "PJSIP/067***4567-0000001a"),
        ("мій номер 067 123-45-67, дякую", "мій номер 067***4567, дякую"),
        ("+38 (067) 123 45 67.", "+38067***4567."),
        ("380671234567", "+38067***4567"),
        ("callerId=%2B380671234567&x=1", "callerId=+38067***4567&x=1"),
        ("+48501234567", "+48501***4567"),
    ],
)
def test_a_telephone_number_keeps_its_beginning_and_its_last_four_digits(text: str, masked: str) -> None:
    assert Masking().text(text) == masked


@pytest.mark.parametrize(
    "text", ["1700000000.15", "215/55 R17", "2026-11-22T13:54:04.123456Z", "4500 грн", "127.0.0.1:55012", "took 0.0123456789 s"]
)
def test_other_numbers_stay_readable(text: str) -> None:
    assert Masking().text(text) == text


@given(st.uuids())
def test_call_and_leg_ids_stay_whole(call_id: uuid.UUID) -> None:
    assert Masking().text(f"b-{call_id}") == f"b-{call_id}"


@given(st.text(max_size=20), st.from_regex(r"\+380\d{9}", fullmatch=True), st.text(max_size=20).filter(lambda text: not text[:1].isdigit()))
def test_no_number_survives_in_any_text(before: str, number: str, after: str) -> None:
    assert number not in Masking().text(before + number + after)


def test_values_are_masked_however_deep() -> None:
    value = {"caller": ["+380671234567", {"+380671234567": ("0671234567",)}], "count": 380671234567, "flag": True}
    assert Masking().value(value) == {"caller": ["+38067***4567", {"+38067***4567": ["067***4567"]}], "count": 380671234567, "flag": True}


def test_secrets_are_hidden_by_value_by_name_and_in_addresses() -> None:
    masking = Masking(["s3cr3t-value", "short"])
    assert masking.text("tried s3cr3t-value twice, in short") == "tried *** twice, in short"
    assert masking.text("postgresql://callctl:hunter2@db/calls") == "postgresql://callctl:***@db/calls"
    assert masking.value({"password": "x", "Authorization": "Basic eA==", "api_key": "k", "tokens": 12}) == {
        "password": "***",
        "Authorization": "***",
        "api_key": "***",
        "tokens": 12,
    }


def test_objects_are_masked_by_their_text() -> None:
    assert Masking(["s3cr3t-value"]).value(ValueError("bad s3cr3t-value for +380671234567")) == "bad *** for +38067***4567"


TEXTS = st.one_of(
    st.text(max_size=20),
    st.from_regex(r"\+?(38)?[ (]?0\d{2}[) -]?\d{3}[ -]?\d{2}[ -]?\d{2}", fullmatch=True),
    st.from_regex(r"(\+|%2B)\d{8,16}", fullmatch=True),
    st.sampled_from(["s3cr3t-value", "redis://user:pass@host/0", "https://user@host/0671234567"]),
)
NAMES = st.one_of(
    st.text(max_size=8), st.sampled_from(["password", "db_passwd", "ARI_SECRET", "token", "tokens", "api_key", "apiKey", "Authorization"])
)


@given(st.dictionaries(NAMES, st.one_of(TEXTS, st.integers(), st.lists(TEXTS, max_size=3)), max_size=4), TEXTS, TEXTS)
def test_what_touches_nothing_stays_as_it_is(data: dict[str, Any], before: str, after: str) -> None:
    masking = Masking(["s3cr3t-value"])
    value = {"text": before + after, "data": data}
    encoded = msgspec.json.encode(value).decode()
    if "\\" not in encoded and not masking.touches(encoded):
        assert masking.value(value) == value
