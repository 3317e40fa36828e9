from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from controller.customers import CACHED, CACHED_S, Customers
from controller.journal.records import CustomerNamed

NUMBER = "+380671112233"


class FakeReader:
    """The table customers; *trouble* is raised instead of an answer."""

    def __init__(self, **names: str | None) -> None:
        self.names: dict[str, str | None] = {f"+{number}": name for number, name in names.items()}
        self.trouble: Exception | None = None
        self.asked: list[str] = []

    async def fetch(self, statement: str, parameters: Mapping[str, object], *, timeout_s: float) -> list[dict[str, Any]]:
        phone = str(parameters["phone"])
        self.asked.append(phone)
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        return [{"name": self.names[phone]}] if phone in self.names else []


class Case:
    def __init__(self, **names: str | None) -> None:
        self.now_s = 1_795_000_000.0
        self.reader = FakeReader(**names)
        self.journal: list[CustomerNamed] = []
        self.customers = Customers(self.reader, self.journal.append, clock=lambda: self.now_s)


@pytest.mark.parametrize("number", [NUMBER, "0671112233", "380671112233", "067 111-22-33"])
async def test_a_customer_is_known_by_his_number_however_it_is_written(number: str) -> None:
    case = Case(**{"380671112233": "Олена"})
    assert await case.customers.name_of(number) == "Олена"


async def test_strangers_and_withheld_numbers_have_no_name() -> None:
    case = Case(**{"380671112233": None})
    assert await case.customers.name_of(NUMBER) is None
    assert await case.customers.name_of("+380501112233") is None
    for number in ("", "anonymous", "100"):
        assert await case.customers.name_of(number) is None
    assert case.reader.asked == [NUMBER, "+380501112233"]  # who has no number is not asked after


@pytest.mark.parametrize("trouble", [TimeoutError("0.3 s"), psycopg.OperationalError("connection refused")])
async def test_trouble_makes_a_customer_a_stranger_for_this_time_only(trouble: Exception) -> None:
    case = Case(**{"380671112233": "Олена"})
    case.reader.trouble = trouble
    assert await case.customers.name_of(NUMBER) is None
    case.reader.trouble = None
    assert await case.customers.name_of(NUMBER) == "Олена"


async def test_a_name_is_asked_for_once_in_five_minutes() -> None:
    case = Case(**{"380671112233": "Олена"})
    for _ in range(3):
        await case.customers.name_of(NUMBER)
    assert len(case.reader.asked) == 1
    del case.reader.names[NUMBER]
    case.now_s += CACHED_S + 1
    assert await case.customers.name_of(NUMBER) is None


async def test_what_is_remembered_is_known_at_once_and_goes_to_the_journal() -> None:
    case = Case()
    case.reader.trouble = psycopg.OperationalError("down")
    case.customers.remember("067 111 22 33", "  Олена   Коваль ")
    assert await case.customers.name_of(NUMBER) == "Олена Коваль"
    assert case.journal == [CustomerNamed(phone=NUMBER, name="Олена Коваль", at_ms=1_795_000_000_000)]


async def test_no_number_and_no_name_are_nothing_to_remember() -> None:
    case = Case()
    case.customers.remember("anonymous", "Олена")
    case.customers.remember(NUMBER, "  ")
    assert case.journal == []


async def test_memory_of_names_is_bounded() -> None:
    case = Case()
    for number in range(CACHED * 2):
        await case.customers.name_of(f"+38067{number:07}")
    assert len(case.customers._names) == CACHED
