"""What several boards say alike: the chosen controllers, quantiles, rises, words for values."""

from __future__ import annotations

from ops.grafana.draw import GREEN, RED, Query

HERE = 'instance=~"$instance"'
"""In every selector: the controllers that were chosen above the board."""

UP = ((0, "down", RED), (1, "up", GREEN))
NO_YES = ((0, "no", GREEN), (1, "yes", RED))


def quantiles(metric: str, where: str = "", by: str = "", over: str = "15m") -> tuple[Query, Query]:
    selector = ", ".join(part for part in (where, HERE) if part)
    labels = ", ".join(part for part in (by, "le") if part)
    legend = f"{{{{{by}}}}} " if by else ""

    def quantile(q: float) -> str:
        return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket{{{selector}}}[{over}])))"

    return Query(quantile(0.5), f"{legend}p50"), Query(quantile(0.95), f"{legend}p95")


def rises(metric: str, by: str, where: str = "") -> Query:
    selector = ", ".join(part for part in (where, HERE) if part)
    return Query(f"sum by ({by}) (increase({metric}{{{selector}}}[$__interval]))", f"{{{{{by}}}}}")
