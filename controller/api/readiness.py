"""Are we fit to take calls? Every dependency is asked and told, each with a reason.

    ready      everything is well
    degraded   something is down that calls can do without: PostgreSQL (records wait in the spool), Redis, a vendor
               (the caller is handed to an operator)
    not ready  a required part is down: new calls would not reach us, or their records would be lost

Asking is bounded and shared: however often readiness is read, a dependency is asked at most once in its ``fresh_s``, and
one that is down once a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import structlog

log = structlog.get_logger(__name__)

Why = str | None
Check = Callable[[], Awaitable[Why]]
_Answer = tuple[Why, int]  # and how long it took to find out, in ms
Status = Literal["ready", "degraded", "not ready"]

ASK_TIMEOUT_S = 2.0
DOWN_FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Dependency:
    """*check* returns why it does not work, or None; whatever it raises counts as a reason. *took_ms*: how long the answer took that
    *check* tells of, if it does not ask by itself."""

    name: str
    check: Check
    required: bool = False
    fresh_s: float = 1.0
    took_ms: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    required: bool
    why: Why
    took_ms: int = 0  # to find out

    @property
    def up(self) -> bool:
        return self.why is None


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        if any(finding.required and not finding.up for finding in self.findings):
            return "not ready"
        return "ready" if all(finding.up for finding in self.findings) else "degraded"


class Readiness:
    def __init__(self, dependencies: Iterable[Dependency] = (), *, clock: Callable[[], float] = time.monotonic) -> None:
        self._dependencies = list(dependencies)
        self._clock = clock
        self._asked: dict[str, tuple[float, asyncio.Task[_Answer]]] = {}
        self._told: dict[str, Why] = {}

    def add(self, dependency: Dependency) -> None:
        self._dependencies.append(dependency)

    async def report(self, *, anew: Collection[str] = ()) -> Report:
        """*anew*: names of those that are asked now, however fresh their last answer is."""
        asked = (asyncio.shield(self._ask(dependency, anew=dependency.name in anew)) for dependency in self._dependencies)
        answers = await asyncio.gather(*asked)
        findings = tuple(
            Finding(dependency.name, dependency.required, why, took_ms)
            for dependency, (why, took_ms) in zip(self._dependencies, answers, strict=True)
        )
        for finding in findings:
            self._tell_change(finding)
        return Report(findings)

    def _ask(self, dependency: Dependency, *, anew: bool) -> asyncio.Task[_Answer]:
        asked = self._asked.get(dependency.name)
        if asked is None or (asked[1].done() and (anew or self._clock() - asked[0] >= _fresh_s(dependency, asked[1]))):
            asked = self._clock(), asyncio.create_task(_bounded(dependency), name=f"readiness-{dependency.name}")
            self._asked[dependency.name] = asked
        return asked[1]

    def _tell_change(self, finding: Finding) -> None:
        before = self._told.get(finding.name)
        if finding.why == before:
            return
        self._told[finding.name] = finding.why
        if finding.why is None:
            log.info("dependency_up", dependency=finding.name)
        else:
            log.warning("dependency_down", dependency=finding.name, required=finding.required, why=finding.why)


def _fresh_s(dependency: Dependency, answer: asyncio.Task[_Answer]) -> float:
    up = not answer.cancelled() and answer.result()[0] is None
    return dependency.fresh_s if up else min(dependency.fresh_s, DOWN_FRESH_S)


async def _bounded(dependency: Dependency) -> _Answer:
    began_s = time.monotonic()
    try:
        async with asyncio.timeout(ASK_TIMEOUT_S):
            why = await dependency.check()
    except TimeoutError:
        why = f"no answer within {ASK_TIMEOUT_S:g} s"
    except Exception as error:  # noqa: BLE001 - the task's edge: whatever a client library raises is why the dependency is down
        why = str(error).strip() or type(error).__name__
    return why, round((time.monotonic() - began_s) * 1000) if dependency.took_ms is None else dependency.took_ms()
