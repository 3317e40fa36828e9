"""What the customers of a chaos run know of their calls, while PostgreSQL is what was struck."""

from __future__ import annotations

import asyncio

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ops.chaos.record import LOOK_S, Records
from tests.fakes.tcp_proxy import TcpProxy

NUMBER = "+380671112233"


async def test_a_postgresql_that_stands_still_costs_a_look_its_time_limit_and_the_next_one_knows_again(dsn: str) -> None:
    """psycopg waits up to ten seconds for a cancelled question: a customer who did would be silent, and the agent blamed for it."""
    async with (
        TcpProxy.to(int(conninfo_to_dict(dsn)["port"] or 0)) as proxy,
        Records(make_conninfo(dsn, host="127.0.0.1", port=proxy.port)) as records,
    ):
        assert await records.of(NUMBER) == []
        proxy.swallow()
        for _ in range(2):
            async with asyncio.timeout(4 * LOOK_S):
                assert await records.of(NUMBER) is None
        proxy.release()
        assert await records.of(NUMBER) == []
