"""What the journal holds: versioned values, one tagged struct each, appended in the order in which things happened.

Every record names its call and is idempotent to insert again: a call by growing revision, all else by its own key. A customer's
name is of no call: its ``call_id`` is empty, and the latest wins.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.records import ToolCallRecord, TurnRecord


class CallRevised(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="call.1"):
    """The whole call record at one instant; the highest revision wins. Closed once ``ended_at_ms`` is set."""

    call_id: str  # UUIDv7; its time is the call's start
    revision: int
    caller_id: str
    app: str
    channel_id: str
    state: str  # mission M2's words
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    ended_by: str | None = None  # caller, agent, operator, supervisor, controller, asterisk
    outcome: str | None = None  # goodbye, silence, transferred, hung_up, abandoned, nobody_free, failed, moved, orphaned, too_long
    scenario: str | None = None
    transferred: bool = False
    transfer_reason: str | None = None
    prompt_version: str | None = None
    quality: float | None = None
    cost: dict[str, float] = {}
    media: dict[str, int] = {}  # frames sent, skipped, received of all legs
    operator: str | None = None  # the human who has or had him last: op1, a supervisor's name
    ended_who: str | None = None  # the person behind *ended_by*, where a name is known
    state_seq: int = 0  # how often *state* has changed: who wants something of a call says which he saw


class TurnRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="turn.1"):
    call_id: str
    turn: TurnRecord


class ToolCalled(msgspec.Struct, frozen=True, kw_only=True, tag="tool.1"):
    call_id: str
    call: ToolCallRecord


class MachineStepped(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="step.1"):
    """One event through the call's machine: enough to replay it. A line of the call's log, numbered with ``Logged``."""

    call_id: str
    sequence: int  # 1, 2, ... within the call
    at_ms: int
    state: str  # after the step
    event: dict[str, Any]  # msgspec.to_builtins of a controller.call.events value
    commands: list[dict[str, Any]]  # the same of controller.call.commands
    position: int = 0  # as in ``Logged``
    app: str = ""


class Logged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="log.1"):
    """One line of a call's flight recorder that is no step of its machine."""

    call_id: str
    sequence: int  # 1, 2, ... within the call, over steps and other lines; a process that took the call over leaves a gap
    at_ms: int
    position: int  # grows over all calls of one app and over its restarts: microseconds of Unix time, or one more than the one before
    source: str  # ari, rtp, vad, stt, llm, tts, tool, ctl
    name: str  # past tense: ChannelDtmfReceived, CommandDone, TurnSpoken
    level: str = ""  # warn, err
    text: str = ""  # for people, short; names and numbers as they are: whoever shows it masks
    data: dict[str, Any] = {}
    app: str = ""  # whose line it is: its ``position`` means nothing without


class WriteStaged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ledger.1"):
    """A write to the shop reached a stage: what the ledger holds of it, so that anybody can see later that it happened once."""

    call_id: str
    sequence: int  # of the entry in its ledger
    at_ms: int
    intent: str  # the tool's name
    key: str  # of call, intent and canonical arguments: one thing that should happen once
    stage: str  # begun, done, refused, unknown
    result: dict[str, Any] = {}  # with done


class CustomerNamed(msgspec.Struct, frozen=True, kw_only=True, tag="customer.1"):
    """Who has a number told us the name."""

    phone: str  # +380...
    name: str
    at_ms: int
    call_id: str = ""


class CallBackNoted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="callback.1"):
    """Somebody is to be rung back; worked off in the database. Of those with one id the highest revision wins, while it is open."""

    call_id: str
    id: str  # UUIDv7, derived from call and phone: noted twice in one call it is one
    at_ms: int
    phone: str
    name: str = ""
    why: str = ""  # what it is about, in words
    due_at_ms: int | None = None  # when he wants to be rung; None: as soon as somebody can
    revision: int = 0  # the caller's wish: its time in ms; 0: a promise of ours, which replaces none of his wishes


class Audited(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="audit.1"):
    """A person did something through our interfaces, or was refused."""

    id: str  # UUIDv7
    at_ms: int
    actor: str  # the person; "ari" for one whom only Asterisk knows
    role: str
    action: str  # transfer, hang, say, take, release, listen, callback.done, token.create, ...
    call_id: str = ""
    why: str = ""
    arguments: dict[str, Any] = {}
    result: str = "accepted"  # or the code of the refusal
    request_id: str = ""


Record = CallRevised | TurnRecorded | ToolCalled | MachineStepped | Logged | WriteStaged | CustomerNamed | CallBackNoted | Audited
