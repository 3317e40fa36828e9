"""How many calls there are, how they end, who is there to take them over."""

from __future__ import annotations

from ops.grafana.boards.parts import HERE, quantiles, rises
from ops.grafana.draw import Board, Panel, Query

BOARD = Board(
    name="calls",
    title="Calls",
    about="How many there are, how they end, and who is there to take them over.",
    panels=(
        Panel(
            kind="stat",
            title="Calls now",
            about="With the agent, in the queue or with an operator.",
            queries=[Query(f"sum(callctl_active_calls{{{HERE}}})")],
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Of CALLS_MAX",
            about="With the agent. At 100 % new callers go to the operators' queue.",
            queries=[Query(f"sum(callctl_calls_busy{{{HERE}}}) / sum(callctl_calls_max{{{HERE}}})")],
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
                    f'(sum(increase(callctl_calls_total{{outcome=~"failed|orphaned", {HERE}}}[24h]))'
                    f' + sum(increase(callctl_hand_overs_total{{reason=~".+_failed", {HERE}}}[24h])))'
                    f" / sum(increase(callctl_calls_total{{{HERE}}}[24h]))"
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
            queries=[Query(f"sum(callctl_callers_waiting{{{HERE}}})")],
            warn=2,
            bad=5,
            width=4,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Operators there",
            about="Free, talking or paused. Every controller sees all of them.",
            queries=[Query(f"max(callctl_operators_present{{{HERE}}})")],
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
            queries=[Query(f"sum by (state) (callctl_active_calls{{{HERE}}})", "{{state}}")],
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
            queries=[Query(f"callctl_build_info{{{HERE}}}")],
        ),
    ),
)
