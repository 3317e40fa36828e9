"""The tests over real sockets run on both event loops: uvloop as in production, and asyncio's own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from typing import Any

import pytest
import uvloop
from structlog.testing import capture_logs

from audiosocket.audio import SLIN16, AudioFormat
from audiosocket.limits import Limits
from audiosocket.line import Line
from audiosocket.server import AudioSocketServer
from tests.fakes.telephone import Telephone


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


class Log:
    """What was logged during a test."""

    def __init__(self, entries: list[MutableMapping[str, Any]]) -> None:
        self._entries = entries

    def __getitem__(self, event: str) -> list[MutableMapping[str, Any]]:
        """The entries of *event*, in order."""
        return [entry for entry in self._entries if entry["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    with capture_logs() as entries:
        yield Log(entries)


@pytest.fixture
async def server(log: Log) -> AsyncIterator[AudioSocketServer]:
    async with AudioSocketServer("127.0.0.1", 0, limits=Limits(connections=30, uuid_s=0.2, claim_s=0.2, unread_s=0.2)) as server:
        yield server


async def until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds, for what tells nobody when it does."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def connect(server: AudioSocketServer, audio: AudioFormat = SLIN16) -> tuple[Line, Telephone]:
    """A line and the telephone at its other end."""
    leg_id = uuid.uuid4()
    pending = server.expect(leg_id, audio=audio)
    telephone = await Telephone.dial(server.port, leg_id, audio=audio)
    return await pending.line(timeout_s=5), telephone
