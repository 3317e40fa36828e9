from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from agent.errors import ShopFailed
from agent.tools.catalogue import CATALOGUE
from agent.tools.tool import Desk, ToolResult, shop_in_words, tool
from tests.fakes.desk import a_desk


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=99, description="Скільки")]
    kind: Literal["a", "b"] | None = None


@tool("Виконує бажання.")
async def grant(wish: Wish, desk: Desk) -> ToolResult:
    return ToolResult({"granted": wish.count})


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


def test_the_schemas_of_the_catalogue_stand_on_their_own() -> None:
    assert all("$ref" not in msgspec.json.encode(one.spec.schema).decode() for one in CATALOGUE)


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (ShopFailed("no such tyre", status=404), "немає"),
        (ShopFailed("bad width", status=422), "bad width"),
        (ShopFailed("down", status=503, retryable=True), "не відповідає"),
        (ShopFailed("no connection"), "не відповідає"),
    ],
)
def test_a_failed_shop_is_told_as_what_it_means_for_the_caller(failed: ShopFailed, words: str) -> None:
    assert words in shop_in_words(failed)
