from __future__ import annotations

import asyncio
import socket

from controller.watchdog.beat import BEAT_S, ControllerEnd, ParentEnd, Told
from controller.watchdog.phase import Phase
from tests.waiting import until


async def test_each_beat_tells_how_far_its_sender_is() -> None:
    ours, theirs = socket.socketpair()
    heard: list[Phase] = []
    parent = ParentEnd(ours, heard.append)
    controller = ControllerEnd(theirs, lambda: None)
    beating = asyncio.create_task(controller.run())
    await until(lambda: heard == [Phase.STARTING])
    controller.enter(Phase.WARM)
    await until(lambda: heard[-1] is Phase.WARM)
    before = len(heard)
    await until(lambda: len(heard) >= before + 2)
    assert set(heard[before:]) == {Phase.WARM}
    beating.cancel()
    parent.close()
    theirs.close()


async def test_what_the_parent_tells_arrives_and_is_not_sent_twice() -> None:
    ours, theirs = socket.socketpair()
    parent = ParentEnd(ours, lambda phase: None)
    controller = ControllerEnd(theirs, lambda: None)
    beating = asyncio.create_task(controller.run())
    for _ in range(3):
        parent.tell(Told(2, True))
    parent.tell(Told(3, False))
    await until(lambda: controller.told == Told(3, False))
    beating.cancel()
    parent.close()
    theirs.close()


async def test_the_end_of_the_parent_is_told_once_and_the_beats_end() -> None:
    ours, theirs = socket.socketpair()
    parent = ParentEnd(ours, lambda phase: None)
    lost: list[bool] = []
    controller = ControllerEnd(theirs, lambda: lost.append(True))
    beating = asyncio.create_task(controller.run())
    await asyncio.sleep(0)
    parent.close()
    await asyncio.wait_for(beating, 10 * BEAT_S + 5)
    assert lost == [True]
    theirs.close()


async def test_a_parent_that_stands_still_does_not_hold_up_who_beats_and_then_hears_the_newest() -> None:
    ours, theirs = socket.socketpair()
    controller = ControllerEnd(theirs, lambda: None)
    for _ in range(100_000):  # far more than the pipe holds
        controller.beat()
    heard: list[Phase] = []
    parent = ParentEnd(ours, heard.append)
    await until(lambda: bool(heard))
    beating = asyncio.create_task(controller.run())
    controller.enter(Phase.SERVING)
    await until(lambda: heard[-1] is Phase.SERVING)
    beating.cancel()
    parent.close()
    theirs.close()
