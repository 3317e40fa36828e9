"""What of a call's course could mean trouble: counted and timed as it happens, judged in ``trouble``. Pure.

Only what is told of a call goes in: its states, turns, tool calls and log; every time is Unix time in ms.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from agent.intents import wants_human
from agent.records import ToolCallRecord, TurnRecord

_TURNS = 5  # that are looked back on
_SAME = 0.6  # of both sayings' words: he said it before
_SAME_FROM = 3  # words: fewer are alike by chance
_COMPARED = 200  # characters; what follows is talk
_FILLER_MS = 2_500  # of sound: the longest of our fillers

_NOT_HEARD = re.compile(
    r"(?:не\s+(?:чую|почу[вл]\w*|розчу[вл]\w*|чутно|слышу|расслышал\w*|зрозумі[вл]\w*|понял\w*)|повтор(?:іть|ите|и)\b|ще\s+раз\b|ещё\s+раз\b|що\s+ви\s+сказали|^алло\W*$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w'’ʼ]+")
_WAITS_FOR_US = frozenset({"connecting", "thinking", "tool"})
WITH_AGENT = frozenset({"connecting", "greeting", "listening", "thinking", "tool", "speaking"})


@dataclass(frozen=True, slots=True)
class Counted:
    """How often in a row, or of late; since when."""

    n: int
    since_ms: int


@dataclass(slots=True)
class Signs:
    """Of one call."""

    state: str = ""
    since_ms: int = 0  # of the state
    silent_from_ms: int | None = None  # nothing of ours sounds, and it is our turn
    asked: dict[int, int] = field(default_factory=dict)  # for a human: turn (0: a key) -> when
    slow: list[int] = field(default_factory=list)  # when each of the latest replies was due that were all too slow
    slowest: str = ""  # the stage that held up the latest of them
    failed: list[tuple[int, str]] = field(default_factory=list)  # tools that failed in a row: when, name
    repeated: deque[tuple[int, int, bool]] = field(default_factory=lambda: deque(maxlen=_TURNS))  # turn, when, again
    cut: deque[tuple[int, int, bool]] = field(default_factory=lambda: deque(maxlen=_TURNS))  # turn, when, interrupted
    came_back_ms: int | None = None  # from the queue, where nobody took him
    bad_audio: tuple[int, int] | None = None  # since when, percent of frames lost
    _said: deque[tuple[int, frozenset[str]]] = field(default_factory=lambda: deque(maxlen=_TURNS))

    def enter(self, state: str, at_ms: int) -> None:
        if state == self.state:
            return
        if self.state == "transferring" and state in WITH_AGENT:
            self.came_back_ms = at_ms
        if state == "operator":  # he has his human; what was before is over
            self.asked.clear()
            self.failed.clear()
        waited = self.state in _WAITS_FOR_US
        self.state, self.since_ms = state, at_ms
        if state not in _WAITS_FOR_US:
            self.silent_from_ms = None
        elif not waited or self.silent_from_ms is None:
            self.silent_from_ms = at_ms

    def filler(self, at_ms: int) -> None:
        if self.silent_from_ms is not None:
            self.silent_from_ms = at_ms + _FILLER_MS

    def key_0(self, at_ms: int) -> None:
        self.asked[-at_ms] = at_ms

    def turn(self, turn: TurnRecord, *, slow_ms: int) -> None:
        """A turn, or a correction of one."""
        at_ms = turn.started_at_ms
        if turn.speaker == "agent":
            _put(self.cut, turn.turn_number, at_ms, turn.interrupted)
            self._answer(turn, slow_ms)
            return
        self.asked.pop(turn.turn_number, None)
        if wants_human(turn.text):
            self.asked[turn.turn_number] = at_ms
        _put(self.repeated, turn.turn_number, at_ms, self._again(turn))
        self._said.append((turn.turn_number, _words(turn.text)))

    def tool(self, call: ToolCallRecord) -> None:
        if call.success:
            self.failed.clear()
        else:
            self.failed.append((call.started_at_ms + call.duration_ms, call.name))

    def audio(self, at_ms: int, percent_lost: int, *, bad_from: int) -> None:
        if percent_lost < bad_from:
            self.bad_audio = None
        else:
            self.bad_audio = (self.bad_audio[0] if self.bad_audio else at_ms, percent_lost)

    def repeats(self) -> Counted:
        return _of_late(self.repeated)

    def interruptions(self) -> Counted:
        return _of_late(self.cut)

    def _answer(self, turn: TurnRecord, slow_ms: int) -> None:
        took = turn.latencies.answer_ms
        if took is None or turn.revision > 1:
            return
        if took <= slow_ms:
            self.slow.clear()
            return
        self.slow.append(turn.started_at_ms - took)
        stages = {"stt": turn.latencies.stt_ms, "llm": turn.latencies.model_ms, "tts": turn.latencies.tts_ms}
        self.slowest = max(stages, key=lambda stage: stages[stage] or 0)

    def _again(self, turn: TurnRecord) -> bool:
        if _NOT_HEARD.search(turn.text[:_COMPARED]):
            return True
        words = _words(turn.text)
        if len(words) < _SAME_FROM:
            return False
        before = [said for number, said in self._said if number != turn.turn_number]
        return any(len(words & said) >= _SAME * len(words | said) for said in before)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text[:_COMPARED].casefold()))


def _put(turns: deque[tuple[int, int, bool]], number: int, at_ms: int, flag: bool) -> None:
    for index, (known, _, _) in enumerate(turns):
        if known == number:  # a correction
            turns[index] = (number, at_ms, flag)
            return
    turns.append((number, at_ms, flag))


def _of_late(turns: deque[tuple[int, int, bool]]) -> Counted:
    """None once two in a row were without."""
    flagged = [at_ms for _, at_ms, flag in turns if flag]
    over = not any(flag for _, _, flag in list(turns)[-2:])
    return Counted(0, 0) if over or not flagged else Counted(len(flagged), flagged[0])
