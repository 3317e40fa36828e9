"""What of the board somebody may see: numbers in full or masked, what he may do, lines of the log. Pure.

Readers with equal sight get equal bytes, so whatever is told is masked and encoded once for each sight and not for each reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from controller.masking import HIDDEN, NUMBER_FIELDS, Masking, without_key

ROLES = ("viewer", "developer", "supervisor", "admin")
"""Each includes the former."""
FULL_NUMBER = 9  # digits: who knows that many of a number knows the number
_SHOWN = 4  # last digits of a masked one

_masking = Masking()


class Viewer(Protocol):
    """Who looks; ``controller.api.access.Identity`` is one."""

    @property
    def role(self) -> str: ...

    @property
    def numbers(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """Without arguments it sees least."""

    numbers: bool = False
    acts: bool = False  # on calls
    log: bool = False

    @classmethod
    def of(cls, viewer: Viewer) -> Sight:
        rank = ROLES.index(str(viewer.role))
        return cls(numbers=viewer.numbers, acts=rank >= ROLES.index("supervisor"), log=rank >= ROLES.index("developer"))

    def see(self, shape: Any) -> Any:
        """A value of the console's shapes, or a part of one, as this sight shows it."""
        if isinstance(shape, Mapping):
            shown = shape if self.numbers else without_key(shape)
            seen = {key: self._field(key, value) for key, value in shown.items()}
            if not self.numbers and "redacted" in shape and isinstance(arguments := shape.get("args"), Mapping):
                seen["redacted"] = [name for name, value in arguments.items() if seen["args"].get(name) != value]
            return seen
        if isinstance(shape, list):
            return [self.see(value) for value in shape]
        if isinstance(shape, str) and not self.numbers:
            return _masking.text(shape)
        return shape

    def _field(self, key: str, value: Any) -> Any:
        if key == "can" and not self.acts:
            return []
        if key in NUMBER_FIELDS and isinstance(value, str) and not self.numbers:
            return masked_number(value)
        return self.see(value)


def masked_number(number: str) -> str:
    """The beginning as in the logs, if it is a number as they know them; else only the last four digits."""
    masked = _masking.text(number)
    if masked != number or len(number) <= _SHOWN:
        return masked
    return HIDDEN + number[-_SHOWN:]
