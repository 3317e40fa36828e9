"""``python -m ops.bench.turns``: how evenly new calls spread over controllers, by the rule that picks one. Simulated.

in turn     each after the other, the full ones passed over
fewest      who has the fewest by what he told last (some ms ago); among equals in turn: what asterisk/extensions.conf does
exact       the same, if everybody's number were known at once
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

from ops.bench.figures import percentile

Rule = Literal["in turn", "fewest", "exact"]
RULES: tuple[Rule, ...] = ("in turn", "fewest", "exact")
TOLD_AFTER_S = 0.03
LASTS_S = (4.4, 0.9)  # log-normal: half of the calls are longer than 81 s, the mean is 122 s
MEAN_S = 122.0
WARM_UP_S = 600.0
WHOLE_S = 7_200.0


@dataclass(frozen=True, slots=True)
class Spread:
    """The difference between the fullest and the emptiest controller, in calls, at each arrival; which share was refused by all."""

    mean: float
    p95: float
    refused: float


def simulate(rule: Rule, *, controllers: int, most: int, offered: float, burst: int = 1, seed: int = 1, whole_s: float = WHOLE_S) -> Spread:
    """*offered*: calls at once, were none refused; *burst*: so many callers dial within so many ms."""
    chance = random.Random(seed)
    calls, told = [0] * controllers, [0] * controllers
    later: list[tuple[float, int, int, bool]] = []  # when, who, one more or less, whether it is but told
    now_s, turn, refused, came = 0.0, 0, 0, 0
    differences: list[float] = []
    while now_s < whole_s:
        now_s += chance.expovariate(offered / MEAN_S / burst)
        for _ in range(burst):
            now_s += 0.001
            while later and later[0][0] <= now_s:
                at_s, who, step, is_told = heapq.heappop(later)
                if is_told:
                    told[who] += step
                else:
                    calls[who] += step
                    heapq.heappush(later, (at_s + TOLD_AFTER_S, who, step, True))
            came += 1
            order = [(turn + 1 + place) % controllers for place in range(controllers)]
            if rule != "in turn":
                order.sort(key=(told if rule == "fewest" else calls).__getitem__)
            taker = next((who for who in order if calls[who] < most), None)
            if taker is None:
                refused += 1
                continue
            turn = taker
            calls[taker] += 1
            heapq.heappush(later, (now_s + TOLD_AFTER_S, taker, 1, True))
            heapq.heappush(later, (now_s + chance.lognormvariate(*LASTS_S), taker, -1, False))
            if now_s > WARM_UP_S:
                differences.append(max(calls) - min(calls))
    mean = sum(differences) / len(differences) if differences else 0.0
    return Spread(mean, percentile(differences, 0.95) or 0.0, refused / came)


def main() -> None:
    table = Table("controllers", "at most", "offered", "at once", *(f"{rule}: mean, p95" for rule in RULES), "refused", box=None)
    for controllers, most, offered in ((2, 30, 40), (4, 50, 120), (4, 50, 180)):
        for burst in (1, 10):
            seen = [simulate(rule, controllers=controllers, most=most, offered=offered, burst=burst) for rule in RULES]
            figures = [f"{one.mean:.1f}, {one.p95:.0f}" for one in seen]
            table.add_row(str(controllers), str(most), str(offered), str(burst), *figures, f"{seen[0].refused:.1%}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
