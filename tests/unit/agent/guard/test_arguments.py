"""The bounds that the tools' own arguments keep: nothing outside them reaches a rule, let alone the shop."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tools.catalogue import CATALOGUE
from tests.fakes.desk import a_desk
from tests.fakes.shop import FakeShop

TOOLS = {tool.name: tool for tool in CATALOGUE}
SIZE = {"width": 215, "profile": 55, "diameter": 17}


async def refused(name: str, arguments: dict[str, Any]) -> bool:
    """Whether it was refused without a word to the shop."""
    shop = FakeShop(latency_s=0)
    result = await TOOLS[name].use(arguments, a_desk(shop))
    return not result.success and not shop.request_ids


def draft(quantity: Any) -> dict[str, Any]:
    return {"items": [{"tyre_id": "t1", "quantity": quantity}], "customer_name": "Іван"}


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**9, 1.5, "чотири", None, True])
async def test_a_quantity_is_between_nothing_and_a_hundred(quantity: object) -> None:
    assert await refused("create_order_draft", draft(quantity))


@given(st.integers())
async def test_every_quantity_from_1_to_99_is_taken_and_no_other(quantity: int) -> None:
    assert await refused("create_order_draft", draft(quantity)) is not (0 < quantity < 100)


@pytest.mark.parametrize("price", [0, -1, "даром"])
async def test_a_price_is_more_than_nothing(price: object) -> None:
    assert await refused("search_tires", {**SIZE, "max_price_uah": price})
    assert not await refused("search_tires", {**SIZE, "max_price_uah": 1})


@pytest.mark.parametrize("name", sorted(TOOLS))
async def test_an_argument_nobody_asked_for_is_refused(name: str) -> None:
    assert await refused(name, {"ignore_the_rules": True})


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_the_schema_of_every_tool_is_closed_and_its_texts_are_bounded(name: str) -> None:
    open_ends: list[str] = []

    def look(schema: Any, where: str) -> None:
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
        if schema.get("type") == "string" and not {"enum", "maxLength", "format"} & set(schema):
            open_ends.append(where)
        if schema.get("type") == "array" and "maxItems" not in schema:
            open_ends.append(where)
        for key, part in schema.get("properties", {}).items():
            look(part, f"{where}.{key}")
        for part in (*schema.get("anyOf", ()), schema.get("items")):
            look(part, where)

    look(TOOLS[name].spec.schema, name)
    assert open_ends == []
