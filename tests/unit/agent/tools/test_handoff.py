from __future__ import annotations

from agent.tools.handoff import transfer_to_operator
from agent.tools.tool import Desk
from tests.fakes.services import FakeShop


async def test_a_transfer_carries_the_summary_for_the_operator() -> None:
    result = await transfer_to_operator.use({"reason": "просить", "summary": "Хоче повернути шини."}, Desk(FakeShop(), "+380", "r1"))
    assert result.hand_off == "Хоче повернути шини."


async def test_a_transfer_without_a_summary_is_not_made() -> None:
    result = await transfer_to_operator.use({"reason": "просить"}, Desk(FakeShop(), "+380", "r1"))
    assert result.hand_off is None
    assert not result.success
