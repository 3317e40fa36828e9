"""A conversation as a session has it: with a memory that another process can read, what it has cost so far included."""

from __future__ import annotations

import msgspec
import structlog

from agent import memory as agents
from agent.conversation import Conversation
from agent.cost import Meter, Used
from agent.outcome import Outcome
from agent.ports import Line

log = structlog.get_logger(__name__)


class Remembered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="remembered.1"):
    talk: bytes = b""  # ``agent.memory``'s
    used: Used = Used()
    name: str | None = None  # the caller's, as we know him; nobody need be asked again

    @property
    def memory(self) -> agents.Memory | None:
        """None: it begins anew, for there is none or this version cannot read it."""
        try:
            return agents.decode(self.talk) if self.talk else None
        except msgspec.MsgspecError as error:
            log.error("memory_unknown", why=str(error))
            return None


def recall(data: bytes) -> Remembered | None:
    """What a predecessor's sheet holds of the talk, if anything."""
    if not data:
        return None
    try:
        return msgspec.msgpack.decode(data, type=Remembered)
    except msgspec.MsgspecError as error:
        log.error("memory_unknown", why=str(error))
        return None


class RememberedTalk:
    """Satisfies ``controller.surroundings.ConversationLike``."""

    def __init__(self, conversation: Conversation, meter: Meter, name: str | None) -> None:
        self._conversation = conversation
        self._meter = meter
        self._name = name

    async def run(self, line: Line, opening: str) -> Outcome:
        return await self._conversation.run(line, opening)

    def say(self, text: str, *, by: str, cut: bool) -> bool:
        return self._conversation.say(text, by=by, cut=cut)

    def hold(self, on: bool) -> None:
        self._conversation.hold(on)

    def memory(self) -> bytes:
        talk = agents.encode(self._conversation.memory())
        return msgspec.msgpack.encode(Remembered(talk=talk, used=self._meter.used, name=self._name))
