"""A tool: an async function with typed arguments, offered to the model by its JSON schema.

    @tool("Шукає шини ...")
    async def search_tires(wanted: SearchTires, desk: Desk) -> ToolResult: ...

The arguments are a msgspec Struct: its fields, types, bounds and descriptions make the schema, and the same Struct validates what the
model sends. A wrong argument, a refusal or a failed neighbour is not an error of the program: it goes back to the model in words, and
the words say no more than is known.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from agent.case import Case, Said
from agent.errors import KnowledgeFailed, ShopFailed
from agent.guard.refusal import Refusal
from agent.ledger import LedgerFailed
from agent.once import Once
from agent.ports import CallBacks, Knowledge, ToolSpec
from agent.shop import Shop

A = TypeVar("A", bound=msgspec.Struct)

NOT_WRITTEN = "Зараз не вдається нічого записати, тож нічого не зроблено. Вибачся і запропонуй оператора."
NO_ARTICLES = "Довідка магазину зараз недоступна. Не вигадуй відповіді: вибачся і запропонуй оператора."


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
    call_backs: CallBacks
    desk_open: Callable[[], bool] = lambda: True  # operators work now


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
            wanted = msgspec.convert(_with_seconds(arguments, self.arguments), self.arguments)
        except msgspec.ValidationError as wrong:
            return no(f"Хибні аргументи: {wrong}")
        for rule in self.rules:
            if refusal := rule(wanted, desk):
                return refused(refusal)
        try:
            return await self.work(wanted, desk)
        except ShopFailed as failed:
            return no(shop_in_words(failed))
        except LedgerFailed:
            return no(NOT_WRITTEN)
        except KnowledgeFailed:
            return no(NO_ARTICLES)


def no(words: str) -> ToolResult:
    """It was not done, and why, in words for the model."""
    return ToolResult({"error": words}, success=False)


def refused(refusal: Refusal) -> ToolResult:
    return ToolResult({"error": refusal.words}, success=False, hand_off=refusal.summary)


def tool(description: str, *rules: Rule) -> Callable[[Callable[[A, Desk], Awaitable[ToolResult]]], Tool[A]]:
    """Make a tool of an async function; its name is the function's. *rules* are asked in order before it works."""

    def wrap(work: Callable[[A, Desk], Awaitable[ToolResult]]) -> Tool[A]:
        first = next(iter(inspect.signature(work).parameters))
        arguments = typing.get_type_hints(work)[first]
        return Tool(work.__name__, description, arguments, work, rules)

    return wrap


@functools.cache
def schema_of(arguments: type[msgspec.Struct]) -> Mapping[str, Any]:
    """JSON schema of a Struct, without references or titles, open to no other fields. Made once; not to be changed."""
    _, components = msgspec.json.schema_components([arguments], ref_template="{name}")
    schema: dict[str, Any] = _whole(components[arguments.__name__], components)
    return {**schema, "additionalProperties": False}


def _whole(part: Any, components: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_whole(one, components) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _whole(components[part["$ref"]], components)
    return {key: _whole(value, components) for key, value in part.items() if not (key == "title" and isinstance(value, str))}


def _with_seconds(arguments: Mapping[str, Any], struct: type[msgspec.Struct]) -> dict[str, Any]:
    """ "9:30" as the "09:30:00" that RFC 3339 wants, in the fields that are hours: nobody names seconds on the telephone."""
    hints = typing.get_type_hints(struct)
    hours = {name for name, hint in hints.items() if dt.time in (hint, *typing.get_args(hint))}
    return {name: _HOUR.sub(_full_hour, value) if name in hours and isinstance(value, str) else value for name, value in arguments.items()}


_HOUR = re.compile(r"^(\d{1,2}):(\d{2})$")


def _full_hour(hour: re.Match[str]) -> str:
    return f"{hour[1]:0>2}:{hour[2]}:00"


def shop_in_words(failed: ShopFailed) -> str:
    """What a failure means for the caller: the truth, and what to offer him."""
    if failed.outcome_unknown:
        return (
            "Магазин не відповів: невідомо, чи це записано. Так і скажи, не стверджуй ні того, ні іншого, і запропонуй оператора. "
            "Якщо абонент хоче спробувати ще раз, повтори той самий виклик: двічі не запишеться."
        )
    if failed.unavailable:
        return "Система магазину тимчасово недоступна, нічого не зроблено. Вибачся і запропонуй передзвонити або з'єднати з оператором."
    if failed.status == 404:
        return "У базі магазину такого немає."
    if failed.status in {400, 409, 422}:
        return f"Магазин не прийняв запит, нічого не записано: {failed}"
    return "Система магазину зараз не відповідає. Вибачся і запропонуй передзвонити або з'єднати з оператором."
