"""What each fault does, and for how long. A strike returns when the part serves again.

kill   SIGKILL                       cut    ten seconds without a connection
stop   SIGSTOP, five seconds later   hole   ten seconds in which nothing passes and nobody is told
       SIGCONT                       delay  twenty seconds with 200 ms each way
term   SIGTERM; SIGKILL when it      reset  RST for every connection, three times in two seconds
       does not end in its time
"""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import dataclass
from typing import Final

from ops.chaos.expectations import HELD_S, STOPPED_S
from ops.chaos.house import DRAIN_S, House, send
from ops.chaos.plan import Case

DELAYED_S: Final = 20.0
RESETS: Final = 3
BETWEEN_RESETS_S: Final = 1.0
GRACE_S: Final = 10.0  # Docker's and systemd's patience is of this kind
GRACE_OF_CONTROLLER_S: Final = DRAIN_S + 20.0  # to drain, to hand over who is left, to close and flush the records
BACK_S: Final = 60.0  # of a cold start, on a machine that has much else to do
_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Strike:
    struck_s: float
    healed_s: float
    note: str = ""


async def strike(house: House, case: Case) -> Strike:
    """Do it, and wait for its end; bounded."""
    struck_s = time.monotonic()
    match case.fault:
        case "kill" | "term":
            note = await _end(house, case)
        case "stop":
            note = await _stop(house, case.target)
        case "cut" | "hole" | "delay":
            await asyncio.to_thread(house.links.set, case.target, case.fault)
            await asyncio.sleep(DELAYED_S if case.fault == "delay" else HELD_S)
            await asyncio.to_thread(house.links.set, case.target, "pass")
            note = ""
        case "reset":
            for again in range(RESETS):
                await asyncio.sleep(BETWEEN_RESETS_S if again else 0)
                await asyncio.to_thread(house.links.reset, case.target)
            note = ""
    return Strike(struck_s, time.monotonic(), note)


async def _end(house: House, case: Case) -> str:
    pids = await asyncio.to_thread(house.pids, case.target)
    since_s = time.monotonic()
    note = ""
    if case.fault == "kill":
        send(pids[:1], signal.SIGKILL)
    else:
        send(pids[:1], signal.SIGTERM)
        grace_s = GRACE_OF_CONTROLLER_S if case.target in {"worker", "parent"} else GRACE_S
        if not await _gone(house, case.target, pids[:1], grace_s):
            note = f"did not end within {grace_s:g} s of SIGTERM and was killed"
            send(pids[:1], signal.SIGKILL)
    if case.target == "worker" and house.has_parent:
        await _gone(house, case.target, pids[:1], GRACE_S)  # its parent sees to the rest
    elif await asyncio.to_thread(house.supervisor.wait_back, _supervised(case.target), since_s) is None:
        return f"{note}; was not started again".lstrip("; ")
    if case.target in {"worker", "parent"} and not await asyncio.to_thread(_answers, house):
        return f"{note}; the controller does not become ready".lstrip("; ")
    return note


async def _stop(house: House, target: str) -> str:
    pids = await asyncio.to_thread(house.pids, target)
    send(pids, signal.SIGSTOP)
    try:
        await asyncio.sleep(STOPPED_S)
    finally:
        send(pids, signal.SIGCONT)
    return ""


async def _gone(house: House, target: str, pids: list[int], within_s: float) -> bool:
    """Whether the main process ends in time."""
    deadline = time.monotonic() + within_s
    while (await asyncio.to_thread(house.pids, target))[:1] == pids:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_LOOK_S)
    return True


def _answers(house: House, within_s: float = BACK_S) -> bool:
    deadline = time.monotonic() + within_s
    while not house.system.controller.ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_S)
    return True


def _supervised(target: str) -> str:
    """A worker that is the whole controller is what the supervisor knows as the parent."""
    return "parent" if target == "worker" else target
