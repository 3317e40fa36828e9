"""A caller who says nothing."""

from __future__ import annotations

from ops.caller.script import Listen, UntilEnd
from tests.acceptance.floor import Floor, speeches


async def test_a_silent_caller_is_asked_once_and_then_told_goodbye(floor: Floor) -> None:
    await floor.talk((Listen(), UntilEnd(within_s=45)))
    record = await floor.record()
    _, asked, goodbye = (turn["text"] for turn in speeches(record, "agent"))
    assert "ви ще на лінії?" in asked.lower()
    assert "До побачення" in goodbye
    assert (record.call["outcome"], record.call["ended_by"]) == ("silence", "agent")
    assert 20 <= (record.call["ended_at"] - record.call["started_at"]).total_seconds() < 45
