"""What tools are called, how they end, what the guard kept from being said."""

from __future__ import annotations

from ops.grafana.boards.parts import HERE, rises
from ops.grafana.draw import Board, Panel, Query

BOARD = Board(
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
            queries=[Query(f"histogram_quantile(0.95, sum by (name, le) (rate(callctl_tool_seconds_bucket{{{HERE}}}[1h])))", "{{name}}")],
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
                    f"100 * sum(increase(callctl_guard_objections_total{{{HERE}}}[1h]))"
                    f' / sum(increase(callctl_turns_total{{speaker="agent", {HERE}}}[1h]))',
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
                    f"sum(increase(callctl_interruptions_total{{{HERE}}}[1h]))"
                    f' / sum(increase(callctl_turns_total{{speaker="agent", {HERE}}}[1h]))',
                    "interrupted",
                )
            ],
        ),
    ),
)
