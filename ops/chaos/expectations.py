"""What is promised when a part fails: one row a case where it differs from the rule. Tighten it here when the system becomes better.

The rule: nobody is dropped, nothing is lost or doubled or left behind, nothing is ordered twice, readiness tells the truth within five
seconds, and who waits for us is never in silence for longer than four seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ops.chaos.plan import Case

Line = Literal["dropped", "silence", "lost", "doubled", "left", "twice", "untrue"]
LINES: Final[tuple[Line, ...]] = get_args(Line)
TRUTH_S: Final = 5.0
SLACK_S: Final = 0.5  # of a machine on which generator, callers and all parts share two cores
SILENCE_S: Final = 4.0 + SLACK_S
STOPPED_S: Final = 5.0
HELD_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Promise:
    """*without*: lines of which nothing is promised, each with a reason beside its row."""

    silence_s: float = SILENCE_S
    without: frozenset[Line] = frozenset()


_RULE: Final = Promise()
_PROMISES: Final[Mapping[str, Promise]] = {
    # With Asterisk its callers' calls die: there is nobody left to hear a silence. What was said must be in the record all the same.
    "asterisk/kill": Promise(without=frozenset({"dropped", "silence"})),
    "asterisk/term": Promise(without=frozenset({"dropped", "silence"})),
    # A leg that takes nothing is given two seconds behind what its sockets hold, and the new one a second and a half to tell its UUID.
    # Half a second lies in the sockets, and another passes until the queue plays.
    "audiosocket/hole": Promise(silence_s=SILENCE_S + 1.5),
    # No sound passes a switch that stands still.
    "asterisk/stop": Promise(silence_s=STOPPED_S + SILENCE_S),
}

FINDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "postgres": ("postgresql",),
    "valkey": ("redis",),
    "stt": ("stt",),
    "tts": ("tts",),
    "anthropic": ("anthropic",),
    "shop": ("shop",),
    "ari": ("ari", "ari_rest"),
    "asterisk": ("ari", "ari_rest"),
}
"""What readiness calls a part; audio has no finding of its own, for each call brings its own connection."""


def promise(case: Case) -> Promise:
    return _PROMISES.get(str(case), _RULE)
