"""``GET /api/v1/stream``: the board over server-sent events.

    ?follow=<call>       also that call's turns, interim texts and, for developers, its log
    Last-Event-ID        goes on behind that event, if it is still kept; else, and without it, a snapshot comes first
    ?after=<id>          the same for a page that opens a new stream because it follows another call now

A ping each five seconds tells that the line stands. A reader who does not keep up is cut off; he comes back and gets a snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response

from controller.api.openapi import API
from controller.api.problems import Problem
from controller.api.sse import EventStream, ReaderGone, Write
from controller.board.board import Board, TooSlow, Watch
from controller.board.sight import Sight, Viewer

PING_S = 5.0
WRITE_S = 10.0  # then a reader who takes nothing is given up
PING = b": ping\n\n"
HELLO = b"retry: 1000\n\n"

CallId = Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{0,64}$", description="The call whose turns and log are told, too.")]
EventId = Annotated[int | None, Query(ge=0, description="As Last-Event-ID.")]


def make_board_router(board: Board, identify: Callable[..., Any], *, ping_s: float = PING_S) -> APIRouter:
    """*identify* is a dependency that says who asks, at least a viewer."""
    router = APIRouter(prefix=API, tags=["live"])

    @router.get("/stream", response_class=EventStream, responses={200: {"content": {"text/event-stream": {}}}})
    async def stream(
        viewer: Viewer = Depends(identify),  # noqa: B008 - how FastAPI is told
        follow: CallId = "",
        after: EventId = None,
        last_event_id: Annotated[str, Header()] = "",
    ) -> Response:
        """The live picture: a snapshot, then patches."""
        if board.readers >= board.readers_max:
            raise Problem("too_many_readers")
        known = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else after
        watch = board.watch(Sight.of(viewer), follow=follow, after=known)

        async def pump(write: Write) -> None:
            board.readers += 1
            try:
                await _pump(board, watch, write, ping_s)
            finally:
                board.readers -= 1

        return EventStream(pump, on_slow=board.note_slow, write_s=WRITE_S)

    return router


async def _pump(board: Board, watch: Watch, write: Write, ping_s: float) -> None:
    await write(HELLO)
    loop = asyncio.get_running_loop()
    ping_at = loop.time() + ping_s
    while not board.closed:
        bell = board.bell  # before looking: nothing rings unheard
        try:
            news = watch.take()
        except TooSlow:
            raise ReaderGone from None
        if news:
            await write(news)
        try:
            async with asyncio.timeout_at(ping_at):
                await bell.wait()
        except TimeoutError:
            await write(PING)
            ping_at = loop.time() + ping_s
