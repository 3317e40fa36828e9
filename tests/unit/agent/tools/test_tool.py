from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from agent.errors import ShopFailed
from agent.guard.refusal import Refusal
from agent.tools.catalogue import CATALOGUE
from agent.tools.tool import Desk, Tool, ToolResult, shop_in_words, tool
from tests.fakes.desk import a_desk


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=99, description="Скільки")]
    kind: Literal["a", "b"] | None = None


@tool("Виконує бажання.")
async def grant(wish: Wish, desk: Desk) -> ToolResult:
    return ToolResult({"granted": wish.count})


class Meeting(msgspec.Struct, forbid_unknown_fields=True):
    at: Annotated[dt.time, Meta(tz=False, description="Година")]
    until: Annotated[dt.time, Meta(tz=False, description="Година")] | None = None
    note: Annotated[str, Meta(max_length=10, description="Слова")] = ""


@tool("Призначає зустріч.")
async def meet(meeting: Meeting, desk: Desk) -> ToolResult:
    return ToolResult({"at": meeting.at, "until": meeting.until, "note": meeting.note})


def never(wanted: Wish, desk: Desk) -> Refusal | None:
    return Refusal("Не можна.", "Хоче неможливого.") if wanted.count > 9 else None


def unasked(wanted: Wish, desk: Desk) -> Refusal | None:
    raise AssertionError("a rule after a refusal")


@tool("Виконує лише малі бажання.", never)
async def grant_little(wish: Wish, desk: Desk) -> ToolResult:
    return ToolResult({"granted": wish.count})


@tool("Ніколи не працює.", never, unasked)
async def refuse(wish: Wish, desk: Desk) -> ToolResult:
    raise AssertionError("a refused tool works")


DESK = a_desk()


def test_the_schema_comes_from_the_types() -> None:
    spec = grant.spec
    assert (spec.name, spec.description) == ("grant", "Виконує бажання.")
    assert spec.schema["type"] == "object"
    assert spec.schema["required"] == ["count"]
    assert spec.schema["additionalProperties"] is False
    assert spec.schema["properties"]["count"] == {"type": "integer", "minimum": 1, "maximum": 99, "description": "Скільки"}


async def test_valid_arguments_reach_the_tool() -> None:
    assert (await grant.use({"count": 4}, DESK)).content == {"granted": 4}


@pytest.mark.parametrize(
    "arguments", [{}, {"count": 0}, {"count": 100}, {"count": "чотири"}, {"count": 1, "kind": "c"}, {"count": 1, "x": 1}]
)
async def test_wrong_arguments_are_a_result_in_words(arguments: dict[str, object]) -> None:
    result = await grant.use(arguments, DESK)
    assert not result.success
    assert "Хибні аргументи" in result.content["error"]


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (ShopFailed("no such tyre", status=404), "немає"),
        (ShopFailed("bad width", status=422), "bad width"),
        (ShopFailed("down", status=503, retryable=True), "не відповідає"),
        (ShopFailed("no connection"), "не відповідає"),
        (ShopFailed("taken", status=409), "нічого не записано"),
        (ShopFailed("the breaker is open", unavailable=True), "нічого не зроблено"),
        (ShopFailed("no answer", outcome_unknown=True), "невідомо, чи це записано"),
        (ShopFailed("cut", status=500, outcome_unknown=True), "оператора"),
    ],
)
def test_a_failed_shop_is_told_as_what_it_means_for_the_caller(failed: ShopFailed, words: str) -> None:
    assert words in shop_in_words(failed)


async def test_hours_need_no_seconds_and_other_texts_stay() -> None:
    result = await meet.use({"at": "9:30", "until": "10:00:00", "note": "9:30"}, DESK)
    assert result.content == {"at": dt.time(9, 30), "until": dt.time(10), "note": "9:30"}


@pytest.mark.parametrize("hour", ["25:00", "о десятій", "10:00Z", 10, None, ""])
async def test_what_is_no_hour_is_a_result_in_words(hour: object) -> None:
    assert "Хибні аргументи" in (await meet.use({"at": hour}, DESK)).content["error"]


async def test_a_rule_that_allows_lets_the_tool_work() -> None:
    assert (await grant_little.use({"count": 9}, DESK)).content == {"granted": 9}


async def test_a_rule_that_refuses_is_the_last_word_and_may_hand_over() -> None:
    result = await refuse.use({"count": 10}, DESK)
    assert result == ToolResult({"error": "Не можна."}, success=False, hand_off="Хоче неможливого.")


junk = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers(), max_size=2)
likely = st.sampled_from(["t1", "s1", "p1", "order-1", "Київ", "2026-11-24", "10:00", "tire_change", "cod", "winter", 17, 2019, 4])


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_the_model_sends_it_gets_a_result(one: Tool[Any], data: st.DataObject) -> None:
    names = st.sampled_from([*one.arguments.__struct_fields__, "extra"])
    arguments = data.draw(st.dictionaries(names, likely | junk, max_size=6))
    result = asyncio.run(one.use(arguments, a_desk()))
    assert result.content
    assert result.success or result.content["error"]
