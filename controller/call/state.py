"""A call at one instant: everything the machine knows, serialisable, so that a successor could go on from it."""

from __future__ import annotations

import enum
from typing import Literal

import msgspec

from controller.call.commands import Phrase
from controller.call.events import By, Limits


class State(enum.StrEnum):
    NEW = "new"  # nothing happened yet
    CONNECTING = "connecting"  # answered; the media leg is being made
    TALKING = "talking"  # the agent has him
    ANNOUNCING = "announcing"  # a fixed phrase plays; then he leaves or is hung up
    LEAVING = "leaving"  # ordered into the queue's dialplan; StasisEnd will tell
    QUEUED = "queued"  # waits for an operator, in the dialplan
    OPERATOR = "operator"  # speaks with an operator
    SUPERVISED = "supervised"  # speaks with a supervisor who took him over, in our bridge
    MOVED = "moved"  # taken elsewhere by others; we withdrew
    ENDING = "ending"  # hung up, by whomever; ChannelDestroyed will tell
    ENDED = "ended"  # everything released, the record closed


SHOWN: dict[State, str] = {
    State.NEW: "connecting",
    State.CONNECTING: "connecting",
    State.TALKING: "listening",  # the agent knows better: greeting, listening, thinking, tool, speaking
    State.ANNOUNCING: "speaking",
    State.LEAVING: "transferring",
    State.QUEUED: "transferring",
    State.OPERATOR: "operator",
    State.SUPERVISED: "operator",
    State.MOVED: "operator",  # somebody else has him
    State.ENDING: "ended",
    State.ENDED: "ended",
}
"""The words that people see; the same everywhere."""


class Armed(msgspec.Struct, frozen=True):
    """A deadline that runs."""

    name: str
    generation: int


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="call_state.1"):
    call_id: str = ""
    channel_id: str = ""
    app: str = ""
    caller_id: str = ""
    limits: Limits = Limits()
    state: State = State.NEW

    leg: str | None = None  # the media leg we own, from OpenLine to ReleaseLeg
    leg_open: bool = False  # it can be joined
    legs_made: int = 0
    spare_legs: int = 0  # how many more may be tried in this stay
    bridge: bool = False  # we own it

    phone: str | None = None  # the supervisor's telephone we own, from RingPhone to DropPhone
    phone_up: bool = False  # he picked it up
    phone_who: str = ""  # whose it is
    phones_made: int = 0

    agent_on: bool = False
    agent_runs: int = 0
    opening: str = ""
    rounds: int = 0  # how often he came back

    held: bool = False  # the caller put us on hold
    desk_open: bool = True  # operators are at work

    leaves_next: bool = False  # after the announcement: into the queue; else hung up
    announcing: Phrase | Literal[""] = ""  # the phrase
    transferred: bool = False  # a human took him
    transfer_reason: str = ""
    summary: str = ""
    queue: str = ""  # where a supervisor sends him; empty: the usual one
    target: str = ""  # to which operator there; empty: whoever is free
    warm: bool | None = None
    operator: str = ""  # the human who has or had him last
    outcome: str = ""
    ended_by: By | None = None
    ended_who: str = ""

    generation: int = 0  # of the latest deadline
    deadlines: tuple[Armed, ...] = ()

    def awaits(self, name: str) -> bool:
        """Whether the deadline of that name runs."""
        return any(armed.name == name for armed in self.deadlines)
