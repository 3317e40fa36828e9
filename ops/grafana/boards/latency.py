"""How long a caller waits for an answer, stage by stage, against the budgets."""

from __future__ import annotations

from ops.grafana.boards.parts import HERE, quantiles
from ops.grafana.draw import Board, Panel, Query


def stage(name: str, title: str, budget_s: float, about: str) -> Panel:
    return Panel(
        title=f"{title}: {budget_s * 1000:g} ms",
        about=f"{about} The line is the budget at p95.",
        queries=quantiles("callctl_answer_stage_seconds", f'stage="{name}"'),
        unit="s",
        bad=budget_s,
        width=6,
    )


BOARD = Board(
    name="latency",
    title="Latency budget",
    about="From the caller's last sound to our first: at p95 under two seconds, and where they go.",
    panels=(
        Panel(
            kind="stat",
            title="Answer, p95 of 24 h",
            about="Objective: below 2 s.",
            queries=[
                Query(f'histogram_quantile(0.95, sum by (le) (rate(callctl_answer_stage_seconds_bucket{{stage="answer", {HERE}}}[24h])))')
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
                    f'1 - sum(increase(callctl_answer_stage_seconds_bucket{{stage="answer", le="2.0", {HERE}}}[24h]))'
                    f' / sum(increase(callctl_answer_stage_seconds_count{{stage="answer", {HERE}}}[24h]))'
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
