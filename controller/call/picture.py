"""The machine's picture and table, from the machine itself: every reachable call is visited, so each arrow is a step that can happen.

python -m controller.call.picture > docs/call-machine.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from controller.call import events as seen
from controller.call.machine import DEADLINES, TABLE
from controller.call.reachable import arrows
from controller.call.state import SHOWN, State


def page() -> str:
    """``docs/call-machine.md``."""
    ways = arrows()
    lines = [
        "# The life of a call",
        "",
        "Generated from the machine (`python -m controller.call.picture`); a test compares.",
        "The rules stand in `controller/call/machine.py`, what each row does beside it: `steps.py`, `supervision.py`, `wishes.py`,",
        "`endings.py`.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> new",
        *_picture(ways),
        "    ended --> [*]",
        "```",
        "",
        "From every state between connecting and ending, ChannelGone and ControllerStopping lead to ended, and so does an order",
        "to the caller's channel that finds no channel; these arrows are left out.",
        "",
        "## What people see",
        "",
        "| state | shown | deadlines that may run |",
        "|---|---|---|",
        *(f"| {s} | {SHOWN[s]} | {', '.join(sorted(n for n, where in DEADLINES.items() if s in where))} |" for s in State),
        "",
        "While talking, the agent's own states are shown: greeting, listening, thinking, tool, speaking.",
        "",
        "## The table",
        "",
        'Each state × event has exactly one row; those that are not listed say "stay", and of a wish, why not.',
        "",
    ]
    for state in State:
        lines += [f"### {state}", "", *_rows(state, ways), ""]
    return "\n".join(lines)


def _picture(ways: dict[tuple[State, type[seen.Event]], set[State]]) -> Iterator[str]:
    labels: dict[tuple[State, State], list[str]] = {}
    for state in State:
        for event in seen.EVENTS:
            if event in {seen.ChannelGone, seen.ControllerStopping}:
                continue
            for after in ways.get((state, event), set()) - {state}:
                if not (event is seen.CommandFailed and after is State.ENDED):
                    labels.setdefault((state, after), []).append(event.__name__)
    order = list(State)
    for (before, after), names in sorted(labels.items(), key=lambda item: (order.index(item[0][0]), order.index(item[0][1]))):
        yield f"    {before} --> {after}: {', '.join(names)}"


def _rows(state: State, ways: dict[tuple[State, type[seen.Event]], set[State]]) -> Iterator[str]:
    rows = [(event, TABLE[state, event]) for event in seen.EVENTS]
    moving = [(event, row) for event, row in rows if row.__name__ not in {"stay", "refuse"}]
    if not moving:
        yield "Every event: stay; every wish: why not."
        return
    yield "| event | what happens | leads to |"
    yield "|---|---|---|"
    for event, row in moving:
        after = ", ".join(s for s in State if s in ways.get((state, event), set()))
        yield f"| {event.__name__} | {(row.__doc__ or '').splitlines()[0]} | {after} |"


if __name__ == "__main__":
    sys.stdout.write(page())
