"""Callers who listen and keep silent until SIGTERM, in a process of their own: ``python -m ops.bench.patient_callers spec.json seen.json``.

The output says when all of them have heard the greeting to its end.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from ops.bench.spec import Address, number
from ops.caller.telephone import Exchange, Telephone

READY = "all are connected and it is quiet"
_QUIET_S = 0.8
_GREETED_S = 60.0


class PatientSpec(msgspec.Struct, frozen=True):
    asterisk: Address
    calls: int
    per_second: float
    first_number: int


class PatientSeen(msgspec.Struct):
    """Of each caller, CLOCK_MONOTONIC in s: when frames came, and when those that were voiced."""

    arrivals: list[list[float]]
    voiced: list[list[float]]
    gone: int
    """Who was hung up on."""


async def wait(spec: PatientSpec) -> PatientSeen:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with Exchange(spec.asterisk) as exchange:
        gc.collect()
        gc.freeze()

        async def one(index: int) -> Telephone:
            await asyncio.sleep(index / spec.per_second)
            return await exchange.dial(number(spec.first_number + index))

        telephones = await asyncio.gather(*(one(index) for index in range(spec.calls)))
        async with asyncio.timeout(_GREETED_S):
            while not all(_QUIET_S < telephone.ear.quiet_s(time.monotonic()) < float("inf") for telephone in telephones):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # an ear tells nobody
        print(READY, flush=True)
        await over.wait()
        gone = sum(telephone.gone for telephone in telephones)
        for telephone in telephones:
            await telephone.hang_up()
        return PatientSeen([list(t.ear.arrivals) for t in telephones], [list(t.ear.voiced) for t in telephones], gone)


def main() -> int:
    spec_path, seen_path = map(Path, sys.argv[1:3])
    seen = uvloop.run(wait(msgspec.json.decode(spec_path.read_bytes(), type=PatientSpec)))
    seen_path.write_bytes(msgspec.json.encode(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
