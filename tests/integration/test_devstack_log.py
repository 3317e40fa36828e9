"""Asterisk starts without a complaint; whoever adds to the configuration hears of a mistake here, not in production."""

import re

from ops.devstack import DevStack
from tests.waiting import until

# What may be complained about at the start, and why.
ALLOWED: tuple[str, ...] = ()


async def test_asterisk_starts_without_a_warning() -> None:
    with DevStack(parts=("asterisk",)) as fresh:
        path = fresh.asterisk.log_path
        await until(lambda: "Asterisk Ready" in path.read_text(encoding="utf-8"))  # it answers before it has written that
        log = path.read_text(encoding="utf-8")
    complaints = [line for line in log.splitlines() if re.search(r"\b(WARNING|ERROR)\[", line)]
    assert [line for line in complaints if not any(re.search(pattern, line) for pattern in ALLOWED)] == []
