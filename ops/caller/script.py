"""A conversation as the simulated caller means to lead it: a tuple of steps, readable aloud.

(Listen(), Say("winter_tyres_camry"), Interrupt("stop_wait", after_s=1.5), Listen(), Say("operator"))
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait until the agent has begun to speak and then was quiet for *quiet_s*."""

    quiet_s: float = 1.2
    within_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Say:
    """Say a phrase of the phrasebook."""

    key: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Say a phrase when the agent's say has lasted *after_s*."""

    key: str
    after_s: float = 1.0
    within_s: float = 20.0


@dataclass(frozen=True, slots=True)
class KeepSilent:
    """Say nothing for *for_s* seconds, whatever the agent does."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Press:
    """Press a key of the telephone, or several in a row: "104802#"."""

    key: str


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


@dataclass(frozen=True, slots=True)
class UntilEnd:
    """Stay on the line until the other side ends the call."""

    within_s: float = 60.0


Step = Listen | Say | Interrupt | KeepSilent | Press | HangUp | UntilEnd
Script = tuple[Step, ...]
