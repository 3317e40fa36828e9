import asyncio
from collections.abc import Awaitable, Callable

from controller.lanes import Lanes


async def test_work_in_one_lane_is_in_order_and_other_work_at_the_same_time() -> None:
    happened: list[str] = []
    gates = {name: asyncio.Event() for name in ("first", "second", "other")}

    def work(name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            happened.append(f"{name} begins")
            await gates[name].wait()
            happened.append(f"{name} ends")

        return run

    async with asyncio.TaskGroup() as tasks:
        lanes = Lanes(tasks)
        lanes.put("first", ("bridge",), work("first"))
        lanes.put("second", ("channel", "bridge"), work("second"))
        other = lanes.put("other", ("leg",), work("other"))
        gates["other"].set()
        await other
        assert happened == ["first begins", "other begins", "other ends"]
        gates["second"].set()
        gates["first"].set()
    assert happened[3:] == ["first ends", "second begins", "second ends"]


async def test_cancelled_work_does_not_hold_up_its_lane() -> None:
    async def for_ever() -> None:
        await asyncio.Event().wait()

    happened: list[str] = []

    async def later() -> None:
        happened.append("later")

    async with asyncio.TaskGroup() as tasks:
        lanes = Lanes(tasks)
        stuck = lanes.put("stuck", ("leg",), for_ever)
        lanes.put("later", ("leg",), later)
        await asyncio.sleep(0)
        stuck.cancel()
    assert happened == ["later"]
