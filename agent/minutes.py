"""The minutes of a conversation: numbers the turns and writes them into the transcript, while they are spoken, whole, and corrected."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from agent.latest import Latest
from agent.ports import Transcript
from agent.records import AgentState, Latencies, LiveText, Moment, TurnRecord
from agent.words import Taken

_LIVE_GAP_MS = 125  # between two texts of the caller that is speaking


class Minutes:
    """One per call. Times come in as ms of the loop's clock and are recorded as Unix time. *count* turns were numbered before."""

    def __init__(self, transcript: Transcript, now_ms: Callable[[], int], count: int = 0) -> None:
        self._transcript = transcript
        self._unix_offset_ms = round(time.time() * 1000) - now_ms()
        self._count = count
        self._last_caller_turn: TurnRecord | None = None
        self._state: AgentState | None = None
        self._live = Latest(_LIVE_GAP_MS)
        self._live_from_ms = 0  # when the caller began what he says

    @property
    def count(self) -> int:
        """How many turns have their number."""
        return self._count

    def next_number(self) -> int:
        self._count += 1
        return self._count

    def state(self, state: AgentState) -> None:
        if state is not self._state:
            self._state = state
            self._transcript.state(state)

    def note(self, moment: Moment | None) -> None:
        if moment is not None:
            self._transcript.note(moment)

    # In the making

    def caller_says(self, text: str, began_ms: int, now_ms: int) -> bool:
        """The words of his turn up to now; empty where they were taken for nothing. True: they are shown."""
        self._live_from_ms = began_ms
        return self._show(self._live.take(text, now_ms))

    @property
    def deadline_ms(self) -> int | None:
        """When ``tick`` is due."""
        return self._live.deadline_ms

    def tick(self, now_ms: int) -> bool:
        """True: words are shown that had to wait."""
        return self._show(self._live.due(now_ms))

    def _show(self, text: str | None) -> bool:
        if text is not None:
            self._transcript.live(
                LiveText(turn_number=self._count + 1, speaker="caller", text=text, started_at_ms=self._live_from_ms + self._unix_offset_ms)
            )
        return text is not None

    def agent_says(self, number: int, text: str, began_ms: int) -> None:
        """What has begun to sound of the agent's turn."""
        self._transcript.live(LiveText(turn_number=number, speaker="agent", text=text, started_at_ms=began_ms + self._unix_offset_ms))

    # Over

    def over(self, turn: TurnRecord) -> None:
        """A turn of ours, or one that another process was in when it ended."""
        self._count = max(self._count, turn.turn_number)
        self._transcript.turn(turn)

    def caller_turn(self, taken: Taken, began_ms: int) -> None:
        self._live.forget()
        turn = self.caller_record(taken, began_ms)
        self._last_caller_turn = turn
        self.over(turn)

    def caller_record(self, taken: Taken, began_ms: int) -> TurnRecord:
        """What is recorded if his turn is over now."""
        return TurnRecord(
            turn_number=self._count + 1,
            speaker="caller",
            text=taken.text,
            started_at_ms=began_ms + self._unix_offset_ms,
            stt_confidence=taken.confidence,
            language=taken.language,
        )

    def correct(self, taken: Taken) -> None:
        """The final text of the last caller turn came late."""
        turn = self._last_caller_turn
        if turn is None:
            return
        corrected = msgspec.structs.replace(
            turn, text=taken.text, revision=turn.revision + 1, stt_confidence=taken.confidence, language=taken.language
        )
        self._last_caller_turn = corrected
        self._transcript.turn(corrected)

    def agent_record(
        self,
        number: int,
        *,
        text: str,
        heard_text: str,
        heard_ms: int,
        began_ms: int,
        interrupted: bool,
        latencies: Latencies,
        usage: dict[str, int],
        prompted_by: str = "",
    ) -> TurnRecord:
        """What is recorded if a turn of ours is over now."""
        return TurnRecord(
            turn_number=number,
            speaker="agent",
            text=text,
            started_at_ms=began_ms + self._unix_offset_ms,
            heard_text=heard_text,
            heard_ms=heard_ms,
            interrupted=interrupted,
            latencies=latencies,
            usage=usage,
            prompted_by=prompted_by,
        )
