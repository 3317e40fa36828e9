"""What is shown. One board a question; a panel's text says what it means and from where on it is bad.

``vector(0)`` stands nowhere: every counter is at zero from the start, so an empty panel means that nothing is measured.
"""

from __future__ import annotations

from ops.grafana.draw import GREEN, RED, YELLOW, Board, Panel, Query

I = 'instance=~"$instance"'  # noqa: E741 - in every selector

UP = ((0, "down", RED), (1, "up", GREEN))
NO_YES = ((0, "no", GREEN), (1, "yes", RED))


def quantiles(metric: str, where: str = "", by: str = "", over: str = "15m") -> tuple[Query, Query]:
    selector = ", ".join(part for part in (where, I) if part)
    labels = ", ".join(part for part in (by, "le") if part)
    legend = f"{{{{{by}}}}} " if by else ""

    def quantile(q: float) -> str:
        return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket{{{selector}}}[{over}])))"

    return Query(quantile(0.5), f"{legend}p50"), Query(quantile(0.95), f"{legend}p95")


def rises(metric: str, by: str, where: str = "") -> Query:
    selector = ", ".join(part for part in (where, I) if part)
    return Query(f"sum by ({by}) (increase({metric}{{{selector}}}[$__interval]))", f"{{{{{by}}}}}")


def stage(name: str, title: str, budget_s: float, about: str) -> Panel:
    return Panel(
        title=f"{title}: {budget_s * 1000:g} ms",
        about=f"{about} The line is the budget at p95.",
        queries=quantiles("callctl_answer_stage_seconds", f'stage="{name}"'),
        unit="s",
        bad=budget_s,
        width=6,
    )


CALLS = Board(
    name="calls",
    title="Calls",
    about="How many there are, how they end, and who is there to take them over.",
    panels=(
        Panel(
            kind="stat",
            title="Calls now",
            about="With the agent, in the queue or with an operator.",
            queries=[Query(f"sum(callctl_active_calls{{{I}}})")],
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Of CALLS_MAX",
            about="With the agent. At 100 % new callers go to the operators' queue.",
            queries=[Query(f"sum(callctl_calls_busy{{{I}}}) / sum(callctl_calls_max{{{I}}})")],
            unit="percentunit",
            warn=0.8,
            bad=0.95,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Failed by our fault, 24 h",
            about="Objective: below 1 %.",
            queries=[
                Query(
                    f'(sum(increase(callctl_calls_total{{outcome=~"failed|orphaned", {I}}}[24h]))'
                    f' + sum(increase(callctl_hand_overs_total{{reason=~".+_failed", {I}}}[24h])))'
                    f" / sum(increase(callctl_calls_total{{{I}}}[24h]))"
                )
            ],
            unit="percentunit",
            warn=0.01,
            bad=0.06,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Waiting for an operator",
            about="Our callers in the queue.",
            queries=[Query(f"sum(callctl_callers_waiting{{{I}}})")],
            warn=2,
            bad=5,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Operators there",
            about="Free, talking or paused. Every controller sees all of them.",
            queries=[Query(f"max(callctl_operators_present{{{I}}})")],
            low_is_bad=True,
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Controllers",
            about="That answer Prometheus.",
            queries=[Query('sum(up{job="controller"})')],
            low_is_bad=True,
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            title="Live calls by state",
            about="What they do, at each scrape.",
            stacked=True,
            queries=[Query(f"sum by (state) (callctl_active_calls{{{I}}})", "{{state}}")],
        ),
        Panel(
            kind="bars",
            title="Ended calls by outcome",
            about="In steps of at least five minutes.",
            stacked=True,
            each="5m",
            queries=[rises("callctl_calls_total", "outcome")],
        ),
        Panel(
            kind="bars",
            title="Hand-overs by reason",
            stacked=True,
            each="5m",
            about="Calls that were to go to a human; asked and key_0 are the caller's wish, *_failed our fault.",
            queries=[rises("callctl_hand_overs_total", "reason")],
        ),
        Panel(
            kind="bars",
            title="Taken by a human, by reason",
            about="Those of the hand-overs whom somebody took.",
            stacked=True,
            each="5m",
            queries=[rises("callctl_transfers_total", "reason")],
        ),
        Panel(
            title="Length of calls",
            about="From the answer to the end, over an hour.",
            queries=quantiles("callctl_call_seconds", over="1h"),
            unit="s",
        ),
        Panel(
            kind="bars",
            title="Who ended them",
            about="In steps of at least five minutes.",
            stacked=True,
            each="5m",
            queries=[rises("callctl_calls_total", "ended_by")],
        ),
        Panel(
            kind="table",
            title="Alerts",
            about="That fire now; Watchdog always does. Each has its page in ops/runbooks.",
            queries=[Query('ALERTS{alertstate="firing"}')],
        ),
        Panel(
            kind="table",
            title="What runs",
            about="Version, model and prompt of each controller.",
            queries=[Query(f"callctl_build_info{{{I}}}")],
        ),
    ),
)

LATENCY = Board(
    name="latency",
    title="Latency budget",
    about="From the caller's last sound to our first: at p95 under two seconds, and where they go.",
    panels=(
        Panel(
            kind="stat",
            title="Answer, p95 of 24 h",
            about="Objective: below 2 s.",
            queries=[
                Query(f'histogram_quantile(0.95, sum by (le) (rate(callctl_answer_stage_seconds_bucket{{stage="answer", {I}}}[24h])))')
            ],
            unit="s",
            warn=1.6,
            bad=2,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Slower than 2 s, 24 h",
            about="Objective: below 5 %.",
            queries=[
                Query(
                    f'1 - sum(increase(callctl_answer_stage_seconds_bucket{{stage="answer", le="2.0", {I}}}[24h]))'
                    f' / sum(increase(callctl_answer_stage_seconds_count{{stage="answer", {I}}}[24h]))'
                )
            ],
            unit="percentunit",
            warn=0.03,
            bad=0.05,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Slower, of the last hour",
            about="What AnswersSlowFast looks at: it fires above 30 %.",
            queries=[Query("callctl:answers_slow:ratio_1h")],
            unit="percentunit",
            warn=0.05,
            bad=0.3,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Answers of the last hour",
            about="Below 20 the alerts say nothing.",
            queries=[Query("callctl:answers:increase_1h")],
            width=6,
            height=4,
        ),
        Panel(
            title="The whole answer: 2 s",
            about="Caller's last voiced frame to our first frame; fillers are apart.",
            queries=quantiles("callctl_answer_stage_seconds", 'stage="answer"'),
            unit="s",
            bad=2,
        ),
        Panel(
            title="Where the time goes, p95",
            about="Each stage alone: quantiles do not add up to the whole.",
            queries=[Query("callctl:stage_seconds:p95_30m", "{{stage}}")],
            unit="s",
        ),
        stage("stt", "Recognition", 0.5, "End of the turn to the text we used."),
        stage("model", "Model", 1.0, "Request to first token."),
        stage("tts", "Synthesis", 0.4, "First clause to first audio."),
        stage("wire", "Wire", 0.05, "First audio in our hands to first frame sent."),
        Panel(
            title="Share over its budget",
            about="StageOverBudget fires above 10 % with 20 answers in 30 minutes.",
            queries=[Query("callctl:stage_over_budget:ratio_30m", "{{stage}}")],
            unit="percentunit",
            warn=0.05,
            bad=0.1,
        ),
        Panel(
            title="Before and beside",
            unit="s",
            about="hold: silence that we waited through before we believed he had finished. filler: until a filler was heard.",
            queries=quantiles("callctl_answer_stage_seconds", 'stage=~"hold|filler"', by="stage"),
        ),
    ),
)

PROVIDERS = Board(
    name="providers",
    title="Providers and breakers",
    about="Everybody whom a call needs: reached, answering, in time.",
    panels=(
        Panel(
            kind="state-timeline",
            title="Dependencies",
            about="What readiness finds at each scrape: red is not reached.",
            width=24,
            queries=[Query(f"min by (dependency) (callctl_dependency_up{{{I}}})", "{{dependency}}")],
            words=UP,
            low_is_bad=True,
            bad=1,
        ),
        Panel(
            kind="state-timeline",
            title="The shop's breaker",
            height=4,
            width=24,
            about="open: five failures in a row, nothing is sent; half open: one trial.",
            queries=[
                Query(
                    f'max(callctl_breaker_state{{service="shop", state="open", {I}}}) * 2'
                    f' + max(callctl_breaker_state{{service="shop", state="half_open", {I}}})',
                    "shop",
                )
            ],
            words=((0, "closed", GREEN), (1, "half open", YELLOW), (2, "open", RED), (3, "open", RED)),
        ),
        Panel(
            kind="bars",
            title="Requests",
            about="By service; a cached phrase is none.",
            stacked=True,
            each="1m",
            queries=[rises("callctl_provider_requests_total", "service")],
        ),
        Panel(
            kind="bars",
            title="Failed requests",
            about="By the vendor's fault; attempts that were repeated count.",
            stacked=True,
            each="1m",
            queries=[rises("callctl_provider_requests_total", "service", 'went="failed"')],
        ),
        Panel(
            title="Share that fails",
            about="Of those that we did not cut off. ProviderFailing fires above 10 % and five.",
            queries=[Query("callctl:provider_failed:ratio_10m", "{{service}}")],
            unit="percentunit",
            warn=0.05,
            bad=0.1,
        ),
        Panel(
            kind="bars",
            title="Cut off by us",
            about="The caller spoke or hung up.",
            stacked=True,
            each="1m",
            queries=[rises("callctl_provider_requests_total", "service", 'went="cut_off"')],
        ),
        Panel(
            title="Time to the first result, p95",
            about="Budgets: stt 500 ms, model 1 s, tts 400 ms.",
            queries=[Query('callctl:stage_seconds:p95_30m{stage=~"stt|model|tts"}', "{{stage}}")],
            unit="s",
        ),
        Panel(
            kind="bars",
            title="Asterisk's event socket",
            each="1m",
            about="opened: more than once a start means that it was lost. replaced: another process took our name.",
            queries=[
                Query(f"sum(increase(callctl_ari_connects_total{{{I}}}[$__interval]))", "opened"),
                Query(f"sum(increase(callctl_ari_replaced_total{{{I}}}[$__interval]))", "replaced"),
                Query(f"sum(increase(callctl_ari_malformed_messages_total{{{I}}}[$__interval]))", "malformed events"),
            ],
        ),
    ),
)

TOOLS = Board(
    name="tools",
    title="Tools and guard",
    about="What the agent does in the shop, and what it was kept from saying.",
    panels=(
        Panel(
            kind="bars",
            title="Uses of tools",
            about="By name.",
            stacked=True,
            each="5m",
            queries=[rises("callctl_tool_calls_total", "name")],
        ),
        Panel(
            kind="bars",
            title="Failed uses",
            about="The shop's faults and the guard's refusals.",
            stacked=True,
            each="5m",
            queries=[rises("callctl_tool_calls_total", "name", 'success="false"')],
        ),
        Panel(
            title="Share that fails",
            about="ToolFailing fires above 30 % and five within 15 minutes.",
            queries=[Query("callctl:tool_failed:ratio_15m", "{{name}}")],
            unit="percentunit",
            bad=0.3,
        ),
        Panel(
            title="Duration, p95",
            about="Over an hour. From about a second on the caller hears a filler.",
            unit="s",
            bad=5,
            queries=[Query(f"histogram_quantile(0.95, sum by (name, le) (rate(callctl_tool_seconds_bucket{{{I}}}[1h])))", "{{name}}")],
        ),
        Panel(
            kind="bars",
            title="Answers that the guard kept back",
            about="By rule.",
            stacked=True,
            each="5m",
            queries=[rises("callctl_guard_objections_total", "rule")],
        ),
        Panel(
            title="Objections for a hundred turns",
            about="Of the agent, over an hour. GuardObjectionsSurge fires above 20.",
            bad=20,
            queries=[
                Query(
                    f"100 * sum(increase(callctl_guard_objections_total{{{I}}}[1h]))"
                    f' / sum(increase(callctl_turns_total{{speaker="agent", {I}}}[1h]))',
                    "objections",
                )
            ],
        ),
        Panel(
            kind="bars",
            title="Turns",
            about="Of speech, by speaker.",
            stacked=True,
            each="5m",
            queries=[rises("callctl_turns_total", "speaker")],
        ),
        Panel(
            title="Turns that were interrupted",
            about="Of the agent's, over an hour: many mean that it talks too long.",
            unit="percentunit",
            queries=[
                Query(
                    f"sum(increase(callctl_interruptions_total{{{I}}}[1h]))"
                    f' / sum(increase(callctl_turns_total{{speaker="agent", {I}}}[1h]))',
                    "interrupted",
                )
            ],
        ),
    ),
)

MEDIA = Board(
    name="media",
    title="Media",
    about="Whether what is spoken reaches the callers in time, and whether the process has the time for it.",
    panels=(
        Panel(
            kind="stat", title="Lines", about="Media legs open now.", queries=[Query(f"sum(callctl_audio_lines{{{I}}})")], width=6, height=4
        ),
        Panel(
            kind="stat",
            title="Frames missing, 24 h",
            about="Of those that were due in ended calls; from 1 % on callers hear it.",
            queries=[
                Query(
                    f'sum(increase(callctl_audio_frames_total{{kind="skipped", {I}}}[24h]))'
                    f' / sum(increase(callctl_audio_frames_total{{kind="due", {I}}}[24h]))'
                )
            ],
            unit="percentunit",
            warn=0.001,
            bad=0.01,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Missing on lines that are open",
            about="Frames since each began.",
            queries=[Query(f"sum(callctl_audio_skipped_live_frames{{{I}}})")],
            warn=50,
            bad=500,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Connections refused, 24 h",
            about="To AudioSocket: unknown or used UUIDs, floods, malformed frames.",
            queries=[Query(f"sum(increase(callctl_audio_refused_connections_total{{{I}}}[24h]))")],
            warn=1,
            bad=100,
            width=6,
            height=4,
        ),
        Panel(
            title="How late the audio's clock is",
            unit="s",
            bad=0.02,
            log_scale=True,
            about="The jitter that we put into every call; half a millisecond is meant. What is 20 ms late is lost.",
            queries=[
                *quantiles("callctl_audio_beat_late_seconds", over="5m"),
                Query(f"histogram_quantile(0.999, sum by (le) (rate(callctl_audio_beat_late_seconds_bucket{{{I}}}[5m])))", "p99.9"),
            ],
        ),
        Panel(
            title="Beats that came too late",
            about="More than 20 ms. AudioClockLate fires above 0.5 %.",
            unit="percentunit",
            bad=0.005,
            queries=[Query(f"callctl:beats_lost:ratio_5m{{{I}}}", "{{instance}}")],
        ),
        Panel(
            kind="bars",
            title="Frames of ended calls",
            about="Of 20 ms; sent and skipped add up to due.",
            each="5m",
            queries=[rises("callctl_audio_frames_total", "kind")],
        ),
        Panel(
            title="Frames missing",
            about="Over 15 minutes. FramesMissing fires above 1 %.",
            unit="percentunit",
            bad=0.01,
            queries=[Query("callctl:frames_missing:ratio_15m", "missing")],
        ),
        Panel(
            title="CPU",
            about="Of each controller, in cores.",
            queries=[Query(f'rate(process_cpu_seconds_total{{job="controller", {I}}}[1m])', "{{instance}}")],
        ),
        Panel(
            title="Memory",
            about="Resident, of each controller.",
            unit="bytes",
            queries=[Query(f'process_resident_memory_bytes{{job="controller", {I}}}', "{{instance}}")],
        ),
    ),
)

STORAGE = Board(
    name="storage",
    title="Spool and database",
    about="Whether the records of calls arrive, and what they wait for.",
    panels=(
        Panel(
            kind="stat",
            title="Records that wait",
            about="In the spool, for PostgreSQL.",
            queries=[Query(f"sum(callctl_journal_backlog_records{{{I}}})")],
            warn=100,
            bad=10_000,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="The oldest of them",
            about="JournalBacklogGrowing fires after five minutes.",
            queries=[Query(f"max(callctl_journal_oldest_seconds{{{I}}})")],
            unit="s",
            warn=30,
            bad=300,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Set aside",
            about="Dead letters: records that PostgreSQL refuses.",
            queries=[Query(f"sum(callctl_journal_dead_letters{{{I}}})")],
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Lost, 24 h",
            about="Records that could be kept nowhere.",
            queries=[Query(f"sum(increase(callctl_journal_lost_records_total{{{I}}}[24h]))")],
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Months ready",
            about="After this one, with partitions; two are meant.",
            queries=[Query(f"min(callctl_partitions_ready_months{{{I}}})")],
            low_is_bad=True,
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Log lines dropped, 24 h",
            about="Of the process' own log: nobody took them in time.",
            queries=[Query(f"sum(increase(callctl_log_dropped_lines_total{{{I}}}[24h]))")],
            bad=1,
            width=4,
            height=4,
        ),
        Panel(
            title="Backlog",
            about="Records not yet in PostgreSQL.",
            queries=[Query(f"callctl_journal_backlog_records{{{I}}}", "{{instance}}")],
        ),
        Panel(
            title="Age of the oldest",
            about="JournalBacklogGrowing fires after five minutes.",
            unit="s",
            bad=300,
            queries=[Query(f"callctl_journal_oldest_seconds{{{I}}}", "{{instance}}")],
        ),
        Panel(
            kind="state-timeline",
            title="Failing",
            about="Red while it does.",
            words=NO_YES,
            bad=1,
            queries=[
                Query(f"max(callctl_journal_disk_failing{{{I}}})", "spool's disk"),
                Query(f"max(callctl_journal_database_failing{{{I}}})", "PostgreSQL takes nothing"),
                Query(f"max(callctl_partitions_failing{{{I}}})", "partitions"),
                Query(f"max(callctl_live_state_failing{{{I}}})", "live state in Redis"),
                Query(f"max(callctl_log_fanout_failing{{{I}}})", "live log through Redis"),
            ],
        ),
        Panel(
            title="Questions to the database",
            about="Of API and console, under way and waiting; more than 30 are refused.",
            bad=30,
            queries=[
                Query(f"callctl_database_questions{{{I}}}", "{{instance}}"),
                Query(f"sum(increase(callctl_database_refused_questions_total{{{I}}}[5m]))", "refused within 5 minutes"),
            ],
        ),
        Panel(
            title="Who watches live",
            about="Readers of the live picture and of the live log.",
            queries=[Query(f"sum(callctl_board_readers{{{I}}})", "picture"), Query(f"sum(callctl_log_readers{{{I}}})", "log")],
        ),
        Panel(
            kind="bars",
            title="Watchers cut off",
            about="They were too slow.",
            each="5m",
            queries=[
                Query(f"sum(increase(callctl_board_readers_cut_off_total{{{I}}}[$__interval]))", "picture"),
                Query(f"sum(increase(callctl_log_readers_cut_off_total{{{I}}}[$__interval]))", "log"),
            ],
        ),
    ),
)

COST = Board(
    name="cost",
    title="Cost",
    about="What vendors are paid, by the prices that are set (PRICES_*); counted when a call ends.",
    since="now-24h",
    panels=(
        Panel(
            kind="stat",
            title="In this time",
            about="All of what is shown.",
            queries=[Query(f"sum(increase(callctl_cost_usd_total{{{I}}}[$__range]))")],
            unit="currencyUSD",
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Last hour",
            about="CostPerHourHigh fires above 15.",
            queries=[Query(f"sum(increase(callctl_cost_usd_total{{{I}}}[1h]))")],
            unit="currencyUSD",
            warn=6,
            bad=15,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Last day",
            about="CostPerDayHigh fires above 100.",
            queries=[Query(f"sum(increase(callctl_cost_usd_total{{{I}}}[1d]))")],
            unit="currencyUSD",
            warn=50,
            bad=100,
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="A call",
            about="On the average of this time.",
            unit="currencyUSD",
            width=6,
            height=4,
            queries=[
                Query(f"sum(increase(callctl_cost_usd_total{{{I}}}[$__range])) / sum(increase(callctl_calls_total{{{I}}}[$__range]))")
            ],
        ),
        Panel(
            kind="bars",
            title="By service",
            about="In steps of at least ten minutes.",
            stacked=True,
            each="10m",
            unit="currencyUSD",
            queries=[rises("callctl_cost_usd_total", "service")],
        ),
        Panel(
            kind="bars",
            title="Tokens of the model",
            about="What is read from its cache costs a tenth.",
            stacked=True,
            each="10m",
            queries=[rises("callctl_model_tokens_total", "kind")],
        ),
        Panel(
            title="Cost of a call",
            about="Over an hour.",
            unit="currencyUSD",
            queries=[
                Query(
                    f"sum by (service) (increase(callctl_cost_usd_total{{{I}}}[1h]))"
                    f" / scalar(sum(increase(callctl_calls_total{{{I}}}[1h])))",
                    "{{service}}",
                )
            ],
        ),
        Panel(
            title="Of the prompt read from the cache",
            about="Over an hour. Little means that prompts differ where they need not.",
            unit="percentunit",
            queries=[
                Query(
                    f'sum(increase(callctl_model_tokens_total{{kind="cache_read_input_tokens", {I}}}[1h]))'
                    f' / sum(increase(callctl_model_tokens_total{{kind!="output_tokens", {I}}}[1h]))',
                    "from the cache",
                )
            ],
        ),
    ),
)

BOARDS = (CALLS, LATENCY, PROVIDERS, TOOLS, MEDIA, STORAGE, COST)
