"""What people may do with a live call, and what the call says to it.

person ─► Control ─► the call's session ─► machine ─► Acknowledge ─► Answer
                 └─► Listening (hears both sides; the call itself does not notice)

Nothing here decides whether a wish is granted: the machine does, in every state, with one of ``REFUSALS``. Nothing raises; each method
answers within ``ANSWER_S``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANSWER_S = 3.0
ACCEPTED = "accepted"
REFUSALS = frozenset(
    {
        "call_unknown",
        "call_ended",
        "with_operator",
        "with_supervisor",
        "transferring",
        "ending",
        "already_listening",
        "not_listening",
        "not_taken",
        "no_telephone",
        "other_worker",
        "queue_unknown",
        "text_too_long",
        "too_many",
        "no_answer",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks: of a token's profile, or named "ari" for a user event. *telephone* is what Asterisk dials, as ``PJSIP/sup1``."""

    name: str
    role: str
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish: "accepted", or one of ``REFUSALS``; *args* fill in the words that a person reads (queue, operator, limit)."""

    code: str = ACCEPTED
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        return self.code == ACCEPTED


class Control:
    """Of the calls of this process."""

    async def transfer(
        self, call_id: str, person: Person, *, queue: str = "operators", operator: str = "", note: str = "", warm: bool | None = None
    ) -> Answer:
        """To *queue*; *warm*: the operator hears *note* (or what the agent knows) first; None: as the settings say."""
        return Answer("call_unknown")

    async def hang_up(self, call_id: str, person: Person, *, goodbye: bool, why: str = "") -> Answer:
        """*goodbye*: the caller is told so first."""
        return Answer("call_unknown")

    async def say(self, call_id: str, person: Person, text: str, *, cut: bool) -> Answer:
        """The agent speaks *text*: at once (*cut*), or after its sentence."""
        return Answer("call_unknown")

    async def take_over(self, call_id: str, person: Person) -> Answer:
        """Rings the person's telephone; who picks it up has the call. Accepted: it rings."""
        return Answer("call_unknown")

    async def give_back(self, call_id: str, person: Person) -> Answer:
        """The call that this person has, back to the agent."""
        return Answer("call_unknown")

    async def listen(self, call_id: str, person: Person) -> Answer:
        """Rings the person's telephone; who picks it up hears both sides and is not heard."""
        return Answer("call_unknown")

    async def stop_listening(self, call_id: str, person: Person) -> Answer:
        return Answer("call_unknown")

    def state_seq(self, call_id: str) -> int | None:
        """Grows with each change of the state that is shown; None: no such live call."""
        return None
