"""What goes to the process of the callers and what comes back, as JSON files. Times are CLOCK_MONOTONIC in ms."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Address(msgspec.Struct, frozen=True):
    """How to reach Asterisk; satisfies ``ops.caller.telephone.Switch``."""

    ari_url: str
    ari_username: str
    ari_password: str
    ami_port: int
    ami_username: str
    ami_password: str


class RoundSpec(msgspec.Struct, frozen=True):
    """One round: *calls* callers at once, dialling *per_second*; *watched* are process ids by group."""

    asterisk: Address
    calls: int
    per_second: float
    first_number: int
    watched: dict[str, list[int]]
    questions: int


class QuestionSeen(msgspec.Struct):
    key: str
    last_voiced_ms: float
    answered_ms: float | None


class CallSeen(msgspec.Struct):
    """One call at the caller's ear; *failure* in words, empty if the talk was led to its end."""

    number: str
    dialled_ms: float
    connected_ms: float | None = None
    greeted_ms: float | None = None
    ended_ms: float | None = None
    questions: list[QuestionSeen] = []
    frames_due: int = 0
    frames_arrived: int = 0
    gaps_ms: list[float] = []
    """Each gap between frames less the 20 ms it should be."""
    failure: str = ""


class RoundSeen(msgspec.Struct):
    calls: list[CallSeen]
    late_ms: list[float]
    """How late the callers' own clock was, at each of its frames."""
    cpu_s: dict[str, float]
    """Used by each watched group, and by the "callers" themselves, from the first dial to the last end."""
    memory_mb: dict[str, float]
    """Resident, the largest sum seen of each group."""


class MediaSeen(msgspec.Struct):
    """An audio server under load, at its peers."""

    cpu_ms_per_line_s: float
    frames_due: int
    frames_arrived: int
    gaps_ms: list[float]
    late_ms: list[float]


def number(index: int) -> str:
    """A caller's number that no other call of the run has."""
    return f"+38050{index:07d}"


def write(path: Path, value: RoundSpec | RoundSeen) -> None:
    path.write_bytes(msgspec.json.encode(value))
