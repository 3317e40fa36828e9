"""A customer on a SIP telephone in the middle of an order, who talks on whatever fails, and tells afterwards what he heard.

    ┌─► the agent's turn ─► an answer ─┐        who hears nothing for eight seconds says "hello?"
    └──────────────────────────────────┘        who hears nothing for forty-five hangs up: he was left alone

He goes by his ear: an agent who has been quiet for a moment has finished, if the record (read past all links) does not say that he thinks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import numpy as np

from ops.caller.ear import last_voiced_ms
from ops.caller.sip import SipTelephone, sip_call
from ops.caller.sip_place import SipPlace
from ops.caller.talk import TalkFailed, until
from ops.chaos.course import Course
from ops.chaos.observations import Ended, Said, Seen
from ops.chaos.plan import Stage
from ops.chaos.record import Records
from ops.standins.phrasebook import by_ident, phrase
from ops.standins.phrasebook.mark import MarkFinder, at_mark_rate

QUIET_S: Final = 0.6  # after a turn; a breath within one is shorter
LOOK_S: Final = 0.2
UNSURE_S: Final = 2.5  # so long quiet, and the record tells nothing: his turn
PATIENCE_S: Final = {"thinking": 6.0, "transferring": 30.0}  # so long the record is believed when it says that somebody comes
HELLO_S: Final = 8.0
ALONE_S: Final = 45.0
IMPATIENT_S: Final = 80.0
LIMIT_S: Final = 150.0
OPERATOR_TALK_S: Final = 20.0
BREATH_S: Final = 0.3  # a gap shorter than this is within one say
HELLO: Final = "hello_hear_me"
OPERATORS_WORD: Final = "hello"


class Caller:
    """One call on *course*. *on_stage* hears of each stage that he begins."""

    def __init__(self, place: SipPlace, dsn: str, number: str, course: Course, on_stage: Callable[[Stage], None]) -> None:
        self.number = number
        self._place = place
        self._dsn = dsn
        self._on_stage = on_stage
        self._lost = asyncio.Event()
        self._course = course
        self._said: list[Said] = []
        self._answered_s: float | None = None
        self._ended_by: Ended = "far side"
        self._ended_s: float | None = None
        self._left_alone = ""
        self._human_s: float | None = None
        self._marks = MarkFinder()
        self._turns_heard = 0
        self._phone: SipTelephone | None = None

    def lose(self) -> None:
        """Asterisk has died: no BYE will come."""
        self._lost.set()

    async def call(self) -> Seen:
        """From dialling to the end of the call, however it ends."""
        dialled_s = time.monotonic()
        try:
            async with Records(self._dsn) as records, sip_call(self._place, number=self.number) as phone:
                self._phone = phone
                self._answered_s = time.monotonic()
                phone.ear.also = self._listen
                self._on_stage("greeting")
                await self._talk(phone, records)
                self._ended_s = time.monotonic()
        except TalkFailed as failed:  # before the answer: nobody there; later: sipp's complaint of how Asterisk went
            if self._answered_s is None:
                self._left_alone = str(failed)
        ear = self._phone.ear if self._phone is not None else None
        return Seen(
            number=self.number,
            dialled_s=dialled_s,
            answered_s=self._answered_s,
            ended_s=self._ended_s or time.monotonic(),
            ended_by=self._ended_by,
            heard=tuple(sounds(ear.voiced)) if ear is not None else (),
            said=tuple(self._said),
            human_s=self._human_s,
            left_alone=self._left_alone,
        )

    async def _talk(self, phone: SipTelephone, records: Records) -> None:
        began_s = time.monotonic()
        while await self._agent_spoke(phone):
            heard = await self._understood(phone, records)
            if heard == "":
                continue  # he speaks again, or all is over
            step = self._course.next(heard, impatient=time.monotonic() - began_s > IMPATIENT_S)
            if step is None:
                break
            key, stage = step
            await self._say(phone, key, stage)
        await self._end(phone)

    async def _agent_spoke(self, phone: SipTelephone) -> bool:
        """Wait for his first sound after our last; False: the call is over for us."""
        since_s = self._said[-1].ended_s if self._said else self._answered_s or 0.0
        first_s, hello_s = since_s, since_s
        while not self._over(phone):
            now_s = time.monotonic()
            if phone.ear.first_voiced_after(since_s) is not None:
                return True
            if now_s - first_s > ALONE_S or now_s - (self._answered_s or now_s) > LIMIT_S:
                self._left_alone = f"nothing was heard for {now_s - first_s:.0f} s"
                return False
            if now_s - hello_s > HELLO_S:
                await self._say(phone, HELLO, None)
                hello_s = time.monotonic()
            await asyncio.sleep(LOOK_S)
        return False

    async def _understood(self, phone: SipTelephone, records: Records) -> str | None:
        """Wait for the end of his turn: his words; None: it is our turn, and we do not know what was said; "": the call is over."""
        while not self._over(phone):
            if phone.ear.quiet_s(time.monotonic()) >= QUIET_S:
                state, words = await self._look(records)
                if words:
                    return words
                if phone.ear.quiet_s(time.monotonic()) >= PATIENCE_S.get(state, UNSURE_S):
                    return None
            if time.monotonic() - (self._answered_s or 0.0) > LIMIT_S:
                self._left_alone = f"the call was not over after {LIMIT_S:g} s"
                return ""
            await asyncio.sleep(LOOK_S)
        return ""

    async def _look(self, records: Records) -> tuple[str, str]:
        """The state of the call and the agent's newest turn, if it is one that was not answered yet; both empty: nobody knows."""
        found = await records.of(self.number)
        if not found:
            return "", ""
        shown = found[0]
        agents = [turn for turn in shown.turns if turn["speaker"] == "agent"]
        ours = max((turn["turn_number"] for turn in shown.turns if turn["speaker"] == "caller"), default=0)
        state = str(shown.call["state"])
        new = len(agents) > self._turns_heard and agents[-1]["turn_number"] >= ours
        if state != "listening" or not new:
            return state, ""
        self._turns_heard = len(agents)
        return state, str(agents[-1]["heard_text"] or "")

    async def _say(self, phone: SipTelephone, key: str, stage: Stage | None) -> None:
        if stage is not None:
            self._on_stage(stage)
        words, began_s = phrase(key), time.monotonic()
        pcm = words.pcm(phone.audio)
        try:
            ended_s = await phone.say(pcm)
        except TimeoutError:  # nobody paces a call that is over
            ended_s = time.monotonic()
        should_take_s = last_voiced_ms(pcm, phone.audio.frame_bytes) / 1000
        self._said.append(Said(words.text, began_s, ended_s, max(ended_s - began_s - should_take_s, 0.0)))

    def _over(self, phone: SipTelephone) -> bool:
        return phone.gone or self._lost.is_set() or self._human_s is not None or bool(self._left_alone)

    async def _end(self, phone: SipTelephone) -> None:
        """The operator has his say and hangs up; who is not with one hangs up himself, if nobody did."""
        if self._human_s is not None:
            with suppress(TalkFailed):
                await until(lambda: phone.gone or self._lost.is_set(), OPERATOR_TALK_S, "the operator's hanging up")
        self._ended_s = time.monotonic()
        if phone.gone:
            return
        if self._lost.is_set():
            self._ended_by = "lost"
            return
        self._ended_by = "caller"
        await phone.hang_up()

    def _listen(self, frame: bytes) -> None:
        marks = self._marks.feed(at_mark_rate(frame, 8_000))
        words = [by_ident()[mark.ident].key for mark in marks if mark.ident is not None]
        if OPERATORS_WORD in words and self._human_s is None:
            self._human_s = time.monotonic()


def sounds(voiced: object) -> list[tuple[float, float]]:
    """The stretches in which something was heard; a breath within a say does not end one."""
    moments = np.asarray(voiced, dtype=np.float64)
    if not moments.size:
        return []
    breaks = np.flatnonzero(np.diff(moments) > BREATH_S)
    begins = moments[np.concatenate(([0], breaks + 1))]
    ends = moments[np.concatenate((breaks, [moments.size - 1]))]
    return [(float(began), float(ended)) for began, ended in zip(begins, ends, strict=True)]
