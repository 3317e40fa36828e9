"""One talk on one line: the shell of the turn machine.

    frames ─► Ears ─► SpeechBegan/Ended ─┐                       ┌─► Pause, Resume, Cut ─► Line          (at once, no task between)
    Recognition.results ─► Heard ────────┼─► Turn (pure) ─► effects ─► Think ─► Dialogue ─► Speech ─► Line (a task per answer)
    deadlines ─► Passed ─────────────────┘                       └─► Say, Fill, GiveUp, Finish

All its tasks live in one group; the first outcome ends the talk. Leaving, by whatever way, silences the line first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from agent import dialogue as said
from agent.agent_turn import AgentTurn
from agent.dialogue import Dialogue
from agent.ears import Ears
from agent.endpointing import Endpointer
from agent.errors import AgentError, ModelFailed, RecognizerFailed, VoiceFailed
from agent.intents import only_closes, says_goodbye, wants_human
from agent.minutes import Minutes
from agent.outcome import CallerGone, Completed, HandOff, Outcome
from agent.ports import Line, Recognizer, Voice
from agent.prompt.phrases import FILLERS, PHRASES
from agent.prompt.rendered import RenderedVoice
from agent.records import AgentState
from agent.sentences import ClauseSplitter
from agent.settings import AgentSettings
from agent.speech import Speech
from agent.streams import closing
from agent.summary import summary_of
from agent.turn import Turn, TurnState
from agent.turn_events import (
    Correct,
    Cut,
    Effect,
    Event,
    Fill,
    Finish,
    GiveUp,
    Passed,
    Pause,
    ReplyDrained,
    ReplyOver,
    ReplyStarted,
    Resume,
    Say,
    Think,
)

log = structlog.get_logger(__name__)


class Talk:
    def __init__(
        self,
        line: Line,
        *,
        recognizer: Recognizer,
        voice: Voice,
        dialogue: Dialogue,
        minutes: Minutes,
        settings: AgentSettings,
        now_ms: Callable[[], int],
    ) -> None:
        self._line = line
        self._recognizer = recognizer
        self._voice = voice
        self._dialogue = dialogue
        self._minutes = minutes
        self._settings = settings
        self._now_ms = now_ms
        self._loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[Outcome] = self._loop.create_future()
        self._turn = Turn(now_ms(), settings.turn)
        endpointer = Endpointer(settings.endpointing)
        self._ears = Ears(line.format, endpointer, now_ms=now_ms, on_event=self._step)
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._current: AgentTurn | None = None
        self._ending = False  # the machine has nothing to say any more
        self._greeting = False
        self._tool_running = False
        self._model_failing = False
        self._filler = 0

    async def run(self, opening: str) -> Outcome:
        """Talk until there is an outcome; *opening* is the key of the phrase that begins."""
        async with self._group:
            try:
                self._greeting = opening == "greeting"
                self._spawn(self._watch_line(), "line-closed")
                self._spawn(self._recognise(), "recognise")
                self._line.listen(self._at_the_edge(self._on_frame))
                self._speak(opening)
                self._after_step()
                return await self._outcome
            finally:
                self._leave()

    def _leave(self) -> None:
        """Be silent at once, keep what was heard, let the tasks go; a running tool may still deliver its result."""
        self._ending = True
        self._line.hush()
        self._line.listen(_deaf)
        if self._timer is not None:
            self._timer.cancel()
        if self._current is not None:
            self._current.settle(interrupted=True)
        for task in self._tasks:
            if task.get_name().startswith("tool-"):
                self._loop.call_later(self._settings.tool_linger_s, task.cancel)
            else:
                task.cancel()

    # Events in.

    def _step(self, event: Event) -> None:
        if self._ending:
            return
        for effect in self._turn.handle(event, self._now_ms()):
            if not self._ending:
                self._perform(effect)
        self._after_step()

    def _on_frame(self, pcm: bytes) -> None:
        self._ears.frame(pcm)

    def _on_timer(self) -> None:
        self._timer = None
        self._ears.tick()
        self._step(Passed())

    async def _recognise(self) -> None:
        try:
            async with self._recognizer.open(self._line.format) as recognition:
                self._ears.attach(recognition)
                async for heard in recognition.results():
                    self._step(heard)
            raise RecognizerFailed("the results ended")
        except RecognizerFailed as failed:
            self._fail("stt_failed", failed)

    async def _watch_line(self) -> None:
        await self._line.closed()
        self._finish(CallerGone())

    def _after_step(self) -> None:
        if self._ending:
            return
        self._minutes.state(self._state())
        due = [ms for ms in (self._turn.deadline_ms, self._ears.deadline_ms) if ms is not None]
        if not due:
            return
        at_s = min(due) / 1000
        # A timer that is early asks again; only one that would be late is replaced. So frames do not rearm it.
        if self._timer is None or self._timer.when() > at_s:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(at_s, self._at_the_edge(self._on_timer))

    def _state(self) -> AgentState:
        match self._turn.state:
            case TurnState.LISTENING | TurnState.HEARING | TurnState.SETTLING:
                return AgentState.LISTENING
            case TurnState.THINKING:
                return AgentState.TOOL if self._tool_running else AgentState.THINKING
            case TurnState.SPEAKING | TurnState.HELD:
                return AgentState.GREETING if self._greeting else AgentState.SPEAKING

    # Effects out.

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Pause():
                self._line.pause()
            case Resume():
                self._line.resume()
            case Cut():
                self._cut()
            case Think():
                self._think(effect)
            case Correct(taken):
                self._minutes.correct(taken)
            case Say(phrase):
                self._speak(phrase)
            case Fill():
                self._fill()
            case GiveUp():
                self._fail("model_failed", ModelFailed("no answer in time"))
            case Finish(why):
                self._finish(Completed(why))

    def _cut(self) -> None:
        self._line.hush()
        turn, self._current = self._current, None
        self._tool_running = self._greeting = False
        if turn is None:
            return
        turn.cancel()
        turn.settle(interrupted=True)
        if turn.hand_off is not None:
            self._finish(turn.hand_off)

    def _think(self, asked: Think) -> None:
        self._minutes.caller_turn(asked.taken, asked.began_ms)
        self._dialogue.history.caller_said(asked.taken.text)
        if asked.after_farewell and only_closes(asked.taken.text):
            self._finish(Completed("goodbye"))
        elif self._model_failing and wants_human(asked.taken.text):
            self._bow_out(HandOff("asked", summary_of(self._dialogue.history)), "transfer", self._voice)
        else:
            turn = self._new_turn(self._voice, asked)
            turn.tasks.append(self._spawn(self._answer(turn), "answer"))

    def _fill(self) -> None:
        self._model_failing = True  # until it says something
        if self._current is None:
            return
        speech = self._new_speech(self._voice, quiet=True)
        self._current.fillers.append(speech)
        text = PHRASES[FILLERS[self._filler % len(FILLERS)]]
        self._filler += 1
        self._current.tasks.append(self._spawn(self._say_only(speech, text), "filler"))

    # Speaking.

    def _speak(self, phrase: str) -> None:
        turn = self._new_turn(self._voice)
        turn.tasks.append(self._spawn(self._phrase(turn, PHRASES[phrase]), f"phrase-{phrase}"))

    async def _phrase(self, turn: AgentTurn, text: str) -> None:
        if await self._say_only(turn.speech, text):
            self._over(turn)

    async def _say_only(self, speech: Speech, text: str) -> bool:
        await speech.say(text)
        await speech.end()
        return await self._utter(speech)

    async def _utter(self, speech: Speech) -> bool:
        """Run the speech to its end; False if the voice failed, which is then seen to."""
        try:
            await speech.run()
        except VoiceFailed as failed:
            self._fail("tts_failed", failed)
            return False
        return True

    async def _answer(self, turn: AgentTurn) -> None:
        speaking = self._spawn(self._speak_answer(turn), "speak")
        turn.tasks.append(speaking)
        try:
            await self._compose(turn)
        except ModelFailed as failed:
            self._fail("model_failed", failed)
            return
        await turn.speech.end()

    async def _speak_answer(self, turn: AgentTurn) -> None:
        if not await self._utter(turn.speech):
            return
        if turn.hand_off is not None:
            turn.settle(interrupted=False)
            self._finish(turn.hand_off)
        else:
            self._over(turn)

    async def _compose(self, turn: AgentTurn) -> None:
        """Turn the model's words into clauses as they come."""
        assert turn.answer is not None
        splitter, words = ClauseSplitter(), False
        async with closing(self._dialogue.answer(turn.answer, self._spawn)) as steps:
            async for step in steps:
                turn.first_token()
                self._model_failing = False
                match step:
                    case said.Text(text, index):
                        words = words or bool(text.strip())
                        for clause in splitter.feed(text):
                            await turn.speech.say(clause, index)
                    case said.RoundEnded(index):
                        for clause in splitter.flush():
                            await turn.speech.say(clause, index)
                    case said.ToolBegan() | said.ToolEnded():
                        self._tool_running = isinstance(step, said.ToolBegan)
                        self._after_step()
                    case said.Transferred(summary, asked):
                        turn.hand_off = HandOff("asked" if asked else "agent_failed", summary)
        rounds = turn.answer.reply.rounds
        if not rounds[-1].text.strip() and (turn.hand_off is not None or not words):
            # It must not leave him without a word.
            rounds[-1].text = PHRASES["transfer" if turn.hand_off is not None else "didnt_hear"]
            await turn.speech.say(rounds[-1].text, len(rounds) - 1)

    def _over(self, turn: AgentTurn) -> None:
        turn.settle(interrupted=False)
        if self._current is turn:
            self._current = None
            self._greeting = False
            self._step(ReplyOver(farewell=turn.answer is not None and says_goodbye(turn.answer.reply.text)))

    def _new_turn(self, voice: Voice, asked: Think | None = None) -> AgentTurn:
        speech = self._new_speech(voice)
        self._current = AgentTurn(speech, minutes=self._minutes, history=self._dialogue.history, now_ms=self._now_ms, asked=asked)
        return self._current

    def _new_speech(self, voice: Voice, *, quiet: bool = False) -> Speech:
        """*quiet* speech does not move the machine: a filler is not the answer."""
        started = partial(self._step, ReplyStarted())
        drained = partial(self._step, ReplyDrained())
        return Speech(
            self._line,
            voice,
            spawn=self._spawn,
            now_ms=self._now_ms,
            on_started=_nothing if quiet else started,
            on_drained=_nothing if quiet else drained,
        )

    # Endings.

    def _fail(self, why: Any, failed: AgentError) -> None:
        """A neighbour failed: apologise without it and hand over."""
        if self._ending:
            return
        log.warning("agent_failed_over", why=why, error=str(failed))
        texts = self._dialogue.history.last_caller_texts(1)
        if why == "model_failed" and texts and wants_human(texts[0]):
            self._bow_out(HandOff("asked", summary_of(self._dialogue.history)), "transfer", RenderedVoice())
        else:
            self._bow_out(HandOff(why, summary_of(self._dialogue.history, why)), "apology_transfer", RenderedVoice())

    def _bow_out(self, outcome: Outcome, phrase: str, voice: Voice) -> None:
        """Say last words that nobody interrupts, then end with *outcome*."""
        self._cut()
        self._ending = True
        turn = self._new_turn(voice)
        self._minutes.state(AgentState.SPEAKING)
        self._spawn(self._last_words(turn, PHRASES[phrase], outcome), "last-words")

    async def _last_words(self, turn: AgentTurn, text: str, outcome: Outcome) -> None:
        await turn.speech.say(text)
        await turn.speech.end()
        with suppress(VoiceFailed, TimeoutError):  # he is handed over in any case
            async with asyncio.timeout(self._settings.last_words_s):
                await turn.speech.run()
        turn.settle(interrupted=False)
        self._finish(outcome)

    def _finish(self, outcome: Outcome) -> None:
        self._ending = True
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    # Tasks.

    def _spawn(self, work: Coroutine[Any, Any, None] | Coroutine[Any, Any, bool], name: str) -> asyncio.Task[None]:
        task: asyncio.Task[Any] = self._group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _at_the_edge(self, act: Callable[..., None]) -> Callable[..., None]:
        """Callbacks run inside others' code (the line's, the loop's): what breaks in them breaks the talk, not those."""

        def guarded(*args: Any) -> None:
            try:
                act(*args)
            except Exception as error:  # noqa: BLE001 - told through the outcome, where the conversation sees to it
                if not self._outcome.done():
                    self._outcome.set_exception(error)

        return guarded


def _deaf(pcm: bytes) -> None:
    """A sink for frames after the talk."""


def _nothing() -> None:
    pass
