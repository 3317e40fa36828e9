"""Who holds a connection and asks nothing, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from controller.api.http import make_app
from controller.api.readiness import Readiness
from controller.api.server import serving
from controller.masking import Masking
from controller.sockets import bind

SOON_S = 10.0
WHOLE = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
BEGUN = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"


@asynccontextmanager
async def server(*, connections_max: int = 100, request_s: float = 0.2) -> AsyncIterator[int]:
    app = make_app(Readiness(), CollectorRegistry(), Masking())
    async with serving(app, bind("127.0.0.1", 0, what="The API"), connections_max=connections_max, request_s=request_s) as port:
        yield port


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What came until the connection was cut."""
    heard = b""
    try:
        async with asyncio.timeout(SOON_S):
            while piece := await reader.read(1_000):
                heard += piece
    except ConnectionResetError:
        pass
    return heard


async def test_who_says_nothing_is_cut_off() -> None:
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await ended(reader) == b""
        writer.close()


async def test_a_header_that_drips_in_gains_no_time() -> None:
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def drip() -> None:
            writer.write(b"GET / HTTP/1.1\r\nX-A: ")
            while True:
                writer.write(b"a")
                await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        try:
            assert await ended(reader) == b""
        finally:
            dripping.cancel()
            writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(BEGUN.replace(b"/api/v1/session", b"/nowhere"))
        assert b"404" in await ended(reader), "answered at once, and the rest of the body is not waited for either"
        writer.close()


async def test_a_second_request_has_no_more_time_than_the_first() -> None:
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WHOLE)
        async with asyncio.timeout(SOON_S):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readexactly(len(b'{"status":"alive"}'))
        writer.write(b"GET /hea")
        assert await ended(reader) == b""
        writer.close()


async def test_a_request_that_is_there_is_answered_as_long_as_it_takes() -> None:
    app = make_app(Readiness(), CollectorRegistry(), Masking())

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.5)
        return "done"

    async with serving(app, bind("127.0.0.1", 0, what="The API"), request_s=0.1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"done" in await ended(reader)
        writer.close()


async def test_one_connection_too_many_is_cut_and_the_others_are_served() -> None:
    async with server(connections_max=3, request_s=SOON_S) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await ended(reader) == b""
        held[0][1].write(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert b"alive" in await ended(held[0][0])
        for _, other in [*held, (reader, writer)]:
            other.close()
