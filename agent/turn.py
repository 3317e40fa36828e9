"""Whose turn it is. Everything that decides when we speak, stop, wait and think lives here.

Pure: events and times go in, effects come out; a shell performs them.

                sound               silence for turn_silence_ms              final text, or settle_ms are over: Think
    LISTENING ────────► HEARING ──────────────────────────────► SETTLING ─────────────────────────────────────────► THINKING
       ▲ ▲                ▲ ▲  ◄────────── sound: he goes on ──────┘ │                                               │    ▲
       │ └────────────────┼─┼────────────── no words ───────────────┘                               our first frame  │    │ drained,
       │                  │ │                                                                                        ▼    │ more to come
       │                  │ └────────── words without a sound, a key: Cut ──────────────────────────────────────── SPEAKING
       │                  │                                                                                        │   │
       │                  └── Cut: words came, or it goes on ── HELD ◄── a sound while we think or speak: Pause ───┘   │
       │                                                         └───── Resume: it ended without words, or with ► back │
       │                                                                none but a backchannel                         │
       └─────────────────────────────────── the reply was played to its end ───────────────────────────────────────────┘

*Barge-in* has stages because a cough is not an interruption: our speech pauses at once; words cut it, a sound that ends without any
resumes it within ``decide_ms`` of the onset. Backchannels ("ага") are no interruption either: they resume it. They stay in mind for
``murmur_ms``: if our reply ends meanwhile, they were an answer that came a little early, and it is a turn of his. They are taken for
listening only after something of ours was heard; a prompt ("ви ще на лінії?") wants just such words, so there they cut.

*Silence* while we wait for the caller: still_there, then goodbye.

*Dead air* while he waits for us (``agent.wait``): a filler ``filler_ms`` after his turn was taken, another one ``filler_gap_ms`` after
anything of ours has ended, at most ``fillers_max``; whenever the silence has lasted ``give_up_ms``, from his last voiced frame or from the
end of our last sound, we apologise and hand over: he hears nothing for 4 s at most, whatever becomes of our fillers. With fillers of 2.5 s
the longest wait is 0.85 + 0.7 s to the first of them, 3 x 2.5 s of fillers, 2 x 2.5 s between them and 3.7 s after the last: 18 s, then
the apology. Words of the answer itself ("Зараз подивлюся.") begin a new wait.

*Dictations* of a supervisor (``agent.dictation``) are said as soon as nobody has the floor; an urgent one takes ours, never the caller's.

*On hold* he does not hear us and we do not hear him: we are paused, and neither his silence nor his waiting counts.

*Keys*: typing is speech by hand. It cuts us like words do, and holds his turn open until the number is whole.
"""

from __future__ import annotations

import enum

from agent.backchannel import is_backchannel
from agent.dictation import Dictation, Dictations
from agent.endpointing import SpeechBegan, SpeechEnded
from agent.ports import Heard
from agent.turn_config import TurnConfig
from agent.turn_events import (
    Correct,
    Cut,
    Dictated,
    Effect,
    Event,
    Fill,
    FillerEnded,
    FillerStarted,
    Finish,
    GiveUp,
    KeyPressed,
    Passed,
    Pause,
    PutOnHold,
    Recite,
    ReplyDrained,
    ReplyOver,
    ReplyStarted,
    Resume,
    Say,
    TakenOffHold,
    Think,
    Typed,
)
from agent.wait import Wait
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
        self._typing = False
        self._began_ms = now_ms  # of the caller's turn
        self._last_voiced_ms = now_ms
        self._ended_ms = now_ms
        self._settle_until_ms = now_ms
        self._murmured_ms: int | None = None  # when he last said "ага" while we spoke; the words are still kept
        self._quiet_from_ms = now_ms
        self._prompts = 0  # silence prompts since he last said something
        self._prompting = False  # we say one of the prompts
        self._unheard_at_ms: int | None = None
        self._asked_again = False
        self._wait = Wait(self.config)
        self._owed = False  # a sound cut the answer he waited for
        self._heard_us = False  # since his last turn he has heard something of ours
        self._last_words = False  # what we say now ends the call
        self._leaving_at_ms: int | None = None
        self._dictations = Dictations()
        self._on_hold = False

    @property
    def words(self) -> str:
        """What the caller has said in the turn that is going on, as far as it was recognised."""
        return self._words.text

    @property
    def began_ms(self) -> int:
        """When he began that turn."""
        return self._began_ms

    def over_for_ms(self, now_ms: int) -> int | None:
        """How long his turn has been over, while nothing of the answer was heard; else None."""
        return max(0, now_ms - self._ended_ms) if self.state in {TurnState.SETTLING, TurnState.THINKING} else None

    @property
    def leaving(self) -> bool:
        """We have said goodbye, and he may still object."""
        return self._leaving_at_ms is not None

    @property
    def takes_dictation(self) -> bool:
        return not self._dictations.full

    @property
    def dictations(self) -> tuple[Dictation, ...]:
        """Those that were not said yet."""
        return self._dictations.waiting

    @property
    def deadline_ms(self) -> int | None:
        """When ``Passed`` has an effect if nothing else happens; never while we only speak or only listen to a sound."""
        config = self.config
        match self.state:
            case TurnState.LISTENING | TurnState.THINKING if self._on_hold:
                return None
            case TurnState.LISTENING:
                others = [at for at in (self._unheard_at_ms, self._leaving_at_ms) if at is not None]
                return min([self._quiet_from_ms + config.silence_ms, *others])
            case TurnState.HEARING:
                return None if self._sounding or self._typing else self._last_voiced_ms + config.turn_silence_ms
            case TurnState.SETTLING:
                return self._settle_until_ms
            case TurnState.THINKING:
                return self._wait.deadline_ms
            case TurnState.HELD:
                if self._sounding:
                    return self._began_ms + config.hold_ms
                return max(self._began_ms + config.decide_ms, self._last_voiced_ms + config.late_words_wait_ms)
            case TurnState.SPEAKING:
                return None

    def handle(self, event: Event, now_ms: int) -> list[Effect]:
        """What *event* makes us do. Deadlines that are due come first, so a late tick changes nothing."""
        effects = self._due(now_ms)
        match event:
            case SpeechBegan(at_ms):
                effects += self._on_sound(at_ms)
            case SpeechEnded(last_voiced_ms):
                effects += self._on_quiet(last_voiced_ms, now_ms)
            case Heard():
                effects += self._on_heard(event, now_ms)
            case KeyPressed():
                effects += self._on_key(now_ms)
            case Typed(text):
                effects += self._on_typed(text, now_ms)
            case ReplyStarted():
                if self._become(TurnState.SPEAKING, only_from=TurnState.THINKING) or self._ours(TurnState.SPEAKING):
                    self._heard_us = True
            case ReplyDrained():
                if self._become(TurnState.THINKING, only_from=TurnState.SPEAKING):
                    self._wait.after_words(now_ms)
            case FillerStarted():
                self._heard_us = True
                self._wait.filler_started()
            case FillerEnded():
                self._wait.filler_ended(now_ms)
            case ReplyOver(farewell):
                effects += self._on_reply_over(farewell, now_ms)
            case Dictated(dictation, cut):
                effects += self._on_dictated(dictation, cut)
            case PutOnHold():
                self._on_hold = True
                effects.append(Pause())
            case TakenOffHold():
                effects += self._on_taken_off_hold(now_ms)
            case Passed():
                pass
        effects += self._due(now_ms)
        if self.state is TurnState.LISTENING and self._dictations:
            effects += self._recite()
        return self._silenced(effects) if self._on_hold else effects

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
                self._settle(at_ms, at_ms)
                return self._think(at_ms) if self._words.complete else []
            case TurnState.SETTLING:
                return self._think(at_ms) if self._words.any else self._unheard(at_ms)
            case TurnState.THINKING:
                if self._wait.fill(at_ms):
                    return [Fill()]
                self.state, self._last_words = TurnState.SPEAKING, True
                return [GiveUp()]
            case TurnState.HELD:
                return self._cut() if self._sounding else self._release(at_ms)
            case TurnState.SPEAKING:
                return []

    # The caller.

    def _on_sound(self, at_ms: int) -> list[Effect]:
        self._forget_murmur(at_ms)
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

    def _on_quiet(self, last_voiced_ms: int, now_ms: int) -> list[Effect]:
        self._sounding, self._last_voiced_ms = False, last_voiced_ms
        if self.state is not TurnState.HELD:
            return []
        blip = last_voiced_ms - self._began_ms <= self.config.blip_ms
        return self._release(now_ms) if blip or self._words.any else []

    def _on_heard(self, heard: Heard, now_ms: int) -> list[Effect]:
        self._forget_murmur(now_ms)
        correction = self._words.hear(heard)
        effects: list[Effect] = [Correct(correction)] if correction else []
        if not self._words.any:
            return effects
        self._prompts, self._asked_again, self._unheard_at_ms = 0, False, None
        if self._only_listens():
            self._murmured_ms = now_ms
            return effects + (self._release(now_ms) if self.state is TurnState.HELD and not self._sounding else [])
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

    def _on_key(self, now_ms: int) -> list[Effect]:
        self._prompts, self._asked_again, self._unheard_at_ms = 0, False, None
        self._typing, self._last_voiced_ms = True, now_ms
        match self.state:
            case TurnState.LISTENING:
                self._begin_turn(now_ms)
            case TurnState.SETTLING:
                self.state = TurnState.HEARING
            case TurnState.THINKING | TurnState.SPEAKING:
                self._began_ms = now_ms
                return self._cut()
            case TurnState.HELD:
                return self._cut()
            case TurnState.HEARING:
                pass
        return []

    def _on_typed(self, text: str, now_ms: int) -> list[Effect]:
        self._typing = False
        if text:
            self._words.typed(text)
        if self.state is not TurnState.HEARING or self._sounding:
            return []
        self._settle(now_ms, now_ms)
        return self._think(now_ms) if self._words.complete else []

    def _only_listens(self) -> bool:
        """What he says is a backchannel to what we say."""
        if self._prompting or not self._heard_us or not (self._ours(TurnState.SPEAKING) or self._ours(TurnState.THINKING)):
            return False
        return is_backchannel(self._words.text)

    def _forget_murmur(self, now_ms: int) -> None:
        """A backchannel that is long past is not part of what he says next."""
        if self._murmured_ms is not None and now_ms - self._murmured_ms > self.config.murmur_ms:
            self._murmured_ms = None
            self._words.drop()

    def _begin_turn(self, at_ms: int) -> None:
        self.state, self._began_ms, self._unheard_at_ms = TurnState.HEARING, at_ms, None

    def _begin_late_turn(self, now_ms: int) -> None:
        """Words came when we had stopped waiting for them, or without any sound that we noticed."""
        if self._last_voiced_ms <= max(self._quiet_from_ms, now_ms - self.config.late_words_ms):
            self._began_ms = self._last_voiced_ms = self._ended_ms = now_ms
        self._unheard_at_ms = None
        self._settle(self._ended_ms, now_ms)

    def _settle(self, ended_ms: int, now_ms: int) -> None:
        self.state, self._ended_ms = TurnState.SETTLING, ended_ms
        self._settle_until_ms = now_ms + self.config.settle_ms

    def _think(self, now_ms: int) -> list[Effect]:
        self.state, self._heard_us, self._murmured_ms, self._owed = TurnState.THINKING, False, None, False
        self._wait.begin(self._last_voiced_ms, now_ms)
        after_farewell, self._leaving_at_ms = self._leaving_at_ms is not None, None
        ended_ms = min(self._ended_ms, now_ms)
        think = Think(self._words.take(), self._began_ms, self._last_voiced_ms, ended_ms, after_farewell)
        return [think, *self._cut(), *self._recite()] if self._dictations.urgent else [think]

    def _unheard(self, now_ms: int) -> list[Effect]:
        self.state = TurnState.LISTENING
        long = self._last_voiced_ms - self._began_ms >= self.config.unheard_sound_ms
        if self._owed or (long and not self._asked_again):
            self._unheard_at_ms = now_ms + self.config.unheard_wait_ms
        return []

    # We.

    def _cut(self) -> list[Effect]:
        # Cut words before the end of the silence clock leave him with nobody speaking, so the clock starts anew.
        self._owed = self._ours(TurnState.THINKING)
        self.state, self._quiet_from_ms = TurnState.HEARING, self._began_ms
        self._last_words, self._leaving_at_ms = False, None
        self._prompting, self._murmured_ms = False, None
        return [Cut()]

    def _on_dictated(self, dictation: Dictation, cut: bool) -> list[Effect]:
        self._dictations.add(dictation, urgent=cut)
        match self.state:
            case TurnState.THINKING | TurnState.SPEAKING if cut:
                return [*self._cut(), *self._recite()]
            case TurnState.HELD if cut:
                return self._cut()  # but the floor may be his
            case _:
                return []

    def _recite(self) -> list[Effect]:
        self.state, self._owed, self._leaving_at_ms = TurnState.SPEAKING, False, None
        self._prompts, self._asked_again, self._unheard_at_ms = 0, False, None  # he may have been silent to what was said before
        return [Recite(self._dictations.next())]

    def _release(self, now_ms: int) -> list[Effect]:
        """End the hold: he did not mean to interrupt. If our reply is over meanwhile, his words are the answer to it."""
        if self._under is TurnState.LISTENING and self._words.any:
            return self._cut()
        self.state = self._under
        self._wait.sounded(self._last_voiced_ms)
        if self._murmured_ms is not None:
            self._murmured_ms = now_ms
        return [Resume()]

    def _on_reply_over(self, farewell: bool, now_ms: int) -> list[Effect]:
        if not self._become(TurnState.LISTENING, only_from=None):
            return []
        self._quiet_from_ms, self._prompting = now_ms, False
        if self._last_words:
            self._last_words = False
            # A sound that came with our last frames may be he.
            if self._prompts > 1 and self.state is not TurnState.HELD and not self._dictations:
                return [Finish("silence")]
            return []
        self._leaving_at_ms = now_ms + self.config.farewell_ms if farewell else None
        return self._after_murmur(farewell, now_ms)

    def _after_murmur(self, farewell: bool, now_ms: int) -> list[Effect]:
        """Our reply is over: a backchannel from just before was an answer, unless there was nothing to answer."""
        self._forget_murmur(now_ms)
        if self._murmured_ms is None:
            return []
        self._murmured_ms = None
        if farewell:
            self._words.drop()
        elif self.state is TurnState.LISTENING:
            self._begin_late_turn(now_ms)
            return self._think(now_ms) if self._words.complete else []
        return []  # held: once the sound is over, ``_release`` sees to it

    def _on_listened_in_vain(self, now_ms: int) -> list[Effect]:
        if self._leaving_at_ms is not None and now_ms >= self._leaving_at_ms:
            self._quiet_from_ms, self._leaving_at_ms = now_ms, None
            return [Finish("goodbye")]
        self.state, self._prompting = TurnState.SPEAKING, True
        if self._unheard_at_ms is not None and now_ms >= self._unheard_at_ms:
            self._unheard_at_ms, self._asked_again = None, True
            return [Say("didnt_hear")]
        self._prompts += 1
        if self._prompts == 1:
            return [Say("still_there")]
        self._last_words = True
        return [Say("goodbye_silence")]

    def _on_taken_off_hold(self, now_ms: int) -> list[Effect]:
        if not self._on_hold:
            return []
        self._on_hold, self._quiet_from_ms = False, now_ms
        self._wait.sounded(now_ms)
        if self._leaving_at_ms is not None:
            self._leaving_at_ms = now_ms + self.config.farewell_ms
        return [] if self.state is TurnState.HELD else [Resume()]

    def _silenced(self, effects: list[Effect]) -> list[Effect]:
        """On hold we stay paused, also where a cut or the end of a sound would end the pause."""
        silenced: list[Effect] = []
        for effect in effects:
            if not isinstance(effect, Resume):
                silenced.append(effect)
            if isinstance(effect, Cut):
                silenced.append(Pause())
        return silenced

    def _ours(self, state: TurnState) -> bool:
        """Whether our side is in *state*, beneath a hold as well."""
        return state in (self.state, self._under if self.state is TurnState.HELD else None)

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
