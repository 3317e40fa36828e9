"""The model ↔ tools loop over the history: one answer after another.

    caller's words ─► model ─► text, tool uses ─► tools ─► model ─► ... ─► text

A tool once begun runs to its end even if the caller interrupts: its result belongs to the history and to the record. So tools run as
tasks of the conversation's group, and the next answer waits for them first. One that another process had begun (``agent.memory``) is
worked again before the model is asked: what it may have written is written once (``agent.once``).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from agent.case import Case, Said
from agent.compaction import compact
from agent.errors import ModelFailed
from agent.guard.limits import CALLS_MAX, note_use, only_listed, within_calls
from agent.guard.speech import Objection, SpeechGuard
from agent.guard.told import Told
from agent.history import AgentReplied, Entry, History, Round, Unfinished
from agent.moments import stage
from agent.ports import Model, ModelRequest, ReplyEnded, TextDelta, ToolUse, Transcript
from agent.records import Moment, ToolCallRecord
from agent.streams import closing
from agent.tasks import Spawn
from agent.tools.tool import Desk, Tool, ToolResult, refused

log = structlog.get_logger(__name__)

# A tool that writes may have done so: the words must not deny it.
LATE = (
    "Система магазину не відповіла вчасно. Якщо це був запис, невідомо, чи він відбувся: так і скажи. "
    "Вибачся і запропонуй передзвонити або оператора."
)
BROKE = "Інструмент зламався. Якщо це був запис, невідомо, чи він відбувся: так і скажи. Вибачся і запропонуй оператора."


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer; *round_index* tells which of the model's replies it is from."""

    text: str
    round_index: int


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """The model has finished one reply; no piece can follow that belongs to the same sentence."""

    round_index: int


@dataclass(frozen=True, slots=True)
class ToolBegan:
    name: str


@dataclass(frozen=True, slots=True)
class ToolEnded:
    name: str


@dataclass(frozen=True, slots=True)
class Transferred:
    """The talk goes to a human once the words so far were spoken."""

    summary: str
    asked: bool  # the model used the transfer tool; otherwise a rule of the guard sends him there


Step = Text | RoundEnded | ToolBegan | ToolEnded | Transferred


@dataclass(slots=True)
class Answer:
    """One answer in the making."""

    turn_number: Callable[[], int]  # of the agent's turn; numbered when first needed
    reply: AgentReplied
    usage: dict[str, int] = field(default_factory=dict)
    spoken: str = ""  # what the guard has let through
    objected: bool = False  # the rest is not spoken


_OBJECTIONS: dict[Objection, str] = {
    "disclosure": "у них були внутрішні назви або вказівки",
    "foreign": "вони були не українською",
    "profanity": "у них була лайка",
    "price": "у них була ціна, якої не називав жоден інструмент",
    "too_long": "відповідь була задовга",
}


class Dialogue:
    def __init__(
        self,
        *,
        model: Model,
        tools: Sequence[Tool[Any]],
        desk: Callable[[str, tuple[Said, ...]], Desk],  # for one use: its request id, and the talk as it was heard
        speech: SpeechGuard,
        case: Case,
        transcript: Transcript,
        system: str,
        on_objection: Callable[[Objection], None] | None = None,
        on_tool: Callable[[], None] = lambda: None,  # one began or has its result
        entries: Iterable[Entry] = (),  # of a talk that goes on
        told: Told | None = None,
        calls_max: int = CALLS_MAX,
        rounds_max: int = 6,
        context_tokens: int = 6_000,
        tool_timeout_s: float = 20.0,
    ) -> None:
        self.history = History(entries)
        self.told = told or Told()
        self._model = model
        self._tools = {one.name: one for one in tools}
        self._specs = tuple(one.spec for one in tools)
        self._desk = desk
        self._speech = speech
        self._case = case
        self.told.take_text(system)
        self._on_objection = on_objection
        self._on_tool = on_tool
        self._transcript = transcript
        self._system = system
        self._calls_max = calls_max
        self._rounds_max = rounds_max
        self._context_tokens = context_tokens
        self._tool_timeout_s = tool_timeout_s
        self._running: set[asyncio.Task[None]] = set()

    async def answer(self, answer: Answer, spawn: Spawn) -> AsyncIterator[Step]:
        """Answer what the history ends with; raises ``ModelFailed``."""
        if self._running:  # of an interrupted answer; each has its own timeout
            await asyncio.wait(self._running)
        for text in self.history.caller_texts():
            self.told.take_caller(text)
        due, index = self.history.unfinished(), 0  # of a process that is no more
        while True:
            for one in due:
                yield ToolBegan(one.use.name)
                result = await self._worked(one, answer, spawn)
                yield ToolEnded(one.use.name)
                if result is not None and result.hand_off is not None:
                    yield Transferred(result.hand_off, asked=result.success)
                    return
            if index == self._rounds_max:
                raise ModelFailed(f"no answer after {self._rounds_max} rounds of tools")
            entry = Round()
            request = ModelRequest(self._system, compact(self.history.messages(), budget_tokens=self._context_tokens), self._specs)
            answer.reply.rounds.append(entry)
            async with closing(self._reply(request, entry, answer)) as texts:
                async for text in texts:
                    yield Text(text, index)
            yield RoundEnded(index)
            if not entry.uses:
                return
            said = self.history.said()
            due, index = [Unfinished(use, entry, said) for use in entry.uses], index + 1

    async def _worked(self, one: Unfinished, answer: Answer, spawn: Spawn) -> ToolResult | None:
        """The result of one use; None if its task was ended before it began."""
        again = one.use.id in one.entry.begun
        if not again:
            one.entry.begun.append(one.use.id)
        outcome: list[ToolResult] = []
        task = spawn(self._use(one, answer.turn_number(), outcome, again), f"tool-{one.use.name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        self._on_tool()
        await asyncio.wait([task])  # being interrupted here leaves the task running
        return outcome[0] if outcome else None

    def vouch(self, text: str) -> None:
        """A person of the shop has this said: what it costs there is a price of the shop's."""
        self.told.take_text(text)

    def objection(self, answer: Answer, clause: str) -> Objection | None:
        """Why *clause* must not be spoken, nor what follows it in this answer: see ``agent.guard.speech``."""
        reason = self._speech.check(clause, self.told, self._case, answer.spoken)
        if reason is None:
            answer.spoken = f"{answer.spoken} {clause}"
            return None
        log.warning("speech_objected", reason=reason)
        self._transcript.note(Moment(source="llm", name="AnswerObjected", level="warn", text=reason, data={"clause": clause}))
        if self._on_objection is not None:
            self._on_objection(reason)
        answer.objected = True
        self.history.note(f"решту твоїх слів не озвучено: {_OBJECTIONS[reason]}")
        return reason

    async def _reply(self, request: ModelRequest, entry: Round, answer: Answer) -> AsyncIterator[str]:
        began_ms, first = _now_ms(), True
        async with closing(self._model.reply(request)) as parts:
            async for part in parts:
                if first:
                    first = False
                    self._transcript.note(stage("llm", "FirstToken", _now_ms() - began_ms))
                match part:
                    case TextDelta(text):
                        entry.text += text
                        yield text
                    case ToolUse():
                        entry.uses.append(part)
                    case ReplyEnded(why, usage, retries):
                        for name, count in usage.items():
                            answer.usage[name] = answer.usage.get(name, 0) + count
                        told = {"ms": _now_ms() - began_ms, "stop_reason": why, "usage": dict(usage), "retries": retries}
                        self._transcript.note(Moment(source="llm", name="ReplyEnded", level="warn" if retries else "", data=told))

    async def _use(self, one: Unfinished, turn_number: int, outcome: list[ToolResult], again: bool) -> None:
        """Work one tool and put its result where it belongs, whoever has stopped waiting for it."""
        use = one.use
        started_at_ms, began_s = int(time.time() * 1000), asyncio.get_running_loop().time()
        request_id = uuid.uuid4().hex
        result = ToolResult({"error": "Інструмент перервано: розмова закінчилась."}, success=False)
        try:
            result = await self._work(use, self._desk(request_id, one.said), again)
        finally:
            one.entry.results[use.id] = result.content
            self.told.take_result(result.content)
            outcome.append(result)
            self._transcript.tool_call(
                ToolCallRecord(
                    turn_number=turn_number,
                    tool_use_id=use.id,
                    name=use.name,
                    arguments=dict(use.arguments),
                    result=dict(result.content),
                    started_at_ms=started_at_ms,
                    duration_ms=round((asyncio.get_running_loop().time() - began_s) * 1000),
                    success=result.success,
                    request_id=request_id,
                )
            )
            self._on_tool()

    async def _work(self, use: ToolUse, desk: Desk, again: bool) -> ToolResult:
        """*again*: it was let in and counted when it began."""
        refusal = only_listed(use.name, self._tools)
        if not again:
            refusal = refusal or within_calls(use.name, desk, calls_max=self._calls_max)
        if refusal is not None:
            return refused(refusal)
        if not again:
            note_use(use.name, desk)
        try:
            async with asyncio.timeout(self._tool_timeout_s):
                return await self._tools[use.name].use(_arguments(use), desk)
        except TimeoutError:
            return ToolResult({"error": LATE}, success=False)
        except Exception as error:  # a task's edge: a broken tool is told to the model and must not end the call
            log.exception("tool_broke", tool=use.name, request_id=desk.request_id, error=str(error))
            return ToolResult({"error": BROKE}, success=False)


def _now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)


def _arguments(use: ToolUse) -> Mapping[str, Any]:
    return use.arguments if isinstance(use.arguments, Mapping) else {}
