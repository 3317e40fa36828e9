from __future__ import annotations

import pytest

from ops.chaos.expectations import promise
from ops.chaos.observations import Observations, Said, Written
from ops.chaos.oracle import judge
from ops.chaos.plan import Case
from ops.chaos.report import BEGIN, END, table, told, written_into
from ops.chaos.run import Done
from tests.unit.ops.chaos.seen import NUMBER, run, talk


def done(number: int = 1, seen: Observations | None = None) -> Done:
    seen = seen or run()
    case = Case.parse(f"{seen.target}/{seen.fault}")
    return Done(number, 7, str(case), "consent", 1.5, 61.0, judge(seen, promise(case)), seen)


ORDERED_TWICE = run(shop={NUMBER: Written(2, 2)})
VOID = run(talk(said=tuple(Said(said.text, said.began_s, said.ended_s, late_s=1.0) for said in talk().said)), left=("m-1",))


def test_a_run_is_one_line_and_a_broken_promise_says_what_it_was() -> None:
    assert told(done()).startswith("ok ")
    assert "\n" not in told(done())
    first, *rest = told(done(seen=ORDERED_TWICE)).splitlines()
    assert first.startswith("FAIL")
    assert rest == [f"      twice: {NUMBER} has 2 orders"]


def test_a_case_has_one_row_with_its_worst_silence_and_the_run_that_had_it() -> None:
    quiet = run(talk(heard=((1.0, 3.0), (6.7, 40.0)), said=()))
    page = table([done(1), done(2, quiet), done(3)])
    (row,) = [line for line in page.splitlines() if line.startswith("| postgres/cut")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["postgres/cut", "3", "0", "3.7", "4.5", *(["0"] * 5), "3 / 0 / 3", "seed 7, run 2, consent"]


def test_what_is_not_promised_stands_in_brackets() -> None:
    died = run(talk(ended_by="lost"), target="asterisk", fault="kill", samples=())
    assert "| asterisk/kill | 1 | (1) | " in table([done(seen=died)])


def test_broken_promises_are_listed_with_seed_and_run() -> None:
    assert f"- `postgres/cut`, seed 7, run 2: twice: {NUMBER} has 2 orders" in table([done(1), done(2, ORDERED_TWICE)])
    assert "Broken" not in table([done()])


def test_only_what_stands_between_the_marks_of_a_page_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    new = written_into(page, [done()])
    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "old" not in new
    assert written_into(new, [done()]) == new
    with pytest.raises(ValueError, match="has no"):
        written_into("without marks", [done()])


def test_a_void_run_says_so_and_is_counted_but_not_in_a_row() -> None:
    assert told(done(seen=VOID)).startswith("void")
    page = table([done(1), done(2, VOID)])
    assert "1 void" in page
    assert "| postgres/cut | 1 |" in page
