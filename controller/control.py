"""What people may do with a live call, and what the call says to it.

person ─► Control ─► the call's session ─► machine ─► Acknowledge ─► Answer
                 └─► Listening (hears both sides; the call itself does not notice)

Nothing here decides whether a wish is granted: the machine does, in every state, with one of ``REFUSALS``. Nothing raises; each method
answers within ``ANSWER_S``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from controller.call import events as seen
from controller.call.state import State
from controller.listening import Listening
from controller.session import Session
from controller.switchboard import Switchboard

ANSWER_S = 3.0
ACCEPTED = "accepted"
REFUSALS: Mapping[str, int] = MappingProxyType(
    {
        "call_unknown": 404,
        "call_ended": 410,
        "connecting": 409,
        "with_operator": 409,
        "with_supervisor": 409,
        "transferring": 409,
        "ending": 409,
        "already_listening": 409,
        "not_listening": 409,
        "not_taken": 409,
        "no_telephone": 409,
        "other_worker": 409,
        "queue_unknown": 422,
        "text_too_long": 422,
        "text_missing": 422,
        "too_many": 429,
        "no_answer": 504,
    }
)
"""Why a wish is not granted, each with the HTTP status that says so."""
LONGEST = {"text": 2_000, "note": 500, "why": 200}
"""What is kept of a text at most; what may be said is shorter, and the machine refuses more."""


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

    def __init__(self, switchboard: Switchboard, listening: Listening, *, answer_s: float = ANSWER_S) -> None:
        self._switchboard = switchboard
        self._listening = listening
        self._answer_s = answer_s

    async def transfer(
        self, call_id: str, person: Person, *, queue: str = "operators", operator: str = "", note: str = "", warm: bool | None = None
    ) -> Answer:
        """To *queue*; *warm*: the operator hears *note* (or what the agent knows) first; None: as the settings say."""
        request, note = _request(), note[: LONGEST["note"]]
        wish = seen.TransferRequested(who=person.name, request=request, queue=queue, operator=operator, summary=note, warm=warm)
        return await self._ask(call_id, wish)

    async def hang_up(self, call_id: str, person: Person, *, goodbye: bool, why: str = "") -> Answer:
        """*goodbye*: the caller is told so first."""
        wish = seen.HangUpRequested(who=person.name, request=_request(), goodbye=goodbye, reason=why[: LONGEST["why"]])
        return await self._ask(call_id, wish)

    async def say(self, call_id: str, person: Person, text: str, *, cut: bool) -> Answer:
        """The agent speaks *text*: at once (*cut*), or after its sentence."""
        return await self._ask(call_id, seen.SayRequested(who=person.name, request=_request(), text=text[: LONGEST["text"]], cut=cut))

    async def take_over(self, call_id: str, person: Person) -> Answer:
        """Rings the person's telephone; who picks it up has the call. Accepted: it rings."""
        return await self._ask(call_id, seen.TakeOverRequested(who=person.name, request=_request(), telephone=person.telephone))

    async def give_back(self, call_id: str, person: Person) -> Answer:
        """The call that this person has, back to the agent; while his telephone still rings, it stops."""
        return await self._ask(call_id, seen.GiveBackRequested(who=person.name, request=_request()))

    async def listen(self, call_id: str, person: Person) -> Answer:
        """Rings the person's telephone; who picks it up hears both sides and is not heard."""
        session = self._switchboard.session(call_id)
        if session is None:
            return self._nobody(call_id)
        if session.call.state in {State.NEW, State.ENDING, State.ENDED}:
            return Answer("ending")

        def note(name: str, who: str) -> None:
            session.record.log("ctl", name, text=who, data={"who": who})

        return self._heard(self._listening.listen(call_id, session.call.channel_id, person.name, person.telephone, note))

    async def stop_listening(self, call_id: str, person: Person) -> Answer:
        if self._switchboard.session(call_id) is None:
            return self._nobody(call_id)
        return self._heard(self._listening.stop(call_id, person.name))

    def state_seq(self, call_id: str) -> int | None:
        """Grows with each change of the state that is shown; None: no such live call."""
        session = self._switchboard.session(call_id)
        return session.record.state_seq if session is not None else None

    def listeners(self, call_id: str) -> tuple[str, ...]:
        """Who hears the call now."""
        return self._listening.listeners(call_id)

    async def _ask(self, call_id: str, wish: seen.AnyWish) -> Answer:
        session: Session | None = self._switchboard.session(call_id)
        if session is None:
            return self._nobody(call_id)
        answer = await session.ask(wish, self._answer_s)
        return Answer("no_answer") if answer is None else Answer(answer.code, answer.args)

    def _nobody(self, call_id: str) -> Answer:
        return Answer("call_ended" if call_id in self._switchboard.finished else "call_unknown")

    def _heard(self, refusal: str) -> Answer:
        args = {"limit": self._listening.listeners_max} if refusal == "too_many" else {}
        return Answer(refusal or ACCEPTED, args)


def _request() -> str:
    return uuid.uuid4().hex
