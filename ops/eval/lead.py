"""Leads one customer through his call: he listens, looks at what he was asked, and says what he has to say.

    ┌─► what he came for ─► the agent's turn is over ─► an answer of his to that question ─┐
    │                                  │   └─ none: the next thing he says of his own ─────┤
    │                                  └─ put through to a human, or hung up: wait for the end
    └──────────────────────────────────────────────────────────────────────────────────────┘

What the agent said is read from the live record in PostgreSQL, as heard.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from controller.journal.queries import CallShown, recent_calls, show_call
from ops.caller.script import Interrupt, Press, Say, Step, UntilEnd
from ops.caller.talk import Phone, Talk, TalkFailed
from ops.eval.customer import Customer, Line, question_in

LOOK_S = 0.2
ANSWER_WITHIN_S = 45.0  # for a turn of the agent, its tools and fillers included
QUIET_S = 0.5
TURNS_MAX = 30
AGAIN_MAX = 2  # times that a question may come once more than he has answers to it
_WITH_A_HUMAN = {"transferring", "operator"}


class Watch:
    """The live record of the newest call from one number."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], number: str) -> None:
        self._connection = connection
        self._number = number
        self._since = datetime.now(UTC) - timedelta(seconds=2)
        self._call_id: uuid.UUID | None = None

    async def look(self) -> CallShown | None:
        if self._call_id is None:
            calls = await recent_calls(self._connection, since=self._since, until=datetime.now(UTC) + timedelta(minutes=1), limit=500)
            self._call_id = next((call["id"] for call in calls if call["caller_id"] == self._number), None)
        return None if self._call_id is None else await show_call(self._connection, self._call_id)

    async def closed(self, within_s: float = 20.0) -> CallShown:
        """The record once it is closed; raises ``TalkFailed``."""
        deadline = time.monotonic() + within_s
        while (shown := await self.look()) is None or shown.call["ended_at"] is None:
            if time.monotonic() > deadline:
                raise TalkFailed(f"no closed record within {within_s:g} s")
            await asyncio.sleep(LOOK_S)
        return shown


@dataclass(slots=True)
class _Course:
    """How far he has come."""

    own: list[Line]
    asked: Counter[str] = field(default_factory=Counter)
    byes: list[str] = field(default_factory=list)


class Leading:
    def __init__(self, customer: Customer, telephone: Phone, watch: Watch) -> None:
        self._customer = customer
        self._telephone = telephone
        self._watch = watch
        self._talk = Talk(telephone)
        self._course = _Course(list(customer.says), byes=[customer.bye, "ru_thanks_bye" if customer.language == "ru" else "thanks_bye"])
        self._turns_heard = 0

    @property
    def latencies_ms(self) -> list[float]:
        """At the customer's ear: his last voiced frame to the first one back."""
        return self._talk.log.latencies_ms

    async def lead(self) -> None:
        """To the end of the call; raises ``TalkFailed`` when the agent does not speak or the call does not end."""
        for _ in range(TURNS_MAX):
            heard = await self._agents_turn()
            if heard is None:
                break
            step = self._next(heard)
            if step is None:
                break
            await self._perform(step)
            while self._course.own and isinstance(self._course.own[0], Interrupt) and not self._telephone.gone:
                await self._perform(self._course.own.pop(0))
        else:
            raise TalkFailed(f"the talk did not come to an end in {TURNS_MAX} turns")
        await self._talk.lead((UntilEnd(within_s=40.0),))

    def _next(self, heard: str) -> Line | None:
        course = self._course
        topic = question_in(heard)
        if topic is not None and topic in self._customer.answers:
            answers = self._customer.answers[topic]
            among = (answers,) if isinstance(answers, str) else answers
            course.asked[topic] += 1
            if course.asked[topic] > len(among) + AGAIN_MAX:
                raise TalkFailed(f"asked for {topic} again and again: {heard!r}")
            return among[min(course.asked[topic], len(among)) - 1]
        if course.own:
            return course.own.pop(0)
        return course.byes.pop(0) if course.byes else None

    async def _perform(self, line: Line) -> None:
        step: Step = Say(line) if isinstance(line, str) else line
        await self._talk.lead((step,))
        if isinstance(step, Press):
            self._talk.log.exchanges[-1].last_voiced_s = None

    async def _agents_turn(self) -> str | None:
        """Wait for the end of the agent's next turn: what was heard of it; None when the call goes to a human or is over."""
        deadline = time.monotonic() + ANSWER_WITHIN_S
        while True:
            if self._telephone.gone:
                return None
            shown = await self._watch.look()
            if shown is not None:
                if shown.call["state"] in _WITH_A_HUMAN:
                    return None
                heard = self._finished(shown)
                if heard is not None:
                    self._note_answer()
                    return heard
            if time.monotonic() > deadline:
                state = shown.call["state"] if shown else "no record"
                raise TalkFailed(f"no turn of the agent within {ANSWER_WITHIN_S:g} s ({state})")
            await asyncio.sleep(LOOK_S)

    def _finished(self, shown: CallShown) -> str | None:
        """What was heard, when he is quiet after a turn that is newer than our last words."""
        agents = [turn for turn in shown.turns if turn["speaker"] == "agent"]
        ours = max((turn["turn_number"] for turn in shown.turns if turn["speaker"] == "caller"), default=0)
        if not agents or len(agents) <= self._turns_heard or agents[-1]["turn_number"] < ours:
            return None
        if agents[-1]["interrupted"]:  # an answer to what he said meanwhile is to come
            return None
        if shown.call["state"] != "listening" or self._telephone.ear.quiet_s(time.monotonic()) < QUIET_S:
            return None
        self._turns_heard = len(agents)
        return str(agents[-1]["heard_text"] or "")

    def _note_answer(self) -> None:
        exchanges = self._talk.log.exchanges
        if exchanges and (said_s := exchanges[-1].last_voiced_s) is not None:
            exchanges[-1].answered_s = self._telephone.ear.first_voiced_after(said_s)
