from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent.tools.catalogue import CATALOGUE
from agent.tools.tool import Tool

NAMES = {
    "search_tires",
    "get_vehicle_tire_sizes",
    "check_availability",
    "transfer_to_operator",
    "get_order_status",
    "create_order_draft",
    "update_order_delivery",
    "confirm_order",
    "get_pickup_points",
    "get_fitting_stations",
    "get_fitting_slots",
    "book_fitting",
    "cancel_fitting",
    "get_fitting_price",
    "get_customer_bookings",
    "search_knowledge_base",
    "request_callback",
}
each = pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)


def test_every_tool_has_its_canonical_name_and_none_is_there_twice() -> None:
    assert {one.name for one in CATALOGUE} == NAMES
    assert len(CATALOGUE) == len(NAMES)


@each
def test_a_schema_stands_on_its_own(one: Tool[Any]) -> None:
    assert one.spec.schema["type"] == "object"
    assert one.spec.schema["additionalProperties"] is False
    assert "$ref" not in msgspec.json.encode(one.spec.schema).decode()


@each
def test_every_argument_is_described_in_ukrainian_and_every_text_and_number_has_bounds(one: Tool[Any]) -> None:
    for name, schema in properties(dict(one.spec.schema)):
        assert any("а" <= letter <= "я" or letter in "іїєґ" for letter in schema.get("description", "")), name
        kind = "enum" if "enum" in schema else schema["type"]
        if kind == "string" and schema.get("format") != "date":
            assert "maxLength" in schema or name == "time", name
        if kind == "integer":
            assert "minimum" in schema or "exclusiveMinimum" in schema, name
        if kind == "array":
            assert "maxItems" in schema, name


def properties(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every argument, those inside lists too; of an optional one the part that is not null."""
    found = []
    for name, part in schema.get("properties", {}).items():
        kind = next(one for one in part.get("anyOf", [part]) if one.get("type") != "null")
        found.append((name, kind))
        found += properties(kind.get("items", {}))
    return found
