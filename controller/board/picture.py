"""The board's picture of now, and what is told of each change to it. Pure: records, texts and times in, ``Told`` out.

    snapshot                                everything, and when the latest call ended
    call      {"id", "patch"}               JSON merge patch of a Call; of a new one the whole
    call.end  {"id", "outcome", "ended"}
    turn      {"call", "turn"}              replaces the turn with the same n; only for those who follow the call, as heard and log
    heard     {"call", "n", "chars", "played_ms"}
    log       {"call", "ev"}
    queue, operator, callback, health       {"id", "patch"}: as call, in lists; a Waiting goes by the id of its call

A null patch takes the item away, of a call ``KEPT_S`` after its end. Interim texts are no events: the newest is in ``interim(call)``.

    a client's state:  snapshot, then patch after patch  ==  a new snapshot, at any time   (nulls and absent fields are the same)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent.records import LiveText
from controller.board import shapes
from controller.board.live_call import LiveCall
from controller.board.patch import difference
from controller.board.shapes import Shape
from controller.board.trouble import Desk, Limits
from controller.journal.records import CallRevised, Logged, MachineStepped, Record, ToolCalled, TurnRecorded

KEPT_S = 30.0
CALLS_MAX = 1_000

Kind = Literal["call", "call.end", "turn", "heard", "log", "queue", "operator", "callback", "health"]
ListKind = Literal["queue", "operator", "callback", "health"]
LISTS: Mapping[ListKind, str] = {"queue": "queue", "operator": "operators", "callback": "callbacks", "health": "health"}
"""Each kind's name in the snapshot."""
KEYS: Mapping[ListKind, str] = {"queue": "call", "operator": "id", "callback": "id", "health": "id"}


@dataclass(frozen=True, slots=True)
class Told:
    """One event. *call*: only for those who follow that call."""

    kind: Kind
    data: Shape
    call: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """Trouble that a call has from now on, for its log."""

    call: str
    level: str
    code: str
    args: Shape = field(default_factory=dict)


class Picture:
    """*on_trouble* hears of each trouble as it comes up; it must not come back here."""

    def __init__(
        self, limits: Limits | None = None, *, tool_budget_ms: int = 5_000, on_trouble: Callable[[Raised], None] = lambda raised: None
    ) -> None:
        self._limits = limits or Limits()
        self._tool_budget_ms = tool_budget_ms
        self._on_trouble = on_trouble
        self._calls: dict[str, LiveCall] = {}
        self._shown: dict[str, Shape] = {}  # what was told of each call
        self._lists: dict[ListKind, dict[str, Shape]] = {kind: {} for kind in LISTS}
        self._desk = Desk()
        self._operators: dict[str, str] = {}  # names by id
        self._gone: deque[str] = deque(maxlen=CALLS_MAX)  # calls that left, lest something late brings one back
        self.last_end_ms: int | None = None  # when the latest call ended
        self.dropped = 0  # calls not taken because CALLS_MAX were here

    # What is shown

    def calls(self) -> list[Shape]:
        """In the order in which they began."""
        return list(self._shown.values())

    def items(self, kind: ListKind) -> list[Shape]:
        return list(self._lists[kind].values())

    def call(self, call_id: str) -> Shape | None:
        return self._shown.get(call_id)

    def turns(self, call_id: str) -> list[Shape]:
        call = self._calls.get(call_id)
        return call.turns() if call else []

    def interim(self, call_id: str) -> Shape | None:
        """What the caller is saying right now, as far as it is recognised."""
        call = self._calls.get(call_id)
        return call.interim if call else None

    # What changes it

    def append(self, record: Record, now_ms: int) -> list[Told]:
        match record:
            case CallRevised():
                return self._revise(record, now_ms)
            case MachineStepped() | Logged() | TurnRecorded() | ToolCalled():
                call = self._calls.get(record.call_id) or self._arrive(record)
                return self._happen(call, record, now_ms) if call is not None else []
            case _:
                return []

    def live(self, call_id: str, text: LiveText) -> list[Told]:
        call = self._calls.get(call_id)
        turn = call.live(text) if call else None
        return [Told("turn", {"call": call_id, "turn": turn}, call_id)] if turn else []

    def met(self, call_id: str, name: str, known: int, now_ms: int) -> list[Told]:
        """The caller is somebody we know: by name, and by so many orders."""
        call = self._calls.get(call_id)
        if call is None:
            return []
        call.name, call.known = name or call.name, known or call.known
        return self._tell(call, now_ms)

    def listeners(self, call_id: str, people: Iterable[str], now_ms: int) -> list[Told]:
        call = self._calls.get(call_id)
        if call is None:
            return []
        call.listeners = list(people)
        return self._tell(call, now_ms)

    def audio(self, call_id: str, percent_lost: int, now_ms: int) -> list[Told]:
        """How much of the latest speech did not go out in time."""
        call = self._calls.get(call_id)
        if call is None:
            return []
        call.audio(now_ms, percent_lost)
        return self._tell(call, now_ms)

    def replace(self, kind: ListKind, items: Iterable[Shape]) -> list[Told]:
        """The whole of one list, in its order."""
        key, known = KEYS[kind], self._lists[kind]
        new = {str(item[key]): item for item in items}
        told = [Told(kind, {"id": gone, "patch": None}) for gone in known if gone not in new]
        for name, item in new.items():
            if patch := difference(known.get(name, {}), item):
                told.append(Told(kind, {"id": name, "patch": patch}))
            else:
                new[name] = known.get(name, item)  # the same object is known to be the same news
        self._lists[kind] = new
        self._operators = {operator: str(item.get("name") or operator) for operator, item in self._lists["operator"].items()}
        free = [item for item in self._lists["operator"].values() if item.get("state") == "free"]
        self._desk = Desk(tuple((str(item.get("name", "")), str(item.get("queue", ""))) for item in free), len(self._lists["queue"]))
        return told

    def tick(self, now_ms: int) -> list[Told]:
        """What only time brings: trouble by waiting, and calls that are over and leave. Once a second is enough."""
        told: list[Told] = []
        for call in list(self._calls.values()):
            if call.ended_ms is not None and now_ms - call.ended_ms >= KEPT_S * 1000:
                del self._calls[call.id]
                self._gone.append(call.id)
                if self._shown.pop(call.id, None) is not None:
                    told.append(Told("call", {"id": call.id, "patch": None}))
            else:
                told += self._tell(call, now_ms)
        return told

    # Inside

    def _arrive(self, record: Record) -> LiveCall | None:
        """A new call: only its first step or an open revision makes one."""
        match record:
            case CallRevised(ended_at_ms=None) | MachineStepped(sequence=1):
                pass
            case _:
                return None
        if record.call_id in self._gone:
            return None
        if len(self._calls) >= CALLS_MAX:
            self.dropped += 1
            return None
        try:
            call = LiveCall(record.call_id, limits=self._limits, tool_budget_ms=self._tool_budget_ms)
        except ValueError:
            self.dropped += 1
            return None
        self._calls[call.id] = call
        return call

    def _revise(self, record: CallRevised, now_ms: int) -> list[Told]:
        call = self._calls.get(record.call_id) or self._arrive(record)
        if call is None:
            return []
        over = call.ended_ms is not None
        call.revise(record, now_ms)
        told = self._tell(call, now_ms)
        if call.ended_ms is not None and not over:
            self.last_end_ms = max(self.last_end_ms or 0, call.ended_ms)
            told.append(Told("call.end", {"id": call.id, "outcome": call.outcome(), "ended": call.ended_ms}))
        return told

    def _happen(self, call: LiveCall, record: MachineStepped | Logged | TurnRecorded | ToolCalled, now_ms: int) -> list[Told]:
        told: list[Told] = []
        match record:
            case MachineStepped():
                call.step(record)
                told.append(self._line(call, record))
            case Logged():
                call.logged(record)
                told.append(self._line(call, record))
            case TurnRecorded():
                told += self._turn(call, record)
            case ToolCalled():
                told.append(Told("turn", {"call": call.id, "turn": call.tool(record.call)}, call.id))
        return told + self._tell(call, now_ms)

    def _line(self, call: LiveCall, record: MachineStepped | Logged) -> Told:
        return Told("log", {"call": call.id, "ev": shapes.line(record, call.started_ms)}, call.id)

    def _turn(self, call: LiveCall, record: TurnRecorded) -> list[Told]:
        turn = call.turn(record.turn)
        if turn is None:
            return []
        told = [Told("turn", {"call": call.id, "turn": turn}, call.id)]
        if turn["heard_chars"] is not None:
            heard = {"call": call.id, "n": turn["n"], "chars": turn["heard_chars"], "played_ms": turn["played_ms"]}
            told.append(Told("heard", heard, call.id))
        return told

    def _tell(self, call: LiveCall, now_ms: int) -> list[Told]:
        """The patch of what is new in *call*, if anything is."""
        if call.revision is None:
            return []
        level, code = call.look(now_ms, self._desk)
        if code and call.trouble:
            self._on_trouble(Raised(call.id, level, code, call.trouble["args"]))
        after = call.shape(self._operators)
        patch = difference(self._shown.get(call.id, {}), after)
        if not patch:
            return []
        self._shown[call.id] = after
        return [Told("call", {"id": call.id, "patch": patch})]
