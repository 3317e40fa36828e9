"""What a call's session stands on: one set for all calls of the process, joined in the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from agent.outcome import Outcome
from agent.ports import Line
from agent.records import LiveText
from audiosocket.audio import AudioFormat
from controller.ari.perform import LineServer
from controller.ari.port import CallControl
from controller.record import CallRecord, Journal, now_ms
from controller.sheets.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Caller:
    """What a conversation is told of whom it speaks with. *number* may be empty (withheld)."""

    call_id: str
    number: str
    desk_open: Callable[[], bool] = lambda: True  # operators are at work now
    memory: bytes = b""  # of the talk so far, by a predecessor; empty: it begins
    on_memory: Callable[[], None] = lambda: None  # call it when ``ConversationLike.memory`` has changed


class ConversationLike(Protocol):
    async def run(self, line: Line, opening: str) -> Outcome: ...

    def say(self, text: str, *, by: str, cut: bool) -> bool:
        """A supervisor's words, by the agent's voice; False: they will not be said."""

    def hold(self, on: bool) -> None:
        """The caller does not hear us, or does again; counts also for runs to come."""

    def memory(self) -> bytes:
        """All that a successor must know of the talk, as it is at this instant."""


class Sheets(Protocol):
    """``controller.sheets.folder.SheetFolder`` is it."""

    def put(self, call_id: str, sheet: Sheet) -> None: ...

    def drop(self, call_id: str) -> None: ...


class NoSheets:
    """For calls that no successor is to adopt."""

    def put(self, call_id: str, sheet: Sheet) -> None:
        pass

    def drop(self, call_id: str) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Shared by all sessions."""

    asterisk: CallControl
    lines: LineServer
    advertised: str  # host:port that Asterisk dials
    journal: Journal
    converse: Callable[[Caller, CallRecord], Awaitable[ConversationLike]]  # within a second: the caller waits
    phrase: Callable[[str, AudioFormat], bytes | None]  # rendered long before; None: not there
    prompt_version: str | None = None
    clock_ms: Callable[[], int] = now_ms
    on_live: Callable[[str, LiveText], None] = lambda call_id, text: None  # turns in the making, by call id
    sheets: Sheets = NoSheets()  # noqa: RUF009 - it holds nothing
