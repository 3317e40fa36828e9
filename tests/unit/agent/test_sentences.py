from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sentences import ClauseSplitter


def split(text: str, piece: int = 1) -> list[str]:
    splitter, clauses = ClauseSplitter(), []
    for at in range(0, len(text), piece):
        clauses += splitter.feed(text[at : at + piece])
    return clauses + splitter.flush()


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Так. Є в наявності.", ["Так.", "Є в наявності."]),
        ("Маємо 215/55 R17. Беремо?", ["Маємо 215/55 R17.", "Беремо?"]),
        ("Ціна 4 500 грн. за штуку. Підходить?", ["Ціна 4 500 грн. за штуку.", "Підходить?"]),
        ("Ціна 4 500 грн. Є на складі.", ["Ціна 4 500 грн.", "Є на складі."]),
        ("Склад на вул. Шевченка. Приїздіть.", ["Склад на вул. Шевченка.", "Приїздіть."]),
        ("Площа ім. Т. Шевченка, поруч. Так.", ["Площа ім. Т. Шевченка,", "поруч.", "Так."]),
        ("Тиск 2,5 бар. Добре.", ["Тиск 2,5 бар.", "Добре."]),
        ("Версія 2.5 краща. Так.", ["Версія 2.5 краща.", "Так."]),
        ("Справді?! Чудово… Дякую!", ["Справді?!", "Чудово…", "Дякую!"]),
        ("Перше\nДруге\n\nТретє", ["Перше", "Друге", "Третє"]),
        ("Він сказав «Так.» Потім пішов.", ["Він сказав «Так.»", "Потім пішов."]),
        ("", []),
        ("  \n ", []),
        ("без крапки", ["без крапки"]),
    ],
)
def test_clauses_end_where_a_speaker_would_pause(text: str, clauses: list[str]) -> None:
    assert split(text) == clauses


def test_the_first_clause_may_end_early_at_a_comma_and_later_ones_not() -> None:
    text = "Для вашої Камрі, звісно, є зимові шини. Наприклад, Мішлен, недорогий, дуже тихий."
    assert split(text) == ["Для вашої Камрі,", "звісно, є зимові шини.", "Наприклад, Мішлен, недорогий, дуже тихий."]


def test_a_short_beginning_is_not_torn_off() -> None:
    assert split("Так, є такі шини.") == ["Так, є такі шини."]


def test_numbers_in_a_list_stay_together() -> None:
    assert split("Є такі розміри шин 205, 215, 225 на складі.") == ["Є такі розміри шин 205, 215, 225 на складі."]


def test_a_sentence_is_spoken_as_soon_as_the_next_begins() -> None:
    splitter = ClauseSplitter()
    assert splitter.feed("Є в наявності.") == []
    assert splitter.feed(" М") == ["Є в наявності."]


def test_an_endless_sentence_is_cut_at_a_space_but_not_inside_a_number() -> None:
    splitter = ClauseSplitter(limit=40)
    clauses = splitter.feed("слово " * 6 + "4 500 500 500 грн і ще слово за словом без кінця")
    assert clauses[0] == "слово " * 5 + "слово"
    assert all("500 500" in clause or "500" not in clause for clause in clauses)


LETTERS = st.text(alphabet="абВГ 12,.!?:…—\n/R«»", max_size=400)
WORDS = st.lists(st.sampled_from(["слово", "215/55", "R17", "4", "500", "грн.", "ім.", "Так.", "ні,", "що?", "—", "2,5"]), max_size=80).map(
    " ".join
)


@given(st.one_of(LETTERS, WORDS), st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_nothing_is_lost_and_the_cuts_do_not_depend_on_the_pieces(text: str, sizes: list[int]) -> None:
    whole = ClauseSplitter()
    at_once = whole.feed(text) + whole.flush()
    assert "".join("".join(at_once).split()) == "".join(text.split())
    splitter, clauses, at, turn = ClauseSplitter(), [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        clauses += splitter.feed(text[at : at + size])
        at, turn = at + size, turn + 1
    assert clauses + splitter.flush() == at_once
