"""Work about the same thing happens in order, all other work at the same time.

Answer        channel ──────────┐
CreateBridge  bridge  ──────────┼──► Join
OpenLine      leg     ──────────┘
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from controller.call import commands as order


class Lanes:
    """The running work of one call. Every piece ends by itself within its own time limit, so a lane never stands still for ever."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._latest: dict[str, asyncio.Task[None]] = {}

    def put(self, name: str, lanes: Iterable[str], work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Begin *work* when the latest in each of *lanes* is over, however it ended. *work* tells its own failures and raises nothing."""
        lanes = tuple(lanes)
        earlier = {self._latest[lane] for lane in lanes if lane in self._latest}
        task = self._tasks.create_task(_behind(earlier, work), name=name)
        self._latest |= dict.fromkeys(lanes, task)
        return task


async def _behind(earlier: set[asyncio.Task[None]], work: Callable[[], Awaitable[None]]) -> None:
    unfinished = {task for task in earlier if not task.done()}
    if unfinished:
        await asyncio.wait(unfinished)
    await work()


def lanes_of(command: order.AnyCommand) -> tuple[str, ...]:
    """The things a command must have to itself. HangUp waits for nothing."""
    match command:
        case order.Answer():
            return ("channel",)
        case order.SetVariables():
            return ("variables",)
        case order.ContinueInDialplan():
            return ("channel", "variables")
        case order.CreateBridge() | order.DestroyBridge():
            return ("bridge",)
        case order.OpenLine(leg_id=leg) | order.ReleaseLeg(leg_id=leg):
            return (leg,)
        case order.Join(leg_id=leg):
            return ("channel", "bridge", leg)
        case order.RingPhone(phone_id=phone) | order.DropPhone(phone_id=phone):
            return (phone,)
        case order.JoinPhone(phone_id=phone):
            return ("channel", "bridge", phone)
        case order.Acknowledge():
            return ("acknowledgements",)
        case order.Announce():
            return ("agent",)
        case _:
            return ()
