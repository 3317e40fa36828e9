"""Records of made-up calls, as the controller and the agent leave them in the journal."""

from __future__ import annotations

import secrets
import time
import uuid

from agent.records import Latencies, ToolCallRecord, TurnRecord
from controller.journal.records import CallRevised, MachineStepped, Record, ToolCalled, TurnRecorded


def new_call_id(at_s: float | None = None) -> str:
    """A UUIDv7 of the present, or of the Unix time *at_s*."""
    at_ms = now_ms() if at_s is None else int(at_s * 1000)
    return str(uuid.UUID(int=at_ms << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def call_revised(call_id: str, revision: int = 1, *, state: str = "greeting", ended_at_ms: int | None = None) -> CallRevised:
    return CallRevised(
        call_id=call_id,
        revision=revision,
        caller_id="+380500000001",
        app="callctl",
        channel_id="1700000000.1",
        state=state if ended_at_ms is None else "ended",
        ended_at_ms=ended_at_ms,
        outcome=None if ended_at_ms is None else "goodbye",
    )


def turn_recorded(call_id: str, number: int, text: str = "Добрий день!", *, revision: int = 1, at_ms: int | None = None) -> TurnRecorded:
    started_at_ms = now_ms() if at_ms is None else at_ms
    turn = TurnRecord(
        turn_number=number,
        speaker="agent",
        text=text,
        started_at_ms=started_at_ms,
        revision=revision,
        latencies=Latencies(hold_ms=500, stt_ms=40, model_ms=300, tts_ms=200, wire_ms=20, answer_ms=1060),
        usage={"input_tokens": 900},
    )
    return TurnRecorded(call_id=call_id, turn=turn)


def tool_called(call_id: str, number: int, tool_use_id: str = "toolu_1", *, at_ms: int | None = None) -> ToolCalled:
    call = ToolCallRecord(
        turn_number=number,
        tool_use_id=tool_use_id,
        name="search_tires",
        arguments={"vehicle_make": "Toyota", "season": "winter"},
        result={"tires": [{"id": "t-1", "price_uah": 4200}]},
        started_at_ms=now_ms() if at_ms is None else at_ms,
        duration_ms=120,
        success=True,
        request_id="r-1",
    )
    return ToolCalled(call_id=call_id, call=call)


def machine_stepped(call_id: str, sequence: int, *, at_ms: int | None = None) -> MachineStepped:
    return MachineStepped(
        call_id=call_id,
        sequence=sequence,
        at_ms=now_ms() if at_ms is None else at_ms,
        state="listening",
        event={"type": "SpeechBegan"},
        commands=[{"type": "Deadline", "name": "silence"}],
    )


def whole_call(call_id: str, turns: int = 4, *, at_ms: int | None = None) -> list[Record]:
    """Everything that a call of *turns* turns leaves, in the order in which it happens: 3 + 3 * *turns* records."""
    start = now_ms() if at_ms is None else at_ms
    records: list[Record] = [call_revised(call_id), machine_stepped(call_id, 1, at_ms=start)]
    for number in range(1, turns + 1):
        at = start + number * 100
        records.append(turn_recorded(call_id, number, at_ms=at))
        records.append(tool_called(call_id, number, f"toolu_{number}", at_ms=at + 10))
        records.append(turn_recorded(call_id, number, "Добрий день, слухаю вас.", revision=2, at_ms=at))
    records.append(call_revised(call_id, 2, ended_at_ms=start + 60_000))
    return records
