"""ARI's events as typed values.

A message is one JSON text frame of the event WebSocket: ``{"type": "StasisStart", "application": ..., ...}``.
Class names are ARI's own. Only what we act on is here; ``EVENT_TYPES`` is what we ask Asterisk to send.
Source: Asterisk 22's api-docs/events.json and recorded traffic.
"""

from __future__ import annotations

from typing import Any

import msgspec

from controller.ari.resources import Bridge, Channel


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base: every event names its application and when it was made (ISO 8601 with offset)."""

    application: str = ""
    timestamp: str = ""


class StasisStart(Message, frozen=True):
    """A channel entered our application: a caller, or a media leg (args are then its id alone)."""

    channel: Channel
    args: list[str] = []
    replace_channel: Channel | None = None


class StasisEnd(Message, frozen=True):
    """A channel left our application. Without a ChannelHangupRequest before: somebody moved it elsewhere."""

    channel: Channel


class ChannelHangupRequest(Message, frozen=True):
    """Somebody hung up. *soft* marks a hang-up by command (ours, a supervisor's), cause is Q.850's."""

    channel: Channel
    cause: int | None = None
    soft: bool = False


class ChannelDestroyed(Message, frozen=True):
    """The channel is no more. Comes for callers only after an explicit subscription."""

    channel: Channel
    cause: int = 0
    cause_txt: str = ""


class ChannelDtmfReceived(Message, frozen=True):
    channel: Channel
    digit: str
    duration_ms: int = 0


class ChannelEnteredBridge(Message, frozen=True):
    bridge: Bridge
    channel: Channel | None = None


class ChannelLeftBridge(Message, frozen=True):
    bridge: Bridge
    channel: Channel


class BridgeDestroyed(Message, frozen=True):
    bridge: Bridge


class ChannelVarset(Message, frozen=True):
    """A variable was set; without *channel* a global one. Queue() tells its fate this way: QUEUESTATUS."""

    variable: str
    value: str = ""
    channel: Channel | None = None


class ChannelUserevent(Message, frozen=True):
    """``POST /events/user/{eventname}`` by a supervisor; *channel* only when he named it as the source."""

    eventname: str
    userevent: dict[str, Any] = {}
    channel: Channel | None = None
    bridge: Bridge | None = None


class Dial(Message, frozen=True):
    """The dialplan dials *peer* for *caller*: dialstatus "", RINGING, PROGRESS, ANSWER, NOANSWER, BUSY, CANCEL, ..."""

    peer: Channel
    dialstatus: str = ""
    caller: Channel | None = None
    dialstring: str = ""


class ChannelHold(Message, frozen=True):
    channel: Channel


class ChannelUnhold(Message, frozen=True):
    channel: Channel


class ChannelStateChange(Message, frozen=True):
    channel: Channel


class ApplicationReplaced(Message, frozen=True):
    """Another WebSocket took our application's name; this one stays open and hears nothing more."""


class ApplicationMoveFailed(Message, frozen=True):
    """``/move`` named an application that is not there; the channel stays with us."""

    channel: Channel
    destination: str = ""
    args: list[str] = []


Event = (
    StasisStart
    | StasisEnd
    | ChannelHangupRequest
    | ChannelDestroyed
    | ChannelDtmfReceived
    | ChannelEnteredBridge
    | ChannelLeftBridge
    | BridgeDestroyed
    | ChannelVarset
    | ChannelUserevent
    | Dial
    | ChannelHold
    | ChannelUnhold
    | ChannelStateChange
    | ApplicationReplaced
    | ApplicationMoveFailed
)

EVENT_TYPES: tuple[str, ...] = tuple(sorted(kind.__name__ for kind in Message.__subclasses__()))


class _Envelope(msgspec.Struct):
    type: str


_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)  # making it takes 10 ms, which who takes over calls does not have
_envelope = msgspec.json.Decoder(_Envelope)


class MessageDecoder:
    """Turns frames into events and counts what it could not use; never raises.

    ``unknown`` counts well-formed messages of types that we do not act on, ``malformed`` everything else:
    the second growing means that Asterisk changed its wire or that we misread it.
    """

    def __init__(self) -> None:
        self.unknown = 0
        self.malformed = 0

    def decode(self, frame: str | bytes) -> Event | None:
        try:
            return _event.decode(frame)
        except (msgspec.DecodeError, UnicodeError):
            self._count(frame)
            return None

    def _count(self, frame: str | bytes) -> None:
        try:
            known = _envelope.decode(frame).type in EVENT_TYPES
        except (msgspec.DecodeError, UnicodeError):
            known = True
        if known:
            self.malformed += 1
        else:
            self.unknown += 1
