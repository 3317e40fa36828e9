"""Which fault strikes whom, and when: a list of runs made from a seed, and from nothing else. Pure.

    processes   worker parent postgres valkey stt tts anthropic shop asterisk   ×  kill stop term
    links       ari audiosocket postgres valkey stt tts anthropic shop          ×  cut hole delay reset

The matrix is dealt like a deck of cards: each case once, in the seed's order, before any comes again. From deck to deck a case moves to
another stage of the talk, and comes to every stage before it repeats one. So run 17 of seed 4 is the same in every plan that has it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Final, Literal

Fault = Literal["kill", "stop", "term", "cut", "hole", "delay", "reset"]
Stage = Literal["greeting", "question", "choice", "name", "delivery", "address", "consent"]

PROCESS_FAULTS: Final[tuple[Fault, ...]] = ("kill", "stop", "term")
LINK_FAULTS: Final[tuple[Fault, ...]] = ("cut", "hole", "delay", "reset")
PROCESSES: Final = ("worker", "parent", "postgres", "valkey", "stt", "tts", "anthropic", "shop", "asterisk")
LINKS: Final = ("ari", "audiosocket", "postgres", "valkey", "stt", "tts", "anthropic", "shop")
STAGES: Final[tuple[Stage, ...]] = ("greeting", "question", "choice", "name", "delivery", "address", "consent")
LATEST_S: Final = 5.0
"""After the stage began: his words take one to three seconds, the answer to them begins a second later."""


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One cell of the matrix."""

    target: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.target}/{self.fault}"

    @classmethod
    def parse(cls, text: str) -> Case:
        """The case that is written so; raises ``ValueError``."""
        found = next((case for case in matrix() if str(case) == text), None)
        if found is None:
            raise ValueError(f"no case {text!r}; there are {', '.join(map(str, matrix()))}")
        return found


@dataclass(frozen=True, slots=True)
class Moment:
    """*after_s* from the beginning of a caller's say (or of his call, for the greeting)."""

    stage: Stage
    after_s: float

    @classmethod
    def parse(cls, text: str) -> Moment:
        """``consent:1.5``; raises ``ValueError``."""
        stage, _, after_s = text.partition(":")
        found = next((known for known in STAGES if known == stage), None)
        if found is None:
            raise ValueError(f"no stage {stage!r}; there are {', '.join(STAGES)}")
        return cls(found, float(after_s or 0))


@dataclass(frozen=True, slots=True)
class Run:
    number: int  # from 1
    seed: int
    case: Case
    moment: Moment
    calls: int

    def __str__(self) -> str:
        return (
            f"run {self.number} of seed {self.seed}: {self.case}, {self.moment.after_s:.1f} s into {self.moment.stage}, {self.calls} calls"
        )


def matrix(*, parent: bool = True) -> tuple[Case, ...]:
    """Every case; *parent* False: the controller is one process."""
    processes = [Case(target, fault) for target in PROCESSES if parent or target != "parent" for fault in PROCESS_FAULTS]
    return (*processes, *(Case(target, fault) for target in LINKS for fault in LINK_FAULTS))


def plan(
    seed: int, runs: int, *, calls: int, only: frozenset[Case] = frozenset(), parent: bool = True, at: Moment | None = None
) -> list[Run]:
    """The first *runs* runs of *seed*, each with its number in the whole plan, whatever of that is left out.

    *only* these cases, if any are named; no parent's where there is no *parent*; all *at* one moment, if one is given.
    """
    there = frozenset(matrix(parent=parent))
    if only - there:
        raise ValueError(f"not in the matrix: {', '.join(map(str, sorted(only - there)))}")
    chosen = (run for run in _deal(seed, calls) if run.case in (only or there))
    return [replace(run, moment=at or run.moment) for run in islice(chosen, runs)]


def _deal(seed: int, calls: int) -> Iterator[Run]:
    cases = matrix()
    first = {case: random.Random(f"{seed}/{case}").randrange(len(STAGES)) for case in cases}
    number = 1
    for deck in count():
        chance = random.Random(f"{seed}/{deck}")
        for case in chance.sample(cases, len(cases)):
            stage = STAGES[(first[case] + deck) % len(STAGES)]
            yield Run(number, seed, case, Moment(stage, round(chance.uniform(0, LATEST_S), 2)), calls)
            number += 1
