"""Operators who take whatever the queue gives them, greet, and hang up."""

from __future__ import annotations

import asyncio

from audiosocket.audio import SLIN16
from audiosocket.errors import AudioSocketError
from ops.caller.operator import NotConnected
from ops.caller.telephone import Exchange
from ops.standins.phrasebook import phrase

NAMES = ("op1", "op2")
_SHIFT_S = 300.0  # an expected leg does not wait for ever
_TALK_S = 1.5


async def serve(exchange: Exchange) -> None:
    """Until cancelled."""
    async with asyncio.TaskGroup() as group:
        for name in NAMES:
            group.create_task(_serve(exchange, name), name=name)


async def _serve(exchange: Exchange, name: str) -> None:
    while True:
        telephone = await exchange.operator(name)
        try:
            await telephone.answered(within_s=_SHIFT_S)
            telephone.say(phrase("hello").pcm(SLIN16))
            await asyncio.sleep(_TALK_S)
        except (AudioSocketError, TimeoutError, NotConnected):
            continue  # nobody wanted a human, or he did not wait
        finally:
            telephone.hang_up()
