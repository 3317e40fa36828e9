"""What can happen to a call: past tense, versioned, serialisable. Each also goes to the journal, so that a call can be replayed.

An event tells what was seen, not what it means; the meaning depends on the state, and that is the machine's business.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from agent.outcome import Outcome
from controller.call.tagging import first_version

By = Literal["caller", "agent", "operator", "supervisor", "controller", "asterisk"]
ARI = "ari"
"""Who posts Asterisk's user events: somebody whom only Asterisk knows, and who looks for the answer on the caller's channel."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long the machine waits for what, in seconds, and what else it was told to keep to; they travel in ``CallArrived``, so a
    replay has them."""

    length_s: float = 1800.0  # the caller with the agent, per stay
    line_s: float = 8.0  # a media leg, from the order to both in the bridge
    announcement_s: float = 12.0  # a fixed phrase
    leave_s: float = 3.0  # StasisEnd after continue, then it is ordered again
    queue_s: float = 60.0  # how long the queue keeps him before he comes back
    settle_s: float = 1.0  # the hang-up behind a StasisEnd, where Asterisk tells them in this order; then he was moved
    key_0_s: float = 1.5  # without another key after a 0: it was no number's first, he wants a human
    typing_s: float = 3.0  # without a key: the number he typed is whole; as the agent's keypad counts it
    gone_s: float = 5.0  # ChannelDestroyed after the hang-up, then it is ordered again
    ring_s: float = 25.0  # a supervisor's telephone; Asterisk gives up on it sooner, and tells
    queues: tuple[str, ...] = ("operators",)  # where a caller may be sent; the first unless somebody names another
    warm_transfer: bool = True  # the operator hears a summary and accepts before he has the caller
    say_chars: int = 500  # the longest text that a supervisor has the agent say


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=first_version, omit_defaults=True):
    """Base of all events; carries nothing."""


class CallArrived(Event, frozen=True, kw_only=True):
    """A channel entered our Stasis application for the first time."""

    call_id: str
    channel_id: str
    app: str
    caller_id: str = ""
    dialled: str = ""  # the number he dialled, as the dialplan has it
    opening: str = "greeting"
    refused: str = ""  # why the agent does not take it: "busy", "draining", "orphaned"; empty = he does
    desk_open: bool = True  # operators are at work
    limits: Limits = Limits()


class Adopted(Event, frozen=True, kw_only=True):
    """Another process serves the call from now on; the one before is dead, and its agent and its timers with it."""

    here: bool = True  # the caller is in our application
    bridge: bool = True  # his bridge stands, and he is in it
    leg_kept: bool = False  # the media leg outlived the process, and is ours again
    in_vain: bool = False  # too many processes have died with this call: it had better go to people


class CallReturned(Event, frozen=True, kw_only=True):
    """The channel entered our application again: the queue gave up, or somebody sent it back."""

    queue_status: str = ""  # Asterisk's QUEUESTATUS; CONTINUE = the operator hung up


class LineOpened(Event, frozen=True, kw_only=True):
    """The leg's channel is in our application and its AudioSocket stands."""

    leg_id: str


class LineJoined(Event, frozen=True, kw_only=True):
    """Caller and leg are both in the bridge."""

    leg_id: str


class LineLost(Event, frozen=True, kw_only=True):
    """The leg's socket or its channel is gone."""

    leg_id: str
    why: str = ""


class AgentFinished(Event, frozen=True, kw_only=True):
    run: int
    outcome: Outcome


class AgentFailed(Event, frozen=True, kw_only=True):
    """The conversation broke; unlike a hand-off, the caller was told nothing."""

    run: int
    why: str = ""


class Announced(Event, frozen=True, kw_only=True):
    """A fixed phrase was played to its end."""

    phrase: str


class Wish(Event, frozen=True, kw_only=True):
    """Somebody wants something of the call; with a *request* it is acknowledged exactly once, in whatever state the call is."""

    by: By = "supervisor"
    who: str = ""  # the person's name, where one is known; "ari" for whoever posts user events
    request: str = ""  # the acknowledgement names it; empty: nobody waits for one
    reason: str = ""


class TransferRequested(Wish, frozen=True, kw_only=True):
    summary: str = ""  # what the operator is told; empty: what the agent left
    queue: str = ""  # empty: the usual one
    operator: str = ""  # within the queue; empty: whoever is free
    warm: bool | None = None  # None: as usual


class HangUpRequested(Wish, frozen=True, kw_only=True):
    goodbye: bool = False  # the caller is told so first, where he can be


class SayRequested(Wish, frozen=True, kw_only=True):
    text: str
    cut: bool = False  # into the agent's sentence, not behind it


class TakeOverRequested(Wish, frozen=True, kw_only=True):
    """*who* wants the caller on his *telephone* (what Asterisk dials)."""

    telephone: str


class GiveBackRequested(Wish, frozen=True, kw_only=True):
    """*who* has the caller and wants the agent to have him again; while his telephone still rings: he does not want him any more."""


class TakenOver(Event, frozen=True, kw_only=True):
    """The supervisor picked up his telephone."""

    phone_id: str


class PhoneGone(Event, frozen=True, kw_only=True):
    """The supervisor's telephone was not picked up, or is put down."""

    phone_id: str
    why: str = ""


class DeskOpened(Event, frozen=True, kw_only=True):
    """Working hours began."""


class DeskClosed(Event, frozen=True, kw_only=True):
    """They are over: who asks for a human now finds none."""


class CallerHeld(Event, frozen=True, kw_only=True):
    """The caller put us on hold: he hears nothing."""


class CallerUnheld(Event, frozen=True, kw_only=True):
    """He is back."""


class DigitPressed(Event, frozen=True, kw_only=True):
    digit: str


class CallerHungUp(Event, frozen=True, kw_only=True):
    """ChannelHangupRequest. *soft*: not by the telephone; ordered on our side (ARI, AMI, CLI: cause 32), or the dialplan ended."""

    cause: int = 0
    soft: bool = False


class LeftStasis(Event, frozen=True, kw_only=True):
    """StasisEnd of the caller's channel; without a hang-up before it or straight after, somebody moved the caller elsewhere."""


class OperatorAnswered(Event, frozen=True, kw_only=True):
    """Somebody whom the dialplan dialled for the caller took the call."""

    operator: str = ""  # as the dialplan names him: op1


class BridgeLost(Event, frozen=True, kw_only=True):
    """Somebody destroyed our bridge; the caller is still with us."""


class ChannelGone(Event, frozen=True, kw_only=True):
    """ChannelDestroyed, or (*seen* false) a look at Asterisk that did not find the channel any more."""

    seen: bool = True
    by: By | None = None  # who ended it, where only the observer can know: a restarted Asterisk


class CommandFailed(Event, frozen=True, kw_only=True):
    """*gone*: the channel that the command was for does not exist (404)."""

    command: str  # the command's class name
    why: str
    gone: bool = False
    by: By | None = None  # who ended a channel that is gone, where only the observer can know: a restarted Asterisk
    leg_id: str = ""
    phone_id: str = ""


class DeadlinePassed(Event, frozen=True, kw_only=True):
    name: str
    generation: int


class ControllerStopping(Event, frozen=True, kw_only=True):
    """This process ends now; what it cannot see any more must be written down as it is."""


AnyEvent = (
    CallArrived
    | Adopted
    | CallReturned
    | LineOpened
    | LineJoined
    | LineLost
    | AgentFinished
    | AgentFailed
    | Announced
    | TransferRequested
    | HangUpRequested
    | SayRequested
    | TakeOverRequested
    | GiveBackRequested
    | TakenOver
    | PhoneGone
    | DeskOpened
    | DeskClosed
    | CallerHeld
    | CallerUnheld
    | DigitPressed
    | CallerHungUp
    | LeftStasis
    | OperatorAnswered
    | BridgeLost
    | ChannelGone
    | CommandFailed
    | DeadlinePassed
    | ControllerStopping
)

AnyWish = TransferRequested | HangUpRequested | SayRequested | TakeOverRequested | GiveBackRequested

EVENTS: tuple[type[Event], ...] = get_args(AnyEvent)
WISHES: tuple[type[Wish], ...] = get_args(AnyWish)


def from_builtins(value: dict[str, Any]) -> AnyEvent:
    """The event that ``msgspec.to_builtins`` made *value* of; raises ``msgspec.ValidationError``."""
    event: AnyEvent = msgspec.convert(value, AnyEvent)
    return event
