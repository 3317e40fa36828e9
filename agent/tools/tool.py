"""A tool: an async function with typed arguments, offered to the model by its JSON schema.

    @tool("Шукає шини ...")
    async def search_tires(wanted: SearchTires, desk: Desk) -> ToolResult: ...

The arguments are a msgspec Struct: its fields, types, bounds and descriptions make the schema, and the same Struct validates what the
model sends. A wrong argument is not an error of the program: it goes back to the model in words.
"""

from __future__ import annotations

import datetime as dt
import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from agent.case import Case, Said
from agent.errors import ShopFailed
from agent.guard.refusal import Refusal
from agent.once import Once
from agent.ports import Knowledge, ToolSpec
from agent.shop import Shop

A = TypeVar("A", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a tool and its rules work with during one use."""

    shop: Shop
    knowledge: Knowledge
    once: Once  # every write goes through it
    case: Case
    said: tuple[Said, ...]  # the talk as it was heard, without the reply that is in the making
    call_id: str
    caller_number: str  # +380...; empty when withheld
    request_id: str  # one per use of a tool; travels to the shop and into the logs
    now: Callable[[], dt.datetime]  # the shop's local time, with its zone


@dataclass(frozen=True, slots=True)
class ToolResult:
    content: Mapping[str, Any]  # for the model: short, in words a caller can be told
    success: bool = True
    hand_off: str | None = None  # summary for the operator: the talk ends after the last words


Rule = Callable[[Any, Desk], Refusal | None]
"""Whether a use with these arguments is allowed; written in ``agent.guard``, named in the tool's decorator."""


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    name: str
    description: str
    arguments: type[A]
    work: Callable[[A, Desk], Awaitable[ToolResult]] = field(repr=False)
    rules: tuple[Rule, ...] = ()

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(self.name, self.description, schema_of(self.arguments))

    async def use(self, arguments: Mapping[str, Any], desk: Desk) -> ToolResult:
        """Validate, ask the rules, work; wrong arguments, refusals and a failed shop become results in words."""
        try:
            wanted = msgspec.convert(dict(arguments), self.arguments)
        except msgspec.ValidationError as wrong:
            return ToolResult({"error": f"Хибні аргументи: {wrong}"}, success=False)
        for rule in self.rules:
            if refusal := rule(wanted, desk):
                return refused(refusal)
        try:
            return await self.work(wanted, desk)
        except ShopFailed as failed:
            return ToolResult({"error": shop_in_words(failed)}, success=False)


def refused(refusal: Refusal) -> ToolResult:
    return ToolResult({"error": refusal.words}, success=False, hand_off=refusal.summary)


def tool(description: str, *rules: Rule) -> Callable[[Callable[[A, Desk], Awaitable[ToolResult]]], Tool[A]]:
    """Make a tool of an async function; its name is the function's. *rules* are asked in order before it works."""

    def wrap(work: Callable[[A, Desk], Awaitable[ToolResult]]) -> Tool[A]:
        first = next(iter(inspect.signature(work).parameters))
        arguments = typing.get_type_hints(work)[first]
        return Tool(work.__name__, description, arguments, work, rules)

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
