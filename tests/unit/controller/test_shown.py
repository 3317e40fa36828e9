from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console, RenderableType

from controller.journal.queries import CallShown
from controller.masking import Masking
from controller.shown import call_sheet, calls_table

MOMENT = datetime(2026, 1, 31, 10, 0, 0, 123_000, tzinfo=UTC)
CALL = {
    "id": uuid.UUID("0198a5f0-0000-7000-8000-000000000001"),
    "started_at": MOMENT,
    "caller_id": "+380671234567",
    "duration_s": 61.26,
    "state": "ended",
    "outcome": "transferred",
    "ended_by": "operator",
    "transferred_to_operator": True,
    "transfer_reason": "asked",
    "prompt_version": "v1",
    "app": "callctl",
    "channel_id": "PJSIP/trunk-1",
    "cost_breakdown": {},
    "media": {"frames_sent": 3_000},
    "turns": 2,
    "tool_calls": 1,
}
STAGES = ("hold", "stt", "model", "tts", "wire", "answer", "filler")


def turn(number: int, speaker: str, text: str, *, heard: str | None = None, interrupted: bool = False, **stages: int) -> dict[str, Any]:
    times = {f"{stage}_ms": stages.get(stage) for stage in STAGES}
    return {"turn_number": number, "speaker": speaker, "text": text, "heard_text": heard, "interrupted": interrupted, **times}


def rendered(what: RenderableType, *, styles: bool = False, width: int = 240) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=styles, color_system="standard" if styles else None).print(what)
    return stream.getvalue()


def sheet(
    *turns: dict[str, Any],
    tools: list[dict[str, Any]] | None = None,
    events: list[dict[str, Any]] | None = None,
    writes: list[dict[str, Any]] | None = None,
) -> RenderableType:
    return call_sheet(CallShown(CALL, list(turns), tools or [], events or [], writes or []), Masking().text)


def test_calls_are_listed_one_a_line_with_masked_numbers() -> None:
    text = rendered(calls_table([CALL, CALL], Masking().text))
    rows = [line for line in text.splitlines() if "0198a5f0" in line]
    assert len(rows) == 2
    for part in ("2026-01-31 10:00", "+38067***4567", "61.3 s", "transferred", "operator"):
        assert part in rows[0]


@pytest.mark.parametrize("width", [80, 120])
def test_a_calls_id_can_be_copied_from_a_narrow_terminal(width: int) -> None:
    assert str(CALL["id"]) in rendered(calls_table([CALL], Masking().text), width=width)


def test_at_120_columns_a_call_takes_one_line() -> None:
    long = CALL | {"outcome": "nobody_free", "ended_by": "controller", "duration_s": 1_799.9, "turns": 123}
    assert len(rendered(calls_table([long], Masking().text), width=120).splitlines()) == 2


def test_a_wish_for_the_operator_that_nobody_met_is_shown() -> None:
    waited = CALL | {"transferred_to_operator": False, "outcome": "nobody_free"}
    assert "no (asked)" in rendered(call_sheet(CallShown(waited, [], [], [], []), Masking().text))


def test_a_call_still_open_is_shown_as_such() -> None:
    open_call = CALL | {"outcome": None, "ended_by": None, "duration_s": None}
    assert "still open" in rendered(call_sheet(CallShown(open_call, [], [], [], []), Masking().text))


def test_a_turn_shows_what_was_said_and_its_timings() -> None:
    text = rendered(sheet(turn(1, "caller", "мій номер 0671234567"), turn(2, "agent", "Є [Nokian]", hold=550, answer=687)))
    assert "067***4567" in text
    assert "0671234567" not in text
    (line,) = [line for line in text.splitlines() if "Є [Nokian]" in line]
    assert "550" in line
    assert "687" in line


def test_what_an_interrupted_answer_left_unheard_is_struck_through() -> None:
    cut = turn(2, "agent", "Є шини Nokian за 4500", heard="Є шини", interrupted=True)
    assert "Є шини Nokian за 4500" in rendered(sheet(cut))
    assert "Є шини\x1b[2;9m Nokian за 4500" in rendered(sheet(cut), styles=True)


def test_tools_are_shown_with_arguments_and_success() -> None:
    tool = {
        "turn_number": 2,
        "name": "search_tires",
        "arguments": {"brand": "Nokian"},
        "result": {"found": "x" * 500},
        "duration_ms": 111,
        "success": False,
    }
    text = rendered(sheet(tools=[tool]))
    for part in ("search_tires", '{"brand": "Nokian"}', "111", "failed", "…"):
        assert part in text


def test_the_whole_log_is_shown_on_demand_only() -> None:
    step = {
        "created_at": MOMENT,
        "sequence": 1,
        "source": "ctl",
        "level": "",
        "name": "call_arrived",
        "text": "connecting",
        "data": {},
        "state": "connecting",
        "event": {"type": "call_arrived.1", "caller_id": "+380671234567"},
        "commands": [{"type": "answer.1"}, {"type": "create_bridge.1"}],
    }
    other = step | {"sequence": 2, "source": "llm", "level": "warn", "name": "Retried", "text": "after 900 ms", "data": {"status": 529}}
    other |= {"state": None, "event": None, "commands": None}
    assert "call_arrived" not in rendered(sheet(events=[step]))
    lines = rendered(call_sheet(CallShown(CALL, [], [], [step, other], []), Masking().text, events=True)).splitlines()
    first, second = (" ".join(line.split()) for line in lines[-2:])
    assert first == "10:00:00.123 1 ctl call_arrived → connecting caller_id=+38067***4567 orders: answer, create_bridge"
    assert second == "10:00:00.123 2 llm Retried after 900 ms status=529"


def test_what_was_written_to_the_shop_is_shown_with_its_stage() -> None:
    write = {"created_at": CALL["started_at"], "intent": "confirm_order", "stage": "unknown", "result": {}}
    text = rendered(sheet(writes=[write]))
    assert "confirm_order" in text
    assert "unknown" in text


def test_the_cost_is_shown_by_service() -> None:
    priced = CALL | {"cost_breakdown": {"model": 0.0012, "tts": 0.02, "total": 0.0212}}
    assert "model 0.0012, tts 0.0200, total 0.0212" in rendered(call_sheet(CallShown(priced, [], [], [], []), Masking().text))
