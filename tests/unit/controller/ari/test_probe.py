"""The real sockets, and an Asterisk that can be silent about one thing or about all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from controller.ari.probe import Probe
from tests.waiting import until


class Asterisk:
    """Paths in ``silent`` get no answer until ``speaks`` is set."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.speaks = asyncio.Event()
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path in self.silent:
            await self.speaks.wait()
        return web.json_response([])


@pytest.fixture
async def asterisk() -> AsyncIterator[Asterisk]:
    fake = Asterisk()
    app = web.Application()
    app.add_routes([web.get("/{path:.*}", fake.answer)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    fake.speaks.set()
    await runner.cleanup()


@pytest.fixture
async def probe(asterisk: Asterisk) -> AsyncIterator[Probe]:
    one = Probe(asterisk.url, "callctl", "secret", answer_s=0.2, period_s=0.01)
    yield one
    await one.close()


async def test_one_that_tells_of_its_applications_is_well(asterisk: Asterisk, probe: Probe) -> None:
    assert (probe.condition, probe.why) == ("unknown", "Asterisk was not asked yet")
    await probe.look()
    assert (probe.condition, probe.why, probe.stuck) == ("well", None, False)
    assert asterisk.asked == ["/ari/applications"]


async def test_one_whose_applications_are_deadlocked_is_stuck_though_it_answers_a_ping(asterisk: Asterisk, probe: Probe) -> None:
    asterisk.silent = {"/ari/applications"}
    await probe.look()
    assert probe.stuck
    assert probe.why
    assert "answers a ping and nothing about its applications" in probe.why


async def test_one_that_takes_connections_and_answers_nothing_is_stuck(asterisk: Asterisk, probe: Probe) -> None:
    asterisk.silent = {"/ari/applications", "/ari/asterisk/ping"}
    await probe.look()
    assert probe.stuck
    assert probe.why
    assert "takes connections and answers nothing" in probe.why


async def test_one_that_is_not_there_is_dead_and_not_stuck() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    probe = Probe(f"http://127.0.0.1:{port}", "callctl", "secret")
    await probe.look()
    assert probe.condition == "dead"
    assert probe.why
    assert "not reachable" in probe.why
    await probe.close()


async def test_one_that_lets_nobody_in_is_dead_and_not_stuck() -> None:
    """Its machine is gone: packets vanish. A full backlog of connections drops them in the same way."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        where = server.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(where)
            probe = Probe(f"http://127.0.0.1:{where[1]}", "callctl", "secret", answer_s=0.2)
            await probe.look()
            assert probe.condition == "dead"
            await probe.close()
        finally:
            for one in waiting:
                one.close()


async def test_it_is_asked_again_and_again_and_what_mends_is_told(asterisk: Asterisk, probe: Probe) -> None:
    running = asyncio.create_task(probe.run())
    await until(lambda: probe.condition == "well")
    asterisk.silent = {"/ari/applications"}
    await until(lambda: probe.stuck)
    asterisk.silent = set()
    await until(lambda: probe.condition == "well", 15.0)
    running.cancel()
    await asyncio.wait([running])
