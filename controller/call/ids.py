"""Names that need no look-up: who knows a call's id knows its bridge, and who sees a leg's channel knows its AudioSocket UUID.

    call id      UUIDv7; its time is the call's start
    bridge       b-<call id>
    media leg    UUIDv7 of its own, derived from the call's id and the leg's number: the machine stays pure and a replay
                 names the same legs. It is a name, not a secret: the AudioSocket server admits each once, when expected.
    leg channel  m-<leg id>
    telephone    s-<UUIDv7>, a supervisor's that we ring; made as the leg's
    snoop, and the bridge where a supervisor listens    n-<UUIDv7>, l-<UUIDv7>
    bridge where an operator hears the summary          w-<UUIDv7>

All are of fixed length: Asterisk refuses channel ids that are prefixes of living ones.
"""

from __future__ import annotations

import hashlib
import uuid

from uuid_utils.compat import uuid7

_BRIDGE = "b-"
_LEG = "m-"
_PHONE = "s-"
_SNOOP = "n-"
_LISTENING = "l-"
_SCREENING = "w-"
_UUID_LENGTH = 36


def new_call_id() -> str:
    return str(uuid7())


def started_at_ms(call_id: str) -> int:
    """Unix time at which the id was made."""
    return uuid.UUID(call_id).int >> 80


def bridge_id(call_id: str) -> str:
    return _BRIDGE + call_id


def leg_id(call_id: str, number: int) -> str:
    """The call's *number*-th media leg: the call's time, a digest of both as the random part."""
    return _derived(call_id, str(number))


def phone_id(call_id: str, number: int) -> str:
    """The channel of the *number*-th telephone that is rung to take the call over."""
    return _PHONE + _derived(call_id, f"phone/{number}")


def listening_ids() -> tuple[str, str, str]:
    """New names for one who listens: his telephone's channel, the snoop, their bridge."""
    one = str(uuid7())
    return _PHONE + one, _SNOOP + one, _LISTENING + one


def screening_ids() -> tuple[str, str]:
    """New names for telling an operator who calls: our media leg, and the bridge with him."""
    one = str(uuid7())
    return one, _SCREENING + one


def _derived(call_id: str, what: str) -> str:
    digest = hashlib.blake2b(f"{call_id}/{what}".encode(), digest_size=10).digest()
    value = uuid.UUID(call_id).int >> 80 << 80 | int.from_bytes(digest)
    value = value & ~(0xF << 76) | 7 << 76  # version
    value = value & ~(0b11 << 62) | 0b10 << 62  # variant
    return str(uuid.UUID(int=value))


def leg_channel_id(leg: str) -> str:
    return _LEG + leg


def leg_of_channel(channel_id: str) -> str | None:
    """The leg whose channel this is, or None: some other channel."""
    return _suffix(_LEG, channel_id)


def call_of_bridge(bridge: str) -> str | None:
    """The call whose bridge this is, or None: some other bridge."""
    return _suffix(_BRIDGE, bridge)


def is_channel_of_ours(channel_id: str) -> bool:
    """A leg, a supervisor's telephone or a snoop: nobody who called."""
    return any(_suffix(prefix, channel_id) for prefix in (_LEG, _PHONE, _SNOOP))


def is_side_bridge(bridge: str) -> bool:
    """Where somebody listens or hears a summary: no caller is ever in it."""
    return any(_suffix(prefix, bridge) for prefix in (_LISTENING, _SCREENING))


def _suffix(prefix: str, name: str) -> str | None:
    suffix = name[len(prefix) :]
    return suffix if name.startswith(prefix) and len(suffix) == _UUID_LENGTH else None
