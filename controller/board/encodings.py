"""What of the picture is encoded already, so that a crowd of readers who come back after a loss costs little more than one. Pure.

part    the call backs as a sight sees them, the turns of a call as it sees them, ...
item ─► its bytes, made once for each part: a shape is replaced and never changed, so the same object is the same news
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable

from controller.board.shapes import Shape

PARTS = 64
"""That are kept; of more the one that was not wanted for longest goes."""

Make = Callable[[Shape], bytes]


class Encodings:
    def __init__(self) -> None:
        self._parts: OrderedDict[Hashable, dict[int, tuple[Shape, bytes]]] = OrderedDict()  # by id, which is the item's while it is held

    def of(self, part: Hashable, items: Iterable[Shape], make: Make) -> list[bytes]:
        """The bytes of each of *items*, in their order; what else *part* had is forgotten."""
        before = self._parts.pop(part, {})
        held = {id(item): before.get(id(item)) or (item, make(item)) for item in items}
        self._hold(part, held)
        return [encoded for _, encoded in held.values()]

    def prepare(self, part: Hashable, items: Iterable[Shape], make: Make) -> int:
        """Encode *items*, too; how many that were."""
        held = self._parts.pop(part, {})
        new = {id(item): (item, make(item)) for item in items if id(item) not in held}
        self._hold(part, held | new if new else held)
        return len(new)

    def _hold(self, part: Hashable, held: dict[int, tuple[Shape, bytes]]) -> None:
        if not held:
            return
        self._parts[part] = held
        if len(self._parts) > PARTS:
            self._parts.popitem(last=False)
