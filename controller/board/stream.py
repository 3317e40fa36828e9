"""``GET /api/v1/stream``: the board over server-sent events.

    ?follow=<call>       also that call's turns, interim texts and, for developers, its log
    Last-Event-ID        goes on behind that event, if it is still kept; else, and without it, a snapshot comes first
    ?after=<id>          the same for a page that opens a new stream because it follows another call now

A ping each five seconds tells that the line stands. A reader who does not keep up is cut off; he comes back and gets a snapshot.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response

from controller.api.event_stream import EventStream
from controller.api.openapi import API
from controller.api.problems import Problem, told
from controller.board.board import Board, TooSlow, Watch
from controller.board.sight import Sight, Viewer

PING_S = 5.0
PING = b": ping\n\n"
HELLO = b"retry: 1000\n\n"
TAKE_S = 10.0  # then a reader who takes nothing is given up

_EVENT_ID = re.compile(r"\d{1,18}", re.ASCII)

CallId = Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{0,64}$", description="The call whose turns and log are told, too.")]
EventId = Annotated[int | None, Query(ge=0, description="As Last-Event-ID.")]


def make_board_router(board: Board, identify: Callable[..., Any], *, ping_s: float = PING_S) -> APIRouter:
    """*identify* is a dependency that says who asks, at least a viewer."""
    router = APIRouter(prefix=API, tags=["live"])

    @router.get(
        "/stream",
        name="stream",
        status_code=200,  # said, because EventStream has no default that FastAPI could read off
        response_class=EventStream,
        responses={200: {"content": {"text/event-stream": {"example": "event: snapshot\n"}}}, **told("too_many_readers")},
    )
    async def stream(
        viewer: Viewer = Depends(identify),  # noqa: B008 - how FastAPI is told
        follow: CallId = "",
        after: EventId = None,
        last_event_id: Annotated[str, Header()] = "",
    ) -> Response:
        """The live picture: a snapshot, then patches, as server-sent events."""
        if board.readers >= board.readers_max:
            raise Problem("too_many_readers")
        known = int(last_event_id) if _EVENT_ID.fullmatch(last_event_id) else after
        watch = board.watch(Sight.of(viewer), follow=follow, after=known)
        return EventStream(_events(board, watch, ping_s), take_s=TAKE_S, on_stuck=board.note_cut)

    return router


async def _events(board: Board, watch: Watch, ping_s: float) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    ping_at = loop.time() + ping_s
    with board.reading():
        yield HELLO
        await watch.prepare()
        while not board.closed:
            bell = board.bell  # before looking: nothing rings unheard
            try:
                news = watch.take()
            except TooSlow:
                board.note_cut()
                return
            if news:
                yield news
            try:
                async with asyncio.timeout_at(ping_at):
                    await bell.wait()
                    await asyncio.sleep(watch.delay_s)
            except TimeoutError:
                yield PING
                ping_at = loop.time() + ping_s
