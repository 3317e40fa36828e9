"""A few runs of the fault matrix, with callers who only ask and take their leave: the whole of it is ``make chaos``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import uvloop

from ops.caller.sip_place import place_at
from ops.caller.telephone import Exchange
from ops.chaos.house import House
from ops.chaos.plan import Case, Moment, Run
from ops.chaos.run import Done, carry_out

SEED = 6
ASKED = Moment("question", 4.0)  # he still speaks, so that the answer is to come


@contextmanager
def opened() -> Iterator[House]:
    with House(lambda line: None) as house:
        yield house


def carried_out(house: House, number: int, case: str, *, calls: int = 1, moment: Moment = ASKED) -> Done:
    async def once() -> Done:
        async with Exchange(house.stack.asterisk) as exchange:
            return await carry_out(house, run, place_at(house.stack), exchange, brief=True)

    run = Run(number, SEED, Case.parse(case), moment, calls)
    assert house.wait_ready(), house.system.controller.readiness()
    return uvloop.run(once())
