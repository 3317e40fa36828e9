"""Random lives of calls, as records and as what other parts tell the board: for property tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from agent.records import Latencies, LiveText, ToolCallRecord, TurnRecord
from controller.board.board import Board
from controller.journal.records import CallRevised, Logged, MachineStepped, ToolCalled, TurnRecorded
from tests.fakes.recorded_calls import new_call_id

START_MS = 1_795_271_527_000
CALLS = tuple(new_call_id(START_MS / 1000 + number) for number in range(3))
STATES = ("connecting", "greeting", "listening", "thinking", "tool", "speaking", "transferring", "operator")
MACHINE = ("connecting", "talking", "announcing", "leaving", "queued", "operator", "supervised", "moved")
WORDS = (
    "Добрий день",
    "З'єднайте з оператором",
    "Повторіть, будь ласка",
    "<img src=x onerror=alert(1)>",
    "067 123 45 67",
    "",
    "data: x\n\nid: 1",
    "half \ud800 a pair",
)

Act = Callable[["Life"], None]


@dataclass
class Life:
    """A board under test, its time, and what must grow for each call."""

    board: Board
    now_ms: int = START_MS + 60_000
    revision: dict[str, int] = field(default_factory=dict)
    sequence: dict[str, int] = field(default_factory=dict)
    turn: dict[str, int] = field(default_factory=dict)

    def next(self, counter: dict[str, int], call_id: str) -> int:
        counter[call_id] = counter.get(call_id, 0) + 1
        return counter[call_id]

    def revise(self, call_id: str, state: str, **fields: Any) -> None:
        revision = self.next(self.revision, call_id)
        self.board.append(
            CallRevised(
                call_id=call_id, revision=revision, caller_id="380671234567", app="callctl", channel_id="1.1", state=state, **fields
            )
        )

    def step(self, call_id: str, state: str, **event: Any) -> None:
        sequence = self.next(self.sequence, call_id)
        self.board.append(
            MachineStepped(call_id=call_id, sequence=sequence, at_ms=self.now_ms, state=state, event=event, commands=[], position=sequence)
        )

    def log(self, call_id: str, source: str, name: str, text: str = "") -> None:
        sequence = self.next(self.sequence, call_id)
        self.board.append(
            Logged(call_id=call_id, sequence=sequence, at_ms=self.now_ms, position=sequence, source=source, name=name, text=text)
        )

    def say(self, call_id: str, speaker: Any, text: str, *, again: bool = False, **fields: Any) -> None:
        number = self.turn.get(call_id, 1) if again else self.next(self.turn, call_id)
        turn = TurnRecord(turn_number=number, speaker=speaker, text=text, started_at_ms=self.now_ms, revision=2 if again else 1, **fields)
        self.board.append(TurnRecorded(call_id=call_id, turn=turn))

    def tool(self, call_id: str, name: str, success: bool, **arguments: Any) -> None:
        made = ToolCallRecord(
            turn_number=self.turn.get(call_id, 0) + 1,
            tool_use_id=str(self.next(self.sequence, call_id)),
            name=name,
            arguments=arguments,
            result={} if success else {"error": "Система магазину тимчасово недоступна"},
            started_at_ms=self.now_ms,
            duration_ms=120,
            success=success,
        )
        self.board.append(ToolCalled(call_id=call_id, call=made))

    def live(self, call_id: str, speaker: Any, text: str) -> None:
        self.board.live(call_id, LiveText(turn_number=self.turn.get(call_id, 0) + 1, speaker=speaker, text=text, started_at_ms=self.now_ms))


_call = st.sampled_from(CALLS)
_words = st.sampled_from(WORDS)
_latency = st.sampled_from((None, 400, 1_900, 2_600))


def _operators(states: list[str]) -> list[dict[str, Any]]:
    return [
        {"id": f"op{n}", "name": f"Оператор {n}", "queue": "operators", "state": state, "since": START_MS, "call": None}
        for n, state in enumerate(states)
    ]


def _waiting(calls: list[str]) -> list[dict[str, Any]]:
    return [{"call": call, "pos": place, "queue": "operators", "since": START_MS, "limit_s": 120} for place, call in enumerate(calls, 1)]


acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(lambda call, state: lambda life: life.revise(call, state), _call, st.sampled_from(STATES)),
    st.builds(lambda call: lambda life: life.revise(call, "operator", operator="op1", transferred=True), _call),
    st.builds(lambda call: lambda life: life.revise(call, "ended", ended_at_ms=life.now_ms, outcome="hung_up"), _call),
    st.builds(lambda call, state: lambda life: life.step(call, state, type="call_returned.1"), _call, st.sampled_from(MACHINE)),
    st.builds(lambda call, text: lambda life: life.log(call, "tts", "FillerSaid", text), _call, _words),
    st.builds(lambda call, text, again: lambda life: life.say(call, "caller", text, again=again), _call, _words, st.booleans()),
    st.builds(
        lambda call, text, took, cut: (
            lambda life: life.say(
                call, "agent", text, latencies=Latencies(answer_ms=took), interrupted=cut, heard_text=text[:3], heard_ms=200
            )
        ),
        _call,
        _words,
        _latency,
        st.booleans(),
    ),
    st.builds(
        lambda call, name, ok: lambda life: life.tool(call, name, ok, season="winter", customer_name="Олена"),
        _call,
        st.sampled_from(("search_tires", "create_order_draft", "unheard_of")),
        st.booleans(),
    ),
    st.builds(lambda call, who, text: lambda life: life.live(call, who, text), _call, st.sampled_from(("caller", "agent")), _words),
    st.builds(lambda call, people: lambda life: life.board.listeners(call, people), _call, st.lists(st.sampled_from(("olha", "petro")))),
    st.builds(lambda call, lost: lambda life: life.board.audio(call, lost), _call, st.sampled_from((0, 7, 40))),
    st.builds(lambda call: lambda life: life.board.met(call, "Олена Коваль", 3), _call),
    st.builds(
        lambda states: lambda life: life.board.replace("operator", _operators(states)),
        st.lists(st.sampled_from(("free", "call", "pause")), max_size=3),
    ),
    st.builds(lambda calls: lambda life: life.board.replace("queue", _waiting(calls)), st.lists(_call, unique=True)),
)
waits = st.sampled_from((0, 0, 150, 1_000, 9_000, 31_000))
