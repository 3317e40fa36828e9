"""A place for a part that is made later, while others are made now that will use it.

Building the API takes hundreds of milliseconds, which a controller that takes calls over does not have; and the parts that the API
speaks of can be made only then. So it is built around places.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

Part = TypeVar("Part")


class Place(Generic[Part]):
    """``stand_in`` may be handed out at once; what is called on it before ``fill`` fails."""

    def __init__(self) -> None:
        self.filled: Part | None = None
        self.stand_in: Part = cast("Part", _StandIn(self))

    def fill(self, part: Part) -> None:
        self.filled = part

    @property
    def part(self) -> Part:
        if self.filled is None:
            raise RuntimeError("this part is not made yet")
        return self.filled


class _StandIn:
    """Has every method of the part to come; its other attributes when it is there."""

    def __init__(self, place: Place[Any]) -> None:
        self._place = place

    def __getattr__(self, name: str) -> Any:
        place = self._place
        if place.filled is not None:
            return getattr(place.filled, name)
        return lambda *arguments, **named: getattr(place.part, name)(*arguments, **named)
