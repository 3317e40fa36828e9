from __future__ import annotations

from agent.tools.handoff import transfer_to_operator
from tests.fakes.desk import a_desk


async def test_a_transfer_carries_the_summary_for_the_operator() -> None:
    result = await transfer_to_operator.use({"reason": "просить", "summary": "Хоче повернути шини."}, a_desk())
    assert result.hand_off == "Хоче повернути шини."


async def test_a_transfer_without_a_summary_is_not_made() -> None:
    result = await transfer_to_operator.use({"reason": "просить"}, a_desk())
    assert result.hand_off is None
    assert not result.success
