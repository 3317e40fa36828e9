"""The real console files, and an ``/api/v1`` that says what a test wants it to say.

It behaves as the contract has it: the stream numbers its events and resumes after ``Last-Event-ID``, a wish needs its key and the CSRF
value and is remembered by that key, and an accepted one shows its effect on the stream.

    python -m tests.browser.console.fake_board [--port 8090] [--mode empty|many]    for looking at the page by hand
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from controller.api.server import serving
from controller.console.serving import make_console_router
from controller.sockets import bind
from tests.browser.console import sample

PING_S = 1.0
CSRF = "csrf-value"


@dataclass(frozen=True)
class Wish:
    method: str
    path: str
    body: Any
    headers: Mapping[str, str]


@dataclass
class FakeBoard:
    """*answers*: path of a wish -> (status, body), instead of 202 and its effect."""

    person: str = "olha"
    role: str = "supervisor"
    telephone: bool = True
    mode: str = ""
    signed_in: bool = True
    lost: bool = False  # streams end and do not begin
    ping_answers: bool = True
    silent: bool = False  # streams say nothing, not even a heartbeat
    hold: asyncio.Event | None = None  # wishes wait for it
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    wishes: list[Wish] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # addresses of GETs, the stream's with its last id
    port: int = 0

    def __post_init__(self) -> None:
        self.now = int(time.time() * 1000)
        self.state = sample.snapshot(self.now)
        self.turns = copy.deepcopy(sample.TURNS)
        if self.mode == "empty":
            self.state.update(calls=[], queue=[])
        if self.mode == "many":
            calm = [call for call in self.state["calls"] if not call["trouble"]]
            self.state["calls"] += [{**calm[n % 12], "id": f"x{n}", "started": self.now - (20 + n * 7) * 1000} for n in range(34)]
        self.events: list[tuple[int, str, str]] = []
        self.bell = asyncio.Event()
        self.cuts = 0
        self.done: dict[str, tuple[int, dict[str, Any]]] = {}

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def emit(self, event: str, data: Any) -> None:
        """As the live stream would."""
        self._remember(event, data)
        self.events.append((len(self.events) + 1, event, json.dumps(data, ensure_ascii=False)))
        self._ring()

    async def cut(self) -> None:
        """Every stream ends; none begins until ``mend``."""
        self.lost, self.cuts = True, self.cuts + 1
        self._ring()

    def mend(self) -> None:
        self.lost, self.ping_answers = False, True

    def call(self, call_id: str) -> dict[str, Any]:
        return next(call for call in self.state["calls"] if call["id"] == call_id)

    async def patch(self, call_id: str, **patch: Any) -> None:
        await self.emit("call", {"id": call_id, "patch": patch})

    def _remember(self, event: str, data: Any) -> None:
        if event == "call":
            self._patch(data["id"], data["patch"])
        if event == "turn" and data["call"] == sample.OLENA:
            self.turns = [turn for turn in self.turns if turn["n"] != data["turn"]["n"]] + [data["turn"]]

    def _ring(self) -> None:
        bell, self.bell = self.bell, asyncio.Event()
        bell.set()

    def _patch(self, call_id: str, patch: dict[str, Any] | None) -> None:
        if patch is None:
            self.state["calls"] = [call for call in self.state["calls"] if call["id"] != call_id]
        else:
            self.call(call_id).update(patch)

    async def _stream(self, after: int | None) -> AsyncIterator[str]:
        mine, at = self.cuts, after if after is not None else len(self.events)
        yield "retry: 1000\n\n"
        if after is None:
            yield f"id: {at}\nevent: snapshot\ndata: {json.dumps({'seq': at, **self.state})}\n\n"
        while True:
            bell = self.bell  # before looking: nothing rings unheard
            if self.cuts == mine and len(self.events) == at:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PING_S):
                        await bell.wait()
            if self.cuts != mine:
                return
            batch = self.events[at:]
            at = len(self.events)
            if not self.silent:
                yield "".join(f"id: {seq}\nevent: {event}\ndata: {data}\n\n" for seq, event, data in batch) or ": ping\n\n"

    async def _effect(self, call_id: str, what: str, body: Any) -> None:
        effects: dict[str, dict[str, Any]] = {
            "transfer": {"state": "transferring", "can": ["listen", "hang"]},
            "take": {"state": "operator", "operator": self.person},
            "release": {"state": "listening", "operator": None},
            "say": {"state": "speaking"},
        }
        if what == "hang":
            await self.emit("call.end", {"id": call_id, "outcome": "info", "ended": int(time.time() * 1000)})
        elif what == "say":
            said = {"n": 90 + len(self.wishes), "at": 80_000, "who": "agent", "text": body["text"], "by": self.person}
            await self.emit("turn", {"call": call_id, "turn": said})
        else:
            await self.patch(call_id, **effects[what], state_seq=self.call(call_id)["state_seq"] + 1)

    async def wish(self, request: Request, path: str) -> Response:
        body = await request.json() if await request.body() else None
        self.wishes.append(Wish(request.method, path, body, dict(request.headers)))
        if request.headers.get("x-csrf") != CSRF:
            return problem(403, "csrf")
        key = request.headers.get("idempotency-key", "")
        if self.hold is not None:
            await self.hold.wait()
        if path in self.answers:
            status, told = self.answers[path]
            return JSONResponse(told, status) if status < 400 else problem(status, told.get("code", ""), told.get("args"))
        first = key not in self.done
        self.done[key] = (202, {})
        kind, thing, what = (*path.split("/"), "", "")[:3]
        if first and kind == "calls" and what != "listen":
            await self._effect(thing, what, body)
        elif first and kind == "calls":
            others = [name for name in self.call(thing)["listeners"] if name != self.person]
            await self.patch(thing, listeners=others + ([self.person] if request.method == "POST" else []))
        elif first and kind == "callbacks" and what == "done":
            await self.emit("callback", {"id": thing, "patch": {"state": "done"}})
        elif first and kind == "health":
            found = next(dep for dep in self.state["health"] if dep["id"] == thing)
            return JSONResponse({**found, "state": "ok", "checked": int(time.time() * 1000)})
        return JSONResponse({"accepted": True}, 202)

    def me(self) -> dict[str, Any]:
        return {
            "person": self.person,
            "role": self.role,
            "telephone": self.telephone,
            "numbers": True,
            "csrf": CSRF,
            "product": "Протектор",
        }

    def past(self, q: str, trouble: str, cursor: str) -> dict[str, Any]:
        items = sample.past_items(self.now)
        found = [item for item in items if q.lower() in json.dumps(item, ensure_ascii=False).lower() and (not trouble or item["trouble"])]
        troubled = sum(item["trouble"] is not None for item in found)
        page = found[10:] if cursor else found[:10]
        return {"items": page, "total": len(found), "with_trouble": troubled, "next": "more" if not cursor and len(found) > 10 else None}


def problem(status: int, code: str, args: Mapping[str, Any] | None = None) -> JSONResponse:
    body = {"type": f"urn:callctl:{code}", "title": code, "status": status, "detail": "", "code": code, "args": args or {}}
    return JSONResponse(body, status, media_type="application/problem+json")


def make_app(board: FakeBoard) -> FastAPI:
    app = FastAPI()
    app.include_router(make_console_router())

    @app.post("/api/v1/session")
    async def enter(request: Request) -> Response:
        body = await request.json()
        if "good" not in (body.get("code"), body.get("token")):
            return problem(401, "unauthorized")
        board.signed_in = True
        return JSONResponse(board.me(), 201)

    @app.delete("/api/v1/session")
    async def leave() -> Response:
        board.signed_in = False
        return Response(status_code=204)

    @app.get("/api/v1/{path:path}")
    async def read(path: str, request: Request, q: str = "", trouble: str = "", cursor: str = "") -> Response:
        board.asked.append(f"{path}?{request.url.query} {request.headers.get('last-event-id', '')}")
        if not board.signed_in:
            return problem(401, "unauthorized")
        if path in board.answers and board.answers[path][0] >= 400:
            return problem(board.answers[path][0], board.answers[path][1]["code"])
        match path.split("/"):
            case ["me"]:
                return JSONResponse(board.me())
            case ["ping"]:
                return Response(status_code=204) if board.ping_answers else problem(503, "away")
            case ["stream"]:
                if board.lost:
                    return problem(503, "away")
                after = request.headers.get("last-event-id")
                return StreamingResponse(board._stream(int(after) if after else None), media_type="text/event-stream")
            case ["calls", call_id] if any(call["id"] == call_id for call in board.state["calls"]):
                return JSONResponse({**board.call(call_id), "turns": board.turns if call_id == sample.OLENA else []})
            case ["calls", call_id, "log"]:
                return JSONResponse(sample.log() if call_id in (sample.OLENA, "4117") else [])
            case ["past"]:
                return JSONResponse(board.past(q, trouble, cursor))
            case ["past", call_id]:
                found = [item for item in sample.past_items(board.now) if item["id"] == call_id]
                return JSONResponse(sample.past_call(found[0], q)) if found else problem(404, "call_unknown")
        return problem(404, "call_unknown")

    @app.api_route("/api/v1/{path:path}", methods=["POST", "DELETE"])
    async def wish(path: str, request: Request) -> Response:
        return await board.wish(request, path) if board.signed_in else problem(401, "unauthorized")

    return app


@asynccontextmanager
async def open_board(board: FakeBoard, port: int = 0) -> AsyncIterator[FakeBoard]:
    async with serving(make_app(board), bind("127.0.0.1", port, what="The fake board")) as board.port:
        try:
            yield board
        finally:
            await board.cut()  # or the server would wait for readers


async def speak(board: FakeBoard) -> None:
    """The caller of the sample goes on talking, for ever the same sentence."""
    words = ["Скільки", "мені", "ще", "чекати", "на", "ту", "людину,", "я", "вже", "з", "роботи…"]
    heard = 3
    while True:
        await board.emit("interim", {"call": sample.OLENA, **sample.LIVE_TURN, "text": " ".join(words[:heard])})
        await asyncio.sleep(0.42)
        heard = 1 if heard >= len(words) else heard + 1


async def _by_hand(port: int, mode: str, role: str) -> None:
    board = FakeBoard(mode=mode, role=role)
    async with open_board(board, port):
        print(f"{board.base}#live/{sample.OLENA}")  # noqa: T201
        await speak(board)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=8090)
    arguments.add_argument("--mode", default="")
    arguments.add_argument("--role", default="supervisor")
    with suppress(KeyboardInterrupt):
        asyncio.run(_by_hand(**vars(arguments.parse_args())))
