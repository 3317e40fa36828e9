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


class Announce(Command, frozen=True, kw_only=True):
    """Play a phrase that was rendered long before; answered by ``Announced``."""

    phrase: Phrase
    leg_id: str


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


AnyCommand = (
    Subscribe
    | SetVariables
    | Answer
    | CreateBridge
    | OpenLine
    | Join
    | StartAgent
    | StopAgent
    | Announce
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
