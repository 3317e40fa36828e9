from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from agent.records import Latencies, ToolCallRecord, TurnRecord
from controller.api.readiness import Finding
from controller.journal.records import CallRevised, MachineStepped, Record, ToolCalled, TurnRecorded
from controller.telemetry import BREAKER_STATES, AgentMetrics, DependencyMetrics, LiveReadings, MetricsSink, tell_build

CALL = "0198a5f0-0000-7000-8000-000000000001"


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.sink = MetricsSink(self.registry, tools=("search_tires",))

    def append(self, *records: Record) -> None:
        for record in records:
            self.sink.append(record)

    def value(self, name: str, /, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


def call(revision: int, state: str, **fields: object) -> CallRevised:
    return CallRevised(
        call_id=CALL,
        revision=revision,
        caller_id="+380671234567",
        app="callctl",
        channel_id="c",
        state=state,
        **fields,  # type: ignore[arg-type]
    )


def turn(number: int, revision: int = 1, **fields: object) -> TurnRecorded:
    return TurnRecorded(
        call_id=CALL,
        turn=TurnRecord(turn_number=number, speaker="agent", text="так", started_at_ms=0, revision=revision, **fields),  # type: ignore[arg-type]
    )


def test_a_live_call_is_counted_in_the_state_it_is_in_and_leaves_no_trace_there() -> None:
    metrics = Metrics()
    metrics.append(call(1, "connecting"), call(2, "listening"))
    assert (metrics.value("callctl_active_calls", state="connecting"), metrics.value("callctl_active_calls", state="listening")) == (0, 1)
    assert metrics.sink.active_calls == 1
    metrics.append(call(3, "ended", answered_at_ms=1_000, ended_at_ms=61_000, outcome="goodbye", ended_by="agent"))
    assert metrics.value("callctl_active_calls", state="listening") == 0
    assert metrics.sink.active_calls == 0
    assert metrics.value("callctl_calls_total", outcome="goodbye", ended_by="agent") == 1
    assert metrics.value("callctl_call_seconds_sum") == 60


def test_a_predecessors_call_that_is_only_closed_here_counts_as_ended_and_never_as_active() -> None:
    metrics = Metrics()
    metrics.append(call(7, "ended", ended_at_ms=1, outcome="orphaned", ended_by="controller"))
    assert metrics.value("callctl_calls_total", outcome="orphaned", ended_by="controller") == 1
    assert metrics.sink.active_calls == 0


def test_a_transfer_counts_once_however_often_its_record_is_revised() -> None:
    metrics = Metrics()
    metrics.append(call(1, "listening"), *(call(n, "transferring", transferred=True, transfer_reason="asked") for n in (2, 3, 4)))
    metrics.append(call(5, "ended", ended_at_ms=9, outcome="transferred", transferred=True, transfer_reason="asked"))
    assert metrics.value("callctl_transfers_total", reason="asked") == 1


def test_a_transfer_that_the_last_record_alone_tells_counts_too() -> None:
    metrics = Metrics()
    metrics.append(call(1, "listening"), call(2, "ended", ended_at_ms=9, transferred=True, transfer_reason="stt_failed"))
    assert metrics.value("callctl_transfers_total", reason="stt_failed") == 1


def test_a_call_that_no_human_took_was_handed_over_all_the_same_and_each_reason_counts_once() -> None:
    metrics = Metrics()
    metrics.append(call(1, "listening"), *(call(n, "transferring", transfer_reason="stt_failed") for n in (2, 3)))
    metrics.append(call(4, "listening", transfer_reason="stt_failed"), call(5, "transferring", transfer_reason="key_0"))
    metrics.append(call(6, "ended", ended_at_ms=9, outcome="abandoned", transfer_reason="key_0"))
    for reason in ("stt_failed", "key_0"):
        assert metrics.value("callctl_hand_overs_total", reason=reason) == 1
        assert metrics.value("callctl_transfers_total", reason=reason) == 0


def test_the_stages_of_an_answer_fall_on_their_budgets_edges() -> None:
    metrics = Metrics()
    metrics.append(call(1, "listening"), turn(2, latencies=Latencies(stt_ms=500, model_ms=1000, answer_ms=2001)))
    within = {"stt": "0.5", "model": "1.0"}
    for stage, edge in within.items():
        assert metrics.value("callctl_answer_stage_seconds_bucket", stage=stage, le=edge) == 1
    assert metrics.value("callctl_answer_stage_seconds_bucket", stage="answer", le="2.0") == 0
    assert metrics.value("callctl_answer_stage_seconds_count", stage="tts") == 0, "a stage that did not happen is not timed"


def test_a_corrected_turn_is_timed_once_and_may_add_what_was_missing() -> None:
    metrics = Metrics()
    metrics.append(
        call(1, "listening"), turn(2, latencies=Latencies(stt_ms=300)), turn(2, revision=2, latencies=Latencies(stt_ms=900, tts_ms=200))
    )
    assert metrics.value("callctl_answer_stage_seconds_sum", stage="stt") == 0.3
    assert metrics.value("callctl_answer_stage_seconds_count", stage="tts") == 1
    assert metrics.value("callctl_turns_total", speaker="agent") == 1


def test_tools_are_counted_by_name_and_success_and_invented_names_share_one_label() -> None:
    metrics = Metrics()
    for name, success in (("search_tires", True), ("search_tires", False), ("drop_tables", False), ("another", False)):
        metrics.append(
            ToolCalled(
                call_id=CALL,
                call=ToolCallRecord(
                    turn_number=2, tool_use_id="t", name=name, arguments={}, result={}, started_at_ms=0, duration_ms=250, success=success
                ),
            )
        )
    assert metrics.value("callctl_tool_calls_total", name="search_tires", success="true") == 1
    assert metrics.value("callctl_tool_calls_total", name="search_tires", success="false") == 1
    assert metrics.value("callctl_tool_calls_total", name="other", success="false") == 2
    assert metrics.value("callctl_tool_seconds_sum", name="search_tires") == 0.5


def test_frames_tokens_and_interruptions_are_summed() -> None:
    metrics = Metrics()
    metrics.append(call(1, "listening"), turn(2, interrupted=True, usage={"input_tokens": 900, "output_tokens": 40}))
    metrics.append(call(2, "ended", ended_at_ms=1, media={"frames_sent": 98, "frames_skipped": 2}))
    assert metrics.value("callctl_audio_frames_total", kind="skipped") == 2
    assert metrics.value("callctl_model_tokens_total", kind="input_tokens") == 900
    assert metrics.value("callctl_interruptions_total") == 1


def test_the_cost_of_ended_calls_is_summed_by_service_and_the_total_is_left_to_the_reader() -> None:
    metrics = Metrics()
    metrics.append(call(1, "listening", cost={"model": 0.5, "total": 0.5}))
    metrics.append(call(2, "ended", ended_at_ms=1, cost={"model": 0.5, "stt": 0.25, "tts": 0.125, "total": 0.875}))
    assert metrics.value("callctl_cost_usd_total", service="model") == 0.5
    assert metrics.value("callctl_cost_usd_total", service="tts") == 0.125
    assert metrics.value("callctl_cost_usd_total", service="other") == 0


def test_a_breaker_is_in_one_state_and_objections_count_by_rule() -> None:
    registry = CollectorRegistry()
    agent = AgentMetrics(registry)
    agent.shop_breaker("open")
    states = {state: registry.get_sample_value("callctl_breaker_state", {"service": "shop", "state": state}) for state in BREAKER_STATES}
    assert states == {"closed": 0, "half_open": 0, "open": 1}
    for rule in ("price", "price", "+380671234567"):
        agent.objected(rule)
    assert registry.get_sample_value("callctl_guard_objections_total", {"rule": "price"}) == 2
    assert registry.get_sample_value("callctl_guard_objections_total", {"rule": "other"}) == 1


def test_neither_call_ids_nor_numbers_become_labels() -> None:
    metrics = Metrics()
    metrics.append(
        call(1, "+380671234567"),
        turn(2),
        MachineStepped(call_id=CALL, sequence=1, at_ms=0, state="x", event={}, commands=[]),
        call(
            2,
            "ended",
            ended_at_ms=1,
            outcome="+380671234567",
            ended_by=CALL,
            transferred=True,
            transfer_reason=CALL,
            cost={CALL: 1.0},
            media={CALL: 1},
        ),
    )
    text = generate_latest(metrics.registry).decode()
    assert CALL not in text
    assert "380671234567" not in text


def test_live_readings_are_taken_at_the_scrape() -> None:
    registry = CollectorRegistry()
    readings = LiveReadings()
    registry.register(readings)
    backlog = [3]
    readings.gauge("callctl_journal_backlog_records", "Waiting.", lambda: backlog[0])
    readings.counter("callctl_ari_connects", "Connects.", lambda: 2)
    backlog[0] = 5
    assert registry.get_sample_value("callctl_journal_backlog_records") == 5
    assert registry.get_sample_value("callctl_ari_connects_total") == 2


def test_counters_stand_at_zero_before_anything_happens_so_that_the_first_event_shows_as_a_rise() -> None:
    metrics = Metrics()
    agent = AgentMetrics(metrics.registry)
    for name, labels in (
        ("callctl_calls_total", {"outcome": "failed", "ended_by": "controller"}),
        ("callctl_transfers_total", {"reason": "stt_failed"}),
        ("callctl_tool_calls_total", {"name": "search_tires", "success": "false"}),
        ("callctl_provider_requests_total", {"service": "shop", "went": "failed"}),
        ("callctl_guard_objections_total", {"rule": "price"}),
    ):
        assert metrics.registry.get_sample_value(name, labels) == 0, name
    agent.request("shop", "failed", 2)
    assert metrics.value("callctl_provider_requests_total", service="shop", went="failed") == 2


def test_each_dependency_is_up_or_down_and_whether_calls_need_it_is_told_with_it() -> None:
    registry = CollectorRegistry()
    dependencies = DependencyMetrics(registry)
    dependencies.observe([Finding("ari", True, None), Finding("redis", False, "refused")])
    assert registry.get_sample_value("callctl_dependency_up", {"dependency": "ari", "required": "true"}) == 1
    assert registry.get_sample_value("callctl_dependency_up", {"dependency": "redis", "required": "false"}) == 0
    dependencies.observe([Finding("redis", False, None)])
    assert registry.get_sample_value("callctl_dependency_up", {"dependency": "redis", "required": "false"}) == 1


def test_the_build_tells_what_runs() -> None:
    registry = CollectorRegistry()
    tell_build(registry, model="claude-haiku-5-5", prompt="v3")
    build = next(family for family in registry.collect() if family.name == "callctl_build_info")
    assert build.samples[0].labels | {"version": ""} == {"version": "", "model": "claude-haiku-5-5", "prompt": "v3"}
    assert build.samples[0].labels["version"]


def test_a_live_histogram_has_its_buckets_and_its_sum() -> None:
    registry, readings = CollectorRegistry(), LiveReadings()
    registry.register(readings)
    readings.histogram("callctl_late_seconds", "Late.", lambda: ([(0.02, 9), (float("inf"), 10)], 0.5))
    assert registry.get_sample_value("callctl_late_seconds_bucket", {"le": "0.02"}) == 9
    assert registry.get_sample_value("callctl_late_seconds_count") == 10
    assert registry.get_sample_value("callctl_late_seconds_sum") == 0.5


def test_a_live_reading_is_described_without_being_taken() -> None:
    readings = LiveReadings()
    readings.gauge("callctl_draining", "Draining.", lambda: 1 / 0)
    assert [family.name for family in readings.describe()] == ["callctl_draining"]
