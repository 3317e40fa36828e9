"""One talk on one line: the shell of the turn machine.

    frames ─► Ears ─► SpeechBegan/Ended ─┐                        ┌─► Pause, Resume, Cut ─► Line        (at once, no task between)
    Recognition.results ─► Echo ─► Heard ┼─► Turn (pure) ─► effects ─► Think, Say, Fill ─► Mouth ─► Line   (a task per turn)
    keys ─► Keypad ─► KeyPressed, Typed ─┤                        └─► GiveUp, Finish ─► Outcome
    people ─► Dictated, PutOnHold ───────┤
    deadlines ─► Passed ─────────────────┘

All its tasks live in one group; the first outcome ends the talk. Leaving, by whatever way, silences the line first.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog

from agent.dialogue import Dialogue
from agent.dictation import Dictation
from agent.ears import Ears
from agent.echo import Echo
from agent.endpointing import Endpointer, SpeechBegan, SpeechEnded
from agent.errors import AgentError, ModelFailed, RecognizerFailed
from agent.fillers import Fillers
from agent.going_on import break_off, go_on
from agent.history import Entry
from agent.intents import only_closes, wants_human
from agent.keypad import Keypad, in_words
from agent.memory import Going
from agent.minutes import Minutes
from agent.mouth import Mouth, Told
from agent.outcome import CallerGone, Completed, HandOff, Outcome
from agent.ports import Heard, Line, Recognizer, Voice
from agent.prompt.rendered import RenderedVoice
from agent.records import AgentState, TurnRecord
from agent.settings import AgentSettings
from agent.summary import cause_of, summary_of
from agent.talk_notes import TalkNotes
from agent.turn import Turn, TurnState
from agent.turn_events import (
    Correct,
    Cut,
    Dictated,
    Effect,
    Event,
    Fill,
    Finish,
    GiveUp,
    KeyPressed,
    Passed,
    Pause,
    PutOnHold,
    Recite,
    ReplyDrained,
    ReplyOver,
    Resume,
    Say,
    TakenOffHold,
    Think,
    Typed,
)
from agent.while_heard import WhileHeard
from agent.words import Taken

log = structlog.get_logger(__name__)

_WORDS_MS = 2_000  # after a sound its words have come, if it had any
_HIS = frozenset({TurnState.HEARING, TurnState.SETTLING})  # he has the floor


class Talk:
    def __init__(
        self,
        line: Line,
        *,
        recognizer: Recognizer,
        voice: Voice,
        dialogue: Dialogue,
        minutes: Minutes,
        fillers: Fillers,
        settings: AgentSettings,
        now_ms: Callable[[], int],
        keep: Callable[[], None],
        on_hold: bool = False,
    ) -> None:
        """*keep* is called when something has changed that a successor of this process must know (``broken_off``)."""
        self._line = line
        self._recognizer = recognizer
        self._voice = voice
        self._history = dialogue.history
        self._minutes = minutes
        self._settings = settings
        self._now_ms = now_ms
        self._loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[Outcome] = self._loop.create_future()
        self._turn = Turn(now_ms(), settings.turn)
        self._ears = Ears(line.format, Endpointer(settings.endpointing), now_ms=now_ms, on_event=self._on_sound)
        self._notes = TalkNotes(minutes)
        self._keypad = Keypad()
        self._echo = Echo()
        told = Told(event=self._step, tool=self._on_tool, failed=self._fail, decided=keep, hand_off=self._finish, clause=self._on_clause)
        self._mouth = Mouth(line, voice, dialogue=dialogue, minutes=minutes, fillers=fillers, spawn=self._spawn, now_ms=now_ms, told=told)
        self._keep = keep
        self._while_heard = WhileHeard(lambda: self._mouth.heard_ms, keep)
        self._group = asyncio.TaskGroup()
        self._context = contextvars.copy_context()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._ending = False  # the machine has nothing to say any more
        self._decided: Outcome | None = None  # how it ends, once that is known
        self._on_hold = on_hold  # from the beginning
        self._greeting = False
        self._tool_running = False

    async def run(self, opening: str, going: Going | None = None) -> Outcome:
        """Talk until there is an outcome; *opening* is the key of the phrase that begins, or the talk goes on from what was *going* on."""
        async with self._group:
            try:
                self._greeting = opening.startswith("greeting")
                self._spawn(self._watch_line(), "line-closed")
                self._spawn(self._recognise(), "recognise")
                self._line.listen(self._at_the_edge(self._ears.frame))
                self._line.overhear(self._ears.sent)
                self._line.listen_keys(self._at_the_edge(self._on_key))
                if going is None:
                    self._mouth.say(opening)
                else:
                    self._go_on(going)
                self._after_step()
                if self._on_hold:
                    self.hold(True)
                return await self._outcome
            finally:
                self._leave()

    def _go_on(self, going: Going) -> None:
        self._greeting = any(phrase.startswith("greeting") for phrase in going.phrases)
        if go_on(going, self._mouth, self._history):
            self._step(ReplyDrained())  # he has heard all there was before the break, and waits
        for dictation in going.dictations:
            self._step(Dictated(dictation, cut=False))

    def broken_off(self) -> tuple[list[Entry], Going]:
        """What a successor should find if everything ended now: the history's entries, and what is going on."""
        return break_off(
            self._history.entries,
            ours=self._mouth.turn,
            his=self._his_turn(),
            dictations=self._turn.dictations,
            farewell=self._turn.leaving,
            decided=self._decided,
        )

    def _his_turn(self) -> TurnRecord | None:
        """What he has said in a turn that is not over."""
        words = f"{self._turn.words} {in_words(self._keypad.digits)}".strip()
        if self._ending or not words or self._turn.state not in _HIS:
            return None
        return self._minutes.caller_record(Taken(words, final=False), self._turn.began_ms)

    def say(self, dictation: Dictation, *, cut: bool) -> bool:
        """Have it said, see ``agent.dictation``; False if too much waits to be said already, or the talk is ending."""
        if self._ending or not self._turn.takes_dictation:
            return False
        self._at_the_edge(self._step)(Dictated(dictation, cut))
        return True

    def hold(self, on: bool) -> None:
        """The caller has put us on hold (what comes from his line now is music, or nothing), or is back."""
        if self._ending:
            return
        self._line.listen(_deaf if on else self._at_the_edge(self._ears.frame))
        self._at_the_edge(self._step)(PutOnHold() if on else TakenOffHold())

    def _leave(self) -> None:
        """Be silent at once, keep what was heard, let the tasks go; a running tool may still deliver its result."""
        self._ending = True
        self._mouth.cut()
        self._notes.dropped(self._turn.dictations)
        self._line.listen(_deaf)
        self._line.overhear(_deaf)
        self._line.listen_keys(_deaf)
        self._while_heard.stop()
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            if not task.get_name().startswith("tool-"):
                task.cancel()
            self._loop.call_later(self._settings.linger_s, task.cancel)  # once more for one that hangs while it closes

    # Events in.

    def _step(self, event: Event) -> None:
        if self._ending:
            return
        effects = self._turn.handle(event, self._now_ms())
        for effect in effects:
            if not self._ending:
                self._perform(effect, event)
        self._after_step()
        if effects or isinstance(event, ReplyOver | Dictated):
            self._keep()

    def _on_sound(self, event: SpeechBegan | SpeechEnded) -> None:
        self._step(event)
        self._notes.sound(event)

    def _on_timer(self) -> None:
        self._timer = None
        self._ears.tick()
        if self._minutes.tick(self._now_ms()):
            self._keep()
        self._on_typed(self._keypad.tick(self._now_ms()))
        self._step(Passed())

    def _on_key(self, key: str) -> None:
        typed = self._keypad.press(key, self._now_ms())
        self._step(KeyPressed())
        self._on_typed(typed)
        self._keep()

    def _on_typed(self, digits: str | None) -> None:
        if digits is not None:
            self._step(Typed(in_words(digits)))

    def _on_clause(self, text: str, sounds: bool) -> None:
        if sounds:
            self._echo.began(text)
        else:
            self._echo.ended(text, self._now_ms())
        self._while_heard.clause(sounds)
        self._keep()

    def _on_tool(self, running: bool) -> None:
        self._tool_running = running
        self._after_step()

    async def _recognise(self) -> None:
        try:
            async with self._recognizer.open(self._line.format) as recognition:
                self._ears.attach(recognition)
                async for heard in recognition.results():
                    self._notes.streams(recognition)
                    self._on_heard(heard)
            raise RecognizerFailed("the results ended")
        except RecognizerFailed as failed:
            self._fail(failed)

    def _on_heard(self, heard: Heard) -> None:
        now_ms = self._now_ms()
        text = self._echo.strip(heard.text, now_ms, his_sound_ms=self._ears.sound_since(now_ms - _WORDS_MS))
        if text != heard.text:
            heard = replace(heard, text=text)
        if text and heard.final:
            self._notes.final(heard, self._turn, now_ms)
        if text or heard.final:  # an empty final still ends the segment
            self._step(heard)

    async def _watch_line(self) -> None:
        await self._line.closed()
        self._finish(CallerGone())

    def _after_step(self) -> None:
        if self._ending:
            return
        state = self._state()
        self._greeting = self._greeting and state is AgentState.GREETING
        self._minutes.state(state)
        self._show_words()
        deadlines = (self._turn.deadline_ms, self._ears.deadline_ms, self._keypad.deadline_ms, self._minutes.deadline_ms)
        due = [ms for ms in deadlines if ms is not None]
        if not due:
            return
        at_s = min(due) / 1000
        # A timer that is early asks again; only one that would be late is replaced. So frames do not rearm it.
        if self._timer is None or self._timer.when() > at_s:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(at_s, self._at_the_edge(self._on_timer))

    def _show_words(self) -> None:
        """What he says, while he says it."""
        turn, now_ms = self._turn, self._now_ms()
        his = turn.state in {*_HIS, TurnState.HELD}
        if self._minutes.caller_says(turn.words, turn.began_ms if his else now_ms, now_ms):
            self._keep()

    def _state(self) -> AgentState:
        match self._turn.state:
            case TurnState.LISTENING | TurnState.HEARING | TurnState.SETTLING:
                return AgentState.LISTENING
            case TurnState.THINKING:
                return AgentState.TOOL if self._tool_running else AgentState.THINKING
            case TurnState.SPEAKING | TurnState.HELD:
                return AgentState.GREETING if self._greeting else AgentState.SPEAKING

    # Effects out.

    def _perform(self, effect: Effect, event: Event) -> None:
        match effect:
            case Pause():
                self._line.pause()
            case Resume():
                self._line.resume()
                self._while_heard.go()
                self._notes.resumed(event, self._turn.words)
            case Cut():
                self._notes.cut(event, self._mouth.heard_text)
                self._cut()
            case Think():
                self._think(effect)
            case Correct(taken):
                self._minutes.correct(taken)
            case Say(phrase):
                self._mouth.say(phrase)
            case Recite(dictation):
                self._mouth.recite(dictation)
            case Fill():
                self._mouth.fill()
            case GiveUp():
                self._fail(AgentError("a tool gave no answer in time") if self._tool_running else ModelFailed("no answer in time"))
            case Finish(why):
                self._finish(Completed(why))

    def _cut(self) -> None:
        self._tool_running = False
        hand_off = self._mouth.cut()
        if hand_off is not None:
            self._finish(hand_off)  # decided; only the words about it were interrupted

    def _think(self, asked: Think) -> None:
        text = asked.taken.text
        self._minutes.caller_turn(asked.taken, asked.began_ms)
        self._history.caller_said(text)
        if asked.after_farewell and only_closes(text):
            self._finish(Completed("goodbye"))
        elif self._mouth.model_failing and wants_human(text):
            self._bow_out(HandOff("asked", summary_of(self._history)), "transfer", self._voice)
        else:
            self._mouth.answer(asked)

    # Endings.

    def _fail(self, failed: AgentError) -> None:
        """A neighbour failed: apologise without it and hand over."""
        if self._ending:
            return
        why = cause_of(failed)
        log.warning("agent_failed_over", why=why, error=str(failed))
        self._notes.failed(failed)
        last = self._history.last_caller_texts(1)
        if why == "model_failed" and last and wants_human(last[0]):
            self._bow_out(HandOff("asked", summary_of(self._history)), "transfer", RenderedVoice())
        else:
            self._bow_out(HandOff(why, summary_of(self._history, why)), "apology_transfer", RenderedVoice())

    def _bow_out(self, outcome: HandOff, phrase: str, voice: Voice) -> None:
        """Say last words that nobody interrupts, then end with *outcome*."""
        self._ending, self._decided = True, outcome
        self._mouth.cut()
        self._minutes.state(AgentState.SPEAKING)
        self._spawn(self._last_words(outcome, phrase, voice), "last-words")
        self._keep()

    async def _last_words(self, outcome: HandOff, phrase: str, voice: Voice) -> None:
        try:
            async with asyncio.timeout(self._settings.last_words_s):
                await self._mouth.last_words(phrase, voice)
        except TimeoutError:
            log.warning("last_words_cut", phrase=phrase)
        self._finish(outcome)

    def _finish(self, outcome: Outcome) -> None:
        self._ending, self._decided = True, outcome
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    # Tasks.

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        # Most work begins in a callback of the line's: its logs must still name the call.
        task = self._group.create_task(work, name=name, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _at_the_edge(self, act: Callable[..., None]) -> Callable[..., None]:
        """Callbacks run inside others' code (the line's, the loop's): what breaks in them breaks the talk, not those."""

        def guarded(*args: Any) -> None:
            try:
                act(*args)
            except Exception as error:  # told through the outcome, where the conversation sees to it
                if self._outcome.done():
                    log.exception("talk_broke_after_its_end")
                else:
                    self._outcome.set_exception(error)

        return guarded


def _deaf(heard: bytes | str) -> None:
    """A sink for frames and keys after the talk."""
