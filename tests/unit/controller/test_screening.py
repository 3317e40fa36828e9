"""Operators who are told of a caller, on a fake Asterisk: real switchboard, screenings and AudioSocket server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from audiosocket.audio import AudioFormat
from controller.ari.errors import AriError, AriRefused, AriTimeout, AriUnavailable
from controller.call.screen import Screen
from controller.dialplan import ACCEPTED_CONTEXT, ALONE_CONTEXT
from controller.screening import Screenings, Workshop
from tests.fakes.calls import House, house, until

CALLER, OPERATOR = "1700000000.1", "1700000000.7"


@dataclass
class EndlessVoice:
    """Speaks until it is cut."""

    texts: list[str] = field(default_factory=list)

    async def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        self.texts.append(text)
        while True:
            yield audio.silence * 50
            await asyncio.sleep(0)


@dataclass
class Desk:
    h: House
    screenings: Screenings
    voice: EndlessVoice
    verdicts: list[tuple[str, Screen]]

    async def queued(self) -> str:
        """A caller whom the agent handed over; his call's id."""
        (await self.h.talk(CALLER)).hands_off()
        await self.h.state("queued")
        return self.h.session().call.call_id

    def picks_up(self, call_id: str, operator: str = OPERATOR) -> None:
        self.h.asterisk.call_in(operator, "", "summary", call_id, "op1")

    async def told(self) -> None:
        await until(lambda: self.voice.texts, "the summary begins")

    async def over(self, state: str) -> None:
        """The verdict fell, and nothing of ours is left."""
        await until(lambda: self.verdicts)
        ((operator, screen),) = self.verdicts
        assert (operator, screen.state) == ("op1", state)
        await self.nothing_left()

    async def nothing_left(self) -> None:
        await until(lambda: not self.screenings.running)
        await until(lambda: not self.h.asterisk.legs)
        assert not [name for name in self.h.asterisk.mixing if name.startswith("w-")]
        await until(lambda: not self.h.server.lines)
        assert not self.screenings.knows(OPERATOR)

    @property
    def operator_at(self) -> str | None:
        """The context in which he goes on; None: hung up."""
        channel = self.h.asterisk.calls.get(OPERATOR)
        return channel.context if channel else None


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    voice, verdicts = EndlessVoice(), list[tuple[str, Screen]]()
    purposes: dict[str, Screenings] = {}
    async with house(purposes=purposes) as h:
        workshop = Workshop(
            asterisk=h.asterisk,
            lines=h.server,
            advertised=f"127.0.0.1:{h.server.port}",
            voice=voice,
            phrase=lambda key, audio: audio.silence,
            call_of=lambda call_id: session.call if (session := h.switchboard.session(call_id)) else None,
            on_verdict=lambda call_id, operator, screen: verdicts.append((operator, screen)),
        )
        async with Screenings(workshop) as screenings:
            purposes["summary"] = screenings
            yield Desk(h, screenings, voice, verdicts)
            for channel_id in list(h.asterisk.calls):
                h.asterisk.caller_hangs_up(channel_id)
            await until(lambda: not h.switchboard.sessions)


async def test_the_operator_hears_the_calls_summary_and_key_1_gives_him_the_caller() -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        assert d.voice.texts == ["Хоче шини"]
        d.h.asterisk.press(OPERATOR, "1")
        await d.over("accepted")
        assert d.operator_at == ACCEPTED_CONTEXT


async def test_key_2_hangs_him_up_so_that_the_next_ones_phone_rings() -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        d.h.asterisk.press(OPERATOR, "2")
        await d.over("refused")
        assert d.operator_at is None
        assert d.h.session().call.state == "queued", "the caller does not notice"


async def test_he_may_press_before_he_hears_anything() -> None:
    async with desk() as d:
        call_id = await d.queued()
        d.h.asterisk.silent_legs = True
        d.picks_up(call_id)
        await until(lambda: d.h.asterisk.legs)
        d.h.asterisk.press(OPERATOR, "1")
        await until(lambda: d.operator_at == ACCEPTED_CONTEXT)


@pytest.mark.parametrize("how", ["hangs up", "comes back", "talks with another"])
async def test_the_operators_phone_is_free_as_soon_as_the_caller_does_not_wait_any_more(how: str) -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        if how == "hangs up":
            d.h.asterisk.caller_hangs_up(CALLER)
        elif how == "comes back":
            d.h.asterisk.queue_gives_up(CALLER, "TIMEOUT")
        else:
            d.h.asterisk.operator_answers(CALLER)
        await until(lambda: d.verdicts)
        assert d.verdicts[0][1].why == "caller_gone"
        assert d.operator_at is None
        await until(lambda: not d.screenings.running)


async def test_one_who_picks_up_for_a_caller_who_has_just_gone_is_not_told_anything() -> None:
    async with desk() as d:
        call_id = await d.queued()
        d.h.asterisk.operator_answers(CALLER)
        await d.h.state("operator")
        d.picks_up(call_id)
        await d.over("refused")
        assert not d.voice.texts


async def test_an_operator_who_hangs_up_leaves_nothing_behind() -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        d.h.asterisk.caller_hangs_up(OPERATOR)
        await d.over("gone")


@pytest.mark.parametrize("part", ["leg", "bridge"])
async def test_without_our_leg_or_bridge_asterisk_asks_him(part: str) -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        if part == "leg":
            d.h.asterisk.somebody_hangs_up(next(leg for leg in d.h.asterisk.legs if d.screenings.knows(leg)))
        else:
            d.h.asterisk.somebody_destroys_bridge(next(name for name in d.h.asterisk.mixing if name.startswith("w-")))
        await d.over("alone")
        assert d.operator_at == ALONE_CONTEXT


@pytest.mark.parametrize("operation", ["external_media", "create_bridge", "add_to_bridge"])
async def test_whatever_asterisk_refuses_it_asks_him_itself(operation: str) -> None:
    async with desk() as d:
        call_id = await d.queued()
        d.h.asterisk.faults[operation] = [AriRefused(operation, "no", 500)]
        d.picks_up(call_id)
        await d.over("alone")
        assert d.operator_at == ALONE_CONTEXT


async def test_nothing_goes_on_opening_once_a_part_is_refused() -> None:
    async with desk() as d:
        call_id = await d.queued()
        d.h.asterisk.silent_legs = True  # ours would be waited for
        d.h.asterisk.faults["create_bridge"] = [AriRefused("create_bridge", "no", 500)]
        d.picks_up(call_id)
        await d.over("alone")
        assert not [task for task in asyncio.all_tasks() if "open_line" in repr(task)]


async def test_one_who_cannot_be_given_back_is_hung_up_so_that_the_next_ones_phone_rings() -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        d.h.asterisk.faults["continue_in_dialplan"] = [AriRefused("POST continue", "no", 500)]
        d.h.asterisk.press(OPERATOR, "1")
        await d.over("accepted")
        assert d.operator_at is None


@pytest.mark.parametrize("error", [AriTimeout("POST continue", "no answer within 5 s"), AriUnavailable("POST continue", "reset")])
async def test_one_whom_asterisk_may_still_give_the_caller_is_not_hung_up(error: AriError) -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        d.h.asterisk.faults["continue_in_dialplan"] = [error]
        d.h.asterisk.press(OPERATOR, "1")
        await d.over("accepted")
        await d.h.asterisk.continue_in_dialplan(OPERATOR, context=ACCEPTED_CONTEXT)  # carried out late
        assert d.operator_at == ACCEPTED_CONTEXT
        assert ("hang_up", OPERATOR) not in d.h.asterisk.done


async def test_of_another_controllers_call_the_summary_is_read_from_the_channel() -> None:
    async with desk() as d:
        d.picks_up("0190-of-another")
        d.h.asterisk.calls[OPERATOR].variables["TRANSFER_SUMMARY"] = "Питає про ціну"
        await d.told()
        assert d.voice.texts == ["Питає про ціну"]
        d.h.asterisk.press(OPERATOR, "1")
        await d.over("accepted")


async def test_a_controller_that_stops_leaves_the_question_to_asterisk() -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        await d.screenings.stop()
        await d.over("alone")
        assert d.operator_at == ALONE_CONTEXT
        d.verdicts.clear()
        d.picks_up("0190-late", "1700000000.8")
        await d.over("alone")


async def test_reconciling_leaves_an_operator_who_is_being_told_alone() -> None:
    async with desk() as d:
        d.picks_up(await d.queued())
        await d.told()
        await d.h.recovery().reconcile()
        assert not d.verdicts
        assert d.operator_at == ""
        d.h.asterisk.press(OPERATOR, "1")
        await d.over("accepted")
