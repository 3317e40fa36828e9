from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tools.catalogue import CATALOGUE
from controller.board.outcome import OUTCOMES, outcome_of
from controller.board.topic import LONGEST, About, brief, topic

TOPICS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("search_tires", {"season": "winter", "vehicle_make": "Toyota", "vehicle_model": "Camry"}, {}, "зимові на Toyota Camry"),
    ("search_tires", {"width": 205, "profile": 55, "diameter": 16, "season": "summer", "brand": "Nokian"}, {}, "літні 205/55 R16, Nokian"),
    ("search_tires", {}, {}, "шини"),
    ("get_vehicle_tire_sizes", {"make": "Škoda", "model": "Octavia"}, {}, "розмір шин на Škoda Octavia"),
    ("get_order_status", {"order_number": "12345"}, {}, "замовлення 12345"),
    ("get_order_status", {}, {"found": 1, "orders": [{"number": "12398"}]}, "замовлення 12398"),
    ("update_order_delivery", {"city": "Київ"}, {"number": "7"}, "замовлення 7, доставка Київ"),
    ("book_fitting", {"date": "2026-12-01"}, {"station": "Перемоги 50"}, "запис на монтаж, Перемоги 50"),
    ("get_fitting_slots", {"date_from": "2026-12-01", "service_type": "balancing"}, {}, "запис на балансування, 1 грудня"),
    ("get_fitting_slots", {"date_from": "завтра"}, {}, "запис на монтаж"),
    ("search_knowledge_base", {"question": "яка гарантія"}, {}, "яка гарантія"),
    ("request_callback", {"about": "обмін шин"}, {}, "передзвонити, обмін шин"),
    ("unheard_of", {"a": 1}, {}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "result", "words"), TOPICS)
def test_what_a_call_is_about_by_what_was_looked_up(name: str, arguments: dict[str, Any], result: dict[str, Any], words: str) -> None:
    assert topic(name, arguments, result) == words


def test_of_a_failed_tool_its_reason_is_told() -> None:
    assert brief("search_tires", {}, {"error": "Замало даних"}) == "Замало даних"


def test_his_first_words_say_it_until_something_is_looked_up() -> None:
    about = About()
    about.said("Добрий день, мені треба шини.")
    about.said("На Камрі")
    assert about.text == "Добрий день, мені треба шини"
    about.used("transfer_to_operator", {"reason": "просить людину"}, {})
    assert about.text == "просить людину"
    about.used("search_tires", {"season": "winter"}, {})
    about.used("check_availability", {"tyre_id": "t"}, {})
    assert about.text == "зимові", "a step on the way says less"


json = st.recursive(
    st.none() | st.booleans() | st.integers(0, 20_000) | st.sampled_from(("", "слово " * 50, "a\nb", "<b>", "half \ud800", "2026-13-45")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("number", "x")), inner, max_size=2),
    max_leaves=4,
)
FIELDS = sorted({field for tool in CATALOGUE for field in tool.arguments.__struct_fields__} | {"error", "number", "orders", "station"})
fields = st.dictionaries(st.sampled_from(FIELDS), json, max_size=6)


@given(st.sampled_from([tool.name for tool in CATALOGUE]), fields, fields)
def test_whatever_the_model_and_the_shop_say_it_is_short_and_breaks_nothing(
    name: str, arguments: dict[str, Any], result: dict[str, Any]
) -> None:
    words = brief(name, arguments, result)
    assert len(words) <= LONGEST
    assert "\n" not in words


@pytest.mark.parametrize(
    ("outcome", "transferred", "tools", "answered", "told"),
    [
        ("hung_up", False, {"confirm_order", "book_fitting"}, True, "order"),
        ("goodbye", True, {"book_fitting"}, True, "booked"),
        ("transferred", True, {"request_callback"}, True, "human"),
        ("nobody_free", False, {"request_callback"}, True, "cb"),
        ("failed", False, set(), True, "drop"),
        ("goodbye", False, {"search_tires"}, True, "info"),
        ("hung_up", False, set(), False, "left"),
        (None, False, set(), False, "left"),
    ],
)
def test_how_it_ended_in_the_words_people_choose_by(
    outcome: str | None, transferred: bool, tools: set[str], answered: bool, told: str
) -> None:
    assert outcome_of(outcome, transferred=transferred, tools=tools, answered=answered) == told
    assert told in OUTCOMES
