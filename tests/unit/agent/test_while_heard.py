from __future__ import annotations

import asyncio

from agent.while_heard import WhileHeard
from tests.fakes.clock import virtual_time


class Mouth:
    """Speaks from the beginning on, unless it is paused."""

    def __init__(self) -> None:
        self.heard_ms = 0
        self.asked = 0
        self.kept: list[int] = []
        self.watch = WhileHeard(self._tell, lambda: self.kept.append(self.heard_ms))

    def _tell(self) -> int:
        self.asked += 1
        return self.heard_ms

    async def sounds(self, for_ms: int) -> None:
        for _ in range(for_ms // 20):
            await asyncio.sleep(0.02)
            self.heard_ms += 20


@virtual_time
async def test_how_far_it_was_heard_is_kept_as_long_as_it_is_heard() -> None:
    mouth = Mouth()
    mouth.watch.clause(True)
    await mouth.sounds(1_010)
    assert len(mouth.kept) == 10
    mouth.watch.clause(False)
    await asyncio.sleep(10)
    assert len(mouth.kept) == 10


@virtual_time
async def test_a_clause_that_begins_before_the_last_has_ended_is_no_end() -> None:
    mouth = Mouth()
    mouth.watch.clause(True)
    mouth.watch.clause(True)
    mouth.watch.clause(False)
    await mouth.sounds(500)
    assert len(mouth.kept) >= 4


@virtual_time
async def test_where_nothing_is_heard_for_long_it_is_not_asked_any_more_until_it_may_go_on() -> None:
    mouth = Mouth()
    mouth.watch.clause(True)
    await mouth.sounds(500)
    await asyncio.sleep(5)
    asked, kept = mouth.asked, len(mouth.kept)
    await asyncio.sleep(60)
    assert mouth.asked == asked
    mouth.watch.go()
    await mouth.sounds(500)
    assert len(mouth.kept) >= kept + 4


@virtual_time
async def test_a_short_pause_is_bridged() -> None:
    mouth = Mouth()
    mouth.watch.clause(True)
    await mouth.sounds(500)
    await asyncio.sleep(1.5)
    kept = len(mouth.kept)
    await mouth.sounds(500)
    assert len(mouth.kept) >= kept + 4


@virtual_time
async def test_once_stopped_it_is_silent() -> None:
    mouth = Mouth()
    mouth.watch.clause(True)
    mouth.watch.stop()
    await mouth.sounds(500)
    assert mouth.kept == []
