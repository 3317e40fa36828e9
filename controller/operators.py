"""Who is at the operators' desk and what he does: pure; the queue's words and our calls in, the console's shapes out.

    question(queues)  ─► Asterisk ─► members(answer)                      who is in which queue
    state_of(members) ─► Asterisk ─► seen(answer)                         what the telephone does, who is paused
    Desk.look(seen, calls, now) ─► operators(), waiting()                 and since when

Asterisk evaluates a whole question in one variable of one channel (EVAL). ``Custom:op1`` is the device of ``Local/op1@ops/n``, as in our
queues.conf; any other member's device is his interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from controller.call.state import Call, State

WRAP_S = 2.0  # queues.conf's wrapuptime: nobody's phone rings so soon after his talk
TALK_LIMIT_S = 1_200
PAUSE_LIMIT_S = 900
WAITING_LIMIT_S = 120

Shape = dict[str, Any]
OperatorState = Literal["free", "call", "wrap", "pause", "off"]

_LOCAL = re.compile(r"Local/([\w.-]+)@")
_SAFE = re.compile(r"[\w./@-]+")  # what may stand in a question: a name with a bracket in it would be a function


class Member(NamedTuple):
    queue: str
    interface: str

    @property
    def id(self) -> str:
        """ "op1", of Local/op1@ops/n as of PJSIP/op1."""
        local = _LOCAL.match(self.interface)
        return local[1] if local else self.interface.partition("/")[2]

    @property
    def device(self) -> str:
        local = _LOCAL.match(self.interface)
        return f"Custom:{local[1]}" if local else self.interface


class Seen(NamedTuple):
    """What Asterisk says of one member."""

    member: Member
    device: str  # NOT_INUSE, INUSE, RINGING, ONHOLD, BUSY, UNAVAILABLE, INVALID, UNKNOWN
    paused: bool


def question(queues: Sequence[str]) -> str:
    return "EVAL(" + "|".join(f"${{QUEUE_MEMBER_LIST({queue})}}" for queue in queues) + ")"


def members(queues: Sequence[str], answer: str) -> tuple[Member, ...]:
    """In the order of the queues; the queue itself keeps no order."""
    found = []
    for queue, interfaces in zip(queues, answer.split("|"), strict=False):
        found += [Member(queue, one) for one in sorted(interfaces.split(",")) if _SAFE.fullmatch(one)]
    return tuple(found)


def state_of(asked: Sequence[Member]) -> str:
    parts = [f"${{DEVICE_STATE({member.device})}},${{QUEUE_MEMBER({member.queue},paused,{member.interface})}}" for member in asked]
    return "EVAL(" + "|".join(parts) + ")"


def seen(asked: Sequence[Member], answer: str) -> tuple[Seen, ...]:
    found = []
    for member, part in zip(asked, answer.split("|"), strict=False):
        device, _, paused = part.partition(",")
        found.append(Seen(member, device, paused == "1"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Operator:
    id: str
    name: str
    queues: tuple[str, ...]
    state: OperatorState
    since_ms: int
    call: str | None = None
    day: date | None = None
    talks: int = 0  # today
    talked_ms: int = 0


class Desk:
    """What is known now. *queues*: the first is the usual one."""

    def __init__(self, queues: Sequence[str], zone: ZoneInfo) -> None:
        self._queues = tuple(queues)
        self._zone = zone
        self._operators: dict[str, _Operator] = {}
        self._waiting: dict[str, tuple[int, str]] = {}  # call id: since when, in which queue

    def look(self, found: Iterable[Seen], calls: Iterable[Call], names: Mapping[str, str], now_ms: int) -> None:
        """Take in what Asterisk said and where our calls are; *names*: of operators, by id."""
        calls = tuple(calls)
        talking = {call.operator: call.call_id for call in calls if call.state is State.OPERATOR and call.operator}
        by_id: dict[str, list[Seen]] = {}
        for one in found:
            by_id.setdefault(one.member.id, []).append(one)
        self._operators = {id_: self._step(id_, known, talking.get(id_), names, now_ms) for id_, known in sorted(by_id.items())}
        self.calls(calls, now_ms)

    def calls(self, calls: Iterable[Call], now_ms: int) -> None:
        """The same of the callers who wait alone, without a word of Asterisk's."""
        waiting = {call.call_id: call.queue or self._queues[0] for call in calls if call.state in {State.LEAVING, State.QUEUED}}
        self._waiting = {call: (self._waiting.get(call, (now_ms, ""))[0], queue) for call, queue in waiting.items()}

    def _step(self, id_: str, found: Sequence[Seen], call: str | None, names: Mapping[str, str], now_ms: int) -> _Operator:
        today = datetime.fromtimestamp(now_ms / 1000, self._zone).date()
        before = self._operators.get(id_)
        state = _state(found, call, before, now_ms)
        changed = before is None or (before.state, before.call) != (state, call)
        now = _Operator(
            id=id_,
            name=names.get(id_, id_),
            queues=tuple(one.member.queue for one in found),
            state=state,
            since_ms=now_ms if before is None or changed else before.since_ms,
            call=call,
            day=today,
        )
        if before is None or before.day != today:
            return now
        over = before.call is not None and before.call != call
        return replace(now, talks=before.talks + over, talked_ms=before.talked_ms + (now_ms - before.since_ms if over else 0))

    def operators(self) -> list[Shape]:
        limits = {"call": TALK_LIMIT_S, "pause": PAUSE_LIMIT_S}
        return [
            {
                "id": one.id,
                "name": one.name,
                "queue": one.queues[0],
                "queues": list(one.queues),
                "state": one.state,
                "since": one.since_ms,
                "limit_s": limits.get(one.state),
                "call": one.call,
                "today": one.talks,
                "avg_s": round(one.talked_ms / one.talks / 1000) if one.talks else None,
            }
            for one in self._operators.values()
        ]

    def waiting(self) -> list[Shape]:
        """Callers who wait for an operator, by queue the first first. Who came in otherwise than through us is not ours to tell of."""
        shapes: list[Shape] = []
        places: dict[str, int] = {}
        for call, (since_ms, queue) in sorted(self._waiting.items(), key=lambda item: item[1]):
            places[queue] = places.get(queue, 0) + 1
            shapes.append({"call": call, "pos": places[queue], "queue": queue, "since": since_ms, "limit_s": WAITING_LIMIT_S})
        return shapes


def _state(found: Sequence[Seen], call: str | None, before: _Operator | None, now_ms: int) -> OperatorState:
    devices = {one.device for one in found}
    if call is not None:
        return "call"
    if devices & {"UNAVAILABLE", "INVALID"}:
        return "off"
    if devices - {"NOT_INUSE", "UNKNOWN", ""}:
        return "call"  # rings, is being told who calls, or talks with somebody whom we did not send
    if all(one.paused for one in found):
        return "pause"
    if before is not None and (before.state == "call" or (before.state == "wrap" and now_ms - before.since_ms < WRAP_S * 1000)):
        return "wrap"
    return "free"
