"""One round: callers as a process of their own, then the record and the logs of the same calls."""

from __future__ import annotations

import asyncio
import functools
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from ops.bench.answers import Logs
from ops.bench.callers import QUESTIONS
from ops.bench.cpu import total_cpu_s, watched
from ops.bench.figures import Round, put_together
from ops.bench.record import RecordsMissing, read_calls
from ops.bench.spec import Address, RoundSeen, RoundSpec, write
from ops.caller.ear import is_voiced
from ops.devstack import Process
from ops.standins.voices import Speech, open_engine
from ops.system import System

DIALS_PER_S = 10.0
_TALK_S = 150.0  # the longest a talk may take, on a busy machine
_LOOK_S = 0.5
_TELL_S = 5.0
_IDLE_S = 4.0
_VOICE = ("natalia", 16_000)


class BenchFailed(Exception):
    """No figures: the message says why."""


class Rounds:
    """Leads rounds on a running *system*; *progress* gets a line now and then."""

    def __init__(self, system: System, progress: Callable[[str], None]) -> None:
        self._system = system
        self._progress = progress
        self._numbers = 0

    def warm_up(self) -> None:
        """One short call, not measured: what is made at the first need is made now. Raises ``BenchFailed``."""
        for call in self._callers(1, questions=1).calls:
            if call.failure:
                raise BenchFailed(f"the call to warm up failed: {call.failure}")

    def idle(self) -> dict[str, float]:
        """CPU in ms a second that each group uses without calls."""
        groups = watched(self._system.stack.folder)
        began_s, before = time.monotonic(), total_cpu_s(groups)
        time.sleep(_IDLE_S)
        after, lasted_s = total_cpu_s(groups), time.monotonic() - began_s
        return {group: 1000 * (after[group] - before[group]) / lasted_s for group in groups}

    def lead(self, calls: int) -> Round:
        """Raises ``BenchFailed`` when the callers' process dies or hangs; calls that fail are told in the result."""
        self._system.standins.reset()
        since = datetime.now(UTC) - timedelta(seconds=5)
        seen = self._callers(calls)
        logs = self._logs()
        connected = [call.number for call in seen.calls if call.connected_ms is not None]
        missing = ""
        try:
            records = asyncio.run(read_calls(self._system.stack.postgres.dsn, connected, since))
        except RecordsMissing as error:
            records, missing = {}, str(error)
        made = put_together(seen, records, logs, lead_ms)
        made.failures += [missing] if missing else []
        return made

    def _callers(self, calls: int, questions: int = len(QUESTIONS)) -> RoundSeen:
        stack = self._system.stack
        first, self._numbers = self._numbers, self._numbers + calls
        asterisk = stack.asterisk
        address = Address(**{name: getattr(asterisk, name) for name in Address.__struct_fields__})
        spec_path, seen_path = stack.folder / f"round-{first}.json", stack.folder / f"seen-{first}.json"
        write(spec_path, RoundSpec(address, calls, DIALS_PER_S, first, watched(stack.folder), questions))
        process = stack.spawn("callers", [sys.executable, "-m", "ops.bench.callers", str(spec_path), str(seen_path)])
        self._wait(process, calls / DIALS_PER_S + _TALK_S)
        return msgspec.json.decode(seen_path.read_bytes(), type=RoundSeen)

    def _wait(self, process: Process, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        told, told_s = "", time.monotonic()
        while (status := process.poll()) is None:
            if time.monotonic() > deadline:
                process.kill()
                raise BenchFailed(f"the callers did not come to an end within {within_s:g} s\n{_tail(process.log_path)}")
            now = _tail(process.log_path, 1)
            if now.endswith("over") and now != told and time.monotonic() > told_s + _TELL_S:
                self._progress(now)
                told, told_s = now, time.monotonic()
            time.sleep(_LOOK_S)
        if status != 0:
            raise BenchFailed(f"the callers' process ended with status {status}\n{_tail(process.log_path)}")

    def _logs(self) -> Logs:
        control = self._system.standins.control
        return Logs(control("google_stt").log(), control("anthropic").log(), control("google_tts").log(), control("shop").log())


@functools.cache
def lead_ms(text: str) -> float:
    """With how many ms of silence the stand-in voice begins *text*: synthesised once more, with the same engine."""
    pcm = bytearray()
    rates: set[int] = set()

    def sink(piece: bytes, rate_hz: int) -> bool:
        pcm.extend(piece)
        rates.add(rate_hz)
        return len(pcm) < 2 * rate_hz

    _engine().speak(Speech(text, _VOICE[0]), sink)
    frame = 2 * max(rates, default=_VOICE[1]) // 50
    silent = 0
    while (silent + 1) * frame <= len(pcm) and not is_voiced(bytes(pcm[silent * frame : (silent + 1) * frame])):
        silent += 1
    return 20.0 * silent


_engine = functools.cache(open_engine)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
