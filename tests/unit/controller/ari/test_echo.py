from __future__ import annotations

import asyncio

import pytest

from controller.ari.echo import PREFIX, Echo
from controller.ari.errors import AriNotFound, AriUnavailable
from controller.ari.messages import ChannelUserevent, StasisStart
from controller.ari.resources import Channel
from tests.waiting import until


class Asterisk:
    """Sends back what it is asked for, as long as *hears*."""

    def __init__(self) -> None:
        self.hears = True
        self.error: Exception | None = None
        self.asked: list[str] = []
        self.echo = Echo(self.ask, period_s=0.01, answer_s=0.1)

    async def ask(self, name: str) -> None:
        self.asked.append(name)
        if self.error is not None:
            raise self.error
        if self.hears:
            asyncio.get_running_loop().call_soon(self.echo.hears, ChannelUserevent(eventname=name))


async def test_as_long_as_echoes_come_nothing_is_said_and_then_that_we_are_deaf() -> None:
    asterisk = Asterisk()
    listening = asyncio.create_task(asterisk.echo.until_deaf())
    await until(lambda: len(asterisk.asked) > 3)
    assert not listening.done()
    asterisk.hears = False
    assert "sends no events" in await listening
    assert len({*asterisk.asked}) == len(asterisk.asked)


async def test_one_late_echo_is_forgiven_and_any_event_tells_that_we_hear() -> None:
    asterisk = Asterisk()
    asterisk.hears = False
    listening = asyncio.create_task(asterisk.echo.until_deaf())
    await until(lambda: len(asterisk.asked) == 2)
    asterisk.echo.hears(StasisStart(channel=Channel(id="c-1")))
    await until(lambda: len(asterisk.asked) == 4)
    assert "sends no events" in await listening
    assert len(asterisk.asked) == 4


async def test_an_application_that_asterisk_does_not_know_is_deaf() -> None:
    asterisk = Asterisk()
    asterisk.error = AriNotFound("POST /events/user", "Application not found", 404)
    assert "does not know" in await asterisk.echo.until_deaf()


async def test_requests_that_fail_say_nothing_about_events() -> None:
    asterisk = Asterisk()
    asterisk.error = AriUnavailable("POST /events/user", "away")
    listening = asyncio.create_task(asterisk.echo.until_deaf())
    await until(lambda: len(asterisk.asked) > 3)
    assert not listening.done()
    asterisk.error, asterisk.hears = None, False
    await listening


@pytest.mark.parametrize(
    ("event", "ours"),
    [
        (ChannelUserevent(eventname=f"{PREFIX}of-another-question"), True),
        (ChannelUserevent(eventname="transfer"), False),
        (StasisStart(channel=Channel(id="c-1")), False),
    ],
)
def test_only_echoes_are_kept_from_others(event: ChannelUserevent | StasisStart, ours: bool) -> None:
    assert Asterisk().echo.hears(event) is ours
