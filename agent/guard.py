"""What the model may do, kept in code and not only in the prompt. Each rule is one small function of the call so far."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

TRANSFER = "transfer_to_operator"


@dataclass(frozen=True, slots=True)
class Refusal:
    words: str  # for the model
    hand_off: bool = False  # the talk goes to a human now


class Guard:
    """One call's limits; it counts the uses it allowed. A transfer is always allowed."""

    def __init__(self, known: Collection[str], *, calls_max: int = 10) -> None:
        self._known = frozenset(known)
        self._calls_max = calls_max
        self._calls = 0

    def check(self, name: str) -> Refusal | None:
        """Allow (and count) a use of the tool *name*, or say why not."""
        refusal = self._unknown(name) or self._too_many(name)
        if refusal is None and name != TRANSFER:
            self._calls += 1
        return refusal

    def _unknown(self, name: str) -> Refusal | None:
        return None if name in self._known else Refusal(f"Інструмента {name!r} немає. Є: {', '.join(sorted(self._known))}.")

    def _too_many(self, name: str) -> Refusal | None:
        if name == TRANSFER or self._calls < self._calls_max:
            return None
        return Refusal(f"Вичерпано {self._calls_max} викликів інструментів за розмову: далі допоможе оператор.", hand_off=True)
