"""Nobody who enters under the plain name stays in silence, whatever Asterisk refuses."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from controller.ari.errors import AriError, AriNotFound, AriRefused, AriTimeout
from controller.ari.front import IN_FLIGHT, Front
from controller.ari.messages import ApplicationMoveFailed, Event, StasisStart
from controller.ari.resources import Application, Channel, DialplanPlace
from tests.waiting import until

FRONT, OWN = "callctl", "callctl-1"
LOOK_S = 0.02


class Asterisk:
    """Channels, the application each is in, and what it entered with; the last names the first for ever."""

    def __init__(self) -> None:
        self.inside: dict[str, str] = {}  # channel -> application, or the context in which it continued
        self.places: dict[str, str] = {}
        self.moves: list[tuple[str, ...]] = []
        self.faults: dict[str, list[AriError]] = defaultdict(list)
        self.open = asyncio.Event()  # clear: no move is answered
        self.open.set()
        self.looks = 0
        self.held = False

    def enters(self, channel_id: str, *args: str) -> StasisStart:
        self.inside[channel_id], self.places[channel_id] = FRONT, ",".join((FRONT, *args))
        return StasisStart(channel=self._told(channel_id), args=list(args))

    def _told(self, channel_id: str) -> Channel:
        return Channel(id=channel_id, dialplan=DialplanPlace(app_name="Stasis", app_data=self.places[channel_id]))

    async def application(self, name: str | None = None) -> Application:
        if not self.held:
            raise AriNotFound("GET /applications", "not registered")
        self.looks += 1
        return Application(name=FRONT, channel_ids=[channel for channel, app in self.inside.items() if app == name])

    async def channels(self) -> list[Channel]:
        return [self._told(channel_id) for channel_id in self.inside]

    async def get_global(self, variable: str) -> str:
        return ""

    async def set_global(self, variable: str, value: str) -> None:
        pass

    async def set_event_filter(self, allowed: tuple[str, ...], app: str | None = None) -> None:
        pass

    async def user_event(self, name: str, app: str, channel_id: str, variables: dict[str, Any]) -> None:
        pass

    async def move(self, channel_id: str, app: str, *args: str) -> None:
        await self.open.wait()
        self._fail("move")
        self.moves.append((channel_id, *args))
        self.inside[channel_id] = app

    async def continue_in_dialplan(
        self, channel_id: str, *, context: str | None = None, extension: str | None = None, priority: int | None = None
    ) -> None:
        self._fail("continue")
        self.inside[channel_id] = context or ""

    def _fail(self, operation: str) -> None:
        if self.faults[operation]:
            raise self.faults[operation].pop(0)


class Socket:
    """Holds the name until its task ends."""

    def __init__(self, asterisk: Asterisk, hear: Callable[[Event], None], settle: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.asterisk, self.hear, self.settle = asterisk, hear, settle

    @property
    def connected(self) -> bool:
        return self.asterisk.held

    async def live_once(self) -> bool:
        self.asterisk.held = True
        await self.settle()
        await asyncio.Event().wait()
        return False


@asynccontextmanager
async def holding(asterisk: Asterisk) -> AsyncIterator[Callable[[Event], None]]:
    """What tells the front an event of the name that it holds."""
    sockets = list[Socket]()

    def socket_of(hear: Callable[[Event], None], settle: Callable[[], Coroutine[Any, Any, None]]) -> Socket:
        sockets.append(Socket(asterisk, hear, settle))
        return sockets[0]

    front = Front(asterisk, socket_of, name=FRONT, app=OWN, handle=lambda event: None, look_s=LOOK_S)
    running = asyncio.create_task(front.run())
    await until(lambda: front.held)
    try:
        yield sockets[0].hear
    finally:
        running.cancel()
        await asyncio.wait([running])


@pytest.mark.parametrize(
    ("purpose", "context"), [("inbound", "transfer-to-operator"), ("web", "transfer-to-operator"), ("summary", "screen-alone")]
)
@pytest.mark.parametrize("error", [AriRefused("POST move", "no", 500), AriTimeout("POST move", "no answer within 5 s")])
async def test_whom_asterisk_does_not_move_goes_to_the_dialplan(purpose: str, context: str, error: AriError) -> None:
    asterisk = Asterisk()
    async with holding(asterisk) as hear:
        asterisk.faults["move"] = [error]
        hear(asterisk.enters("c1", purpose, "100"))
        await until(lambda: asterisk.inside["c1"] == context)


async def test_a_move_that_fails_afterwards_sends_him_to_the_operators() -> None:
    asterisk = Asterisk()
    async with holding(asterisk) as hear:
        start = asterisk.enters("c1", "inbound", "100")
        hear(start)
        await until(lambda: asterisk.moves)
        asterisk.inside["c1"] = FRONT  # 204 was the answer, but nobody has registered the destination
        hear(ApplicationMoveFailed(channel=start.channel, destination=OWN, args=start.args))
        await until(lambda: asterisk.inside["c1"] == "transfer-to-operator")


@pytest.mark.parametrize("args", [("inbound", "100"), ("returned", "0190-the-call", "TIMEOUT")])
async def test_who_cannot_be_given_back_either_is_moved_by_a_later_look(args: tuple[str, ...]) -> None:
    asterisk = Asterisk()
    async with holding(asterisk) as hear:
        asterisk.faults["move"] = [AriRefused("POST move", "no", 500)]
        asterisk.faults["continue"] = [AriTimeout("POST continue", "no answer within 5 s")]
        hear(asterisk.enters("c1", *args))
        await until(lambda: asterisk.inside["c1"] == OWN)
    assert asterisk.moves == [("c1", *args)]


async def test_a_crowd_is_moved_whole_and_nobody_twice() -> None:
    asterisk = Asterisk()
    crowd = [f"c{number}" for number in range(IN_FLIGHT + 10)]
    async with holding(asterisk) as hear:
        asterisk.open.clear()
        for channel_id in crowd:
            hear(asterisk.enters(channel_id, "inbound", "100"))
        looks = asterisk.looks
        await until(lambda: asterisk.looks > looks + 2)
        asterisk.open.set()
        await until(lambda: set(asterisk.inside.values()) == {OWN})
        looks = asterisk.looks
        await until(lambda: asterisk.looks > looks + 2)
    assert sorted(channel_id for channel_id, *_ in asterisk.moves) == sorted(crowd)
