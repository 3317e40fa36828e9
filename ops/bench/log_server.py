"""A controller's live log alone, in a process of its own, with calls that do nothing but leave lines: what ``readers`` measures.

python -m ops.bench.log_server CALLS LINES_PER_S     prints its port
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import LiteralString

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from agent.records import Moment, TurnRecord
from controller.api.access import Developer, Identity, Role
from controller.api.http import make_app
from controller.api.log import make_log_router
from controller.api.readiness import Readiness
from controller.api.server import serving
from controller.call.events import CallArrived
from controller.call.ids import new_call_id
from controller.call.machine import receive
from controller.call.state import Call
from controller.livelog import LiveLog
from controller.log_stream.history import History
from controller.masking import Masking
from controller.reader import Rows
from controller.record import CallRecord
from controller.sockets import bind

NOWHERE = "redis://127.0.0.1:1/0"
TICK_S = 0.02


class NoDatabase:
    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows:
        raise TimeoutError("this bench has no PostgreSQL")


class Chatter:
    """*calls* calls whose records take turns to tell something: a step of the machine, a turn, a moment of the agent's."""

    def __init__(self, live_log: LiveLog, calls: int) -> None:
        self._records = itertools.cycle([self._call(live_log) for _ in range(calls)])
        self._said = itertools.cycle(self._sayings())

    def tell(self) -> None:
        next(self._said)(next(self._records))

    @staticmethod
    def _call(live_log: LiveLog) -> CallRecord:
        call_id = new_call_id()
        record = CallRecord(live_log)
        event = CallArrived(call_id=call_id, channel_id="1795271527.41", app=live_log.app, caller_id="+380671234567")
        call, commands = receive(Call(), event)
        record.step(call, event, commands)
        return record

    @staticmethod
    def _sayings() -> Iterator[Callable[[CallRecord], None]]:
        turn = TurnRecord(
            turn_number=4, speaker="caller", text="Мені потрібні зимові шини на Тойоту Камрі", started_at_ms=1_795_271_527_000
        )
        yield lambda record: record.note(Moment(source="vad", name="SpeechEnded", text="1240 ms", data={"voiced_ms": 1240, "hold_ms": 550}))
        yield lambda record: record.log(
            "ari", "ChannelVarset", text="CALLCTL_ACK", data={"variable": "CALLCTL_ACK", "value": "say:accepted"}
        )
        yield lambda record: record.note(Moment(source="llm", name="FirstToken", text="410 ms", data={"request": "req_011CUv3", "ms": 410}))
        yield lambda record: record.turn(turn)
        yield lambda record: record.log("ctl", "CommandDone", text="SetVariables 3 ms", data={"command": "SetVariables", "ms": 3})


async def serve(calls: int, lines_per_s: int) -> None:
    async with LiveLog.open("callctl", History(NoDatabase()), NOWHERE, progress=lambda: (0, 0)) as live_log:
        app = make_app(Readiness(), CollectorRegistry(), Masking(), routers=[make_log_router(live_log)])
        identify = typing.get_args(Developer)[1].dependency
        app.dependency_overrides[identify] = lambda: Identity(person="bench", role=Role.DEVELOPER)
        async with serving(app, bind("127.0.0.1", 0, what="The bench")) as port:
            print(port, flush=True)
            chatter, loop = Chatter(live_log, calls), asyncio.get_running_loop()
            began, told = loop.time(), 0
            while True:
                await asyncio.sleep(TICK_S)
                for _ in range(round((loop.time() - began) * lines_per_s) - told):
                    chatter.tell()
                    told += 1


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    calls, lines_per_s = map(int, sys.argv[1:])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(calls, lines_per_s))


if __name__ == "__main__":
    main()
