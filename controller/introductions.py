"""A call's transcript that also remembers who introduced himself: the next time he is greeted as somebody we know.

Only a name that the caller gave for an order or a visit, and only for the number he calls from.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.ports import Transcript
from agent.records import AgentState, LiveText, Moment, ToolCallRecord, TurnRecord

_WITH_A_NAME = frozenset({"create_order_draft", "book_fitting"})


class Introductions:
    """Satisfies ``agent.ports.Transcript``; everything goes on to *transcript*. *remember* returns at once."""

    def __init__(self, transcript: Transcript, number: str, remember: Callable[[str, str], None]) -> None:
        self._transcript = transcript
        self._number = number
        self._remember = remember

    def state(self, state: AgentState) -> None:
        self._transcript.state(state)

    def turn(self, turn: TurnRecord) -> None:
        self._transcript.turn(turn)

    def tool_call(self, call: ToolCallRecord) -> None:
        self._transcript.tool_call(call)
        name = call.arguments.get("customer_name")
        if call.success and call.name in _WITH_A_NAME and isinstance(name, str) and name.strip():
            self._remember(self._number, name)

    def live(self, text: LiveText) -> None:
        self._transcript.live(text)

    def note(self, moment: Moment) -> None:
        self._transcript.note(moment)
