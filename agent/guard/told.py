"""What prices may be spoken of in this call: those that a tool or the caller has named.

results of tools ─┐
the prompt's text ┼─► Told ─► ``SpeechGuard``
caller's words ───┘
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.guard.numbers import numbers_in

CURRENCY = re.compile(r"\s*(?:грн|грив[ен]\w*|гривн\w*|₴)", re.IGNORECASE)
PERCENT = re.compile(r"\s*(?:%|відсот\w*|процент\w*)", re.IGNORECASE)
FREE = re.compile(r"безкоштовн|безоплатн|задарма|\bдаром\b|подарун|нічого не кошту", re.IGNORECASE)
_SETS = frozenset(range(1, 9))  # tyres on one car, or on two: how many are multiplied without being named


@dataclass(slots=True)
class Told:
    amounts_uah: set[int] = field(default_factory=set)
    percents: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)  # numbers the caller said
    free: bool = False  # a tool said that something costs nothing

    def take_text(self, text: str) -> None:
        """A text of ours: the prompt, or a part of a tool's result."""
        for line in text.splitlines():
            amounts_uah, percents, free = _sums_in(line)
            self.amounts_uah |= amounts_uah
            self.percents |= percents
            self.free = self.free or free

    def take_result(self, result: Mapping[str, Any]) -> None:
        for text in _texts(result):
            self.take_text(text)

    def take_caller(self, text: str) -> None:
        self.named |= {number.value for number in numbers_in(text)}

    def may_be_a_price(self, amount_uah: int, case_amounts_uah: set[int], *, budget: bool = False) -> bool:
        """One that was told, some times such a one, or the sum of two; never nothing.

        What the caller himself named may be repeated as his *budget* ("до 5000 грн"), not as a price: he would set prices so.
        """
        told = (self.amounts_uah | case_amounts_uah) - {0}
        counts = _SETS | {count for count in self.named if 1 <= count <= 99}
        return amount_uah > 0 and (
            amount_uah in told
            or (budget and amount_uah in self.named)
            or any(amount_uah == count * one for one in told for count in counts)
            or any(amount_uah - one in told for one in told)
        )


@functools.lru_cache(maxsize=1_024)  # the prompt's lines are the same in every call
def _sums_in(line: str) -> tuple[frozenset[int], frozenset[int], bool]:
    """Amounts in UAH, percentages, and whether something is said to cost nothing."""
    marked = list(_marked(line))
    amounts_uah = frozenset(value for value, behind in marked if CURRENCY.match(behind))
    percents = frozenset(value for value, behind in marked if PERCENT.match(behind))
    return amounts_uah, percents, FREE.search(line) is not None


def _marked(text: str) -> Iterator[tuple[int, str]]:
    """Each number with what stands behind it."""
    for number in numbers_in(text):
        yield number.value, text[number.end : number.end + 16]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)
