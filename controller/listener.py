"""One who listens in on a call, as a pure machine: events in, commands out.

            Picked                 SnoopStarted
    RINGING ───────────► JOINING ──────────────► LISTENING          telephone s-, snoop n-, both in a bridge l- of their own:
       └────── Gone, Failed, Ended ──┴──────────────┴──► OVER       the call's own bridge never notices

The snoop hears both sides and says nothing. It ends with the caller's channel; telephone and bridge then remain, and are ours to remove.
What is owned is taken and released here only: each exactly once, whatever happens in whatever order.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.call import ids


class Stage(enum.StrEnum):
    RINGING = "ringing"
    JOINING = "joining"
    LISTENING = "listening"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Listener:
    call_id: str
    channel_id: str  # the caller's
    who: str
    telephone: str  # what Asterisk dials
    phone: str
    snoop: str
    bridge: str
    state: Stage = Stage.RINGING
    owned: tuple[str, ...] = ()  # of the three, in the order in which they go

    @classmethod
    def new(cls, call_id: str, channel_id: str, who: str, telephone: str) -> Listener:
        return cls(call_id, channel_id, who, telephone, *ids.listening_ids())


@dataclass(frozen=True, slots=True)
class Picked:
    """The telephone was picked up."""


@dataclass(frozen=True, slots=True)
class SnoopStarted:
    """The snoop is in our application: only now a bridge takes it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The telephone was put down, was not picked up, or the snoop ended with the caller."""

    name: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Asterisk refused a command."""

    why: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Nobody wants it any more: stopped, the call is over, we close."""

    why: str


@dataclass(frozen=True, slots=True)
class Ring:
    """The telephone; answered by ``Picked`` or ``Gone``."""


@dataclass(frozen=True, slots=True)
class CreateBridge:
    pass


@dataclass(frozen=True, slots=True)
class Snoop:
    """On the caller's channel; answered by ``SnoopStarted``."""


@dataclass(frozen=True, slots=True)
class Join:
    """Telephone and snoop into the bridge."""


@dataclass(frozen=True, slots=True)
class Release:
    """Hang up or destroy; what is gone already counts as released."""

    name: str


Event = Picked | SnoopStarted | Gone | Failed | Ended
Command = Ring | CreateBridge | Snoop | Join | Release


def begin(listener: Listener) -> tuple[Listener, tuple[Command, ...]]:
    return replace(listener, owned=(listener.phone,)), (Ring(),)


def receive(listener: Listener, event: Event) -> tuple[Listener, tuple[Command, ...]]:
    """The listener after *event* and the commands that follow from it; a late or repeated event changes nothing."""
    row = _ROWS.get((listener.state, type(event)))
    return row(listener) if row else (listener, ())


def _join(listener: Listener) -> tuple[Listener, tuple[Command, ...]]:
    owned = (listener.snoop, listener.phone, listener.bridge)
    return replace(listener, state=Stage.JOINING, owned=owned), (CreateBridge(), Snoop())


def _listen(listener: Listener) -> tuple[Listener, tuple[Command, ...]]:
    return replace(listener, state=Stage.LISTENING), (Join(),)


def _release(listener: Listener) -> tuple[Listener, tuple[Command, ...]]:
    return replace(listener, state=Stage.OVER, owned=()), tuple(Release(name) for name in listener.owned)


_ROWS: dict[tuple[Stage, type[Event]], Callable[[Listener], tuple[Listener, tuple[Command, ...]]]] = {
    (Stage.RINGING, Picked): _join,
    (Stage.JOINING, SnoopStarted): _listen,
    **{(state, event): _release for state in set(Stage) - {Stage.OVER} for event in (Gone, Failed, Ended)},
}
