"""One turn of the agent, from its first cause to its entry in history and record.

A turn is settled exactly once: when it was played to its end, or at the instant it is cut. Then the history keeps what was heard. Until
then ``broken_off`` and ``record`` tell what would be left of it if this process ended now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.dialogue import Answer
from agent.dictation import Dictation
from agent.history import AgentReplied, AgentSaid, Entry, History
from agent.intents import says_goodbye
from agent.minutes import Minutes
from agent.moments import stage
from agent.outcome import HandOff
from agent.records import Latencies, TurnRecord
from agent.speech import Speech
from agent.turn_events import Think


@dataclass(slots=True)
class Filler:
    """Said while the answer is awaited; part of its turn, but not of the answer."""

    speech: Speech
    task: asyncio.Task[None] | None = None  # that says it


class AgentTurn:
    """An answer has a *reply* in the history; *asked* is the caller's turn it answers, None where the talk goes on after a break.
    Without a reply it says fixed phrases or what a supervisor dictates: that is an entry of the history by itself.
    """

    def __init__(
        self,
        speech: Speech,
        *,
        minutes: Minutes,
        history: History,
        now_ms: Callable[[], int],
        reply: AgentReplied | None = None,
        asked: Think | None = None,
    ) -> None:
        self.speech = speech
        self.asked = asked
        self.phrases: Sequence[str] = ()  # the keys of those it says
        self.dictation: Dictation | None = None  # that it says
        self.parting = False  # it ends the talk, whatever its words
        self.fillers: list[Filler] = []
        self.answer = Answer(self.number, reply) if reply is not None else None
        self.clauses: dict[int, str] = {}  # what it was told to say, by round
        self.hand_off: HandOff | None = None  # what follows once it was spoken
        self.tasks: list[asyncio.Task[None]] = []
        self._minutes = minutes
        self._history = history
        self._now_ms = now_ms
        self._began_ms = now_ms()
        self._token_ms: int | None = None
        self._sounded: list[str] = []  # its clauses, fillers too, of which something was heard
        self._sounds_from_ms: int | None = None
        self._number: int | None = None
        self._settled = False

    def number(self) -> int:
        """Given when the turn first does something that others can see."""
        if self._number is None:
            self._number = self._minutes.next_number()
        return self._number

    def first_token(self) -> None:
        if self._token_ms is None:
            self._token_ms = self._now_ms()

    def sounds(self, text: str) -> None:
        """A clause of it begins to be heard."""
        if self._settled:
            return
        if self._sounds_from_ms is None:
            self._sounds_from_ms = self._now_ms()
            self._tell_latencies()
        self._sounded.append(text)
        self._minutes.agent_says(self.number(), " ".join(self._sounded), self._sounds_from_ms)

    def _tell_latencies(self) -> None:
        """Its first sound has left for the caller."""
        answer_ms = _between(self.asked.last_voiced_ms, self._sounds_from_ms) if self.asked else None
        said = self.fillers[0].speech if self.fillers and self.speech.times.sent_ms is None else self.speech
        wire_ms = _between(said.times.audio_ms, said.times.sent_ms) or 0
        self._minutes.note(stage("rtp", "FirstFrame", wire_ms, answer_ms=answer_ms))

    def drop_silent_fillers(self) -> None:
        """Those without audio will not be said."""
        for filler in [filler for filler in self.fillers if filler.speech.times.audio_ms is None]:
            self.fillers.remove(filler)
            if filler.task is not None:
                filler.task.cancel()

    def cancel(self) -> None:
        for task in [*self.tasks, *(filler.task for filler in self.fillers)]:
            if task is not None:
                task.cancel()

    @property
    def settled(self) -> bool:
        return self._settled

    @property
    def heard_ms(self) -> int:
        return sum(speech.heard_ms for speech in self._said)

    @property
    def _said(self) -> list[Speech]:
        return [*(filler.speech for filler in self.fillers), self.speech]

    @property
    def farewell(self) -> bool:
        """The talk is over after it, unless the caller objects."""
        return self.parting or (self.answer is not None and says_goodbye(self.answer.reply.text))

    def settle(self, *, interrupted: bool) -> None:
        if self._settled:
            return
        self._settled = True
        interrupted = interrupted or not self.speech.heard_whole  # a line that closes ends the speech as if it had been played
        record = self.record(interrupted=interrupted)
        if self.answer is None:
            self._history.agent_said(self.speech.heard_text)
        elif interrupted or self.answer.objected:
            self.answer.reply.cut(self.speech.heard_by_round())
        else:
            self.answer.reply.over = True
        if record is not None:
            self._minutes.over(record)

    def broken_off(self, entries: Sequence[Entry]) -> list[Entry]:
        """*entries* of the history as a successor should find them: with what was heard of this turn."""
        if self.answer is None:
            heard = self.speech.heard_text
            return [*entries, AgentSaid(heard)] if heard else list(entries)
        reply, whole = self.answer.reply, self.speech.over and not self.answer.objected
        left = reply.broken_off(None if whole else self.speech.heard_by_round())
        return [left if entry is reply else entry for entry in entries]

    def record(self, *, interrupted: bool) -> TurnRecord | None:
        """What is recorded of it if it ends now; None where nobody has noticed it."""
        said, heard_ms = self._said, self.heard_ms
        if self._number is None and not heard_ms:
            return None
        text = self.speech.text
        if self.answer is not None and not self.answer.objected:
            text = self.answer.reply.text or text
        return self._minutes.agent_record(
            self.number(),
            text=" ".join(part for part in [*(speech.text for speech in said[:-1]), text] if part),
            heard_text=" ".join(part for speech in said if (part := speech.heard_text)),
            heard_ms=heard_ms,
            began_ms=min((ms for speech in said if (ms := speech.times.sent_ms) is not None), default=self._began_ms),
            interrupted=interrupted,
            latencies=self._latencies(),
            usage=dict(self.answer.usage) if self.answer else {},
            prompted_by=self.dictation.by if self.dictation else "",
        )

    def _latencies(self) -> Latencies:
        times = self.speech.times
        if self.asked is None:
            return Latencies(tts_ms=_between(times.clause_ms, times.audio_ms), wire_ms=_between(times.audio_ms, times.sent_ms))
        return Latencies(
            hold_ms=_between(self.asked.last_voiced_ms, self.asked.ended_ms),
            stt_ms=_between(self.asked.ended_ms, self._began_ms),
            model_ms=_between(self._began_ms, self._token_ms),
            tts_ms=_between(times.clause_ms, times.audio_ms),
            wire_ms=_between(times.audio_ms, times.sent_ms),
            answer_ms=_between(self.asked.last_voiced_ms, times.sent_ms),
            filler_ms=_between(self.asked.last_voiced_ms, self.fillers[0].speech.times.sent_ms) if self.fillers else None,
        )


def _between(from_ms: int | None, to_ms: int | None) -> int | None:
    return None if from_ms is None or to_ms is None else max(0, to_ms - from_ms)
