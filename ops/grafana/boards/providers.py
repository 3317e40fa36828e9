"""Vendors and the shop: are they there, how do requests go, which breaker is open."""

from __future__ import annotations

from ops.grafana.boards.parts import HERE, UP, rises
from ops.grafana.draw import GREEN, RED, YELLOW, Board, Panel, Query

BOARD = Board(
    name="providers",
    title="Providers and breakers",
    about="Everybody whom a call needs: reached, answering, in time.",
    panels=(
        Panel(
            kind="state-timeline",
            title="Dependencies",
            about="What readiness finds at each scrape: red is not reached.",
            width=24,
            queries=[Query(f"min by (dependency) (callctl_dependency_up{{{HERE}}})", "{{dependency}}")],
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
                    f'max(callctl_breaker_state{{service="shop", state="open", {HERE}}}) * 2'
                    f' + max(callctl_breaker_state{{service="shop", state="half_open", {HERE}}})',
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
            about="opened: more than once a start means that it was lost. replaced: another process took our name. deaf: no events came.",
            queries=[
                Query(f"sum(increase(callctl_ari_connects_total{{{HERE}}}[$__interval]))", "opened"),
                Query(f"sum(increase(callctl_ari_replaced_total{{{HERE}}}[$__interval]))", "replaced"),
                Query(f"sum(increase(callctl_ari_deaf_total{{{HERE}}}[$__interval]))", "deaf"),
                Query(f"sum(increase(callctl_ari_malformed_messages_total{{{HERE}}}[$__interval]))", "malformed events"),
            ],
        ),
    ),
)
