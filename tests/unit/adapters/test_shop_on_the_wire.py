"""What httpx makes of what really happens to a connection, and what it leaves of a write."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from agent.adapters.shop_transport import ANSWER_BYTES
from agent.errors import ShopFailed
from tests.unit.adapters.shop_acts import KEYED, WRITES, Act, failure
from tests.unit.adapters.shop_client import ShopClient

any_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


HALF = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
RUBBISH = b"SSH-2.0-OpenSSH_9.2\r\n"
BAD_GZIP = b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"


async def on_the_wire(says: bytes | None, write: Act) -> tuple[ShopFailed, int]:
    """The failure of *write* at a shop that reads the request, says so much and hangs up (None: says nothing, stays); and what it got."""
    requests = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await reader.readuntil(b"\r\n\r\n")
        requests += 1
        if says is None:
            await reader.read()
        else:
            writer.write(says)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = ShopClient(f"http://127.0.0.1:{port}/api/v1", timeout_s=0.2 if says is None else 5.0)
        failed = await failure(write(client))
        await client.shop.aclose()
    return failed, requests


@any_write
@pytest.mark.parametrize("says", [b"", HALF, RUBBISH], ids=["nothing", "half an answer", "another protocol"])
async def test_a_connection_lost_mid_answer_leaves_a_write_unknown(says: bytes, write: Act) -> None:
    failed, requests = await on_the_wire(says, write)
    assert failed.outcome_unknown
    assert requests == (3 if write in KEYED.values() else 1)


@any_write
async def test_an_unreadable_body_leaves_a_write_unknown(write: Act) -> None:
    failed, requests = await on_the_wire(BAD_GZIP, write)
    assert (failed.outcome_unknown, requests) == (True, 1)


BOMB = gzip.compress(bytes(64 << 20))
ENDLESS = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n[" + b" " * ANSWER_BYTES
UNPACKS = b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(BOMB), BOMB)


@pytest.mark.parametrize("says", [ENDLESS, UNPACKS], ids=["without an end", "a bomb of gzip"])
async def test_an_answer_beyond_all_measure_is_not_taken_in(says: bytes) -> None:
    failed, requests = await on_the_wire(says, next(iter(WRITES.values())))
    assert f"more than {ANSWER_BYTES} bytes" in str(failed)
    assert (failed.outcome_unknown, requests) == (True, 1)


async def test_a_redirect_is_not_followed_neither_to_another_host_nor_anywhere() -> None:
    visits: list[bytes] = []

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(await reader.read(100))
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
        there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/latest/meta-data"
        for status in (301, 302, 307, 308):
            says = f"HTTP/1.1 {status} Moved\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n"
            failed, requests = await on_the_wire(says.encode(), next(iter(WRITES.values())))
            assert (failed.status, failed.outcome_unknown, requests) == (status, False, 1)
    assert visits == []


@any_write
async def test_a_shop_that_hangs_leaves_a_write_unknown(write: Act) -> None:
    failed, requests = await on_the_wire(None, write)
    assert (failed.outcome_unknown, requests) == (True, 1)


@any_write
async def test_a_shop_that_is_not_there_was_not_written_to(write: Act) -> None:
    client = ShopClient("http://127.0.0.1:9/api/v1")
    failed = await failure(write(client))
    await client.shop.aclose()
    assert (failed.retryable, failed.outcome_unknown, client.naps_s) == (True, False, [1.0, 2.0])
