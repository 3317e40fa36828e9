"""The table of ``make bench``, and the same figures for a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from ops.bench.figures import Level, percentile

Cell = Callable[[Level], str]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures depend on besides us."""

    python: str
    asterisk: str
    cores: int
    load: tuple[float, float, float]
    busy_cores: float  # in the second before the bench, by all that was not ours
    idle: Mapping[str, float]  # CPU of the stack without calls, ms a second by group

    def in_words(self) -> str:
        loads = " ".join(f"{load:.1f}" for load in self.load)
        before = f"{self.busy_cores:.1f} of {self.cores} cores were busy before we began (load {loads})"
        idle = ", ".join(f"{group} {self.idle[group]:.0f}" for group in ("controller", "asterisk") if group in self.idle)
        return f"Python {self.python} · {self.asterisk} · {before} · CPU without calls, ms a second: {idle}"


def table(levels: Sequence[Level]) -> Table:
    """One column a level."""
    made = Table("", *(f"{level.calls} at once" for level in levels), title="Calls on the private stack", title_justify="left")
    for column in made.columns[1:]:
        column.justify = "right"
    for title, cell in ROWS:
        if cell is None:
            made.add_section()
            made.add_row(f"[bold]{title}[/bold]")
        else:
            made.add_row(title, *(cell(level) for level in levels))
    return made


def notes(levels: Sequence[Level]) -> list[str]:
    """What a reader must know to believe the table."""
    told = [
        "Set-up counts from the order to Asterisk to call the telephone. Wire latency: last voiced frame out of the caller's telephone to"
        " first voiced frame in. Our share: that less the endpointing hold, the stand-ins' service times, and the silence with which the"
        " stand-in voice begins. Where many callers asked the same at the same moment, the mean of the requests that fit is taken off.",
        "A service time begins when the stand-in has read the request: what it waited before that, for a core or in gRPC, counts as ours.",
        "Everything runs on the same cores: callers, stand-ins and databases take theirs from the controller and Asterisk.",
    ]
    for level in levels:
        late = [str(place) for place, one in enumerate(level.rounds, 1) if one.generator_late]
        if late:
            told.append(
                f"! {level.calls} at once, round {', '.join(late)}: the generator itself was late (p99 > 5 ms); its times are too long."
            )
        if level.apart:
            named = ", ".join(f"{count} {what}" for what, count in sorted(level.apart.items()))
            told.append(f"! {level.calls} at once: answers left out of the latencies: {named}.")
    return told


def figures(levels: Sequence[Level]) -> dict[str, dict[str, str]]:
    """The rows of the table by level, for a file."""
    return {str(level.calls): {title: cell(level) for title, cell in ROWS if cell is not None} for level in levels}


def raw(levels: Sequence[Level]) -> list[dict[str, Any]]:
    """Each measured answer, for who wants to count otherwise."""
    return [
        {
            "calls": level.calls,
            "wire_ms": share.wire_ms,
            "hold_ms": share.hold_ms,
            "voice_lead_ms": share.voice_lead_ms,
            "ours_ms": share.ours_ms,
            "matched": share.matched,
            "services": [{"kind": service.kind, "ms": service.ms, "fitting": service.fitting} for service in share.services],
        }
        for level in levels
        for share in level.shares
    ]


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}" if abs(value) >= 20 else f"{value:.1f}"


def _spread(values: Sequence[float], *shares: float) -> str:
    return " / ".join(_ms(percentile(values, share)) for share in shares)


def _matched(level: Level) -> str:
    count = len(level.shares)
    ways = [share.matched for share in level.shares]
    return " / ".join(f"{100 * ways.count(way) / count:.0f} %" for way in ("exactly", "by the mean", "in part")) if count else "–"


def _stage(of: str) -> Cell:
    return lambda level: _spread(level.all(lambda one: [getattr(answer, of) for answer in one.answers]), 0.5, 0.95)


def _service(kind: str) -> Cell:
    def cell(level: Level) -> str:
        took = [sum(service.ms for service in share.services if service.kind == kind) for share in level.shares]
        return _spread(took, 0.5, 0.95)

    return cell


def _cpu(group: str) -> Cell:
    return lambda level: _ms(level.cpu_ms_per_call_s(group))


def _missing(level: Level) -> str:
    frames = level.frames
    lost = frames["due"] - frames["arrived"]
    return f"{lost} of {frames['due']} ({1000 * lost / frames['due']:.2f} ‰)" if frames["due"] else "–"


def _skipped(level: Level) -> str:
    frames = level.frames
    return f"{frames['our_skipped']} ({1000 * frames['our_skipped'] / frames['our_due']:.2f} ‰)" if frames["our_due"] else "–"


def _late(level: Level) -> str:
    worst = max((percentile(one.late_ms, 0.99) or 0.0 for one in level.rounds), default=0.0)
    return f"{worst:.1f}{' !' if any(one.generator_late for one in level.rounds) else ''}"


def _live(level: Level) -> str:
    return f"{min(one.all_live_s for one in level.rounds):.0f} s" if level.rounds else "–"


def _done(level: Level) -> str:
    made = sum(one.calls for one in level.rounds)
    return f"{made - len(level.failures)} of {made}"


ROWS: tuple[tuple[str, Cell | None], ...] = (
    ("calls led to their end", _done),
    ("all live together, at least", _live),
    ("Set-up, ms: p50 / p95", None),
    ("dial → line connected", lambda level: _spread(level.all(lambda one: one.connect_ms), 0.5, 0.95)),
    ("dial → first voiced frame", lambda level: _spread(level.all(lambda one: one.greet_ms), 0.5, 0.95)),
    ("Answer, ms: p50 / p95 / p99", None),
    ("answers measured", lambda level: str(len(level.shares))),
    ("wire latency", lambda level: _spread([share.wire_ms for share in level.shares], 0.5, 0.95, 0.99)),
    ("of it our share", lambda level: _spread([share.ours_ms for share in level.shares], 0.5, 0.95, 0.99)),
    ("matched exactly / by mean / in part", _matched),
    ("Its parts, ms: p50 / p95", None),
    ("hold (waiting for the end)", _stage("hold_ms")),
    ("service: speech to text", _service("stt")),
    ("service: model", _service("model")),
    ("service: shop", _service("shop")),
    ("service: voice", _service("voice")),
    ("silence before the voice", lambda level: _spread([share.voice_lead_ms for share in level.shares], 0.5, 0.95)),
    ("recorded: end → text", _stage("stt_ms")),
    ("recorded: text → first token", _stage("model_ms")),
    ("recorded: clause → audio", _stage("tts_ms")),
    ("recorded: audio → sent", _stage("wire_ms")),
    ("Audio at the telephone", None),
    ("frames missing of those due", _missing),
    ("of them skipped by us", _skipped),
    ("jitter |gap − 20 ms|, p50 / p99", lambda level: _spread(level.all(lambda one: [abs(gap) for gap in one.gaps_ms]), 0.5, 0.99)),
    ("generator late p99, worst round, ms", _late),
    ("CPU, ms per call-second", None),
    ("controller", _cpu("controller")),
    ("Asterisk", _cpu("asterisk")),
    ("stand-ins (apart)", _cpu("stand-ins")),
    ("callers (apart)", _cpu("callers")),
    ("Memory, MB", None),
    ("controller", lambda level: _ms(level.memory_mb("controller"))),
    ("Asterisk", lambda level: _ms(level.memory_mb("asterisk"))),
)
