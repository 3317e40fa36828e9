from __future__ import annotations

from controller.api.problems import KINDS, Problem, codes_of, told
from controller.control import REFUSALS


def test_every_refusal_of_a_call_has_the_status_that_the_call_means() -> None:
    assert set(codes_of(REFUSALS)) == set(REFUSALS)
    assert {code: KINDS[code].status for code in REFUSALS} == dict(REFUSALS)


def test_a_code_that_nobody_foresaw_is_a_conflict_and_keeps_its_name() -> None:
    problem = Problem("moon_is_full", phase=4)
    assert (problem.status_code, problem.body["code"], problem.body["args"]) == (409, "moon_is_full", {"phase": 4})


def test_what_passes_says_when_to_come_again_and_401_says_how_to_come() -> None:
    assert Problem("database_away").headers == {"Retry-After": "5"}
    assert Problem("rate_limited", headers={"Retry-After": "17"}).headers == {"Retry-After": "17"}
    assert Problem("unauthorized").headers == {"WWW-Authenticate": "Bearer"}


def test_problems_of_one_status_stand_beside_each_other_on_the_page() -> None:
    page = told("call_ended", "with_operator", "transferring")
    assert set(page) == {409, 410}
    assert set(page[409]["content"]["application/problem+json"]["examples"]) == {"with_operator", "transferring"}
