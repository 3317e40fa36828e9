"""Whose turn it is. Everything that decides when we speak, stop, wait and think lives here.

Pure: events and times go in, effects come out; a shell performs them.

                sound               silence for turn_silence_ms              final text, or settle_ms are over: Think
    LISTENING ────────► HEARING ──────────────────────────────► SETTLING ─────────────────────────────────────────► THINKING
       ▲ ▲                ▲ ▲  ◄────────── sound: he goes on ──────┘ │                                               │    ▲
       │ └────────────────┼─┼────────────── no words ───────────────┘                               our first frame  │    │ drained,
       │                  │ │                                                                                        ▼    │ more to come
       │                  │ └─────────────── words without a sound: Cut ───────────────────────────────────────── SPEAKING
       │                  │                                                                                        │   │
       │                  └── Cut: words came, or it goes on ── HELD ◄── a sound while we think or speak: Pause ───┘   │
       │                                                         └───── Resume: it ended and no words came ────► back  │
       └─────────────────────────────────── the reply was played to its end ───────────────────────────────────────────┘

Two clocks run: *silence* while we wait for the caller (still_there, then goodbye), *dead air* while he waits for us (fillers,
then giving up). A barge-in has two stages because a cough is not an interruption: our speech pauses at once, and is cut or resumed
within ``decide_ms``.
"""

from __future__ import annotations

import enum

from agent.endpointing import SpeechBegan, SpeechEnded
from agent.ports import Heard
from agent.turn_config import TurnConfig
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
from agent.words import Words

__all__ = ["Turn", "TurnConfig", "TurnState"]


class TurnState(enum.Enum):
    LISTENING = enum.auto()
    HEARING = enum.auto()
    SETTLING = enum.auto()
    THINKING = enum.auto()
    SPEAKING = enum.auto()
    HELD = enum.auto()


class Turn:
    """The turn machine of one conversation. It begins with our opening words, so in SPEAKING."""

    def __init__(self, now_ms: int, config: TurnConfig | None = None) -> None:
        self.config = config or TurnConfig()
        self.state = TurnState.SPEAKING
        self._under = TurnState.SPEAKING  # what HELD holds
        self._words = Words()
        self._sounding = False
        self._began_ms = now_ms  # of the caller's turn
        self._last_voiced_ms = now_ms
        self._ended_ms = now_ms
        self._settle_until_ms = now_ms
        self._quiet_from_ms = now_ms
        self._prompts = 0  # silence prompts since he last said something
        self._unheard_at_ms: int | None = None
        self._asked_again = False
        self._waiting_from_ms = now_ms  # dead air
        self._fillers = 0
        self._last_words = False  # what we say now ends the call
        self._leaving_at_ms: int | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When ``Passed`` has an effect if nothing else happens; never while we only speak or only listen to a sound."""
        config = self.config
        match self.state:
            case TurnState.LISTENING:
                others = [at for at in (self._unheard_at_ms, self._leaving_at_ms) if at is not None]
                return min([self._quiet_from_ms + config.silence_ms, *others])
            case TurnState.HEARING:
                return None if self._sounding else self._last_voiced_ms + config.turn_silence_ms
            case TurnState.SETTLING:
                return self._settle_until_ms
            case TurnState.THINKING:
                return self._waiting_from_ms + (config.filler_gap_ms if self._fillers else config.dead_air_ms)
            case TurnState.HELD:
                return self._began_ms + config.decide_ms
            case TurnState.SPEAKING:
                return None

    def handle(self, event: Event, now_ms: int) -> list[Effect]:
        """What *event* makes us do. Deadlines that are due come first, so a late tick changes nothing."""
        effects = self._due(now_ms)
        match event:
            case SpeechBegan(at_ms):
                effects += self._on_sound(at_ms)
            case SpeechEnded(last_voiced_ms):
                effects += self._on_quiet(last_voiced_ms)
            case Heard():
                effects += self._on_heard(event, now_ms)
            case ReplyStarted():
                self._become(TurnState.SPEAKING, only_from=TurnState.THINKING)
            case ReplyDrained():
                if self._become(TurnState.THINKING, only_from=TurnState.SPEAKING):
                    self._waiting_from_ms, self._fillers = now_ms, 0
            case ReplyOver(farewell):
                effects += self._on_reply_over(farewell, now_ms)
            case Passed():
                pass
        return effects + self._due(now_ms)

    def _due(self, now_ms: int) -> list[Effect]:
        effects: list[Effect] = []
        while (deadline := self.deadline_ms) is not None and deadline <= now_ms:
            effects += self._on_deadline(deadline)
        return effects

    def _on_deadline(self, at_ms: int) -> list[Effect]:
        match self.state:
            case TurnState.LISTENING:
                return self._on_listened_in_vain(at_ms)
            case TurnState.HEARING:
                self.state, self._ended_ms = TurnState.SETTLING, at_ms
                self._settle_until_ms = at_ms + self.config.settle_ms
                return self._think(at_ms) if self._words.complete else []
            case TurnState.SETTLING:
                return self._think(at_ms) if self._words.any else self._unheard(at_ms)
            case TurnState.THINKING:
                self._waiting_from_ms = at_ms
                self._fillers += 1
                if self._fillers <= self.config.fillers_max:
                    return [Fill()]
                self.state, self._last_words = TurnState.SPEAKING, True
                return [GiveUp()]
            case TurnState.HELD:
                return self._cut() if self._sounding else self._resume()
            case TurnState.SPEAKING:
                return []

    # The caller.

    def _on_sound(self, at_ms: int) -> list[Effect]:
        self._words.spoke()
        self._sounding = True
        match self.state:
            case TurnState.LISTENING:
                self._begin_turn(at_ms)
            case TurnState.SETTLING:
                self.state = TurnState.HEARING  # he only drew breath
            case TurnState.THINKING | TurnState.SPEAKING:
                self._under, self.state = self.state, TurnState.HELD
                self._began_ms = at_ms
                return [Pause()]
            case TurnState.HEARING | TurnState.HELD:
                pass  # in HELD: one sound or several, the decision stays due when it was
        return []

    def _on_quiet(self, last_voiced_ms: int) -> list[Effect]:
        self._sounding, self._last_voiced_ms = False, last_voiced_ms
        if self.state is TurnState.HELD and last_voiced_ms - self._began_ms <= self.config.blip_ms and not self._words.any:
            return self._resume()
        return []

    def _on_heard(self, heard: Heard, now_ms: int) -> list[Effect]:
        correction = self._words.hear(heard)
        effects: list[Effect] = [Correct(correction)] if correction else []
        if not self._words.any:
            return effects
        self._prompts, self._asked_again, self._unheard_at_ms = 0, False, None
        match self.state:
            case TurnState.HELD:
                effects += self._cut()
            case TurnState.SPEAKING | TurnState.THINKING:
                # Words without a sound: too quiet for us, or late. They count all the same.
                self._began_ms = self._last_voiced_ms = now_ms
                effects += self._cut()
            case TurnState.LISTENING:
                self._begin_late_turn(now_ms)
            case TurnState.HEARING | TurnState.SETTLING:
                pass
        if self.state is TurnState.SETTLING and self._words.complete:
            effects += self._think(now_ms)
        return effects

    def _begin_turn(self, at_ms: int) -> None:
        self.state, self._began_ms, self._unheard_at_ms = TurnState.HEARING, at_ms, None

    def _begin_late_turn(self, now_ms: int) -> None:
        """Words came when we had stopped waiting for them, or without any sound that we noticed."""
        if self._last_voiced_ms <= max(self._quiet_from_ms, now_ms - self.config.late_words_ms):
            self._began_ms = self._last_voiced_ms = self._ended_ms = now_ms
        self.state, self._unheard_at_ms = TurnState.SETTLING, None
        self._settle_until_ms = now_ms + self.config.settle_ms

    def _think(self, now_ms: int) -> list[Effect]:
        self.state = TurnState.THINKING
        self._waiting_from_ms, self._fillers = self._last_voiced_ms, 0
        after_farewell, self._leaving_at_ms = self._leaving_at_ms is not None, None
        ended_ms = min(self._ended_ms, now_ms)
        return [Think(self._words.take(), self._began_ms, self._last_voiced_ms, ended_ms, after_farewell)]

    def _unheard(self, now_ms: int) -> list[Effect]:
        self.state = TurnState.LISTENING
        if self._last_voiced_ms - self._began_ms >= self.config.unheard_sound_ms and not self._asked_again:
            self._unheard_at_ms = now_ms + self.config.unheard_wait_ms
        return []

    # We.

    def _cut(self) -> list[Effect]:
        # Cut words before the end of the silence clock leave him with nobody speaking, so the clock starts anew.
        self.state, self._quiet_from_ms = TurnState.HEARING, self._began_ms
        self._last_words, self._leaving_at_ms = False, None
        return [Cut()]

    def _resume(self) -> list[Effect]:
        self.state = self._under
        return [Resume()]

    def _on_reply_over(self, farewell: bool, now_ms: int) -> list[Effect]:
        if not self._become(TurnState.LISTENING, only_from=None):
            return []
        self._quiet_from_ms = now_ms
        if self._last_words:
            self._last_words = False
            # A sound that came with our last frames may be he.
            return [Finish("silence")] if self._prompts > 1 and self.state is not TurnState.HELD else []
        self._leaving_at_ms = now_ms + self.config.farewell_ms if farewell else None
        return []

    def _on_listened_in_vain(self, now_ms: int) -> list[Effect]:
        if self._leaving_at_ms is not None and now_ms >= self._leaving_at_ms:
            self._quiet_from_ms, self._leaving_at_ms = now_ms, None
            return [Finish("goodbye")]
        self.state = TurnState.SPEAKING
        if self._unheard_at_ms is not None and now_ms >= self._unheard_at_ms:
            self._unheard_at_ms, self._asked_again = None, True
            return [Say("didnt_hear")]
        self._prompts += 1
        if self._prompts == 1:
            return [Say("still_there")]
        self._last_words = True
        return [Say("goodbye_silence")]

    def _become(self, state: TurnState, *, only_from: TurnState | None) -> bool:
        """Change our side's state, beneath a hold as well; False if the reply this is about was cut."""
        ours = {TurnState.THINKING, TurnState.SPEAKING} if only_from is None else {only_from}
        if self.state in ours:
            self.state = state
            return True
        if self.state is TurnState.HELD and self._under in ours:
            self._under = state
            return True
        return False
