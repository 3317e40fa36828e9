"""What a conversation needs from the world: one protocol per neighbour, two to four methods each.

    caller ── Line ──► conversation ──► Recognizer   what did he say
                            │    ├────► Model        what shall we answer
                            │    ├────► Voice        say it
                            │    ├────► Shop         look it up, order it (``agent.shop``)
                            │    ├────► Knowledge    what the shop wrote for its customers
                            │    ├────► Ledger       what was done, so that it is done once (``agent.ledger``)
                            │    └────► CallBacks    who is to be rung back
                            └─────────► Transcript   what happened, for the record

Adapters under ``agent/adapters`` implement them for the vendors, ``tests/fakes`` for tests;
one contract suite runs against both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from agent.records import AgentState, LiveText, Moment, ToolCallRecord, TurnRecord
from audiosocket.audio import AudioFormat


class Playback(Protocol):
    """One stretch of speech on a line: fed while it plays, heard to an exact millisecond."""

    @property
    def heard_ms(self) -> int:
        """Milliseconds of this speech that left for the caller; padding is not counted."""

    def feed(self, pcm: bytes) -> None:
        """Add 16-bit little-endian PCM in the line's format; any even number of bytes. Ignored once hushed."""

    def finish(self) -> None:
        """No more will be fed."""

    async def started(self) -> bool:
        """Wait until its first frame left for the caller: True. False: it was hushed or finished empty, or the line closed, before that."""

    async def done(self) -> int:
        """Wait until it was played to its end, hushed, or the line closed; the final ``heard_ms``."""


class Line(Protocol):
    """One media leg to the caller. It sends silence by itself whenever nothing is played."""

    @property
    def format(self) -> AudioFormat: ...

    def listen(self, sink: Callable[[bytes], None]) -> None:
        """Call *sink* with each 20 ms frame from the caller, in the event loop; it must not block.

        Frames come only while the caller's telephone sends them: never use them as a clock.
        """

    def listen_keys(self, sink: Callable[[str], None]) -> None:
        """Call *sink* with each key (0-9 * # A-D) that the caller presses; as ``listen``."""

    def overhear(self, sink: Callable[[bytes], None]) -> None:
        """Call *sink* with each 20 ms frame that leaves for the caller, speech or silence; as ``listen``."""

    def play(self) -> Playback:
        """Queue a new stretch of speech behind those already queued."""

    def pause(self) -> None:
        """Stop within one frame; what is queued waits. The caller hears silence."""

    def resume(self) -> None:
        """Go on exactly where ``pause`` stopped."""

    def hush(self) -> None:
        """Stop within one frame, throw away what is queued and end the pause; each ``Playback.done`` returns."""

    async def closed(self) -> None:
        """Wait until the leg is gone, from whatever side."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the recogniser makes of the caller's speech; interim texts are replaced by later ones."""

    text: str
    final: bool
    confidence: float | None = None
    language: str | None = None


class Recognition(Protocol):
    """One caller's ears for the length of a conversation; stream limits of the vendor stay inside."""

    def hear(self, pcm: bytes) -> None:
        """Take audio of any length; never blocks, the queue behind it is bounded."""

    def results(self) -> AsyncIterator[Heard]:
        """Texts as they come; raises ``RecognizerFailed`` after one reconnect was tried in vain."""


@dataclass(frozen=True, slots=True)
class Streams:
    """How many a recognition has opened one after another, and how many of them failed."""

    opened: int = 0
    failed: int = 0


@runtime_checkable
class TellsStreams(Protocol):
    """A recognition that is made of the vendor's streams."""

    @property
    def streams(self) -> Streams: ...


class Recognizer(Protocol):
    def open(self, audio: AudioFormat) -> AbstractAsyncContextManager[Recognition]: ...


class Voice(Protocol):
    def speak(self, text: str, audio: AudioFormat) -> AsyncIterator[bytes]:
        """PCM of *text* in pieces as they are synthesised; raises ``VoiceFailed``."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    description: str
    schema: Mapping[str, Any]  # JSON schema of the arguments


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """*messages* are in the Messages API's form: {"role", "content"} with text, tool_use and tool_result blocks."""

    system: str
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[ToolSpec]


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    stop_reason: str
    usage: Mapping[str, int] = field(default_factory=dict)  # input_tokens, output_tokens, cache_*
    retries: int = 0  # attempts before this one that came to nothing


class Model(Protocol):
    def reply(self, request: ModelRequest) -> AsyncIterator[TextDelta | ToolUse | ReplyEnded]:
        """The reply as it is written; raises ``ModelFailed`` after one retry (only while nothing was yielded)."""


@dataclass(frozen=True, slots=True)
class Article:
    title: str
    text: str
    category: str | None = None


class Knowledge(Protocol):
    """What the shop wrote for its customers; raises ``KnowledgeFailed``. By words today; an implementation by meaning fits as well."""

    async def search(self, question: str, *, category: str | None = None, limit: int = 3) -> Sequence[Article]:
        """The best answers first; none when nothing fits."""


@dataclass(frozen=True, slots=True)
class CallBackWish:
    phone: str  # +380...
    about: str  # for who rings him, in words; when it suits him too, if that is no hour
    name: str = ""
    due: dt.datetime | None = None  # with its zone; None: as soon as somebody can


class CallBacks(Protocol):
    def note(self, wish: CallBackWish) -> None:
        """The shop is to ring him back; returns at once and never raises. A later wish of the same call and number replaces the earlier."""


class Transcript(Protocol):
    """The record of a conversation; each method returns at once and never raises."""

    def state(self, state: AgentState) -> None: ...

    def turn(self, turn: TurnRecord) -> None:
        """A turn, or a later correction of it: same ``turn_number`` and a higher ``revision``."""

    def tool_call(self, call: ToolCallRecord) -> None: ...

    def live(self, text: LiveText) -> None:
        """A turn as it is being spoken; shown and forgotten."""

    def note(self, moment: Moment) -> None: ...
