"""Metrics: counted from the same records that the journal keeps, so that graphs and call records cannot disagree.

Names and labels stand in one place, here. A call id, a telephone number or any text that a caller or the model can
choose is never a label: each label below has a fixed, small set of values, and stands at zero from
the start: of a counter that appears with its first event, Prometheus never sees that event.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import product
from typing import Literal, get_args

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from agent.cost import SERVICES, TOTAL
from agent.counting import Service, Went
from agent.guard.speech import Objection
from agent.records import Latencies, TurnRecord
from controller.api.readiness import Finding
from controller.journal.records import CallRevised, Record, ToolCalled, TurnRecorded
from controller.version import VERSION

STATES = ("connecting", "greeting", "listening", "thinking", "tool", "speaking", "transferring", "operator", "ended")
OUTCOMES = ("goodbye", "silence", "transferred", "hung_up", "abandoned", "nobody_free", "failed", "moved", "orphaned", "too_long")
ENDERS = ("caller", "agent", "operator", "supervisor", "controller", "asterisk")
# The machine's own words, the agent's (agent.outcome.HandOff.why) and who asked; a supervisor's free text is "other".
TRANSFER_REASONS = (
    *("key_0", "asked", "limit", "stt_failed", "tts_failed", "model_failed", "agent_failed", "line_failed"),
    *("busy", "draining", "stopping", "orphaned", "taken_over"),
    *ENDERS,
)
OTHER = "other"

# Each budget of an answer's stages is an edge: 50 ms to the wire, 400 TTS, 500 STT, 1000 model, 2000 the whole answer.
LATENCY_EDGES_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
SPEAKERS = ("caller", "agent")
FRAMES = ("due", "sent", "skipped", "received")
TOOL_EDGES_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
CALL_EDGES_S = (5, 15, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600)

STAGES: Mapping[str, str] = {field.removesuffix("_ms"): field for field in Latencies.__struct_fields__}


def _one_of(value: str | None, known: Collection[str]) -> str:
    return value if value is not None and value in known else OTHER


class _OpenCall(msgspec.Struct):
    """What was counted of a call already; a record may be revised."""

    state: str
    transferred: bool = False
    handed_over: set[str] = msgspec.field(default_factory=set)  # reasons
    timed: set[tuple[int, str]] = msgspec.field(default_factory=set)


class MetricsSink:
    """Give it every record once, in order; ``append`` never raises. *tools* are the names that may be labels."""

    def __init__(
        self, registry: CollectorRegistry, *, tools: Collection[str], transfer_reasons: Collection[str] = TRANSFER_REASONS
    ) -> None:
        self._tools = frozenset(tools)
        self._reasons = frozenset(transfer_reasons)
        self._open: dict[str, _OpenCall] = {}
        self._active = Gauge("callctl_active_calls", "Calls that live now, by what they do.", ["state"], registry=registry)
        self._calls = Counter(
            "callctl_calls", "Calls that ended, by outcome and by whom they were ended.", ["outcome", "ended_by"], registry=registry
        )
        self._length = Histogram("callctl_call_seconds", "From the answer to the end.", buckets=CALL_EDGES_S, registry=registry)
        self._transfers = Counter("callctl_transfers", "Calls that a human took, by reason.", ["reason"], registry=registry)
        self._hand_overs = Counter(
            "callctl_hand_overs",
            "Calls that were to go to a human, whether one took them or not, by reason.",
            ["reason"],
            registry=registry,
        )
        self._turns = Counter("callctl_turns", "Turns of speech.", ["speaker"], registry=registry)
        self._interruptions = Counter("callctl_interruptions", "Turns of the agent that the caller cut short.", registry=registry)
        self._latency = Histogram(
            "callctl_answer_stage_seconds",
            "Stages of an answer; answer is the whole.",
            ["stage"],
            buckets=LATENCY_EDGES_S,
            registry=registry,
        )
        self._tool_calls = Counter("callctl_tool_calls", "Calls of tools.", ["name", "success"], registry=registry)
        self._tool_length = Histogram("callctl_tool_seconds", "Duration of tools.", ["name"], buckets=TOOL_EDGES_S, registry=registry)
        self._tokens = Counter("callctl_model_tokens", "Tokens of the model.", ["kind"], registry=registry)
        self._cost = Counter("callctl_cost_usd", "Cost of ended calls.", ["service"], registry=registry)
        self._frames = Counter(
            "callctl_audio_frames", "Frames of 20 ms of ended calls: due, sent, skipped, received.", ["kind"], registry=registry
        )
        _at_zero(self._active, STATES[:-1])
        _at_zero(self._calls, (*OUTCOMES, OTHER), (*ENDERS, OTHER))
        _at_zero(self._transfers, (*self._reasons, OTHER))
        _at_zero(self._hand_overs, (*self._reasons, OTHER))
        _at_zero(self._turns, SPEAKERS)
        _at_zero(self._latency, STAGES)
        _at_zero(self._tool_calls, (*self._tools, OTHER), ("true", "false"))
        _at_zero(self._tool_length, (*self._tools, OTHER))
        _at_zero(self._tokens, _TOKENS)
        _at_zero(self._cost, SERVICES)
        _at_zero(self._frames, FRAMES)

    @property
    def active_calls(self) -> int:
        return len(self._open)

    def append(self, record: Record) -> None:
        match record:
            case CallRevised():
                self._call(record)
            case TurnRecorded():
                self._turn(record.call_id, record.turn)
            case ToolCalled(call=call):
                name = _one_of(call.name, self._tools)
                self._tool_calls.labels(name, "true" if call.success else "false").inc()
                self._tool_length.labels(name).observe(call.duration_ms / 1000)

    def _call(self, call: CallRevised) -> None:
        known = self._open.get(call.call_id)
        state = _one_of(call.state, STATES)
        if call.ended_at_ms is not None:
            self._end(call, known)
        elif known is None:
            known = self._open[call.call_id] = _OpenCall(state)
            self._active.labels(state).inc()
        elif state != known.state:
            self._active.labels(known.state).dec()
            self._active.labels(state).inc()
            known.state = state
        if known is None:
            return
        reason = _one_of(call.transfer_reason, self._reasons)
        if call.transfer_reason and reason not in known.handed_over:
            known.handed_over.add(reason)
            self._hand_overs.labels(reason).inc()
        if call.transferred and not known.transferred:
            known.transferred = True
            self._transfers.labels(reason).inc()

    def _end(self, call: CallRevised, known: _OpenCall | None) -> None:
        if known is not None:
            del self._open[call.call_id]
            self._active.labels(known.state).dec()
        self._calls.labels(_one_of(call.outcome, OUTCOMES), _one_of(call.ended_by, ENDERS)).inc()
        if call.answered_at_ms is not None and call.ended_at_ms is not None:
            self._length.observe(max(0, call.ended_at_ms - call.answered_at_ms) / 1000)
        for service, cost in call.cost.items():
            if service != TOTAL:  # the services add up to it
                self._cost.labels(_one_of(service, SERVICES)).inc(max(0.0, cost))
        for kind, frames in call.media.items():
            self._frames.labels(_one_of(kind.removeprefix("frames_"), FRAMES)).inc(max(0, frames))

    def _turn(self, call_id: str, turn: TurnRecord) -> None:
        if turn.revision == 1:
            self._turns.labels(turn.speaker).inc()
            for kind, tokens in turn.usage.items():
                self._tokens.labels(_one_of(kind, _TOKENS)).inc(max(0, tokens))
            if turn.interrupted:
                self._interruptions.inc()
        call = self._open.get(call_id)
        for stage, field in STAGES.items():
            milliseconds: int | None = getattr(turn.latencies, field)
            if milliseconds is None or (call is not None and (turn.turn_number, stage) in call.timed):
                continue
            if call is not None:
                call.timed.add((turn.turn_number, stage))
            elif turn.revision > 1:
                continue
            self._latency.labels(stage).observe(milliseconds / 1000)


_TOKENS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


BREAKER_STATES = ("closed", "half_open", "open")
OBJECTIONS = get_args(Objection)


class AgentMetrics:
    """What no record tells: how requests to the vendors went, a breaker's state, what the guard kept from being said.

    Each method can be handed on as a callback.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._breaker = Gauge("callctl_breaker_state", "1 for the state the breaker is in.", ["service", "state"], registry=registry)
        self._objections = Counter(
            "callctl_guard_objections", "Answers of the model that were not said, by rule.", ["rule"], registry=registry
        )
        self._requests = Counter(
            "callctl_provider_requests", "Requests to vendors: answered, failed, cut off by us.", ["service", "went"], registry=registry
        )
        self.breaker("shop", "closed")
        _at_zero(self._objections, (*OBJECTIONS, OTHER))
        _at_zero(self._requests, get_args(Service), get_args(Went))

    def breaker(self, service: Literal["shop"], state: str) -> None:
        """*state* is now one of ``BREAKER_STATES``."""
        for known in BREAKER_STATES:
            self._breaker.labels(service, known).set(known == state)

    def shop_breaker(self, state: str) -> None:
        """For ``HttpShop(on_breaker=...)``."""
        self.breaker("shop", state)

    def request(self, service: Service, went: Went, count: int = 1) -> None:
        """As ``agent.counting.OnRequest``."""
        self._requests.labels(service, went).inc(count)

    def objected(self, rule: str) -> None:
        self._objections.labels(_one_of(rule, OBJECTIONS)).inc()


class DependencyMetrics:
    """What readiness finds, for Prometheus: asked again at each scrape, so what is dead is seen with the next one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._up = Gauge(
            "callctl_dependency_up",
            "1 while it works; a new call cannot do without one that is required.",
            ["dependency", "required"],
            registry=registry,
        )

    def observe(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self._up.labels(finding.name, "true" if finding.required else "false").set(finding.up)


def tell_build(registry: CollectorRegistry, *, model: str, prompt: str) -> None:
    """What runs, as labels of a 1: to be laid over any graph."""
    labels = ["version", "model", "prompt"]
    build = Gauge("callctl_build_info", "The program, its language model and its prompt.", labels, registry=registry)
    build.labels(VERSION, model, prompt).set(1)


Buckets = list[tuple[float, int]]  # upper edge and how many were not above it, the last edge infinite


class LiveReadings(Collector):
    """Values that somebody else keeps, read at the moment of the scrape. Register it once; add readings at any time."""

    def __init__(self) -> None:
        self._families: list[tuple[Callable[[], Metric], Callable[[], Metric]]] = []  # empty, and read

    def gauge(self, name: str, help_: str, read: Callable[[], float]) -> None:
        self._families.append((lambda: GaugeMetricFamily(name, help_), lambda: GaugeMetricFamily(name, help_, value=float(read()))))

    def counter(self, name: str, help_: str, read: Callable[[], float]) -> None:
        self._families.append((lambda: CounterMetricFamily(name, help_), lambda: CounterMetricFamily(name, help_, value=float(read()))))

    def histogram(self, name: str, help_: str, read: Callable[[], tuple[Buckets, float]]) -> None:
        """*read* gives the buckets and the sum of all that was observed."""

        def family() -> Metric:
            buckets, total = read()
            named = [("+Inf" if edge == math.inf else str(edge), float(count)) for edge, count in buckets]
            return HistogramMetricFamily(name, help_, buckets=named, sum_value=total)

        self._families.append((lambda: HistogramMetricFamily(name, help_), family))

    def describe(self) -> Iterator[Metric]:
        """Names alone: nothing is read."""
        return (empty() for empty, _ in self._families)

    def collect(self) -> Iterator[Metric]:
        return (read() for _, read in self._families)


def _at_zero(metric: Gauge | Counter | Histogram, *values: Iterable[str]) -> None:
    """Every combination of the labels' *values*."""
    for labels in product(*values):
        metric.labels(*labels)
