"""Made-up observations: runs in which all went well, to break one thing in."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from ops.chaos.observations import Kept, Observations, Said, Sample, Seen, Written
from ops.chaos.plan import matrix

NUMBER = "+380950000001"
STRUCK_S, HEALED_S = 20.0, 30.0
WORDS = ("мені потрібні шини", "беру чотири", "мене звати Олена")


def talk(**changes: Any) -> Seen:
    """Forty seconds in which agent and caller take turns of two seconds, and the agent ends it."""
    turns = [(began, began + 2.0) for began in range(1, 40, 4)]
    said = tuple(Said(words, 3.2 + 4 * place, 4.8 + 4 * place) for place, words in enumerate(WORDS))
    whole = Seen(number=NUMBER, dialled_s=0.0, answered_s=0.5, ended_s=40.0, ended_by="far side", heard=tuple(turns), said=said)
    return msgspec.structs.replace(whole, **changes)


def record(**changes: Any) -> Kept:
    whole = Kept(
        call_id="c",
        closed=True,
        outcome="goodbye",
        ended_by="agent",
        caller_turns=WORDS,
        done=(("create_order_draft", "k1"), ("confirm_order", "k2")),
    )
    return msgspec.structs.replace(whole, **changes)


def samples(down: frozenset[str] = frozenset(), *, status: int = 200) -> tuple[Sample, ...]:
    """*down* from 2 s after the fault to 1 s after its end, all well before and after."""
    return tuple(
        Sample(
            at, at + 0.1, status if STRUCK_S + 2 <= at <= HEALED_S + 1 else 200, down if STRUCK_S + 2 <= at <= HEALED_S + 1 else frozenset()
        )
        for at in [half / 2 for half in range(80)]
    )


def run(call: Seen | None = None, kept: tuple[Kept, ...] | None = None, **changes: Any) -> Observations:
    """A PostgreSQL that was away for ten seconds, and nobody noticed but readiness."""
    whole = Observations(
        target="postgres",
        fault="cut",
        struck_s=STRUCK_S,
        healed_s=HEALED_S,
        calls=(call or talk(),),
        records={NUMBER: (record(),) if kept is None else kept},
        shop={NUMBER: Written(1, 1)},
        recognised=WORDS,
        samples=samples(frozenset({"postgresql"})),
    )
    return msgspec.structs.replace(whole, **changes)


cases = st.sampled_from(matrix())
