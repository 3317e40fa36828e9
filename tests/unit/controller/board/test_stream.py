"""The stream over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from controller.api.problems import shape_problems
from controller.api.server import serving
from controller.board.board import Board
from controller.board.stream import make_board_router
from controller.sockets import bind
from tests.fakes.board_client import BoardClient
from tests.unit.controller.board.lives import CALLS, Life
from tests.waiting import until

CALL = CALLS[0]


class Viewer:
    role = "supervisor"
    numbers = False
    known = True


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[tuple[Life, str, type[Viewer]]]:
    class Asking(Viewer):
        pass

    def identify() -> Viewer:
        if not Asking.known:
            raise HTTPException(401)
        return Asking()

    async with Board.open() as board:
        life = Life(board)
        app = FastAPI()
        shape_problems(app)
        app.include_router(make_board_router(board, identify, **settings))
        async with serving(app, bind("127.0.0.1", 0, what="The API")) as port:
            try:
                yield life, f"http://127.0.0.1:{port}/api/v1/stream", Asking
            finally:
                board.close()


@asynccontextmanager
async def reading(url: str, client: BoardClient, **headers: str) -> AsyncIterator[httpx.Response]:
    """*client* hears what comes, as it comes."""

    async def read(response: httpx.Response) -> None:
        buffer = b""
        async for chunk in response.aiter_raw():
            buffer += chunk
            whole, _, buffer = buffer.rpartition(b"\n\n")
            client.read(whole)
            client.kinds += ["ping"] * whole.count(b": ping")

    async with httpx.AsyncClient() as http, http.stream("GET", url, headers=headers, timeout=10) as response:
        task = asyncio.create_task(read(response))
        try:
            yield response
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_a_console_sees_a_call_come_talk_and_end() -> None:
    client = BoardClient()
    async with served() as (life, url, _), reading(f"{url}?follow={CALL}", client) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        await until(lambda: client.kinds == ["snapshot"])
        life.revise(CALL, "greeting")
        await until(lambda: client.calls)
        assert client.calls[CALL]["caller"]["tel"] == "+38067***4567"
        life.live(CALL, "caller", "Мені пот")
        await until(lambda: client.interim)
        life.say(CALL, "caller", "Мені потрібні шини")
        await until(lambda: client.turns)
        life.revise(CALL, "ended", ended_at_ms=life.now_ms, outcome="hung_up")
        await until(lambda: client.ended)


async def test_a_reader_who_comes_back_goes_on_where_he_was() -> None:
    first, second = BoardClient(), BoardClient()
    async with served() as (life, url, _):
        async with reading(url, first):
            life.revise(CALL, "greeting")
            await until(lambda: first.calls)
        life.revise(CALL, "listening")
        second.calls = dict(first.calls)
        async with reading(url, second, **{"Last-Event-ID": str(first.ids[-1])}):
            await until(lambda: second.calls[CALL]["state"] == "listening")
        assert "snapshot" not in second.kinds
        third = BoardClient()
        async with reading(f"{url}?after={first.ids[-1]}", third):
            await until(lambda: third.kinds)
        assert third.ids == second.ids
        await until(lambda: life.board.readers == 0)


async def test_a_quiet_line_is_told_to_stand() -> None:
    client = BoardClient()
    async with served(ping_s=0.02) as (_, url, _viewer), reading(url, client):
        await until(lambda: client.kinds.count("ping") >= 2)


async def test_nobody_watches_without_being_known() -> None:
    async with served() as (_, url, viewer):
        viewer.known = False
        async with httpx.AsyncClient() as http:
            assert (await http.get(url)).status_code == 401


async def test_one_reader_too_many_is_refused_in_words() -> None:
    async with served() as (life, url, _), httpx.AsyncClient() as http:
        life.board.readers_max = 0
        refused = await http.get(url)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_readers")


async def test_a_reader_who_does_not_read_is_cut_off_and_the_others_notice_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.board.board.BELL_S", 0.005)
    monkeypatch.setattr("controller.board.stream.TAKE_S", 0.2)
    client = BoardClient()
    async with served() as (life, url, _):
        port = int(url.split(":")[2].split("/")[0])
        lazy = socket.create_connection(("127.0.0.1", port))
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        lazy.sendall(f"GET /api/v1/stream?follow={CALL} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with reading(f"{url}?follow={CALL}", client):
            await until(lambda: life.board.readers == 2)
            life.revise(CALL, "greeting")
            await _talk_until(life, lambda: life.board.cut_off == 1)
            await until(lambda: life.board.readers == 1)
            said = life.turn[CALL]
            await until(lambda: len(client.turns) == min(said, 400) or client.turns[max(client.turns)]["n"] == said * 20)
        lazy.close()


async def _talk_until(life: Life, reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not reached():
            life.say(CALL, "caller", "слово " * 2_000)
            await asyncio.sleep(0.01)
