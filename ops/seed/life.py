"""One call of the past, lived through once more in virtual time by the product's own machine and its own record keeper.

    story ─► Life.say(), .answer(), .use(), .hand_off() ... ─► events ─► machine ─► CallRecord ─► the journal's records

So a seeded call looks like a real one wherever it is looked at, and ``callctl replay`` finds that the machine would do the same again.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from agent.cost import Meter, Prices
from agent.once import Write
from agent.outcome import Completed, HandOff
from agent.prompt.phrases import PHRASES
from agent.prompt.system import PROMPT_VERSION
from agent.records import AgentState, Latencies, ToolCallRecord, TurnRecord
from controller.call import events as seen
from controller.call.machine import receive
from controller.call.state import Call, State
from controller.journal.ids import call_back_id
from controller.journal.records import CallBackNoted, CustomerNamed, Record, WriteStaged
from controller.record import CallRecord, Positions

APP = "seed"
"""Whose calls they are: no controller's, so none finds them in its log; and the mark by which the seed knows its own."""
DIALLED = "443901212"

_SPEECH_MS = 62  # a character, spoken
_FRAME_MS = 20
_INPUT_TOKENS, _TOKENS_A_TURN = 1_900, 130


@dataclass(frozen=True, slots=True)
class Person:
    phone: str  # +380..., or "anonymous"
    name: str = ""
    known: bool = False  # by his number: he gave his name in an earlier call


class Life:
    """Each method lets time pass; the call ends by one of ``goodbye``, ``hang_up``, ``silence``, ``operator`` or ``abandon``."""

    def __init__(self, rng: random.Random, began: datetime, caller: Person) -> None:
        self.rng = rng
        self.caller = caller
        self.now_ms = round(began.timestamp() * 1000)
        self.call_id = str(_uuid7(self.now_ms, rng))
        self.records: list[Record] = []
        self._call = Call()
        self._record = CallRecord(
            self,
            prompt_version=PROMPT_VERSION,
            clock_ms=lambda: self.now_ms,
            positions=Positions(lambda: self.now_ms * 1_000_000),
        )
        self._meter = Meter()
        self._turns = 0
        self._writes = 0
        self._used = 0
        self._with_agent_ms = 0

    def append(self, record: Record) -> None:
        """As a journal."""
        self.records.append(record)

    # The talk

    def ring(self) -> None:
        """Until the greeting was heard."""
        channel, opening = f"{self.now_ms / 1000:.0f}.{self.rng.randrange(10, 9000)}", "greeting_known" if self.caller.known else "greeting"
        self._step(
            seen.CallArrived(
                call_id=self.call_id, channel_id=channel, app=APP, caller_id=self.caller.phone, dialled=DIALLED, opening=opening
            )
        )
        self._record.billed(lambda: self._meter.cost_usd(Prices()))
        self._meter.streaming(lambda: self._with_agent_ms)
        self._connect()
        self._record.answered()
        self._record.state(AgentState.GREETING)
        self._speak(PHRASES[opening], Latencies(wire_ms=self.rng.randrange(8, 40)), cached=True)

    def say(self, text: str, *, language: str = "uk-UA") -> None:
        """The caller's turn."""
        self._turns += 1
        self._pass(self.rng.randrange(500, 1_700))
        started_ms = self.now_ms
        self._pass(len(text) * _SPEECH_MS)
        confidence = round(min(0.99, self.rng.gauss(0.93, 0.04)), 3)
        turn = TurnRecord(
            turn_number=self._turns,
            speaker="caller",
            text=text,
            started_at_ms=started_ms,
            stt_confidence=confidence,
            language=language,
        )
        self._record.turn(turn)
        self._record.state(AgentState.THINKING)

    def use(self, tool: str, arguments: Mapping[str, Any], result: Mapping[str, Any], *, success: bool = True, ms: int = 0) -> None:
        """A tool, for the answer that comes next."""
        self._record.state(AgentState.TOOL)
        self._used += 1
        started_ms, took_ms = self.now_ms, ms or round(self.rng.lognormvariate(4.6, 0.5))
        self._pass(took_ms)
        made = ToolCallRecord(
            turn_number=self._turns + 1,
            tool_use_id=f"toolu_{self.call_id[-8:]}{self._used:02d}",
            name=tool,
            arguments=dict(arguments),
            result=dict(result),
            started_at_ms=started_ms,
            duration_ms=took_ms,
            success=success,
            request_id=str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
        )
        self._record.tool_call(made)

    def write(self, intent: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """What binds him: begun and done in the ledger."""
        key = Write(self.call_id, self.caller.phone, intent, arguments).key
        stages: tuple[tuple[str, Mapping[str, Any]], ...] = (("begun", {}), ("done", result))
        for stage, told in stages:
            self._writes += 1
            self.append(
                WriteStaged(
                    call_id=self.call_id,
                    sequence=self._writes,
                    at_ms=self.now_ms,
                    intent=intent,
                    key=key,
                    stage=stage,
                    result=dict(told),
                )
            )

    def named(self, name: str) -> None:
        """He told us his name with something that we wrote."""
        if self.caller.phone.startswith("+"):
            self.append(CustomerNamed(call_id=self.call_id, phone=self.caller.phone, name=name, at_ms=self.now_ms))

    def answer(self, text: str, *, heard: float = 1.0, slow: float = 1.0) -> None:
        """The agent's turn; *heard* is the share that he heard before he cut in, *slow* stretches the model."""
        rng = self.rng
        hold, stt, tts, wire = rng.randrange(420, 700), round(rng.gauss(190, 60)), round(rng.gauss(230, 60)), rng.randrange(6, 45)
        model = round(rng.lognormvariate(6.35, 0.28) * slow)
        stages = Latencies(
            hold_ms=hold,
            stt_ms=max(40, stt),
            model_ms=model,
            tts_ms=max(80, tts),
            wire_ms=wire,
            answer_ms=hold + max(40, stt) + model + max(80, tts) + wire,
            filler_ms=hold + rng.randrange(60, 200) if model > 1_500 else None,
        )
        self._pass(stages.answer_ms or 0)
        self._speak(text, stages, heard=heard)

    def trouble(self, code: str, level: Literal["warn", "alarm"], **args: Any) -> None:
        """What a supervisor saw in the console."""
        text = f"{code}: {', '.join(f'{name} {value}' for name, value in args.items())}".rstrip(": ")
        data = {"code": code, "level": level, "args": args}
        self._record.log("ctl", "TroubleRaised", level="err" if level == "alarm" else "warn", text=text, data=data)

    def call_back(self, why: str, due_ms: int | None) -> None:
        """He wishes to be rung back."""
        phone = self.caller.phone
        noted = CallBackNoted(
            call_id=self.call_id,
            id=call_back_id(self.call_id, phone),
            at_ms=self.now_ms,
            phone=phone,
            name=self.caller.name,
            why=why,
            due_at_ms=due_ms,
            revision=self.now_ms,
        )
        self.append(noted)

    # Its ways out

    def goodbye(self) -> None:
        self._speak(PHRASES["goodbye"], Latencies(wire_ms=self.rng.randrange(8, 40)), cached=True)
        self._step(seen.AgentFinished(run=self._call.agent_runs, outcome=Completed("goodbye")))
        self._gone()

    def silence(self) -> None:
        """He says nothing any more."""
        for phrase in ("still_there", "goodbye_silence"):
            self._pass(10_000)
            self._speak(PHRASES[phrase], Latencies(wire_ms=self.rng.randrange(8, 40)), cached=True)
        self._step(seen.AgentFinished(run=self._call.agent_runs, outcome=Completed("silence")))
        self._gone()

    def hang_up(self) -> None:
        self._pass(self.rng.randrange(200, 2_500))
        self._step(seen.CallerHungUp(cause=16))
        self._gone()

    def hand_off(self, why: Literal["asked", "limit", "stt_failed", "tts_failed", "model_failed", "agent_failed"], summary: str) -> None:
        """Into the operators' queue."""
        self._step(seen.AgentFinished(run=self._call.agent_runs, outcome=HandOff(why, summary)))
        self._leave()

    def key_0(self) -> None:
        """The same by key."""
        self._pass(self.rng.randrange(300, 1_500))
        self._step(seen.DigitPressed(digit="0"))
        (awaited,) = (armed for armed in self._call.deadlines if armed.name == "key_0")
        self._pass(round(self._call.limits.key_0_s * 1000))
        self._step(seen.DeadlinePassed(name=awaited.name, generation=awaited.generation))
        self._pass(len(PHRASES["transfer"]) * _SPEECH_MS)
        self._step(seen.Announced(phrase="transfer"))
        self._leave()

    def nobody_free(self) -> None:
        """Back from the queue to the agent, who says so."""
        self._pass(60_000)
        self._step(seen.CallReturned(queue_status="TIMEOUT"))
        self._connect()
        self._record.state(AgentState.GREETING)
        self._speak(PHRASES["nobody_free"], Latencies(wire_ms=self.rng.randrange(8, 40)), cached=True)

    def operator(self, operator: str) -> None:
        """An operator takes him, they talk, one of them hangs up."""
        self._pass(self.rng.randrange(6_000, 35_000))
        self._step(seen.OperatorAnswered(operator=operator))
        self._pass(self.rng.randrange(40_000, 260_000))
        self._step(seen.CallerHungUp(cause=16, soft=self.rng.random() < 0.4))
        self._gone()

    def abandon(self) -> None:
        """He does not want to wait any longer."""
        self._pass(self.rng.randrange(15_000, 55_000))
        self._step(seen.CallerHungUp(cause=16))
        self._gone()

    def _connect(self) -> None:
        self._pass(self.rng.randrange(60, 220))
        leg = self._call.leg or ""
        self._record.log("rtp", "LineOpened", text="16000 Hz", data={"leg": leg, "rate_hz": 16_000})
        self._step(seen.LineOpened(leg_id=leg))
        self._pass(self.rng.randrange(10, 60))
        self._step(seen.LineJoined(leg_id=leg))

    def _leave(self) -> None:
        self._pass(self.rng.randrange(20, 120))
        self._step(seen.LeftStasis())

    def _gone(self) -> None:
        self._pass(self.rng.randrange(20, 200))
        self._step(seen.ChannelGone())
        frames = self._with_agent_ms // _FRAME_MS
        skipped = self.rng.choice((0, 0, 0, 0, 1, 2, 5))
        media = {"frames_due": frames, "frames_sent": frames - skipped, "frames_skipped": skipped, "frames_received": frames}
        self._record.close(ended_at_ms=self.now_ms, media=media)

    # Underneath

    def _speak(self, text: str, stages: Latencies, *, heard: float = 1.0, cached: bool = False) -> None:
        self._turns += 1
        words = text.split()
        cut = " ".join(words[: max(1, round(len(words) * heard))]) if heard < 1 else text
        if cached:
            usage = {}
        else:
            self._meter.sent(len(text))
            read = _INPUT_TOKENS + _TOKENS_A_TURN * self._turns
            usage = {"input_tokens": self.rng.randrange(60, 220), "output_tokens": 12 + len(text) // 3, "cache_read_input_tokens": read}
            self._meter.replied(usage)
        self._record.state(AgentState.SPEAKING)
        started_ms = self.now_ms
        self._pass(len(cut) * _SPEECH_MS)
        turn = TurnRecord(
            turn_number=self._turns,
            speaker="agent",
            text=text,
            started_at_ms=started_ms,
            heard_text=cut,
            heard_ms=len(cut) * _SPEECH_MS,
            interrupted=heard < 1,
            language="uk-UA",
            latencies=stages,
            usage=usage,
        )
        self._record.turn(turn)
        self._record.state(AgentState.LISTENING)

    def _pass(self, ms: int) -> None:
        self.now_ms += ms
        if self._call.state in (State.TALKING, State.ANNOUNCING):
            self._with_agent_ms += ms

    def _step(self, event: seen.AnyEvent) -> None:
        self._call, commands = receive(self._call, event)
        self._record.step(self._call, event, commands)


def _uuid7(at_ms: int, rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=at_ms << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62))
