"""A handful of the evaluation's customers, one for each thing that people ring the shop for; ``make eval`` has them all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from ops.eval.judge import Verdict
from ops.eval.run import run_all
from ops.eval.scripts import chosen
from ops.system import System

NAMES = (
    "delivery_to_poltava",  # from the choice of tyres to a confirmed order
    "by_its_number",
    "anothers_order",
    "in_lviv_on_wednesday",
    "moves_his_visit",
    "russian_cancels_his_visit",
    "warranty",
    "sixteen_are_for_a_human",
)
AT_ONCE = 8
HURRIED = 2.4  # of the agent's speech
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def verdicts(system: System) -> Iterator[dict[str, Verdict]]:
    """All at once: a talk takes as long as speech does."""
    system.standins.reset()
    system.standins.control("google_tts").set(speed=HURRIED)
    if not system.controller.running:
        system.controller.start()
    found = asyncio.run(run_all(system, chosen(NAMES), at_once=AT_ONCE))
    yield {verdict.name: verdict for verdict in found}
    system.standins.reset()


@pytest.mark.parametrize("name", NAMES)
def test_the_customer_gets_what_he_rings_for_and_no_rule_is_broken(verdicts: dict[str, Verdict], name: str) -> None:
    assert verdicts[name].passed, verdicts[name]
