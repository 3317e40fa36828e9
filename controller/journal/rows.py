"""Records as rows: pure, no connection. One statement of ``queries.sql`` takes all rows of one table."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from agent.phone import normalise
from controller.journal.codec import map_texts
from controller.journal.ids import call_uuid, derived_id, unix_ms
from controller.journal.records import (
    Audited,
    CallBackNoted,
    CallRevised,
    CustomerNamed,
    Logged,
    MachineStepped,
    Record,
    ToolCalled,
    TurnRecorded,
    WriteStaged,
)


class Row(NamedTuple):
    statement: str  # its name in queries.sql
    id: str
    at_ms: int  # the time in the id: its month is the partition
    revision: int
    columns: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Insert:
    statement: str
    rows: str  # JSON: an array of objects, one per row


def row_of(record: Record) -> Row:
    """Raises ``ValueError`` for a call id that is no UUIDv7 and for a time that is none."""
    if isinstance(record, CustomerNamed):
        columns = {"phone": record.phone, "name": record.name, "at_ms": record.at_ms}
        return Row("put_customers", record.phone, record.at_ms, record.at_ms, columns)
    if isinstance(record, Audited):
        return Row("put_audit", record.id, record.at_ms, 0, msgspec.structs.asdict(record))
    call = call_uuid(record.call_id)
    match record:
        case CallRevised():
            return _call_row(call, record)
        case TurnRecorded():
            return _turn_row(call, record)
        case ToolCalled():
            return _tool_row(call, record)
        case MachineStepped():
            id_ = derived_id(call, "step", str(record.sequence), record.at_ms)
            columns = {
                "id": id_,
                "call_id": record.call_id,
                "sequence": record.sequence,
                "app": record.app,
                "position": record.position,
                "source": "ctl",
                "name": str(record.event.get("type", "")).partition(".")[0],
                "level": "",
                "text": record.state,
                "state": record.state,
                "event": record.event,
                "commands": record.commands,
            }
            return Row("put_events", id_, record.at_ms, 0, columns)
        case Logged():
            id_ = derived_id(call, "log", str(record.sequence), record.at_ms)
            columns = {"id": id_, **msgspec.structs.asdict(record)}
            return Row("put_events", id_, record.at_ms, 0, columns)
        case CallBackNoted():
            return Row("put_callbacks", record.id, record.at_ms, record.revision, msgspec.structs.asdict(record))
        case WriteStaged():
            id_ = derived_id(call, "write", f"{record.key}:{record.stage}:{record.sequence}", record.at_ms)
            columns = {"id": id_, **msgspec.structs.asdict(record)}
            return Row("put_writes", id_, record.at_ms, 0, columns)


def inserts(rows: Iterable[Row]) -> list[Insert]:
    """At most one statement per table; of several rows with one id the highest revision, as PostgreSQL would end up with."""
    tables: dict[str, dict[str, Row]] = {}
    for row in rows:
        table = tables.setdefault(row.statement, {})
        known = table.get(row.id)
        if known is None or known.revision < row.revision:
            table[row.id] = row
    return [Insert(statement, _json([row.columns for row in table.values()])) for statement, table in tables.items()]


def _call_row(call: uuid.UUID, record: CallRevised) -> Row:
    columns = {
        "id": str(call),
        "revision": record.revision,
        "caller_id": record.caller_id,
        "phone": normalise(record.caller_id),  # as customers have it
        "app": record.app,
        "channel_id": record.channel_id,
        "state": record.state,
        "answered_at_ms": record.answered_at_ms,
        "ended_at_ms": record.ended_at_ms,
        "ended_by": record.ended_by,
        "outcome": record.outcome,
        "scenario": record.scenario,
        "transferred": record.transferred,
        "transfer_reason": record.transfer_reason,
        "prompt_version": record.prompt_version,
        "quality": record.quality,
        "cost": record.cost,
        "media": record.media,
        "operator": record.operator,
        "ended_who": record.ended_who,
    }
    return Row("put_calls", str(call), unix_ms(call), record.revision, columns)


def _turn_row(call: uuid.UUID, record: TurnRecorded) -> Row:
    turn, latencies = record.turn, record.turn.latencies
    id_ = derived_id(call, "turn", str(turn.turn_number), turn.started_at_ms)
    columns = {
        "id": id_,
        "call_id": record.call_id,
        "turn_number": turn.turn_number,
        "revision": turn.revision,
        "speaker": turn.speaker,
        "text": turn.text,
        "heard_text": turn.heard_text,
        "heard_ms": turn.heard_ms,
        "interrupted": turn.interrupted,
        "stt_confidence": turn.stt_confidence,
        "language": turn.language,
        "hold_ms": latencies.hold_ms,
        "stt_ms": latencies.stt_ms,
        "model_ms": latencies.model_ms,
        "tts_ms": latencies.tts_ms,
        "wire_ms": latencies.wire_ms,
        "answer_ms": latencies.answer_ms,
        "filler_ms": latencies.filler_ms,
        "usage": turn.usage,
        "prompted_by": turn.prompted_by or None,
    }
    return Row("put_turns", id_, turn.started_at_ms, turn.revision, columns)


def _tool_row(call: uuid.UUID, record: ToolCalled) -> Row:
    made = record.call
    id_ = derived_id(call, "tool", f"{made.turn_number}:{made.tool_use_id}", made.started_at_ms)
    columns = {
        "id": id_,
        "call_id": record.call_id,
        "turn_number": made.turn_number,
        "tool_use_id": made.tool_use_id,
        "name": made.name,
        "arguments": made.arguments,
        "result": made.result,
        "duration_ms": made.duration_ms,
        "success": made.success,
        "request_id": made.request_id,
    }
    return Row("put_tool_calls", id_, made.started_at_ms, 0, columns)


def _json(value: Any) -> str:
    """PostgreSQL's text holds every character but NUL; a record is worth more than that one."""
    encoded = msgspec.json.encode(value)
    if b"\\u0000" in encoded:
        encoded = msgspec.json.encode(map_texts(msgspec.to_builtins(value), lambda text: text.replace("\0", "\ufffd")))
    return encoded.decode()
