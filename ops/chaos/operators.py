"""Two operators who take whoever the queue gives them, greet, and hang up; plugged in anew when Asterisk was started anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from audiosocket.audio import SLIN16
from audiosocket.errors import AudioSocketError
from ops.caller.ami import AmiRefused
from ops.caller.operator import NotConnected
from ops.caller.telephone import Exchange
from ops.chaos.callers import OPERATORS_WORD
from ops.standins.phrasebook import phrase

NAMES: Final = ("op1", "op2")
TALK_S: Final = 4.0
AGAIN_S: Final = 0.5
_SHIFT_S: Final = 300.0
_NOT_NOW: Final = (AudioSocketError, AmiRefused, NotConnected, RuntimeError, TimeoutError, aiohttp.ClientError, OSError, EOFError)
"""What an Asterisk that is away, or a caller who does not wait, makes of it."""


@asynccontextmanager
async def on_duty(exchange: Exchange) -> AsyncIterator[None]:
    """While entered."""
    serving = [asyncio.create_task(_serve(exchange, name), name=f"operator-{name}") for name in NAMES]
    try:
        yield
    finally:
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _serve(exchange: Exchange, name: str) -> None:
    while True:
        try:
            telephone = await exchange.operator(name)
        except _NOT_NOW:
            await asyncio.sleep(AGAIN_S)
            continue
        try:
            await telephone.answered(within_s=_SHIFT_S)
            telephone.say(2 * phrase(OPERATORS_WORD).pcm(SLIN16))  # one lost frame makes one of them unknown to whoever hears it
            await asyncio.sleep(TALK_S)
        except _NOT_NOW:
            await asyncio.sleep(AGAIN_S)
        finally:
            telephone.hang_up()
