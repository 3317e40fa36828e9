"""A reader who does not read: given up, and nobody feels him."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import LiteralString

import httpx
from prometheus_client import CollectorRegistry

from controller.api.event_stream import EventStream
from controller.api.http import make_app
from controller.api.readiness import Readiness
from controller.api.server import serving
from controller.livelog import LiveLog
from controller.log_stream.filter import Filter
from controller.log_stream.history import History
from controller.log_stream.reading import Start
from controller.masking import Masking
from controller.reader import Rows
from controller.record import CallRecord
from controller.sockets import bind
from tests.waiting import until

NOWHERE = "redis://127.0.0.1:1/0"


class NoDatabase:
    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows:
        raise TimeoutError("no PostgreSQL here")


async def test_who_takes_nothing_is_given_up_and_others_go_on() -> None:
    async with LiveLog.open("callctl", History(NoDatabase()), NOWHERE, progress=lambda: (0, 0)) as live_log:
        app = make_app(Readiness(), CollectorRegistry(), Masking())
        app.add_api_route("/log", lambda: EventStream(live_log.read(Filter(), Start()), take_s=0.5, on_stuck=live_log.gave_up))
        async with serving(app, bind("127.0.0.1", 0, what="The API")) as port, httpx.AsyncClient(timeout=20) as client:
            asleep = socket.socket()
            asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            asleep.connect(("127.0.0.1", port))
            asleep.sendall(b"GET /log HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n")
            record, lines = CallRecord(live_log), 0
            async with client.stream("GET", f"http://127.0.0.1:{port}/log") as awake:
                await until(lambda: live_log.status().readers == 2)
                chunks = awake.aiter_lines()
                async with asyncio.timeout(20):
                    while live_log.status().readers == 2:
                        record.log("ari", "Much", data={"much": "x" * 500_000})
                        while not (await anext(chunks)).startswith("data: "):
                            pass
                        lines += 1
                assert lines > 2
                assert live_log.status().readers == 1, "the one who reads stays"
                await until(lambda: live_log.status().cut_off == 1)
            asleep.close()
            await until(lambda: live_log.status().readers == 0)
