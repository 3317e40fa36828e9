"""What the turn machine takes in and gives out: past-tense events, imperative effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.dictation import Dictation
from agent.endpointing import SpeechBegan, SpeechEnded
from agent.ports import Heard
from agent.words import Taken

# Events: SpeechBegan, SpeechEnded, ports.Heard and these.


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """A first frame of the answer left for the caller, also after a drain."""


@dataclass(frozen=True, slots=True)
class ReplyDrained:
    """All we had was played; the reply is not over."""


@dataclass(frozen=True, slots=True)
class ReplyOver:
    """The reply was played to its end."""

    farewell: bool = False  # it said goodbye


@dataclass(frozen=True, slots=True)
class FillerStarted:
    """A first frame of a filler left for the caller; it is not the answer, but he is not left in silence."""


@dataclass(frozen=True, slots=True)
class FillerEnded:
    """A filler was played to its end."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The caller has begun to type, or types on."""


@dataclass(frozen=True, slots=True)
class Typed:
    """He has typed all; *text* is empty if it comes to nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Dictated:
    """A supervisor wants something said; with *cut* it does not wait for a reply of ours."""

    dictation: Dictation
    cut: bool


@dataclass(frozen=True, slots=True)
class PutOnHold:
    """The caller does not hear us now, and we do not hear him."""


@dataclass(frozen=True, slots=True)
class TakenOffHold:
    """He is back."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing but time."""


_Caller = SpeechBegan | SpeechEnded | Heard | KeyPressed | Typed | PutOnHold | TakenOffHold
_Ours = ReplyStarted | ReplyDrained | ReplyOver | FillerStarted | FillerEnded | Dictated
Event = _Caller | _Ours | Passed


# Effects.


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class Cut:
    """Be silent and give the reply up; history keeps what was heard."""


@dataclass(frozen=True, slots=True)
class Think:
    """The caller's turn is over: answer it."""

    taken: Taken
    began_ms: int
    last_voiced_ms: int
    ended_ms: int  # when the silence had lasted long enough
    after_farewell: bool  # we had said goodbye


@dataclass(frozen=True, slots=True)
class Correct:
    """A late final: the record of the last turn gets this text, the answer stays."""

    taken: Taken


Prompt = Literal["still_there", "goodbye_silence", "didnt_hear"]


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a fixed phrase; it counts as a reply."""

    phrase: Prompt


@dataclass(frozen=True, slots=True)
class Recite:
    """Speak what was dictated; it counts as a reply."""

    dictation: Dictation


@dataclass(frozen=True, slots=True)
class Fill:
    """Say a filler while the answer is awaited; ``FillerStarted`` and ``FillerEnded`` tell what became of it."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """He has waited long enough for an answer."""


@dataclass(frozen=True, slots=True)
class Finish:
    why: Literal["goodbye", "silence"]


Effect = Pause | Resume | Cut | Think | Correct | Say | Recite | Fill | GiveUp | Finish
