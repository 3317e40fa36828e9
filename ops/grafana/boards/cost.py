"""What calls cost, by service."""

from __future__ import annotations

from ops.grafana.boards.parts import HERE, rises
from ops.grafana.draw import Board, Panel, Query

BOARD = Board(
    name="cost",
    title="Cost",
    about="What vendors are paid, by the prices that are set (PRICES_*); counted when a call ends.",
    since="now-24h",
    panels=(
        Panel(
            kind="stat",
            title="In this time",
            about="All of what is shown.",
            queries=[Query(f"sum(increase(callctl_cost_usd_total{{{HERE}}}[$__range]))")],
            unit="currencyUSD",
            width=6,
            height=4,
        ),
        Panel(
            kind="stat",
            title="Last hour",
            about="CostPerHourHigh fires above 15.",
            queries=[Query(f"sum(increase(callctl_cost_usd_total{{{HERE}}}[1h]))")],
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
            queries=[Query(f"sum(increase(callctl_cost_usd_total{{{HERE}}}[1d]))")],
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
                Query(f"sum(increase(callctl_cost_usd_total{{{HERE}}}[$__range])) / sum(increase(callctl_calls_total{{{HERE}}}[$__range]))")
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
                    f"sum by (service) (increase(callctl_cost_usd_total{{{HERE}}}[1h]))"
                    f" / scalar(sum(increase(callctl_calls_total{{{HERE}}}[1h])))",
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
                    f'sum(increase(callctl_model_tokens_total{{kind="cache_read_input_tokens", {HERE}}}[1h]))'
                    f' / sum(increase(callctl_model_tokens_total{{kind!="output_tokens", {HERE}}}[1h]))',
                    "from the cache",
                )
            ],
        ),
    ),
)
