"""Twenty calls at once: every frame that is due is sent or counted as skipped, and every frame that is sent arrives.

A skipped frame leaves a gap in time and none in the speech. Skips are stalls of the controller's process, by its own doing or for want
of a processor: the numbers that tell the two apart stand in the failure's message.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.prompt.rendered import phrase_pcm
from audiosocket.audio import FRAME_MS, SLIN16
from controller.journal.queries import CallShown
from ops.caller.script import Listen, Say
from ops.caller.talk import Talk
from tests.acceptance.floor import Floor, prefer

CALLS = 20
SKIPS_MAX = 0.02
UNDER_WAY = 5  # frames: 100 ms, for three processes that share busy processors
DIAL_PAUSE_S = 0.1  # people do not dial in the same instant


@dataclass(frozen=True)
class Measured:
    frames: list[bytes]
    arrived: int  # audio messages that came to the telephone, from its first to its last moment
    hung_up_ms: float
    record: CallShown


async def one_call(floor: Floor, place: int) -> Measured:
    await asyncio.sleep(place * DIAL_PAUSE_S)
    number = floor.new_number()
    frames: list[bytes] = []
    telephone = await floor.exchange.dial(number, also=frames.append)
    floor.telephones.append(telephone)
    await Talk(telephone).lead((Listen(within_s=40), Say("winter_tyres_camry"), Listen(within_s=40)))
    await telephone.hang_up()
    return Measured(frames, telephone.line.stats.frames_received, time.time() * 1000, await floor.record(number))


def event_ms(record: CallShown, kind: str) -> float:
    """When the first event of that kind went through the call's machine."""
    return next(_ms(event["created_at"]) for event in record.events if event["event"] and event["event"]["type"].startswith(kind))


def _ms(moment: Any) -> float:
    return float(moment.timestamp() * 1000)


def processor(pid: int) -> tuple[float, float]:
    """Seconds for which a process ran, and for which it could have run and had to wait for a processor; all threads."""
    threads = [thread.read_text().split() for thread in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(ran) for ran, _, _ in threads) / 1e9, sum(int(waited) for _, waited, _ in threads) / 1e9


@pytest.mark.alone
@pytest.mark.timeout(180)
async def test_twenty_calls_at_once_lose_no_frame_and_skip_few(floor: Floor) -> None:
    worker = floor.system.controller.worker
    assert worker is not None
    prefer(worker)
    ran_s, waited_s = processor(worker)
    began_s = time.monotonic()
    measured = await asyncio.gather(*(one_call(floor, place) for place in range(CALLS)))
    lasted_s = time.monotonic() - began_s
    ran_s, waited_s = (now - before for now, before in zip(processor(worker), (ran_s, waited_s), strict=True))

    greeting = phrase_pcm("greeting", SLIN16.rate_hz)
    assert greeting
    for call in measured:
        media = call.record.call["media"]
        assert media["frames_sent"] + media["frames_skipped"] == media["frames_due"]
        assert greeting in b"".join(call.frames), "each of the greeting's frames, in order, to the bit"
        outside = frames_outside_the_bridge(call)
        assert 0 <= media["frames_sent"] - call.arrived <= outside, f"sent, not arrived; {outside} while he was not in the bridge"
        assert [tool["name"] for tool in call.record.tool_calls] == ["search_tires"]

    due = sum(call.record.call["media"]["frames_due"] for call in measured)
    skipped = sum(call.record.call["media"]["frames_skipped"] for call in measured)
    assert skipped <= SKIPS_MAX * due, (
        f"{skipped} of {due} frames skipped ({skipped / due:.1%}) in {lasted_s:.0f} s, in which the controller ran {ran_s:.1f} s "
        f"and waited {waited_s:.1f} s for a processor"
    )


def frames_outside_the_bridge(call: Measured) -> int:
    """At most so many frames were sent while the caller could not hear them: before he and the leg were joined, and from the moment
    in which he hung up, with what was under way to him then."""
    before_ms = event_ms(call.record, "line_joined") - event_ms(call.record, "call_arrived")
    after_ms = max(0.0, _ms(call.record.call["ended_at"]) - call.hung_up_ms)
    return round((before_ms + after_ms) / FRAME_MS) + UNDER_WAY
