"""What answers while nobody else does: there are no call backs."""

from __future__ import annotations

from controller.api.ports import Shape
from controller.control import Answer, Person


class NoCallBacks:
    """Satisfies ``ports.CallBacks``."""

    async def listed(self, *, done: bool) -> list[Shape]:
        return []

    async def dial(self, callback_id: str, person: Person) -> Answer:
        return Answer("callback_unknown")

    async def done(self, callback_id: str, person: Person) -> Answer:
        return Answer("callback_unknown")
