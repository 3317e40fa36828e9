"""Live calls that people act on: a ``LiveCalls`` and a ``LiveControl`` without a call machine, which answer as it would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from controller.control import Answer, Person
from tests.fakes.recorded_calls import new_call_id

QUEUES = ("operators", "service")
LONGEST_TEXT = 300


@dataclass
class FakeCall:
    id: str
    tel: str = "+380671234567"
    state: str = "listening"
    seq: int = 1
    has: str = ""  # the supervisor who has it
    listeners: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def becomes(self, state: str) -> None:
        self.state = state
        self.seq += 1


class FakeControl:
    def __init__(self) -> None:
        self._calls: dict[str, FakeCall] = {}
        self.wishes: list[tuple[str, str, str]] = []  # what, call, who
        self.hold: asyncio.Event | None = None  # until it is set nothing answers

    def begin(self, **what: Any) -> FakeCall:
        call = FakeCall(new_call_id(), **what)
        self._calls[call.id] = call
        return call

    # LiveCalls

    def calls(self) -> list[dict[str, Any]]:
        return [_shape(call) for call in self._calls.values() if call.state != "ended"]

    def call(self, call_id: str) -> dict[str, Any] | None:
        call = self._calls.get(call_id)
        turn = {"n": 1, "at": 900, "who": "caller", "text": f"Мій номер {call.tel}"} if call else {}
        return _shape(call) | {"turns": [turn]} if call else None

    def items(self, kind: str) -> list[dict[str, Any]]:
        if kind == "queue":
            return [{"call": call.id, "pos": 1, "queue": "operators"} for call in self._calls.values() if call.state == "transferring"]
        return [{"id": "op1", "name": "Оксана", "queue": "operators", "state": "free", "since": 1795271527000, "call": None}]

    # LiveControl

    async def transfer(
        self, call_id: str, person: Person, *, queue: str = "operators", operator: str = "", note: str = "", warm: bool | None = None
    ) -> Answer:
        found = await self._talking("transfer", call_id, person)
        if isinstance(found, Answer):
            return found
        if queue not in QUEUES:
            return Answer("queue_unknown", {"queue": queue})
        found.becomes("transferring")
        return Answer()

    async def hang_up(self, call_id: str, person: Person, *, goodbye: bool, why: str = "") -> Answer:
        found = await self._live("hang", call_id, person)
        if isinstance(found, Answer):
            return found
        found.becomes("ended")
        return Answer()

    async def say(self, call_id: str, person: Person, text: str, *, cut: bool) -> Answer:
        found = await self._talking("say", call_id, person)
        if isinstance(found, Answer):
            return found
        if len(text) > LONGEST_TEXT:
            return Answer("text_too_long", {"limit": LONGEST_TEXT})
        found.said.append(text)
        return Answer()

    async def take_over(self, call_id: str, person: Person) -> Answer:
        found = await self._talking("take", call_id, person)
        if isinstance(found, Answer):
            return found
        if not person.telephone:
            return Answer("no_telephone")
        found.has = person.name
        found.becomes("operator")
        return Answer()

    async def give_back(self, call_id: str, person: Person) -> Answer:
        found = await self._live("release", call_id, person)
        if isinstance(found, Answer):
            return found
        if found.has != person.name:
            return Answer("not_taken")
        found.has = ""
        found.becomes("listening")
        return Answer()

    async def listen(self, call_id: str, person: Person) -> Answer:
        found = await self._live("listen", call_id, person)
        if isinstance(found, Answer):
            return found
        if not person.telephone:
            return Answer("no_telephone")
        if person.name in found.listeners:
            return Answer("already_listening")
        found.listeners.append(person.name)
        return Answer()

    async def stop_listening(self, call_id: str, person: Person) -> Answer:
        found = await self._live("listen.stop", call_id, person)
        if isinstance(found, Answer):
            return found
        if person.name not in found.listeners:
            return Answer("not_listening")
        found.listeners.remove(person.name)
        return Answer()

    def state_seq(self, call_id: str) -> int | None:
        call = self._calls.get(call_id)
        return call.seq if call else None

    async def _live(self, what: str, call_id: str, person: Person) -> FakeCall | Answer:
        self.wishes.append((what, call_id, person.name))
        if self.hold is not None:
            await self.hold.wait()
        call = self._calls.get(call_id)
        if call is None:
            return Answer("call_unknown")
        return Answer("call_ended") if call.state == "ended" else call

    async def _talking(self, what: str, call_id: str, person: Person) -> FakeCall | Answer:
        found = await self._live(what, call_id, person)
        if isinstance(found, FakeCall) and found.state in ("transferring", "operator"):
            return Answer("with_supervisor" if found.has else "transferring")
        return found


def _shape(call: FakeCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "caller": {"name": "Олена", "tel": call.tel, "known": 3},
        "started": 1795271527000,
        "state": call.state,
        "state_seq": call.seq,
        "operator": call.has or None,
        "trouble": None,
        "listeners": call.listeners,
        "can": ["transfer", "listen", "say", "take", "hang"],
    }
