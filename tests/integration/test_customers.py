"""Names of customers in a real PostgreSQL: kept through the journal, read back within their time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psycopg

from controller.customers import Customers
from controller.journal.journal import Journal, JournalSettings
from controller.journal.records import CustomerNamed
from controller.journal.spool import SpoolLimits
from ops.devstack import DevStack
from tests.fakes.recorded_calls import now_ms

NUMBER = "+380671112233"
QUICK = JournalSettings(limits=SpoolLimits(interval_s=0.005))


async def test_a_name_that_was_remembered_is_known_to_the_next_controller(dsn: str, tmp_path: Path) -> None:
    async with Journal.open(tmp_path, dsn, QUICK) as journal, Customers.open(dsn, journal.append) as customers:
        assert await customers.name_of(NUMBER) is None
        customers.remember(NUMBER, "Олена")
        assert await journal.flush(10)
        assert journal.status().dead_letters == 0
    async with Customers.open(dsn, lambda _: None) as customers:
        assert await customers.name_of(NUMBER) == "Олена"


async def test_a_name_said_while_postgresql_is_down_arrives_when_it_is_back(stack: DevStack, dsn: str, tmp_path: Path) -> None:
    async with Journal.open(tmp_path, dsn, QUICK) as journal, Customers.open(dsn, journal.append) as customers:
        await asyncio.to_thread(stack.postgres.kill)
        try:
            began_s = time.monotonic()
            assert await customers.name_of(NUMBER) is None
            assert time.monotonic() - began_s < 1
            customers.remember(NUMBER, "Олена")
        finally:
            await asyncio.to_thread(stack.postgres.start)
        assert await journal.flush(30)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT phone, name FROM customers").fetchall() == [(NUMBER, "Олена")]


async def test_the_name_said_last_wins_in_whatever_order_they_come_and_a_seeded_customer_gets_his(dsn: str, tmp_path: Path) -> None:
    at_ms = now_ms()
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO customers (phone) VALUES ('+380501112233')")
    async with Journal.open(tmp_path, dsn, QUICK) as journal:
        for name, later_ms in (("Олена", 0), ("Олена Коваль", 2_000), ("Оленка", 1_000)):
            journal.append(CustomerNamed(phone=NUMBER, name=name, at_ms=at_ms + later_ms))
            assert await journal.flush(10)
        journal.append(CustomerNamed(phone="+380501112233", name="Іван", at_ms=at_ms - 60_000))
        assert await journal.flush(10)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT phone, name FROM customers ORDER BY phone").fetchall()
    assert rows == [("+380501112233", "Іван"), (NUMBER, "Олена Коваль")]
