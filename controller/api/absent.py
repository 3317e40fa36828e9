"""What answers while nobody else does: no call backs, no operators, dependencies as readiness knows them, live calls from records."""

from __future__ import annotations

import time

from controller.api.ports import Shape
from controller.api.readiness import Finding, Readiness
from controller.control import Answer, Person
from controller.journal.ids import call_uuid, unix_ms
from controller.journal.records import CallRevised, Record

_TELEPHONY = frozenset({"ari", "ari_rest", "dialplan", "admission"})


class RecordedCalls:
    """``LiveCalls`` from the journal's records; ``append`` is one more sink."""

    def __init__(self) -> None:
        self._live: dict[str, CallRevised] = {}

    def append(self, record: Record) -> None:
        if isinstance(record, CallRevised):
            self._live[record.call_id] = record
            if record.ended_at_ms is not None:
                del self._live[record.call_id]

    def calls(self) -> list[Shape]:
        return [_shape(call) for call in self._live.values()]

    def call(self, call_id: str) -> Shape | None:
        found = self._live.get(call_id)
        return None if found is None else _shape(found) | {"turns": []}


def _shape(call: CallRevised) -> Shape:
    return {
        "id": call.call_id,
        "caller": {"name": None, "tel": call.caller_id},
        "started": unix_ms(call_uuid(call.call_id)),
        "state": call.state,
        "topic": call.scenario,
        "operator": call.operator,
        "trouble": None,
    }


class NoCallBacks:
    async def listed(self, *, done: bool) -> list[Shape]:
        return []

    async def dial(self, callback_id: str, person: Person) -> Answer:
        return Answer("callback_unknown")

    async def done(self, callback_id: str, person: Person) -> Answer:
        return Answer("callback_unknown")


class NoDesk:
    def operators(self) -> list[Shape]:
        return []

    def queue(self) -> list[Shape]:
        return []


class ReadinessList:
    """``Dependencies`` from readiness: as found at the last look."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._seen: dict[str, Shape] = {}

    def listed(self) -> list[Shape]:
        return list(self._seen.values())

    async def check(self, dependency_id: str) -> Shape | None:
        report = await self._readiness.report()
        self._seen = {finding.name: _dependency(finding) for finding in report.findings}
        return self._seen.get(dependency_id)


def _dependency(finding: Finding) -> Shape:
    return {
        "id": finding.name,
        "group": "tel" if finding.name in _TELEPHONY else "self",
        "name": finding.name,
        "state": "ok" if finding.up else "down",
        "text": None if finding.up else {"code": "why", "args": {"why": finding.why}},
        "checked": time.time_ns() // 1_000_000,
    }
