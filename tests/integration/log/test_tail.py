"""``callctl tail`` over real HTTP, through losses of every kind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.api.identity import Role
from controller.tail import Tail, TailFailed, Wish
from ops.devstack import DevStack
from tests.fakes.tcp_proxy import TcpProxy
from tests.integration.log.house import Worker, open_worker
from tests.waiting import until


@pytest.fixture
async def worker(stack: DevStack, dsn: str, tmp_path: Path) -> AsyncIterator[Worker]:
    async with open_worker("callctl", tmp_path, dsn, stack.valkey.url) as worker:
        yield worker


class Terminal:
    """What a tail shows."""

    def __init__(self, wish: Wish) -> None:
        self.lines: list[Any] = []
        self.gaps: list[Mapping[str, Any]] = []
        self.news: list[str] = []
        self.tail = Tail(
            wish,
            on_line=lambda line: self.lines.append(json.loads(line)),
            on_gap=self.gaps.append,
            on_news=self.news.append,
            pauses_s=(0.05,),
        )
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Terminal:
        self._task = asyncio.create_task(self.tail.follow(), name="tail")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


def wish(worker: Worker, **more: Any) -> Wish:
    return replace(Wish(url=f"http://127.0.0.1:{worker.port}", token=worker.tokens[Role.DEVELOPER]), **more)


async def test_it_follows_through_cut_connections_and_restarts_and_shows_every_line_once(worker: Worker) -> None:
    call = worker.call()
    async with TcpProxy.to(worker.port) as proxy, Terminal(wish(worker, url=f"http://127.0.0.1:{proxy.port}", last=1)) as terminal:
        await until(lambda: terminal.lines)
        for round_ in range(6):
            for number in range(20):
                call.say(str(number))
            if round_ == 2:
                await worker.stop()
                await worker.start()
            elif round_ % 2:
                proxy.reset()
            await until(lambda: terminal.lines[-1]["pos"] == worker.written[-1][1])
        assert [("callctl", line["pos"]) for line in terminal.lines] == worker.written
        assert "Connected again." in terminal.news
        assert terminal.gaps == []


async def test_it_ends_with_the_call(worker: Worker) -> None:
    call = worker.call()
    call.say("слово")
    call.end()
    terminal = Terminal(wish(worker, call=call.call_id, last=100))
    await asyncio.wait_for(terminal.tail.follow(), 10)
    assert [line["seq"] for line in terminal.lines] == [1, 2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"token": "cc_wrong"}, "401: .*callctl token create"),
        ({"call": "0198a5f0-0000-7000-8000-000000000001"}, "404: .*callctl calls"),
        ({"level": "loud"}, "422: .*level"),
        ({"url": "http://127.0.0.1:1"}, "127.0.0.1:1 does not answer.*Is the controller running"),
        ({"url": "nonsense"}, "nonsense"),
    ],
)
async def test_what_trying_again_would_not_change_is_told_in_words(worker: Worker, change: dict[str, Any], told: str) -> None:
    with pytest.raises(TailFailed, match=told):
        await asyncio.wait_for(Terminal(wish(worker, **change)).tail.follow(), 10)


async def test_a_smaller_role_is_told_which_it_takes(worker: Worker) -> None:
    with pytest.raises(TailFailed, match=r"403: .*roles developer"):
        await Terminal(wish(worker, token=worker.tokens[Role.VIEWER])).tail.follow()
