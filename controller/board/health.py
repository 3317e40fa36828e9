"""How our neighbours do: what readiness finds out, and what calls measured while they used them. Pure.

    down   readiness does not reach it, or the breaker towards it is open
    slow   of the latest answers one in twenty took longer than its budget, or too many failed
    ok     neither

Each keeps an hour in sixty marks, one a minute, the present one last: "." ok, "w" slow, "d" down. What it is about is a code and its
arguments, for the console's dictionary: ok, down {"why"}, breaker, slow {"p95_ms", "budget_ms"}, errors {"pct"}.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from agent.records import Latencies
from controller.api.readiness import Finding
from controller.board.shapes import Shape
from controller.journal.records import CallRevised, Record, ToolCalled, TurnRecorded

MINUTES = 60
_MINUTE_MS = 60_000
_RECENT_MS = 10 * _MINUTE_MS  # what measured times and failures are judged by
_SAMPLES = 200
_SAMPLES_MIN = 5  # fewer say nothing
_ERRORS_PCT = 5.0
_SERVER_MS = 500  # to answer our question


@dataclass(frozen=True, slots=True)
class Neighbour:
    id: str
    group: str  # tel, ai, shop, self
    name: str
    findings: tuple[str, ...] = ()  # of readiness
    budget_ms: int = _SERVER_MS
    asks: bool = True  # the time that readiness takes is its answer's; else calls measure it


NEIGHBOURS = (
    Neighbour("ari", "tel", "Asterisk ARI", ("ari_rest", "dialplan")),
    Neighbour("events", "tel", "Asterisk, події", ("ari",)),
    Neighbour("audiosocket", "tel", "AudioSocket", budget_ms=100, asks=False),
    Neighbour("stt", "ai", "Розпізнавання", ("stt",), budget_ms=500, asks=False),
    Neighbour("llm", "ai", "Модель", ("anthropic",), budget_ms=1_000, asks=False),
    Neighbour("tts", "ai", "Синтез", ("tts",), budget_ms=400, asks=False),
    Neighbour("shop", "shop", "API магазину", ("shop",), budget_ms=2_000, asks=False),
    Neighbour("postgres", "self", "PostgreSQL", ("postgresql",)),
    Neighbour("redis", "self", "Redis", ("redis",)),
    Neighbour("recorder", "self", "Самописець", ("journal",)),
    Neighbour("controller", "self", "Контролер", ("admission",)),
)

_STAGES: Mapping[str, str] = {"stt": "stt_ms", "llm": "model_ms", "tts": "tts_ms", "audiosocket": "wire_ms"}
assert set(_STAGES.values()) <= set(Latencies.__struct_fields__)
_FAILURES: Mapping[str, str] = {"stt_failed": "stt", "tts_failed": "tts", "model_failed": "llm", "line_failed": "audiosocket"}
"""Why a caller was handed over."""


@dataclass(slots=True)
class _Known:
    state: str = "ok"
    since_ms: int = 0
    checked_ms: int | None = None
    why: str | None = None
    breaker: bool = False
    minutes: deque[str] = field(default_factory=lambda: deque("." * MINUTES, maxlen=MINUTES))
    times: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_SAMPLES))  # when, ms it took
    results: deque[tuple[int, bool]] = field(default_factory=lambda: deque(maxlen=_SAMPLES))  # when, well


class Health:
    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        now_ms = clock_ms()
        self._known = {neighbour.id: _Known(since_ms=now_ms) for neighbour in NEIGHBOURS}
        self._minute = now_ms // _MINUTE_MS
        self._handed_over: deque[str] = deque(maxlen=_SAMPLES)  # calls whose failure was counted

    def append(self, record: Record) -> None:
        """What a call measured: a sink of the records."""
        now_ms = self._clock_ms()
        match record:
            case TurnRecorded(turn=turn) if turn.speaker == "agent" and turn.revision == 1:
                for id_, stage in _STAGES.items():
                    if (took := getattr(turn.latencies, stage)) is not None:
                        self._measure(id_, now_ms, took, well=True)
            case ToolCalled(call=call) if call.success:
                self._measure("shop", now_ms, call.duration_ms, well=True)
            case CallRevised(transfer_reason=str(reason)) if reason in _FAILURES and record.call_id not in self._handed_over:
                self._handed_over.append(record.call_id)
                self._known[_FAILURES[reason]].results.append((now_ms, False))

    def breaker(self, state: str) -> None:
        """Of the shop's client: closed, half_open, open."""
        self._known["shop"].breaker = state == "open"

    def observe(self, findings: Iterable[Finding]) -> None:
        """What readiness found out just now."""
        now_ms = self._clock_ms()
        found = {finding.name: finding for finding in findings}
        for neighbour in NEIGHBOURS:
            known = self._known[neighbour.id]
            mine = [found[name] for name in neighbour.findings if name in found]
            if mine or not neighbour.findings:
                known.checked_ms = now_ms
            known.why = next((finding.why for finding in mine if finding.why), None)
            if mine and neighbour.asks:
                self._measure(neighbour.id, now_ms, max(finding.took_ms for finding in mine), well=known.why is None)

    def shapes(self) -> list[Shape]:
        """Every neighbour as a Dep, judged by what is known now."""
        now_ms = self._clock_ms()
        passed = min(now_ms // _MINUTE_MS - self._minute, MINUTES)
        self._minute += max(0, now_ms // _MINUTE_MS - self._minute)
        return [self._shape(neighbour, self._known[neighbour.id], passed, now_ms) for neighbour in NEIGHBOURS]

    def _measure(self, id_: str, now_ms: int, took_ms: int, *, well: bool) -> None:
        known = self._known[id_]
        known.results.append((now_ms, well))
        if well:
            known.times.append((now_ms, took_ms))

    def _shape(self, neighbour: Neighbour, known: _Known, passed: int, now_ms: int) -> Shape:
        p95_ms = _p95([took for at_ms, took in known.times if now_ms - at_ms <= _RECENT_MS])
        results = [well for at_ms, well in known.results if now_ms - at_ms <= _RECENT_MS]
        err_pct = round(100 * results.count(False) / len(results), 1) if results else 0.0
        enough = len(results) >= _SAMPLES_MIN
        text: Shape = {"code": "ok", "args": {}}
        state = "ok"
        if known.why is not None:
            state, text = "down", {"code": "down", "args": {"why": known.why}}
        elif known.breaker:
            state, text = "down", {"code": "breaker", "args": {}}
        elif enough and err_pct >= _ERRORS_PCT:
            state, text = "slow", {"code": "errors", "args": {"pct": err_pct}}
        elif enough and p95_ms is not None and p95_ms > neighbour.budget_ms:
            state, text = "slow", {"code": "slow", "args": {"p95_ms": p95_ms, "budget_ms": neighbour.budget_ms}}
        if state != known.state:
            known.state, known.since_ms = state, now_ms
        mark = {"ok": ".", "slow": "w", "down": "d"}[state]
        if passed:
            known.minutes.extend([known.minutes[-1]] * (passed - 1) + [mark])
        else:
            known.minutes[-1] = max(known.minutes[-1], mark, key=".wd".index)
        return {
            "id": neighbour.id,
            "group": neighbour.group,
            "name": neighbour.name,
            "state": state,
            "since": known.since_ms,
            "text": text,
            "p95_ms": p95_ms,
            "err_pct": err_pct,
            "checked": known.checked_ms,
            "minutes": "".join(known.minutes),
        }


def _p95(values: list[int]) -> int | None:
    """The nearest rank; None of nothing."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)] if values else None
