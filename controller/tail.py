"""``callctl tail``: follows the live log over HTTP, through every loss of the connection, and misses nothing.

GET /api/v1/log ─► lines ─► printed        401, 403, 404, 422: told in words, over
      ▲              │ id
      └─ back-off ◄──┴─ lost, cut off, refused, 503
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from httpx_sse import EventSource, ServerSentEvent, SSEError

SILENCE_S = 15.0
"""The server says something each 5 s."""
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
LASTING = {401, 403, 404, 410, 422}
"""Answers that trying again does not change."""
HINTS = {
    401: "Is the token right? callctl token create NAME --role developer makes one; give it with --token or CALLCTL_TOKEN.",
    403: "The log is for the roles developer, supervisor and admin.",
    404: "callctl calls lists the calls; a very new one may still be on its way.",
}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class TailFailed(Exception):
    """In words for whoever sits at the terminal."""


class _Over(Exception):
    """The call has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    url: str  # http://127.0.0.1:8080
    token: str
    call: str = ""
    sources: str = ""
    level: str = ""
    text: str = ""
    since: datetime | None = None
    last: int = 0  # lines before now, if *since* is not given

    @property
    def path(self) -> str:
        return f"{self.url}/api/v1/calls/{self.call}/log" if self.call else f"{self.url}/api/v1/log"

    @property
    def query(self) -> dict[str, str | int]:
        start = {"tail": self.last} if self.since is None else {"since": int(self.since.timestamp() * 1000)}
        filters = {"src": self.sources, "level": self.level, "q": self.text}
        return {name: value for name, value in filters.items() if value} | start


@dataclass(slots=True)
class Tail:
    """*on_line* gets each line's JSON, *on_gap* what is missing, *on_news* words about the connection."""

    wish: Wish
    on_line: Callable[[str], None]
    on_gap: Callable[[Mapping[str, Any]], None]
    on_news: Callable[[str], None]
    pauses_s: tuple[float, ...] = PAUSES_S
    _last_id: str = field(default="", init=False)
    _failures: int = field(default=0, init=False)

    async def follow(self) -> None:
        """Until the call ends, or without end; raises ``TailFailed`` when trying again would not help."""
        timeout = httpx.Timeout(5.0, read=SILENCE_S)
        async with httpx.AsyncClient(timeout=timeout, headers={"Authorization": f"Bearer {self.wish.token}"}) as client:
            while True:
                try:
                    lost = await self._read(client)
                except _Over:
                    return
                except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                    raise TailFailed(f"{self.wish.url} is no address: {error}") from error
                except (httpx.HTTPError, SSEError) as error:
                    lost = self._in_words(error)
                    if not self._last_id and isinstance(error, httpx.ConnectError):
                        raise TailFailed(f"{lost} Is the controller running, and is --url (or API_HOST, API_PORT) its address?") from error
                pause_s = self.pauses_s[min(self._failures, len(self.pauses_s) - 1)]
                self._failures += 1
                self.on_news(f"{lost} Again in {pause_s:g} s.")
                await asyncio.sleep(pause_s)

    async def _read(self, client: httpx.AsyncClient) -> str:
        """One connection, as long as it lasts; why it is over, in words."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._last_id} if self._last_id else {})
        async with client.stream("GET", self.wish.path, params=self.wish.query, headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                return await self._refused(answer)
            if self._failures:
                self.on_news("Connected again.")
            async for event in EventSource(answer).aiter_sse():
                self._failures = 0
                self._take(event)
                self._last_id = event.id or self._last_id
        return "The server ended the stream."

    def _take(self, event: ServerSentEvent) -> None:
        if event.event == "end":
            raise _Over
        if event.event == "gap":
            self.on_gap(msgspec.json.decode(event.data))
        elif event.event == "cut":
            self.on_news("We did not keep up and were cut off; what we missed comes now.")
        elif event.data:
            self.on_line(event.data)

    async def _refused(self, answer: httpx.Response) -> str:
        await answer.aread()
        try:
            told = answer.json()
            words = str(told.get("detail") or told["title"])
        except (ValueError, KeyError, AttributeError):
            words = "this is no controller's answer"
        refusal = f"{answer.status_code}: {words}."
        if answer.status_code in LASTING:
            raise TailFailed(f"{refusal} {HINTS.get(answer.status_code, '')}".strip())
        return refusal

    def _in_words(self, error: Exception) -> str:
        match error:
            case httpx.ReadTimeout():
                return f"Nothing came for {SILENCE_S:g} s."
            case httpx.ConnectError() | httpx.ConnectTimeout():
                return f"{self.wish.url} does not answer: {str(error) or type(error).__name__}."
            case SSEError():
                return "The answer is no event stream."
            case _:
                return f"The stream was lost: {str(error) or type(error).__name__}."


def moment_of(text: str, now: datetime) -> datetime:
    """``10m``, ``2h`` before *now*, or a time of ISO 8601 (without an offset: UTC); raises ``ValueError``."""
    if match := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
