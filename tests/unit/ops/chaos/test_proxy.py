"""Each mode over real sockets, between an echo and a client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ops.chaos.proxy import DELAY_S, HOST, Link
from tests.waiting import until

WITHIN_S = 5.0
QUIET_S = 0.3


@dataclass
class Echo:
    """What the server behind the link saw."""

    link: Link
    opened: int = 0
    ended: int = 0


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.opened += 1
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            seen.ended += 1
            writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    async with Link.open(server.sockets[0].getsockname()[1]) as link:
        seen = Echo(link)
        yield seen
    server.close()


async def dial(link: Link) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(WITHIN_S):
        return await asyncio.open_connection(HOST, link.port)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: bytes) -> bytes:
    writer.write(words)
    async with asyncio.timeout(WITHIN_S):
        return await reader.readexactly(len(words))


async def passes(link: Link) -> bool:
    reader, writer = await dial(link)
    try:
        return await ask(reader, writer, b"ping") == b"ping"
    finally:
        writer.close()


async def silent(reader: asyncio.StreamReader) -> bool:
    """Nothing comes, not even an end."""
    try:
        async with asyncio.timeout(QUIET_S):
            await reader.read(1)
    except TimeoutError:
        return True
    return False


async def test_everything_passes_both_ways_in_order_and_is_counted(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    words = bytes(range(256)) * 4096  # more than all buffers between hold
    assert await ask(reader, writer, words) == words
    assert (echo.link.accepted, echo.link.connections, echo.link.bytes) == (1, 1, 2 * len(words))
    writer.close()
    await until(lambda: echo.ended == 1 and echo.link.connections == 0)


async def test_an_end_of_one_side_reaches_the_other_with_the_last_words_before_it(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    writer.write(b"last words")
    writer.write_eof()
    async with asyncio.timeout(WITHIN_S):
        assert await reader.read() == b"last words"
    await until(lambda: echo.link.connections == 0)


async def test_a_server_that_is_not_there_shows_as_a_reset() -> None:
    gone = await asyncio.start_server(lambda reader, writer: None, HOST, 0)
    port = gone.sockets[0].getsockname()[1]
    gone.close()
    await gone.wait_closed()
    async with Link.open(port) as link:
        reader, writer = await dial(link)
        with pytest.raises(ConnectionResetError):
            await ask(reader, writer, b"anybody?")
        writer.close()


async def test_a_cut_ends_every_connection_and_refuses_new_ones_until_it_is_mended(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    assert await ask(reader, writer, b"before") == b"before"
    echo.link.set("cut")
    async with asyncio.timeout(WITHIN_S):
        assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await dial(echo.link)
    await until(lambda: echo.ended == 1)
    echo.link.set("pass")
    assert await passes(echo.link)


async def test_a_hole_swallows_bytes_and_new_connections_and_gives_all_of_it_back(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    assert await ask(reader, writer, b"before") == b"before"
    echo.link.set("hole")
    writer.write(b"into the hole")
    assert await silent(reader)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(QUIET_S):
            await asyncio.open_connection(HOST, echo.link.port)
    echo.link.set("pass")
    async with asyncio.timeout(WITHIN_S):
        assert await reader.readexactly(13) == b"into the hole"
    assert await ask(reader, writer, b"after") == b"after"
    assert await passes(echo.link)
    writer.close()


async def test_nobody_learns_in_the_hole_that_the_other_side_has_gone(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    assert await ask(reader, writer, b"before") == b"before"
    echo.link.set("hole")
    writer.transport.abort()
    await asyncio.sleep(QUIET_S)
    assert echo.ended == 0
    echo.link.set("pass")
    await until(lambda: echo.ended == 1)


async def test_a_delay_is_there_each_way_and_keeps_the_order_also_when_it_ends(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    echo.link.set("delay")
    began_s = time.monotonic()
    assert await ask(reader, writer, b"slow") == b"slow"
    assert time.monotonic() - began_s >= 2 * DELAY_S
    writer.write(b"first ")
    await asyncio.sleep(DELAY_S / 4)
    echo.link.set("pass")
    assert await ask(reader, writer, b"second") + await reader.readexactly(6) == b"first second"
    writer.close()


async def test_after_a_delay_it_is_quick_again(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    echo.link.set("delay")
    assert await ask(reader, writer, b"slow") == b"slow"
    echo.link.set("pass")
    async with asyncio.timeout(WITHIN_S):
        while True:
            began_s = time.monotonic()
            assert await ask(reader, writer, b"quick") == b"quick"
            if time.monotonic() - began_s < DELAY_S:
                break
    writer.close()


async def test_a_reset_is_a_reset_at_both_ends_and_new_connections_pass(echo: Echo) -> None:
    reader, writer = await dial(echo.link)
    assert await ask(reader, writer, b"before") == b"before"
    echo.link.reset()
    with pytest.raises(ConnectionResetError):
        async with asyncio.timeout(WITHIN_S):
            await reader.read(1)
    await until(lambda: echo.ended == 1)
    writer.close()
    assert await passes(echo.link)


async def test_who_does_not_read_holds_up_who_writes(echo: Echo) -> None:
    """A link must not become a buffer without bound."""
    _, writer = await dial(echo.link)
    sent = 0

    async def write() -> None:
        nonlocal sent
        while True:
            writer.write(bytes(1 << 20))
            await writer.drain()
            sent += 1

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(write(), 3 * QUIET_S)
    before = sent
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(write(), QUIET_S)
    assert sent == before
    writer.transport.abort()
