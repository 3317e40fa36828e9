from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.keypad import DIGITS_MAX, PAUSE_MS, Keypad, in_words, typed_in


def typed(keys: str, gap_ms: int = 300) -> tuple[Keypad, list[str], int]:
    keypad, numbers, now_ms = Keypad(), [], 0
    for key in keys:
        now_ms += gap_ms
        number = keypad.press(key, now_ms)
        if number is not None:
            numbers.append(number)
    return keypad, numbers, now_ms


def test_a_number_ends_with_the_hash() -> None:
    keypad, numbers, _ = typed("0671234567#")
    assert numbers == ["0671234567"]
    assert keypad.deadline_ms is None


def test_a_number_ends_when_no_key_comes_for_three_seconds() -> None:
    keypad, numbers, now_ms = typed("12345")
    assert numbers == []
    assert keypad.deadline_ms == now_ms + PAUSE_MS
    assert keypad.tick(now_ms + PAUSE_MS - 1) is None
    assert keypad.tick(now_ms + PAUSE_MS) == "12345"
    assert keypad.tick(now_ms + 9_000) is None


def test_the_star_begins_anew_and_other_keys_mean_nothing() -> None:
    assert typed("12*3A4#")[1] == ["34"]
    assert typed("²४#")[1] == [""]


def test_a_number_is_data_in_the_words_of_the_model_and_zeros_are_none() -> None:
    assert in_words("123") == "(набрано на клавіатурі) 123"
    assert in_words("0") == in_words("000") == in_words("") == ""


@given(st.text("0123456789*#ABCD", max_size=100), st.integers(0, 2_999))
def test_nobody_who_leans_on_the_keys_makes_a_longer_number_than_twenty_digits(keys: str, gap_ms: int) -> None:
    keypad, numbers, now_ms = typed(keys, gap_ms)
    rest = keypad.tick(now_ms + PAUSE_MS)
    assert all(len(number) <= DIGITS_MAX for number in [*numbers, rest or ""])
    if "*" not in keys:
        assert "".join([*numbers, rest or ""]) == "".join(key for key in keys if key.isdigit())


def test_a_typed_number_is_found_again_in_the_turn() -> None:
    assert typed_in(f"номер такий {in_words('0671112233')}") == "0671112233"
    assert typed_in(f"{in_words('067')} {in_words('380671112233')}") == "380671112233"
    assert typed_in("0671112233") == ""
