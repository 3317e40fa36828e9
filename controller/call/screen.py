"""An operator who picked up is told who calls before he has the caller: a pure machine, events in, effects out.

                Opened              Told                     silence
    OPENING ─────────────► TELLING ──────► WAITING ────────────────────────► REFUSED
       │                    │  ▲              │
       │                    │  └──────────────┘ * or 6 s of silence: told again, once
       └── key 1 ───────────┴───── key 1 ─────┴──► ACCEPTED                 they talk
           key 2, or the caller is gone ─────────► REFUSED                  his phone is hung up, the next one's rings
           the operator hung up ─────────────────► GONE                     the same, by himself
           a part of ours broke, or we stop ─────► ALONE                    Asterisk asks him for the key, without us

The caller meanwhile waits in the queue, with music and his place. What is owned (leg, bridge) is the shell's, from the first event to
a verdict; whatever the verdict is, it gives them up.
"""

from __future__ import annotations

import enum

import msgspec
from msgspec.structs import replace

ACCEPT, REFUSE, REPEAT = "1", "2", "*"
OPEN_S = 4.0
FIRST_SILENCE_S = 6.0  # then he is told again: he may have just taken the handset to his ear
LAST_SILENCE_S = 4.0  # 10 s in all
TELLINGS = 2


class State(enum.StrEnum):
    OPENING = "opening"
    TELLING = "telling"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GONE = "gone"
    ALONE = "alone"


VERDICTS = frozenset({State.ACCEPTED, State.REFUSED, State.GONE, State.ALONE})


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    state: State = State.OPENING
    why: str = ""  # with a verdict: key, silence, caller_gone, hung_up, stopping, or what broke
    tellings: int = 0
    alarm: int = 0  # of the latest; an earlier one rings in vain

    @property
    def over(self) -> bool:
        return self.state in VERDICTS


class Began(msgspec.Struct, frozen=True):
    """He is ours."""


class Opened(msgspec.Struct, frozen=True):
    """He can hear us."""


class Told(msgspec.Struct, frozen=True):
    """The summary was spoken to its end."""


class KeyPressed(msgspec.Struct, frozen=True):
    key: str


class CallerGone(msgspec.Struct, frozen=True):
    """He hung up, went back to the agent, or has another operator."""


class OperatorGone(msgspec.Struct, frozen=True):
    pass


class Broke(msgspec.Struct, frozen=True):
    """A part of ours; the operator is still there."""

    why: str


class AlarmRang(msgspec.Struct, frozen=True):
    alarm: int


Event = Began | Opened | Told | KeyPressed | CallerGone | OperatorGone | Broke | AlarmRang


class Open(msgspec.Struct, frozen=True):
    """A leg of ours and he into a bridge; answered by ``Opened`` or ``Broke``."""


class Tell(msgspec.Struct, frozen=True):
    """Speak the summary; answered by ``Told``, in any case."""


class Hush(msgspec.Struct, frozen=True):
    """Not a word more of it."""


class SetAlarm(msgspec.Struct, frozen=True):
    alarm: int
    after_s: float


Effect = Open | Tell | Hush | SetAlarm


def receive(screen: Screen, event: Event) -> tuple[Screen, tuple[Effect, ...]]:
    """The screen after *event*, and what to do; nothing after a verdict."""
    if screen.over:
        return screen, ()
    match event:
        case Began():
            return _waiting_for(screen, OPEN_S, Open())
        case OperatorGone():
            return _verdict(screen, State.GONE, "hung_up")
        case CallerGone():
            return _verdict(screen, State.REFUSED, "caller_gone")
        case Broke(why=why):
            return _verdict(screen, State.ALONE, why)
        case KeyPressed(key=key):
            return _press(screen, key)
        case AlarmRang(alarm=alarm) if alarm == screen.alarm:
            return _silence(screen)
        case Opened() if screen.state is State.OPENING:
            return _tell(screen)
        case Told() if screen.state is State.TELLING:
            silence_s = FIRST_SILENCE_S if screen.tellings < TELLINGS else LAST_SILENCE_S
            return _waiting_for(replace(screen, state=State.WAITING), silence_s)
        case _:
            return screen, ()


def _press(screen: Screen, key: str) -> tuple[Screen, tuple[Effect, ...]]:
    if key == ACCEPT:
        return _verdict(screen, State.ACCEPTED, "key")
    if key == REFUSE:
        return _verdict(screen, State.REFUSED, "key")
    if key == REPEAT and screen.state in {State.TELLING, State.WAITING} and screen.tellings < TELLINGS:
        again, effects = _tell(screen)
        return again, (Hush(), *effects)
    return screen, ()


def _silence(screen: Screen) -> tuple[Screen, tuple[Effect, ...]]:
    if screen.state is State.OPENING:
        return _verdict(screen, State.ALONE, "leg_late")
    if screen.state is State.WAITING and screen.tellings < TELLINGS:
        return _tell(screen)
    if screen.state is State.WAITING:
        return _verdict(screen, State.REFUSED, "silence")
    return screen, ()


def _tell(screen: Screen) -> tuple[Screen, tuple[Effect, ...]]:
    return replace(screen, state=State.TELLING, tellings=screen.tellings + 1, alarm=screen.alarm + 1), (Tell(),)


def _waiting_for(screen: Screen, after_s: float, *effects: Effect) -> tuple[Screen, tuple[Effect, ...]]:
    alarm = screen.alarm + 1
    return replace(screen, alarm=alarm), (*effects, SetAlarm(alarm, after_s))


def _verdict(screen: Screen, state: State, why: str) -> tuple[Screen, tuple[Effect, ...]]:
    return replace(screen, state=state, why=why, alarm=screen.alarm + 1), (Hush(),)
