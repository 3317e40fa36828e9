"""One target for some seconds: hypothesis makes the inputs, in rounds of their own seed, until the time is up or something breaks."""

from __future__ import annotations

import hashlib
import itertools
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from ops.fuzz.target import Check, Target

ROUND = 500
"""Inputs of one seed: in a longer round they repeat themselves."""
SHRINK_S = 10.0
"""To make what broke something smaller."""


@dataclass(frozen=True, slots=True)
class Crash:
    """*value* is the smallest input found that breaks the target."""

    target: str
    value: Any
    error: Exception

    @property
    def reproduction(self) -> str:
        """A test that fails until it is mended."""
        code = repr(self.value)
        name = f"test_{self.target}_{hashlib.sha256(code.encode('utf-8', 'replace')).hexdigest()[:8]}"
        return (
            f"from ops.fuzz.targets import TARGETS\n\n\ndef {name}() -> None:\n"
            f'    """{type(self.error).__name__}"""\n    TARGETS[{self.target!r}].try_out({self.value!a})\n'
        )

    def save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"test_{self.target}_{hashlib.sha256(self.reproduction.encode()).hexdigest()[:8]}.py"
        path.write_text(self.reproduction)
        return path


@dataclass(frozen=True, slots=True)
class Campaign:
    target: str
    inputs: int
    seconds: float
    crash: Crash | None


def run(target: Target, *, seconds: float, seed_: int) -> Campaign:
    """The same *seed_* makes the same inputs, as far as the time goes."""
    began_s = time.monotonic()
    tried = 0
    with target.open() as check:
        for number in itertools.count():
            round_ = _Round(check, ends_s=began_s + seconds)
            crash = round_.run(target, seed_ * 1_000_003 + number)
            tried += round_.tried
            if crash or round_.over:
                return Campaign(target.name, tried, time.monotonic() - began_s, crash)
    raise AssertionError("the rounds never end")


class _TimeIsUp(BaseException):
    """Ends a round in its middle: hypothesis would go on making inputs that nobody wants; what is no Exception it lets pass."""


class _Round:
    """*ends_s* is on the monotonic clock; once something broke, it is shrunk beyond it, for a while."""

    def __init__(self, check: Check, ends_s: float) -> None:
        self._check = check
        self._ends_s = ends_s
        self._broken: tuple[Any, Exception] | None = None
        self.tried = 0

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._ends_s

    def run(self, target: Target, seed_: int) -> Crash | None:
        @seed(seed_)
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(target.inputs)
        def inputs(value: Any) -> None:
            if time.monotonic() >= self._ends_s:
                raise _TimeIsUp
            self.tried += 1
            try:
                self._check(value)
            except Exception as error:
                if self._broken is None:
                    self._ends_s = time.monotonic() + SHRINK_S
                self._broken = value, error  # the last one told is the smallest
                raise

        try:
            inputs()
        except _TimeIsUp:
            pass
        except Exception:
            if self._broken is None:
                raise
        return Crash(target.name, *self._broken) if self._broken else None
