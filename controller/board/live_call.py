"""One call as the board knows it, and how each record changes that. Pure.

It holds what is shown (``shape``), the transcript, and the signs of trouble. The transcript is told only to those who follow the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.records import LiveText, ToolCallRecord, TurnRecord
from controller.board import shapes
from controller.board.outcome import outcome_of
from controller.board.shapes import Shape
from controller.board.signs import Signs
from controller.board.topic import About
from controller.board.trouble import Desk, Limits, Troubles
from controller.journal.ids import call_uuid, unix_ms
from controller.journal.records import CallRevised, Logged, MachineStepped

TURNS_MAX = 400  # of one transcript; the oldest go first
ANSWERS_MAX = 100
NAME_MAX = 100

_CAN: Mapping[str, tuple[str, ...]] = {
    "connecting": ("transfer", "hang"),
    "talking": ("transfer", "listen", "say", "take", "hang"),
    "announcing": ("transfer", "listen", "hang"),
    "leaving": ("listen", "hang"),
    "queued": ("listen", "hang"),
    "operator": ("listen", "hang"),
    "supervised": ("transfer", "listen", "release", "hang"),
    "moved": ("hang",),
}
"""By the machine's state; whether it is granted, the machine says."""

_WITH_A_NAME = frozenset({"create_order_draft", "book_fitting", "confirm_order"})


class LiveCall:
    """Raises ``ValueError`` for a call id that is no UUIDv7."""

    def __init__(self, call_id: str, *, limits: Limits, tool_budget_ms: int) -> None:
        self.id = call_id
        self.started_ms = unix_ms(call_uuid(call_id))
        self.transcript: dict[int, Shape] = {}  # by n
        self.interim: Shape | None = None
        self.ended_ms: int | None = None
        self.tools_done: set[str] = set()  # names of those used with success
        self.revision: CallRevised | None = None
        self.listeners: list[str] = []
        self.line = ""
        self.name = ""
        self.known = 0
        self._limits = limits
        self._tool_budget_ms = tool_budget_ms
        self._signs = Signs()
        self._troubles = Troubles(limits)
        self._machine = ""
        self._about = About()
        self._lang = "uk"
        self._answers: list[int] = []
        self._tools: dict[int, dict[str, int]] = {}  # by turn: tool_use_id -> index
        self._attempts: dict[str, int] = {}
        self._revisions: dict[int, int] = {}  # by turn

    # What changes it

    def revise(self, record: CallRevised, at_ms: int) -> None:
        if self.ended_ms is not None or (self.revision is not None and record.revision <= self.revision.revision):
            return
        self.revision = record
        self.ended_ms = record.ended_at_ms
        self._signs.enter(record.state, at_ms)

    def step(self, record: MachineStepped) -> None:
        self._machine = record.state
        match shapes.kind(record.event):
            case "call_arrived":
                self.line = str(record.event.get("dialled", ""))
            case "digit_pressed" if record.event.get("digit") == "0":
                self._signs.key_0(record.at_ms)

    def logged(self, record: Logged) -> None:
        if record.source == "tts" and record.name.startswith("Filler"):
            self._signs.filler(record.at_ms)

    def turn(self, record: TurnRecord) -> Shape | None:
        """Its shape, or None if a later revision of it was told already."""
        if self._revisions.get(record.turn_number, 0) >= record.revision:
            return None
        self._revisions[record.turn_number] = record.revision
        self._signs.turn(record, slow_ms=self._limits.slow_ms)
        shape = shapes.turn(record, self.started_ms)
        if record.speaker == "caller":
            self._lang = (record.language or self._lang)[:2]
            self._about.said(record.text)
        elif (took := record.latencies.answer_ms) is not None and record.revision == 1:
            self._answers = [*self._answers[1 - ANSWERS_MAX :], took]
        if self.interim is not None and self.interim["n"] <= shape["n"]:
            self.interim = None
        self._keep(shape)
        return shape

    def tool(self, record: ToolCallRecord) -> Shape:
        indices = self._tools.setdefault(record.turn_number, {})
        index = indices.setdefault(record.tool_use_id, len(indices))
        attempt = self._attempts[record.name] = self._attempts.get(record.name, 0) + 1
        self._signs.tool(record)
        if record.success:
            self._attempts[record.name] = 0
            self.tools_done.add(record.name)
            self._about.used(record.name, record.arguments, record.result)
            self.name = name_given(record.name, record.arguments) or self.name
        shape = shapes.tool_turn(record, index, self.started_ms, budget_ms=self._tool_budget_ms, attempt=attempt)
        self._keep(shape)
        return shape

    def live(self, text: LiveText) -> Shape | None:
        """Of the agent a turn that is being spoken; of the caller nothing: his words in the making are ``interim``."""
        n = shapes.turn_n(text.turn_number)
        if text.turn_number in self._revisions:
            return None  # it is over
        shape = shapes.live_turn(text, self.started_ms)
        if text.speaker == "agent":
            if self.transcript.get(n) == shape:
                return None
            self._keep(shape)
            return shape
        self.interim = {"call": self.id, "n": n, "at": shape["at"], "text": text.text}
        return None

    def audio(self, at_ms: int, percent_lost: int) -> None:
        self._signs.audio(at_ms, percent_lost, bad_from=self._limits.audio_percent)

    # What is shown

    def look(self, now_ms: int, desk: Desk) -> tuple[str, str]:
        """Judge anew; level and code of what came up that was not shown before, else empty."""
        before = self._troubles.shown
        if self.ended_ms is not None:
            return "", ""
        after = self._troubles.look(self._signs, now_ms, desk)
        if after is None or (before is not None and (before.code, before.level) == (after.code, after.level)):
            return "", ""
        return after.level, after.code

    @property
    def trouble(self) -> Shape | None:
        return self._troubles.shown.shape() if self._troubles.shown else None

    def shape(self, operator_names: Mapping[str, str]) -> Shape:
        record = self.revision
        assert record is not None, "a call without a revision is not shown"
        operator = record.operator if record.state in ("operator", "ended") else None
        return {
            "id": self.id,
            "caller": {"name": self.name, "tel": record.caller_id, "known": self.known},
            "line": self.line,
            "lang": self._lang,
            "started": self.started_ms,
            "state": record.state,
            "state_seq": record.state_seq,
            "topic": self._about.text,
            "operator": operator_names.get(operator, operator) if operator else None,
            "trouble": self.trouble,
            "lat": self._answers,
            "listeners": self.listeners,
            "can": [] if record.state == "ended" else list(_CAN.get(self._machine, ())),
            "ended": self.ended_ms,
            "outcome": None if self.ended_ms is None else self.outcome(),
        }

    def outcome(self) -> str:
        """Of a call that is over."""
        record = self.revision
        assert record is not None, "a call without a revision is not shown"
        return outcome_of(record.outcome, transferred=record.transferred, tools=self.tools_done, answered=bool(self._answers))

    def turns(self) -> list[Shape]:
        return [self.transcript[n] for n in sorted(self.transcript)]

    def _keep(self, shape: Shape) -> None:
        self.transcript[shape["n"]] = shape
        if len(self.transcript) > TURNS_MAX:
            del self.transcript[min(self.transcript)]


def name_given(tool: str, arguments: Mapping[str, Any]) -> str:
    """How the caller named himself for an order or a visit; "" if he did not."""
    name = arguments.get("customer_name")
    return " ".join(name.split())[:NAME_MAX] if tool in _WITH_A_NAME and isinstance(name, str) else ""
