"""What was said in the conversation, in the form the model reads it.

Pure. The entries are kept as they happened and rendered into messages on demand, so that every list the model gets is well formed by
construction: roles alternate, the caller begins, each tool_use is answered by a tool_result in the next message. What an interrupted
agent had not yet said aloud is not in it. ``said`` is the same for the rules: only what was really heard. The entries are also what a
successor of this process is left (``agent.memory``), so they are values that can be encoded as they are.

    CallerSaid      "Є зимові на Камрі?"
    AgentReplied    round 1: "Зараз гляну."  use search_tires ── result
                    round 2: "Є Michelin X-Ice за 4 500 грн." ── cut to what was heard
    AgentSaid       a fixed phrase: greeting, "ви ще на лінії?"
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from agent.case import Said
from agent.keypad import typed_in
from agent.ports import ToolUse

_MARK = re.compile(r"\([^)]*\)")  # ours, in the caller's place: he typed it, he had just called
_CALL_BEGAN = "(абонент додзвонився)"
_BROKEN = "(зв'язок урвався, кінця його слів не чути)"
_NOT_BEGUN = {"error": "Не виконано: абонент перебив раніше."}


class CallerSaid(msgspec.Struct, tag=True, omit_defaults=True):
    text: str
    broken: bool = False  # as ``Said.broken``


class Noted(msgspec.Struct, tag=True):
    """A mark for the model in the caller's place; nobody said it."""

    text: str


class AgentSaid(msgspec.Struct, tag=True):
    text: str


class Round(msgspec.Struct, omit_defaults=True):
    """One reply of the model: text, then possibly tools."""

    text: str = ""
    uses: list[ToolUse] = []
    results: dict[str, Mapping[str, Any]] = {}  # by tool_use id; may arrive after a cut
    begun: list[str] = []  # tool_use ids; what began is worked to its end, if need be by a successor

    @property
    def empty(self) -> bool:
        return not self.text.strip() and not self.uses


class AgentReplied(msgspec.Struct, tag=True, omit_defaults=True):
    rounds: list[Round] = []
    over: bool = False  # its text is what was heard; until then it is in the making

    @property
    def text(self) -> str:
        return " ".join(part for part in (entry.text.strip() for entry in self.rounds) if part)

    def cut(self, heard: Mapping[int, str]) -> None:
        """Keep of each round's text only what was heard; *heard* is by index of the round."""
        self.over = True
        for index, entry in enumerate(self.rounds):
            entry.text = heard.get(index, "")

    def broken_off(self, heard: Mapping[int, str] | None) -> AgentReplied:
        """A copy that is over (*heard* as for ``cut``; None: all of it), not by the caller's doing but because our process ended.

        Tools that it had not yet turned to are not in it: the model will name them again.
        """
        copy = AgentReplied(over=True)
        for index, entry in enumerate(self.rounds):
            text = entry.text if heard is None else heard.get(index, "")
            uses = [use for use in entry.uses if use.id in entry.begun]
            copy.rounds.append(Round(text, uses, entry.results, entry.begun))
        return copy


Entry = CallerSaid | Noted | AgentSaid | AgentReplied


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A use of a tool that began and has no result."""

    use: ToolUse
    entry: Round  # that it stands in
    said: tuple[Said, ...]  # the talk as it was heard before that reply


class History:
    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = list(entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """In order; the last reply may still be in the making."""
        return tuple(self._entries)

    def caller_said(self, text: str) -> None:
        if text.strip():
            self._entries.append(CallerSaid(text))

    def note(self, text: str) -> None:
        """Let the model know what nobody said."""
        self._entries.append(Noted(f"({text})"))

    def agent_said(self, text: str) -> None:
        if text.strip():
            self._entries.append(AgentSaid(text))

    def begin_reply(self) -> AgentReplied:
        reply = AgentReplied()
        self._entries.append(reply)
        return reply

    def caller_texts(self) -> list[str]:
        return [entry.text for entry in self._entries if isinstance(entry, CallerSaid)]

    def last_caller_texts(self, count: int) -> list[str]:
        return self.caller_texts()[-count:]

    def unfinished(self) -> list[Unfinished]:
        """In order. While their process lives, these are the uses that run."""
        replies = [entry for entry in self._entries if isinstance(entry, AgentReplied)]
        return [
            Unfinished(use, entry, self.said(before=reply))
            for reply in replies
            for entry in reply.rounds
            for use in entry.uses
            if use.id in entry.begun and use.id not in entry.results
        ]

    def said(self, *, before: AgentReplied | None = None) -> tuple[Said, ...]:
        """The talk as it was heard, in order; it grows at its end, so that its length is a mark of time. Or what was heard *before*."""
        said: list[Said] = []
        for entry in self._entries:
            if entry is before:
                break
            match entry:
                case CallerSaid(text, broken) if words := _MARK.sub("", text).strip():
                    said.append(Said("caller", words, typed_in(text), broken))
                case AgentSaid(text):
                    said.append(Said("agent", text))
                case AgentReplied() if entry.over and entry.text:
                    said.append(Said("agent", entry.text))
                case _:
                    pass
        return tuple(said)

    def messages(self) -> list[dict[str, Any]]:
        """The Messages API's form: ``{"role", "content": [blocks]}``; always begins with the user."""
        messages: list[dict[str, Any]] = []
        for entry in self._entries:
            match entry:
                case CallerSaid(text, broken):
                    _add(messages, "user", [_text(f"{text} {_BROKEN}" if broken else text)])
                case Noted(text):
                    _add(messages, "user", [_text(text)])
                case AgentSaid(text):
                    _add(messages, "assistant", [_text(text)])
                case AgentReplied(rounds):
                    for one in rounds:
                        _add_round(messages, one)
        if messages and messages[0]["role"] == "assistant":
            messages.insert(0, {"role": "user", "content": [_text(_CALL_BEGAN)]})
        return messages


def _add_round(messages: list[dict[str, Any]], one: Round) -> None:
    if one.empty:
        return
    blocks = [_text(one.text.strip())] if one.text.strip() else []
    uses = [{"type": "tool_use", "id": use.id, "name": use.name, "input": dict(use.arguments)} for use in one.uses]
    _add(messages, "assistant", [*blocks, *uses])
    if one.uses:
        _add(messages, "user", [_result(use.id, one.results.get(use.id, _NOT_BEGUN)) for use in one.uses])


def _add(messages: list[dict[str, Any]], role: str, blocks: list[dict[str, Any]]) -> None:
    if messages and messages[-1]["role"] == role:
        messages[-1]["content"] += blocks
    else:
        messages.append({"role": role, "content": blocks})


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _result(tool_use_id: str, result: Mapping[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": tool_use_id,
        "content": [_text(json.dumps(result, ensure_ascii=False))],
    }
    return {**block, "is_error": True} if "error" in result else block


def heard_part(text: str, heard_ms: int, total_ms: int) -> str:
    """The words of *text* that had been said whole after *heard_ms* of *total_ms*, in proportion to its length."""
    if heard_ms <= 0 or total_ms <= 0:
        return ""
    if heard_ms >= total_ms:
        return text
    reach = len(text) * heard_ms // total_ms
    if reach < len(text) and text[reach].isspace():
        return text[:reach].rstrip()
    return text[:reach].rpartition(" ")[0].rstrip()
