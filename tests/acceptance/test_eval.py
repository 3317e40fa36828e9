"""A handful of the evaluation's customers, one of each kind; ``make eval`` has them all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from ops.eval.judge import Verdict
from ops.eval.run import run_all
from ops.eval.scripts import chosen
from ops.system import System

NAMES = ("fetched_from_the_left_bank", "cancels_his_visit", "anothers_order", "russian_size", "operator_in_the_middle_of_an_order")
HURRIED = 2.2  # of the agent's speech
pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope="module")
def verdicts(system: System) -> Iterator[dict[str, Verdict]]:
    """All at once: a talk takes as long as speech does."""
    system.standins.reset()
    system.standins.control("google_tts").set(speed=HURRIED)
    if not system.controller.running:
        system.controller.start()
    found = asyncio.run(run_all(system, chosen(NAMES), at_once=len(NAMES)))
    yield {verdict.name: verdict for verdict in found}
    system.standins.reset()


@pytest.mark.parametrize("name", NAMES)
def test_the_customer_gets_what_he_rings_for_and_no_rule_is_broken(verdicts: dict[str, Verdict], name: str) -> None:
    assert verdicts[name].passed, verdicts[name]
