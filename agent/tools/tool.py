"""A tool: an async function with typed arguments, offered to the model by its JSON schema.

    @tool("Шукає шини ...")
    async def search_tires(wanted: SearchTires, desk: Desk) -> ToolResult: ...

The arguments are a msgspec Struct: its fields, types, bounds and descriptions make the schema, and the same Struct validates what the
model sends. A wrong argument is not an error of the program: it goes back to the model in words.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from agent.errors import ShopFailed
from agent.ports import Shop, ToolSpec

A = TypeVar("A", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a tool works with during one use."""

    shop: Shop
    caller_number: str
    request_id: str  # one per use of a tool; travels to the shop and into the logs


@dataclass(frozen=True, slots=True)
class ToolResult:
    content: Mapping[str, Any]  # for the model: short, in words a caller can be told
    success: bool = True
    hand_off: str | None = None  # summary for the operator: the talk ends after the last words


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    name: str
    description: str
    arguments: type[A]
    work: Callable[[A, Desk], Awaitable[ToolResult]] = field(repr=False)

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(self.name, self.description, schema_of(self.arguments))

    async def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        """Validate and work; wrong arguments and a failed shop become results in words."""
        try:
            wanted = msgspec.convert(dict(arguments), self.arguments)
        except msgspec.ValidationError as wrong:
            return ToolResult({"error": f"Хибні аргументи: {wrong}"}, success=False)
        try:
            return await self.work(wanted, desk)
        except ShopFailed as failed:
            return ToolResult({"error": shop_in_words(failed)}, success=False)


def tool(description: str) -> Callable[[Callable[[A, Desk], Awaitable[ToolResult]]], Tool[A]]:
    """Make a tool of an async function; its name is the function's."""

    def wrap(work: Callable[[A, Desk], Awaitable[ToolResult]]) -> Tool[A]:
        first = next(iter(inspect.signature(work).parameters))
        arguments = typing.get_type_hints(work)[first]
        return Tool(work.__name__, description, arguments, work)

    return wrap


def schema_of(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON schema of a flat Struct, without references, open to no other fields."""
    _, components = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    schema = dict(components[arguments.__name__])
    schema.pop("title", None)
    return {**schema, "additionalProperties": False}


def shop_in_words(failed: ShopFailed) -> str:
    if failed.status == 404:
        return "У базі магазину такого немає."
    if failed.status in {400, 422}:
        return f"Магазин не прийняв запит: {failed}"
    return "Система магазину зараз не відповідає. Вибачся і запропонуй передзвонити або з'єднати з оператором."
