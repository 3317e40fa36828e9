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


class TurnRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="turn.1"):
    call_id: str
    turn: TurnRecord


class ToolCalled(msgspec.Struct, frozen=True, kw_only=True, tag="tool.1"):
    call_id: str
    call: ToolCallRecord


class MachineStepped(msgspec.Struct, frozen=True, kw_only=True, tag="step.1"):
    """One event through the call's machine: enough to replay it."""

    call_id: str
    sequence: int  # 1, 2, ... within the call
    at_ms: int
    state: str  # after the step
    event: dict[str, Any]  # msgspec.to_builtins of a controller.call.events value
    commands: list[dict[str, Any]]  # the same of controller.call.commands


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


Record = CallRevised | TurnRecorded | ToolCalled | MachineStepped | WriteStaged | CustomerNamed
