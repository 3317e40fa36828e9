"""Asterisk starts without a complaint; whoever adds to the configuration hears of a mistake here, not in production."""

import re

from ops.devstack import DevStack

# What may be complained about at the start, and why.
ALLOWED: tuple[str, ...] = ()


def test_asterisk_starts_without_a_warning() -> None:
    with DevStack(parts=("asterisk",)) as fresh:
        log = fresh.asterisk.log_path.read_text(encoding="utf-8")
    assert "Asterisk Ready" in log
    complaints = [line for line in log.splitlines() if re.search(r"\b(WARNING|ERROR)\[", line)]
    assert [line for line in complaints if not any(re.search(pattern, line) for pattern in ALLOWED)] == []
