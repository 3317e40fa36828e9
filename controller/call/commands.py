"""What the machine orders: imperative, versioned, serialisable, each complete in itself.

The shell performs them at once, or behind earlier ones that touch the same thing, each with a time limit; a failure comes back as
``CommandFailed``. Releasing is idempotent: what is gone already counts as released.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from controller.call.events import By
from controller.call.tagging import first_version

Phrase = Literal["apology_transfer", "transfer", "goodbye", "nobody_free_call_back", "nobody_free_call_again"]
"""Keys of ``agent.prompt.phrases``."""


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=first_version, omit_defaults=True):
    """Base of all commands; carries nothing."""


class Subscribe(Command, frozen=True, kw_only=True):
    """To the caller's channel: only then ARI tells when it is destroyed, and what happens to it in the queue."""

    channel_id: str


class SetVariables(Command, frozen=True, kw_only=True):
    channel_id: str
    variables: dict[str, str]


class Answer(Command, frozen=True, kw_only=True):
    channel_id: str


class CreateBridge(Command, frozen=True, kw_only=True):
    bridge_id: str


class OpenLine(Command, frozen=True, kw_only=True):
    """Make a media leg; answered by ``LineOpened``."""

    leg_id: str


class Join(Command, frozen=True, kw_only=True):
    """Caller and leg into the bridge; answered by ``LineJoined``."""

    bridge_id: str
    channel_id: str
    leg_id: str


class StartAgent(Command, frozen=True, kw_only=True):
    """Answered by ``AgentFinished`` or ``AgentFailed`` of the same run; *opening* is a key of ``agent.prompt.phrases``."""

    run: int
    opening: str


class StopAgent(Command, frozen=True, kw_only=True):
    """No word more; its run reports nothing any more."""

    run: int


class Say(Command, frozen=True, kw_only=True):
    """The agent of that run says *text* for *who*: at once (*cut*), or when he has finished."""

    run: int
    text: str
    who: str
    cut: bool = False


class HoldAgent(Command, frozen=True, kw_only=True):
    """*on*: the caller does not hear us, so the agent keeps still; off: he goes on."""

    run: int
    on: bool


class Announce(Command, frozen=True, kw_only=True):
    """Play a phrase that was rendered long before; answered by ``Announced``."""

    phrase: Phrase
    leg_id: str


class Hush(Command, frozen=True, kw_only=True):
    """What is being announced on the line ends here."""

    leg_id: str


class RingPhone(Command, frozen=True, kw_only=True):
    """Ring a supervisor's *telephone*, showing him who calls; answered by ``TakenOver`` or ``PhoneGone``."""

    phone_id: str
    telephone: str
    caller_id: str = ""
    call_id: str = ""


class JoinPhone(Command, frozen=True, kw_only=True):
    """The supervisor's telephone into the bridge, and the caller, where he is not in it yet."""

    bridge_id: str
    phone_id: str
    channel_id: str = ""


class DropPhone(Command, frozen=True, kw_only=True):
    """Hang the supervisor's telephone up, or stop its ringing."""

    phone_id: str


class Acknowledge(Command, frozen=True, kw_only=True):
    """What became of a wish, for the one who had it, the log, and whoever looks at the caller's channel (``CALLCTL_ACK``)."""

    channel_id: str
    request: str
    event: str  # the wish in a supervisor's word: transfer, hangup, say, take, release
    code: str = "accepted"  # or why not
    args: dict[str, Any] = {}


class NoteCallBack(Command, frozen=True, kw_only=True):
    """Somebody is to ring him back: we have promised it."""

    phone: str
    why: str = ""


class ContinueInDialplan(Command, frozen=True, kw_only=True):
    """The caller leaves our application for *context*, extension s, priority 1; answered by ``LeftStasis``."""

    channel_id: str
    context: str


class HangUp(Command, frozen=True, kw_only=True):
    """End the caller's channel; answered by ``ChannelGone``."""

    channel_id: str


class ReleaseLeg(Command, frozen=True, kw_only=True):
    leg_id: str


class DestroyBridge(Command, frozen=True, kw_only=True):
    """*only_if_empty*: a caller moved away by others may still be in it."""

    bridge_id: str
    only_if_empty: bool = False


class Deadline(Command, frozen=True, kw_only=True):
    """``DeadlinePassed`` with this name and generation after *after_s* seconds, unless cancelled; replaces one of the same name."""

    name: str
    generation: int
    after_s: float


class CancelDeadline(Command, frozen=True, kw_only=True):
    name: str


class CloseRecord(Command, frozen=True, kw_only=True):
    """The last command of every call."""

    outcome: str
    ended_by: By
    who: str = ""  # the person behind *ended_by*, where a name is known


AnyCommand = (
    Subscribe
    | SetVariables
    | Answer
    | CreateBridge
    | OpenLine
    | Join
    | StartAgent
    | StopAgent
    | Say
    | HoldAgent
    | Announce
    | Hush
    | RingPhone
    | JoinPhone
    | DropPhone
    | Acknowledge
    | NoteCallBack
    | ContinueInDialplan
    | HangUp
    | ReleaseLeg
    | DestroyBridge
    | Deadline
    | CancelDeadline
    | CloseRecord
)

COMMANDS: tuple[type[Command], ...] = get_args(AnyCommand)


def from_builtins(value: dict[str, Any]) -> AnyCommand:
    """The command that ``msgspec.to_builtins`` made *value* of; raises ``msgspec.ValidationError``."""
    command: AnyCommand = msgspec.convert(value, AnyCommand)
    return command
