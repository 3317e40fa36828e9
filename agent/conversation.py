"""One conversation of the agent with one caller: everything that outlives a line (history, numbering, limits) and the talks on it.

conversation = Conversation(services, transcript, caller, settings, call_backs=call_backs)
outcome = await conversation.run(line, "greeting")       # HandOff: the controller puts him through ...
outcome = await conversation.run(line, "nobody_free")    # ... and he came back: same history
conversation.say("Зробимо знижку.", by="Олена", cut=False)   # meanwhile: a supervisor speaks through the agent
conversation.hold(True)                                  # and the caller does not listen

conversation = Conversation(..., memory=decode(kept))    # in another process, after ``encode(conversation.memory())`` in this one
outcome = await conversation.run(line, "adopted")        # an apology, and the talk goes on from where it was heard
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec
import structlog

from agent.case import Said
from agent.dialogue import Dialogue
from agent.dictation import Dictation, speakable
from agent.fillers import Fillers
from agent.going_on import ADOPTED
from agent.guard.speech import Objection, SpeechGuard
from agent.guard.told import Told
from agent.history import History, heard_part
from agent.memory import Going, Memory
from agent.minutes import Minutes
from agent.once import Once
from agent.outcome import HandOff, Outcome
from agent.ports import CallBacks, Knowledge, Line, Model, Recognizer, Transcript, Voice
from agent.prompt.phrases import PHRASES
from agent.prompt.rendered import phrase_pcm
from agent.prompt.system import prompt_text, system_prompt
from agent.records import Latencies
from agent.settings import AgentSettings
from agent.shop import Shop
from agent.summary import summary_of
from agent.talk import Talk
from agent.tools.catalogue import CATALOGUE
from agent.tools.tool import Desk

log = structlog.get_logger(__name__)

_SHOPS_ZONE = ZoneInfo("Europe/Kyiv")
_SUPERVISOR_SPOKE = "тим часом із клієнтом говорив працівник магазину; про що, ти не чула"


@functools.cache
def _speech_guard() -> SpeechGuard:
    return SpeechGuard(prompt_text(), [tool.name for tool in CATALOGUE])


def warm_up_talks() -> None:
    """Make what is the same in every call before the first: tens of milliseconds, in which no frame would go out."""
    _speech_guard()
    Told().take_text(prompt_text())
    for one in CATALOGUE:
        _ = one.spec


def shops_time() -> dt.datetime:
    return dt.datetime.now(_SHOPS_ZONE)


@dataclass(frozen=True, slots=True)
class Services:
    recognizer: Recognizer
    model: Model
    voice: Voice
    shop: Shop
    knowledge: Knowledge
    once: Once


@dataclass(frozen=True, slots=True)
class Caller:
    number: str  # +380...; empty when withheld
    name: str | None = None  # as the shop's customers know him
    call_id: str = ""  # what he does is counted and done once under it; empty: a call of its own


class Conversation:
    """*desk_open*: whether operators work now. *now* is the shop's local time, with its zone; *on_objection* is told each reason why an
    answer was not spoken to its end.

    *memory* is of the process that had this conversation before: turns that it was in when it ended are recorded now, as far as they
    went. *on_memory* is called, in the event loop, when ``memory()`` has changed in a way that must be kept, and every 100 ms while we
    are being heard; it returns at once and never raises.
    """

    def __init__(
        self,
        services: Services,
        transcript: Transcript,
        caller: Caller,
        settings: AgentSettings | None = None,
        *,
        call_backs: CallBacks,
        desk_open: Callable[[], bool] = lambda: True,
        now: Callable[[], dt.datetime] = shops_time,
        on_objection: Callable[[Objection], None] | None = None,
        memory: Memory | None = None,
        on_memory: Callable[[], None] = lambda: None,
    ) -> None:
        memory = memory or Memory()
        self._services = services
        self._caller = caller
        self._call_id = caller.call_id or memory.call_id or uuid.uuid4().hex
        self._call_backs = call_backs
        self._desk_open = desk_open
        self._now = now
        self._case = memory.case
        self._settings = settings or AgentSettings()
        self._loop = asyncio.get_running_loop()
        self._minutes = Minutes(transcript, self._now_ms, memory.turns)
        self._fillers = Fillers(memory.fillers)
        self._talk: Talk | None = None
        self._on_hold = memory.on_hold
        self._on_memory = on_memory
        self._dialogue = Dialogue(
            model=services.model,
            tools=CATALOGUE,
            desk=self._desk,
            speech=_speech_guard(),
            case=self._case,
            on_objection=on_objection,
            on_tool=on_memory,
            entries=memory.entries,
            told=memory.told,
            transcript=transcript,
            system=system_prompt(caller.name, now().date()),
            calls_max=self._settings.tool_calls_max,
            rounds_max=self._settings.rounds_max,
            context_tokens=self._settings.context_tokens,
            tool_timeout_s=self._settings.tool_timeout_s,
        )
        for turn in memory.going.turns:
            self._minutes.over(turn)
        self._going = msgspec.structs.replace(memory.going, turns=[])  # until a talk goes on with it

    @property
    def history(self) -> History:
        return self._dialogue.history

    def memory(self) -> Memory:
        """What another process needs to go on if this one ends now. It shares what still grows: encode it at once (``agent.memory``)."""
        entries, going = self._talk.broken_off() if self._talk is not None else (list(self.history.entries), self._going)
        return Memory(
            call_id=self._call_id,
            entries=entries,
            case=self._case,
            told=self._dialogue.told,
            turns=self._minutes.count,
            fillers=self._fillers.order,
            on_hold=self._on_hold,
            going=going,
        )

    async def run(self, line: Line, opening: str) -> Outcome:
        """Talk on *line* until there is an outcome; *opening* is a key of ``prompt.phrases``; a caller we know is greeted as such.

        Cancelling stops the speech at once and records the turn as far as it was heard. Whatever breaks inside, the caller is told and
        handed over: the outcome says so.
        """
        if opening not in PHRASES:
            raise ValueError(f"unknown opening {opening!r}")
        greeting = "greeting_known" if self._caller.name else "greeting"
        opening = greeting if opening == "greeting" else opening
        if opening == "supervisor_left":
            self._dialogue.history.note(_SUPERVISOR_SPOKE)
        going, self._going = self._going, Going()
        if not going.phrases and not self._dialogue.history.said():
            going.phrases = [greeting]  # he has not heard anything yet
        talk = Talk(
            line,
            recognizer=self._services.recognizer,
            voice=self._services.voice,
            dialogue=self._dialogue,
            minutes=self._minutes,
            fillers=self._fillers,
            settings=self._settings,
            now_ms=self._now_ms,
            keep=self._on_memory,
            on_hold=self._on_hold,
        )
        self._talk = talk
        try:
            return await talk.run(opening, going if opening == ADOPTED else None)
        except Exception:  # the conversation's edge: a fault of ours must not drop the caller
            log.exception("conversation_broke")
            return await self._apologise(line)
        finally:
            if self._talk is talk:  # one that hangs while it ends may end behind the beginning of the next
                self._talk = None
                self._on_memory()

    def say(self, text: str, *, by: str, cut: bool) -> bool:
        """Have the agent say *text* for the supervisor *by*, as a turn of its own, as soon as nobody has the floor.

        With *cut* a reply of ours is given up for it; the caller's words never are. At most 500 characters are said. Returns at once:
        True if it will be said unless the talk ends before; False if no talk runs, nothing in it can be said, or three wait already.
        """
        words = speakable(text)
        return bool(words) and self._talk is not None and self._talk.say(Dictation(words, by), cut=cut)

    def hold(self, on: bool) -> None:
        """The caller has put us on hold, or is back; meanwhile the agent is silent and waits. Counts for talks to come as well."""
        if on is not self._on_hold:
            self._on_hold = on
            if self._talk is not None:
                self._talk.hold(on)
            self._on_memory()

    async def _apologise(self, line: Line) -> Outcome:
        """The plainest way to say it: no machine, no voice, nothing that might have been what broke."""
        outcome = HandOff("agent_failed", summary_of(self._dialogue.history, "agent_failed"))
        pcm = phrase_pcm("apology_transfer", line.format.rate_hz)
        if pcm is None:
            return outcome
        text, total_ms, began_ms = PHRASES["apology_transfer"], line.format.duration_ms(len(pcm)), self._now_ms()
        playback = line.play()
        playback.feed(pcm)
        playback.finish()
        try:
            async with asyncio.timeout(self._settings.last_words_s):
                await playback.done()
        except TimeoutError:
            log.warning("apology_cut")
        finally:  # when cancelled as well
            line.hush()
            heard_ms = playback.heard_ms
            record = self._minutes.agent_record(
                self._minutes.next_number(),
                text=text,
                heard_text=heard_part(text, heard_ms, total_ms),
                heard_ms=heard_ms,
                began_ms=began_ms,
                interrupted=heard_ms < total_ms,
                latencies=Latencies(),
                usage={},
            )
            self._minutes.over(record)
        return outcome

    def _desk(self, request_id: str, said: tuple[Said, ...]) -> Desk:
        return Desk(
            shop=self._services.shop,
            knowledge=self._services.knowledge,
            once=self._services.once,
            case=self._case,
            said=said,
            call_id=self._call_id,
            caller_number=self._caller.number,
            request_id=request_id,
            now=self._now,
            call_backs=self._call_backs,
            desk_open=self._desk_open,
        )

    def _now_ms(self) -> int:
        return round(self._loop.time() * 1000)  # rounded: a timer that is early by a float's error must not ask twice
