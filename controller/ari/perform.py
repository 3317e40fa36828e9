"""A call's commands as Asterisk's operations. Raises ``AriError``; what is to be released and is gone already counts as released."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from audiosocket.line import Line
from controller.ari.errors import AriError, AriNotFound, AriRefused
from controller.ari.port import CallControl
from controller.call import commands as order
from controller.call import ids
from controller.call.draft import QUEUE_CONTEXT
from controller.call.events import By
from controller.call.state import Call, State

RING_S = 20
"""How long a supervisor's telephone rings."""
ACKNOWLEDGED = "CALLCTL_ACK"
"""The caller's channel variable that tells what became of the last wish: ``transfer:accepted``, ``say:with_operator``."""


class PendingLine(Protocol):
    async def line(self, timeout_s: float) -> Line: ...

    def cancel(self) -> None: ...


class LineServer(Protocol):
    """``audiosocket.server.AudioSocketServer`` is it."""

    def expect(self, leg_id: uuid.UUID) -> PendingLine: ...

    def claim(self, leg_id: uuid.UUID) -> Line | None:
        """The open line of a leg that outlived the process which made it; once."""


async def perform(asterisk: CallControl, command: order.AnyCommand) -> None:
    """Those that are Asterisk's alone; the session performs the others."""
    match command:
        case order.Subscribe(channel_id=channel):
            await asterisk.subscribe_channel(channel)
        case order.SetVariables(channel_id=channel, variables=variables):
            await asterisk.set_variables(channel, variables)
        case order.Answer(channel_id=channel):
            await asterisk.answer(channel)
        case order.CreateBridge(bridge_id=bridge):
            await _create_bridge(asterisk, bridge)
        case order.Join(bridge_id=bridge, channel_id=channel, leg_id=leg):
            await asterisk.add_to_bridge(bridge, channel, ids.leg_channel_id(leg))
        case order.RingPhone(phone_id=phone, telephone=telephone, caller_id=caller_id, call_id=call_id):
            await asterisk.ring(phone, telephone, "supervisor", call_id, "take", caller_id=caller_id, timeout_s=RING_S)
        case order.JoinPhone(bridge_id=bridge, phone_id=phone, channel_id=channel):
            await asterisk.add_to_bridge(bridge, *([channel] if channel else []), phone)
        case order.DropPhone(phone_id=phone):
            with suppress(AriNotFound):
                await asterisk.hang_up(phone)
        case order.Acknowledge(channel_id=channel, event=event, code=code):
            with suppress(AriError):  # who left our application cannot be marked (409), who is gone neither
                await asterisk.set_variables(channel, {ACKNOWLEDGED: f"{event}:{code}"})
        case order.ContinueInDialplan(channel_id=channel, context=context):
            await asterisk.continue_in_dialplan(channel, context=context, extension="s", priority=1)
        case order.HangUp(channel_id=channel):
            await asterisk.hang_up(channel)
        case order.DestroyBridge(bridge_id=bridge, only_if_empty=only_if_empty):
            await _destroy_bridge(asterisk, bridge, only_if_empty=only_if_empty)
        case _:
            raise TypeError(f"not Asterisk's: {command}")


async def _create_bridge(asterisk: CallControl, bridge_id: str) -> None:
    """Or find it there. Only an explicit subscription tells when somebody else destroys it with everybody in it."""
    try:
        await asterisk.create_bridge(bridge_id)
    except AriRefused as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
    await asterisk.subscribe_bridge(bridge_id)


async def _destroy_bridge(asterisk: CallControl, bridge_id: str, *, only_if_empty: bool) -> None:
    with suppress(AriNotFound):
        if only_if_empty:
            others = [channel for channel in (await asterisk.bridge(bridge_id)).channels if ids.leg_of_channel(channel) is None]
            if others:
                return
        await asterisk.destroy_bridge(bridge_id)


async def open_line(
    asterisk: CallControl, lines: LineServer, leg_id: str, started: asyncio.Event, *, advertised: str, timeout_s: float
) -> Line:
    """Have Asterisk dial in as *leg_id*; the open line once the leg's channel is in our application too (*started*).

    Raises AriError, LineNotOpened. Before that a bridge would refuse the leg (422). The caller gives the time limit for *started*.
    """
    pending = lines.expect(uuid.UUID(leg_id))
    try:
        await asterisk.external_media(ids.leg_channel_id(leg_id), leg_id, advertised)
        line = await pending.line(timeout_s)
    finally:
        pending.cancel()
    try:
        await started.wait()
    except BaseException:
        line.close("its channel did not start", orderly=False)
        raise
    return line


async def release_leg(asterisk: CallControl, leg_id: str, line: Line | None) -> None:
    """First the channel, while silence still flows to it: a leg whose peer went quiet can hang Asterisk. Then the socket, in any case."""
    try:
        with suppress(AriNotFound):
            await asterisk.hang_up(ids.leg_channel_id(leg_id))
    finally:
        if line is not None:
            line.close("released")


def ended_by_restart(call: Call, asterisk_started: str) -> By | None:
    """Who ended a call whose channel is not there any more: Asterisk, if it was started after the call had begun; None: not it."""
    try:
        started_ms = datetime.fromisoformat(asterisk_started).timestamp() * 1000
    except ValueError:
        return None
    return "asterisk" if started_ms > ids.started_at_ms(call.call_id) else None


async def rescue(asterisk: CallControl, call: Call, lines: Mapping[str, Line]) -> None:
    """Without the machine, after a fault of ours: the caller to the queue, all that is ours away. Raises nothing of Asterisk's."""
    with suppress(AriError):
        if call.state not in {State.NEW, State.QUEUED, State.OPERATOR, State.MOVED, State.ENDING, State.ENDED}:
            await asterisk.continue_in_dialplan(call.channel_id, context=QUEUE_CONTEXT, extension="s", priority=1)
    for leg in {call.leg, *lines} - {None}:
        with suppress(AriError):
            await release_leg(asterisk, str(leg), lines.get(str(leg)))
    if call.phone:
        with suppress(AriError):
            await asterisk.hang_up(call.phone)
    if call.bridge:
        with suppress(AriError):
            await asterisk.destroy_bridge(ids.bridge_id(call.call_id))
