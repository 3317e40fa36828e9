"""When a call needs somebody, why, and what could be done. Pure.

    alarm   a caller suffers now          warn   worth a look

    asked_human  asked twice for a human, or once and is still with the agent     dead_air     nobody answers him
    queue_wait   waits for an operator                                           slow         slow replies in a row
    repeat       says it again, did not hear                                     interrupts   cuts the agent off again and again
    tool_failed  tools that failed in a row                                      audio        frames that did not go out in time

The gravest is shown, of equally grave ones the oldest; it stays ``linger_ms`` beyond its end, so that a row does not jump away under
the reader's eyes. Codes and arguments are the dictionary's of the console.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from controller.board.signs import WITH_AGENT, Signs

CODES = ("asked_human", "dead_air", "queue_wait", "tool_failed", "repeat", "slow", "interrupts", "audio")
Level = Literal["alarm", "warn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on it is trouble; the settings TROUBLE_*."""

    asked_human: int = 2
    asked_human_s: float = 10.0
    dead_air_s: float = 4.0
    dead_air_alarm_s: float = 8.0
    slow_ms: int = 2_000
    slow_replies: int = 3
    queue_wait_s: float = 45.0
    queue_wait_alarm_s: float = 120.0
    repeats: int = 2
    interrupts: int = 3
    tools_failed: int = 2
    audio_percent: int = 5
    linger_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Hint:
    code: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    level: Level
    code: str
    args: Mapping[str, Any]
    since_ms: int
    hint: Hint | None = None

    def shape(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "code": self.code,
            "args": dict(self.args),
            "since": self.since_ms,
            "hint": {"code": self.hint.code, "args": dict(self.hint.args)} if self.hint else None,
        }


@dataclass(frozen=True, slots=True)
class Desk:
    """Who could help."""

    free: tuple[tuple[str, str], ...] = ()  # name, queue
    waiting: int = 0


class Troubles:
    """Of one call, over time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._gone_ms: int | None = None  # when the shown one was last seen
        self.shown: Trouble | None = None

    def look(self, signs: Signs, now_ms: int, desk: Desk) -> Trouble | None:
        """What is shown from now on."""
        found = min(judge(signs, now_ms, self._limits), key=_gravest_first, default=None)
        if found is not None:
            self._gone_ms = None
            self.shown = replace(found, hint=hint(found, signs, desk))
        elif self.shown is not None:
            self._gone_ms = now_ms if self._gone_ms is None else self._gone_ms
            if now_ms - self._gone_ms >= self._limits.linger_s * 1000:
                self.shown = self._gone_ms = None
        return self.shown


def judge(signs: Signs, now_ms: int, limits: Limits) -> Iterator[Trouble]:
    """Everything that is wrong at *now_ms*."""
    with_agent = signs.state in WITH_AGENT
    if signs.state == "transferring" and (waited_s := (now_ms - signs.since_ms) / 1000) >= limits.queue_wait_s:
        yield Trouble(
            "alarm" if waited_s >= limits.queue_wait_alarm_s else "warn",
            "queue_wait",
            {"t": clock(now_ms - signs.since_ms)},
            signs.since_ms,
        )
    if not with_agent:
        return
    if signs.asked:
        first_ms, n = min(signs.asked.values()), len(signs.asked)
        if n >= limits.asked_human:
            yield Trouble("alarm", "asked_human", {"n": n}, first_ms)
        elif now_ms - first_ms >= limits.asked_human_s * 1000:
            yield Trouble("warn", "asked_human", {"n": n}, first_ms)
    if signs.silent_from_ms is not None and (silent_s := (now_ms - signs.silent_from_ms) / 1000) >= limits.dead_air_s:
        yield Trouble("alarm" if silent_s >= limits.dead_air_alarm_s else "warn", "dead_air", {"s": int(silent_s)}, signs.silent_from_ms)
    if len(signs.failed) >= limits.tools_failed:
        level: Level = "alarm" if len(signs.failed) >= 2 * limits.tools_failed else "warn"
        yield Trouble(level, "tool_failed", {"n": len(signs.failed), "tool": signs.failed[-1][1]}, signs.failed[0][0])
    if (again := signs.repeats()).n >= limits.repeats:
        yield Trouble("alarm" if again.n >= 2 * limits.repeats else "warn", "repeat", {"n": again.n}, again.since_ms)
    if len(signs.slow) >= limits.slow_replies:
        yield Trouble("warn", "slow", {"n": len(signs.slow)}, signs.slow[0])
    if (cut := signs.interruptions()).n >= limits.interrupts:
        yield Trouble("warn", "interrupts", {"n": cut.n}, cut.since_ms)
    if signs.bad_audio is not None:
        since_ms, percent = signs.bad_audio
        yield Trouble("alarm" if percent >= 4 * limits.audio_percent else "warn", "audio", {"pct": percent}, since_ms)


def hint(trouble: Trouble, signs: Signs, desk: Desk) -> Hint | None:
    """What somebody could do about it, or ought to know."""
    match trouble.code:
        case "asked_human" | "repeat" | "interrupts" | "queue_wait":
            came_back = "" if signs.came_back_ms is None else "_again"  # he was in the queue already, and nobody took him
            if desk.free:
                name, queue = desk.free[0]
                return Hint(f"free{came_back}", {"name": name, "queue": queue})
            return Hint(f"none_free{came_back}", {"n": desk.waiting})
        case "dead_air":
            return Hint("say_or_take")
        case "slow":
            return Hint("stage", {"stage": signs.slowest})
        case "tool_failed":
            return Hint("shop")
        case "audio":
            return Hint("line")
    return None


def clock(ms: int) -> str:
    """2:40, as people read a duration."""
    seconds = max(0, ms) // 1000
    return f"{seconds // 60}:{seconds % 60:02d}"


def _gravest_first(trouble: Trouble) -> tuple[bool, int, int]:
    return trouble.level != "alarm", trouble.since_ms, CODES.index(trouble.code)
