"""Who may call from a browser now. Pure: time is passed in, nothing here speaks to Asterisk.

    admit ─► waiting ──token──► connected ──StasisStart──► talking ──channel gone──► over
               │ 60 s             │ socket lost, 60 s        │ socket lost: he is hung up
               └─► over           └─► over                   └─► over when the channel is gone

The password ends with the StasisStart, so that it serves for one call. The endpoint ends with the channel: one that was taken away before
Asterisk would list for ever.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

CREDENTIAL_S = 60.0
"""How long a credential waits for its call; the page asks for the microphone first, so that seconds would do."""
WAITING_MAX = 20
"""Credentials that wait at once; each is two objects in Asterisk's memory."""

_USER = re.compile(r"web-[0-9a-f]{12}")
_CHANNEL = re.compile(r"PJSIP/(web-[0-9a-f]{12})-[0-9a-f]+")


def is_user(name: str) -> bool:
    """Whether an endpoint of this name is one of ours."""
    return _USER.fullmatch(name) is not None


def user_of_channel(name: str) -> str | None:
    """Whose channel this is: PJSIP/web-0123456789ab-00000001; None: no browser's."""
    found = _CHANNEL.fullmatch(name)
    return found[1] if found else None


@dataclass(slots=True, eq=False)
class Guest:
    """One credential. *token* opens the socket, *password* the call; a minute later both are worth nothing."""

    user: str
    expires_s: float  # on the clock that is passed in
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    token_used: bool = False
    connected: bool = False
    channel_id: str = ""

    def is_over(self, now_s: float) -> bool:
        """Does not call, and may not any more."""
        return not self.channel_id and (now_s >= self.expires_s or (self.token_used and not self.connected))


class Full(Exception):
    """As many call or are about to as may."""


class Guests:
    """*calls_max*: browsers that talk at once."""

    def __init__(self, calls_max: int) -> None:
        self._calls_max = calls_max
        self._by_user: dict[str, Guest] = {}

    def __iter__(self) -> Iterator[Guest]:
        return iter(tuple(self._by_user.values()))

    def __contains__(self, user: object) -> bool:
        return user in self._by_user

    def admit(self, now_s: float) -> Guest:
        """A new credential. Raises Full."""
        talking = sum(bool(guest.channel_id) for guest in self)
        if talking >= self._calls_max or len(self._by_user) - talking >= WAITING_MAX:
            raise Full
        guest = Guest(f"web-{secrets.token_hex(6)}", now_s + CREDENTIAL_S)
        self._by_user[guest.user] = guest
        return guest

    def adopt(self, user: str, channel_id: str) -> Guest:
        """One whom a predecessor of ours admitted: nobody has his token, so he is over when his channel is gone."""
        guest = Guest(user, 0.0, token_used=True, channel_id=channel_id)
        self._by_user[user] = guest
        return guest

    def connect(self, token: str, now_s: float) -> Guest | None:
        """The guest whose socket opens with *token*; None: it is nobody's, used or too old."""
        for guest in self:
            if hmac.compare_digest(guest.token.encode(), token.encode()) and not guest.token_used and now_s < guest.expires_s:
                guest.token_used = guest.connected = True
                return guest
        return None

    def started(self, channel_name: str, channel_id: str) -> Guest | None:
        """A channel entered our application; whose it is, if it is a guest's first."""
        guest = self._by_user.get(user_of_channel(channel_name) or "")
        if guest is None or guest.channel_id:
            return None
        guest.channel_id = channel_id
        return guest

    def ended(self, channel_id: str) -> Guest | None:
        """A channel is gone; whose it was. He does not get another."""
        guest = next((guest for guest in self if guest.channel_id == channel_id), None)
        if guest is not None:
            guest.channel_id, guest.expires_s = "", 0.0
        return guest

    def over(self, now_s: float) -> list[Guest]:
        return [guest for guest in self if guest.is_over(now_s)]

    def forget(self, guest: Guest) -> None:
        self._by_user.pop(guest.user, None)
