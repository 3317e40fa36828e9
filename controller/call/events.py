"""What can happen to a call: past tense, versioned, serialisable. Each also goes to the journal, so that a call can be replayed.

An event tells what was seen, not what it means; the meaning depends on the state, and that is the machine's business.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from agent.outcome import Outcome
from controller.call.tagging import first_version

By = Literal["caller", "agent", "operator", "supervisor", "controller", "asterisk"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long the machine waits for what, in seconds; they travel in ``CallArrived``, so a replay has them."""

    length_s: float = 1800.0  # the caller with the agent, per stay
    line_s: float = 8.0  # a media leg, from the order to both in the bridge
    announcement_s: float = 12.0  # a fixed phrase
    leave_s: float = 3.0  # StasisEnd after continue, then it is ordered again
    queue_s: float = 60.0  # how long the queue keeps him before he comes back
    settle_s: float = 1.0  # the hang-up behind a StasisEnd, where Asterisk tells them in this order; then he was moved
    key_0_s: float = 1.5  # without another key after a 0: it was no number's first, he wants a human
    typing_s: float = 3.0  # without a key: the number he typed is whole; as the agent's keypad counts it
    gone_s: float = 5.0  # ChannelDestroyed after the hang-up, then it is ordered again


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
    limits: Limits = Limits()


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


class TransferRequested(Event, frozen=True, kw_only=True):
    by: By
    reason: str = ""
    summary: str = ""


class HangUpRequested(Event, frozen=True, kw_only=True):
    by: By
    reason: str = ""


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
    leg_id: str = ""


class DeadlinePassed(Event, frozen=True, kw_only=True):
    name: str
    generation: int


class ControllerStopping(Event, frozen=True, kw_only=True):
    """This process ends now; what it cannot see any more must be written down as it is."""


AnyEvent = (
    CallArrived
    | CallReturned
    | LineOpened
    | LineJoined
    | LineLost
    | AgentFinished
    | AgentFailed
    | Announced
    | TransferRequested
    | HangUpRequested
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

EVENTS: tuple[type[Event], ...] = get_args(AnyEvent)


def from_builtins(value: dict[str, Any]) -> AnyEvent:
    """The event that ``msgspec.to_builtins`` made *value* of; raises ``msgspec.ValidationError``."""
    event: AnyEvent = msgspec.convert(value, AnyEvent)
    return event
