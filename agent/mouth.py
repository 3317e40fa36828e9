"""Everything the agent says on one line: fixed phrases, what a supervisor dictates, answers of the model, fillers, last words.

phrase, dictation ────────────────────► AgentTurn ─► Speech ─► Line      one turn at a time is current
Dialogue ─► steps ─► ClauseSplitter ──► AgentTurn ─► Speech ─► Line      composing and speaking are two tasks: a tool need not
                                           ▲                            wait until the words before it were said
filler ────────────────────────────────────┘
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from agent.agent_turn import AgentTurn, Filler
from agent.dialogue import Dialogue, RoundEnded, Text, ToolBegan, ToolEnded, Transferred
from agent.dictation import Dictation
from agent.errors import AgentError, ModelFailed, VoiceFailed
from agent.fillers import Fillers
from agent.history import AgentReplied, Round
from agent.minutes import Minutes
from agent.moments import stage
from agent.outcome import HandOff
from agent.ports import Line, Voice
from agent.prompt.phrases import PHRASES
from agent.records import Moment
from agent.sentences import ClauseSplitter
from agent.speech import Listeners, Speech
from agent.streams import closing
from agent.tasks import Spawn
from agent.turn_events import Event, FillerEnded, FillerStarted, ReplyDrained, ReplyOver, ReplyStarted, Think


@dataclass(frozen=True, slots=True)
class Told:
    """Whom the mouth tells what; each is called in the event loop and returns at once."""

    event: Callable[[Event], None]
    tool: Callable[[bool], None]  # a tool began or ended
    failed: Callable[[AgentError], None]  # VoiceFailed or ModelFailed
    decided: Callable[[], None]  # a hand-off will follow the words
    hand_off: Callable[[HandOff], None]  # its last words were spoken
    clause: Callable[[str, bool], None]  # these words begin to be heard (True), are over or were cut (False)


class Mouth:
    def __init__(
        self,
        line: Line,
        voice: Voice,
        *,
        dialogue: Dialogue,
        minutes: Minutes,
        fillers: Fillers,
        spawn: Spawn,
        now_ms: Callable[[], int],
        told: Told,
    ) -> None:
        self._line = line
        self._voice = voice
        self._dialogue = dialogue
        self._minutes = minutes
        self._spawn = spawn
        self._now_ms = now_ms
        self._told = told
        self._fillers = fillers
        self._current: AgentTurn | None = None
        self.model_failing = False  # it let the caller wait, and has not said anything since

    def say(self, *phrases: str, farewell: bool = False, hand_off: HandOff | None = None) -> None:
        """Speak fixed phrases as a turn of its own; the talk ends after a *farewell*, and with the *hand_off* if there is one."""
        turn = self._begin(self._voice)
        turn.phrases, turn.parting, turn.hand_off = phrases, farewell, hand_off
        turn.tasks.append(self._spawn(self._say(turn, *(PHRASES[phrase] for phrase in phrases)), f"phrase-{phrases[-1]}"))

    def recite(self, dictation: Dictation) -> None:
        """Speak what a supervisor dictates, as a turn of its own; its prices may be repeated."""
        self._dialogue.vouch(dictation.text)
        turn = self._begin(self._voice)
        turn.dictation = dictation
        splitter = ClauseSplitter()
        clauses = [*splitter.feed(dictation.text), *splitter.flush()]
        turn.tasks.append(self._spawn(self._say(turn, *clauses), "recite"))

    def answer(self, asked: Think | None, meanwhile: str | None = None) -> None:
        """Let the model answer what the history ends with. *meanwhile* is said at once, as a filler."""
        turn = self._begin(self._voice, self._dialogue.history.begin_reply(), asked)
        if meanwhile is not None:
            self._say_meanwhile(turn, PHRASES[meanwhile])
        turn.tasks.append(self._spawn(self._compose_all(turn), "compose"))
        turn.tasks.append(self._spawn(self._speak_answer(turn), "speak"))

    def fill(self) -> None:
        """Say something while the answer is awaited. It belongs to the turn that is awaited."""
        turn = self._current
        if turn is not None and turn.speech.waits_on_line:
            return  # the answer is there and only held up: a filler would come behind it
        self.model_failing = True
        if turn is None:
            return
        self._say_meanwhile(turn, PHRASES[self._fillers.next(first=not turn.fillers)])

    def _say_meanwhile(self, turn: AgentTurn, text: str) -> None:
        started = partial(self._filler_moved, turn, FillerStarted())
        filler = Filler(self._speech(self._voice, Listeners(started=started, clause=partial(self._clause_moved, turn))))
        turn.fillers.append(filler)
        filler.task = self._spawn(self._say_filler(turn, filler.speech, text), "filler")

    @property
    def turn(self) -> AgentTurn | None:
        """That is being spoken or made."""
        return None if self._current is None or self._current.settled else self._current

    @property
    def heard_text(self) -> str:
        """What was heard of the turn that is being spoken; empty while nothing was."""
        return self._current.speech.heard_text if self._current is not None else ""

    @property
    def heard_ms(self) -> int:
        """How much was heard of it, fillers too."""
        return self._current.heard_ms if self._current is not None else 0

    def cut(self) -> HandOff | None:
        """Be silent at once; the hand-off that was to follow the words, if they were a turn's last."""
        self._line.hush()
        turn, self._current = self._current, None
        if turn is None:
            return None
        turn.cancel()
        turn.settle(interrupted=True)
        return turn.hand_off

    async def last_words(self, phrase: str, voice: Voice) -> None:
        """Speak a phrase that nothing moves any more; returns when it was spoken or could not be."""
        turn = self._begin(voice)
        await turn.speech.say(PHRASES[phrase])
        await turn.speech.end()
        with suppress(VoiceFailed):  # there is nothing left to apologise with
            await turn.speech.run()
        turn.settle(interrupted=False)

    # Within.

    async def _say(self, turn: AgentTurn, *texts: str) -> None:
        for text in texts:
            await turn.speech.say(text)
        await turn.speech.end()
        if await self._utter(turn.speech):
            self._over(turn)

    async def _say_filler(self, turn: AgentTurn, speech: Speech, text: str) -> None:
        await speech.say(text)
        await speech.end()
        if await self._utter(speech):
            self._filler_moved(turn, FillerEnded(), speech)

    async def _speak_answer(self, turn: AgentTurn) -> None:
        if await self._utter(turn.speech):
            self._over(turn)

    async def _utter(self, speech: Speech) -> bool:
        """Run the speech to its end; False if the voice failed, which is then seen to."""
        try:
            await speech.run()
        except VoiceFailed as failed:
            self._told.failed(failed)
            return False
        return True

    async def _compose_all(self, turn: AgentTurn) -> None:
        try:
            await self._compose(turn)
        except ModelFailed as failed:
            self._told.failed(failed)
        else:
            await turn.speech.end()

    async def _compose(self, turn: AgentTurn) -> None:
        """Turn the model's words into clauses as they come."""
        assert turn.answer is not None
        splitter = ClauseSplitter()
        async with closing(self._dialogue.answer(turn.answer, self._spawn)) as steps:
            async for step in steps:
                turn.first_token()
                self.model_failing = False
                match step:
                    case Text(text, index):
                        await self._say_all(turn, splitter.feed(text), index)
                    case RoundEnded(index):
                        await self._say_all(turn, splitter.flush(), index)
                    case ToolBegan(name):
                        self._minutes.note(Moment(source="tool", name="ToolBegan", text=name))
                        self._told.tool(True)
                    case ToolEnded():
                        self._told.tool(False)
                    case Transferred(summary, asked):
                        turn.hand_off = HandOff("asked" if asked else "limit", summary)
                        self._told.decided()
                if turn.answer.objected:
                    break  # leaving the answer keeps its tools from beginning
        await self._leave_no_silence(turn)

    async def _leave_no_silence(self, turn: AgentTurn) -> None:
        """He is told that a human takes over where the model did not know of it; an empty reply ends in a question."""
        assert turn.answer is not None
        rounds = turn.answer.reply.rounds
        if not rounds:  # the model was not asked
            rounds.append(Round())
        last = rounds[-1]
        unannounced = turn.hand_off is not None and turn.hand_off.why == "limit"
        if turn.answer.objected or (last.text.strip() and not unannounced):
            return
        phrase = PHRASES["transfer" if turn.hand_off is not None else "didnt_hear"]
        last.text = f"{last.text} {phrase}".strip()
        await turn.speech.say(phrase, len(rounds) - 1)

    async def _say_all(self, turn: AgentTurn, clauses: list[str], round_index: int) -> None:
        """Say them up to the first that the guard objects to; the reply then is what was said, and a fixed phrase for the rest."""
        assert turn.answer is not None
        for clause in clauses:
            if not any(char.isalnum() for char in clause):  # a lone dash is nothing to say
                continue
            reason = self._dialogue.objection(turn.answer, clause)
            if reason is not None:
                if reason != "too_long":
                    await self._say_clause(turn, PHRASES["cannot_say"], round_index)
                turn.answer.reply.rounds[round_index] = Round(turn.clauses.get(round_index, ""))
                return
            await self._say_clause(turn, clause, round_index)

    async def _say_clause(self, turn: AgentTurn, clause: str, round_index: int) -> None:
        turn.clauses[round_index] = f"{turn.clauses.get(round_index, '')} {clause}".strip()
        await turn.speech.say(clause, round_index)

    def _over(self, turn: AgentTurn) -> None:
        turn.settle(interrupted=False)
        if self._current is not turn:
            return
        self._current = None
        if turn.hand_off is not None:
            self._told.hand_off(turn.hand_off)
        else:
            self._told.event(ReplyOver(turn.farewell))

    def _begin(self, voice: Voice, reply: AgentReplied | None = None, asked: Think | None = None) -> AgentTurn:
        moved = Listeners(
            audio=self._answer_is_there,
            started=partial(self._moved, ReplyStarted()),
            drained=partial(self._moved, ReplyDrained()),
            clause=lambda text, sounds: self._clause_moved(turn, text, sounds),
        )
        speech = self._speech(voice, moved)
        history = self._dialogue.history
        turn = AgentTurn(speech, minutes=self._minutes, history=history, now_ms=self._now_ms, reply=reply, asked=asked)
        self._current = turn
        return turn

    def _speech(self, voice: Voice, told: Listeners) -> Speech:
        return Speech(self._line, voice, spawn=self._spawn, now_ms=self._now_ms, told=told)

    def _answer_is_there(self, speech: Speech) -> None:
        """A filler that has no audio yet would come behind the answer's first words."""
        if self._current is not None and self._current.speech is speech:
            self._current.drop_silent_fillers()
        times = speech.times
        if times.clause_ms is not None and times.audio_ms is not None:
            self._minutes.note(stage("tts", "FirstAudio", times.audio_ms - times.clause_ms))

    def _clause_moved(self, turn: AgentTurn, text: str, sounds: bool) -> None:
        if sounds:
            turn.sounds(text)
        self._told.clause(text, sounds)

    def _moved(self, event: Event, speech: Speech) -> None:
        if self._current is not None and self._current.speech is speech:  # a speech that was cut may still have something to tell
            self._told.event(event)

    def _filler_moved(self, turn: AgentTurn, event: Event, speech: Speech) -> None:
        if isinstance(event, FillerStarted):
            self._minutes.note(Moment(source="tts", name="FillerSaid", text=speech.text))
        if self._current is turn:
            self._told.event(event)
