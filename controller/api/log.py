"""The event logs: of one call or of all, past and live.

GET /calls/{id}/log      Accept: text/event-stream: server-sent events, resumed by Last-Event-ID; else a page of JSON
GET /log                 the same over all calls
GET /calls/{id}/log.jsonl, /log.jsonl     to download: a line for each
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from controller.api.access import Developer, Identity
from controller.api.event_stream import EventStream
from controller.api.openapi import API, example
from controller.api.problems import Problem, told
from controller.api.shapes import AT_MS, CALL_ID
from controller.livelog import LiveLog
from controller.log_stream.cursor import BadCursor, format_cursor, parse
from controller.log_stream.filter import Filter
from controller.log_stream.history import NoHistory
from controller.log_stream.reading import Page, Start

PAGE = 200
LONGEST_PAGE = 1_000
READERS = 200
"""Streams at once; fifty cost three per cent of a core."""
MORE = "X-More"
"""Of a page: 1 if there is more by now, also behind an empty one: for a filter that picks little not all the past is looked at at once."""
JSON_LINES = "application/x-ndjson"
EXAMPLE = {
    "call": CALL_ID,
    "app": "callctl",
    "pos": AT_MS * 1000,
    "seq": 41,
    "ts": AT_MS,
    "at": 53_000,
    "src": "stt",
    "lvl": "",
    "name": "TurnTaken",
    "text": "Мені потрібні зимові шини",
    "data": {"turn_number": 5},
    "state": None,
}
PAGE_TOLD = f"lines, oldest first; Link: rel=next is the place behind them, also when there are no more yet; {MORE}: 1 if there are"
ANSWERS: dict[int | str, dict[str, Any]] = {**told("cursor_invalid", "call_unknown", "too_many_readers")}
STREAM = {
    "text/event-stream": {
        "schema": {"type": "string"},
        "example": "id: callctl:1795271527000123\ndata: {...}\n\n",
    }
}


class Wanted:
    """What the query says, and the header with which a browser resumes."""

    def __init__(
        self,
        request: Request,
        src: Annotated[str, Query(description="sources, by commas: ari rtp vad stt llm tts tool ctl", pattern=r"^[a-z,]{0,60}$")] = "",
        level: Annotated[Literal["", "warn", "err"], Query(description="at least")] = "",
        q: Annotated[str, Query(description="a text anywhere in the line, in any case", max_length=200)] = "",
        after: Annotated[str, Query(description="the place behind which to go on: an event's id", max_length=2_000)] = "",
        since: Annotated[int | None, Query(description="from that Unix time in ms on", ge=0, le=1 << 43)] = None,
        tail: Annotated[int | None, Query(description="the last lines first", ge=0, le=LONGEST_PAGE)] = None,
        last_event_id: Annotated[str, Header(description="as *after*", max_length=2_000)] = "",
    ) -> None:
        """Raises ``Problem``."""
        self.sources = frozenset(filter(None, src.split(",")))
        self.level: str = level
        self.text = q
        self.stream = "text/event-stream" in request.headers.get("accept", "")
        try:
            cursor = parse(last_event_id or after)
        except BadCursor as error:
            raise Problem("cursor_invalid", str(error)) from error
        self.given = bool(cursor) or since is not None or tail is not None
        self.start = Start(cursor=cursor, since=None if since is None else since * 1000, tail=tail)

    def filter(self, who: Identity, call: str = "") -> Filter:
        return Filter(call=call, sources=self.sources, level=self.level, text=self.text, numbers=who.numbers)


Limit = Annotated[int, Query(description="lines on a page", ge=1, le=LONGEST_PAGE)]
Query_ = Annotated[Wanted, Depends()]


def make_log_router(live_log: LiveLog) -> APIRouter:
    routes = APIRouter(prefix=API, tags=["log"])
    page_of = {**example([EXAMPLE], PAGE_TOLD)}
    page_of["content"] |= STREAM
    lines_of = {"description": "one JSON object a line", "content": {JSON_LINES: {"schema": {"type": "string"}}}}

    @routes.get("/log", name="log_all", responses={200: page_of, **told("cursor_invalid", "too_many_readers")})
    async def all_calls(request: Request, who: Developer, wanted: Query_, limit: Limit = PAGE) -> Response:
        """The log of all calls: live as server-sent events, or a page: by default the newest lines."""
        return await answer(request, wanted, wanted.filter(who), limit, Start(tail=limit))

    @routes.get("/calls/{call_id}/log", name="log_call", responses={200: page_of, **ANSWERS})
    async def one_call(request: Request, call_id: uuid.UUID, who: Developer, wanted: Query_, limit: Limit = PAGE) -> Response:
        """The log of one call, live or past; the stream ends with the event *end* when the call's record is closed."""
        await known(call_id)
        return await answer(request, wanted, wanted.filter(who, str(call_id)), limit, Start(since=0))

    @routes.get("/log.jsonl", name="log_all_download", responses={200: lines_of, **told("cursor_invalid")})
    async def download_all(who: Developer, wanted: Query_) -> Response:
        """All lines from *after* or *since* on, up to now; without them the last ones."""
        return await download(wanted, wanted.filter(who), "calls", Start(tail=LONGEST_PAGE))

    @routes.get("/calls/{call_id}/log.jsonl", name="log_call_download", responses={200: lines_of, **ANSWERS})
    async def download_one(call_id: uuid.UUID, who: Developer, wanted: Query_) -> Response:
        """The whole log of a call; what `callctl replay` reads."""
        await known(call_id)
        return await download(wanted, wanted.filter(who, str(call_id)), f"call-{call_id}", Start(since=0))

    async def known(call_id: uuid.UUID) -> None:
        try:
            there = await live_log.knows(call_id)
        except NoHistory as error:
            raise Problem("database_away") from error
        if not there:
            raise Problem("call_unknown")

    async def answer(request: Request, wanted: Wanted, chosen: Filter, limit: int, usual: Start) -> Response:
        if wanted.stream:
            if live_log.status().readers >= READERS:
                raise Problem("too_many_readers")
            return EventStream(live_log.read(chosen, wanted.start), on_stuck=live_log.gave_up)
        page = await turn(chosen, wanted.start if wanted.given else usual, limit)
        query = {name: value for name, value in request.query_params.items() if name not in ("after", "since", "tail")}
        following = f"{request.url.path}?{urlencode({**query, 'after': format_cursor(page.cursor)})}"
        body = b"[" + b",\n".join(page.lines) + b"]"
        return Response(body, media_type="application/json", headers={"Link": f'<{following}>; rel="next"', MORE: str(int(page.more))})

    async def turn(chosen: Filter, start: Start, limit: int) -> Page:
        try:
            return await live_log.page(chosen, start, limit)
        except NoHistory as error:
            raise Problem("database_away") from error

    async def download(wanted: Wanted, chosen: Filter, name: str, usual: Start) -> Response:
        first = await turn(chosen, wanted.start if wanted.given else usual, LONGEST_PAGE)
        headers = {"Content-Disposition": f'attachment; filename="{name}.jsonl"'}
        return StreamingResponse(pages(chosen, first), media_type=JSON_LINES, headers=headers)

    async def pages(chosen: Filter, page: Page) -> AsyncGenerator[bytes, None]:
        while True:
            yield b"".join(line + b"\n" for line in page.lines)
            if not page.more:
                return
            page = await live_log.page(chosen, Start(cursor=page.cursor), LONGEST_PAGE)

    return routes
