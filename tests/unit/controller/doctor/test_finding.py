from __future__ import annotations

import io

from rich.console import Console

from controller.doctor.finding import Finding, exit_code, fail, ok, print_findings, warn


def printed(*findings: Finding) -> str:
    stream = io.StringIO()
    print_findings(findings, Console(file=stream, width=300))
    return stream.getvalue()


def test_each_finding_is_a_line_and_advice_stands_below_it() -> None:
    text = printed(ok("Redis answers."), fail("PostgreSQL [15] is away.", "Start it."))
    assert text.splitlines()[:3] == ["OK    Redis answers.", "FAIL  PostgreSQL [15] is away.", "      → Start it."]


def test_the_last_line_says_whether_calls_will_work() -> None:
    assert printed(ok("a")).splitlines()[-1] == "1 OK, 0 WARN, 0 FAIL. Calls will work."
    assert "Calls will work, with what the warnings say." in printed(ok("a"), warn("b", "c"))
    assert "Calls will not work." in printed(warn("b", "c"), fail("d", "e"))


def test_only_a_failure_makes_the_exit_code_one() -> None:
    assert (exit_code([ok("a"), warn("b", "c")]), exit_code([ok("a"), fail("b", "c")])) == (0, 1)
