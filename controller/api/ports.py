"""What our routes need of the parts that know. Values are JSON in the console's shapes (``shapes``), numbers in full: the routes mask.

What may be refused answers with ``control.Answer``; its codes are in ``problems.KINDS``.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from controller.control import Answer, Person

Shape = dict[str, Any]


class LiveCalls(Protocol):
    def calls(self) -> list[Shape]:
        """Every live call, without its turns."""

    def call(self, call_id: str) -> Shape | None:
        """One with its *turns*; also for a while after its end."""


class LiveControl(Protocol):
    """``controller.control.Control``."""

    async def transfer(
        self, call_id: str, person: Person, *, queue: str = "operators", operator: str = "", note: str = "", warm: bool | None = None
    ) -> Answer: ...

    async def hang_up(self, call_id: str, person: Person, *, goodbye: bool, why: str = "") -> Answer: ...

    async def say(self, call_id: str, person: Person, text: str, *, cut: bool) -> Answer: ...

    async def take_over(self, call_id: str, person: Person) -> Answer: ...

    async def give_back(self, call_id: str, person: Person) -> Answer: ...

    async def listen(self, call_id: str, person: Person) -> Answer: ...

    async def stop_listening(self, call_id: str, person: Person) -> Answer: ...

    def state_seq(self, call_id: str) -> int | None: ...


class CallBacks(Protocol):
    """``controller.callbacks.CallBacks`` on our ``Pool``: raises ``problems.DatabaseAway``."""

    async def listed(self, *, done: bool) -> list[Shape]:
        """Open ones, the most urgent first; with *done* the latest done ones too."""

    async def dial(self, callback_id: str, person: Person) -> Answer:
        """Rings the person's telephone, then the customer's. Accepted: it rings."""

    async def done(self, callback_id: str, person: Person) -> Answer: ...


class Lists(Protocol):
    """``controller.board.board.Board``."""

    def items(self, kind: Literal["queue", "operator"]) -> list[Shape]:
        """Callers who wait, the first first; operators."""


class Dependencies(Protocol):
    def listed(self) -> list[Shape]: ...

    async def check(self, dependency_id: str) -> Shape | None:
        """Ask it now; None: there is none of that name."""
