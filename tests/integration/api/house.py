"""An API with people who hold tokens of it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
import psycopg
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from controller.api.access import Access
from controller.api.audit import Audit
from controller.api.database import Asked, Pool
from controller.api.http import make_app
from controller.api.identity import Role
from controller.api.ports import Shape
from controller.api.readiness import Readiness
from controller.api.routes import Parts, make_access, make_routers
from controller.api.tokens import Profile
from controller.control import Answer, Person
from controller.journal.journal import Journal, JournalSettings
from controller.journal.records import Record
from controller.journal.spool import SpoolLimits
from controller.masking import Masking
from controller.settings import ApiSettings
from tests.fakes.control import FakeControl

BASE = "http://api.test"
QUICK = JournalSettings(limits=SpoolLimits(interval_s=0.005))
CALLBACK = "0198a5f0-0000-7000-8000-00000000cb01"
_keys = itertools.count(1)


class FakeCallBacks:
    """One open call back."""

    def __init__(self) -> None:
        self.state = "open"

    async def listed(self, *, done: bool) -> list[Shape]:
        one = {"id": CALLBACK, "name": "Олена", "tel": "+380671234567", "why": "обмін шин", "due": None, "tries": 0, "owner": None}
        return [one | {"state": self.state}] if done or self.state == "open" else []

    async def dial(self, callback_id: str, person: Person) -> Answer:
        if callback_id != CALLBACK:
            return Answer("callback_unknown")
        if self.state == "done":
            return Answer("callback_done")
        return Answer() if person.telephone else Answer("no_telephone")

    async def done(self, callback_id: str, person: Person) -> Answer:
        if callback_id != CALLBACK:
            return Answer("callback_unknown")
        self.state = "done"
        return Answer()


class FakeDependencies:
    _postgresql: ClassVar[Shape] = {"id": "postgresql", "group": "self", "name": "PostgreSQL", "state": "ok", "since": 1795271527000}

    def listed(self) -> list[Shape]:
        return [self._postgresql]

    async def check(self, dependency_id: str) -> Shape | None:
        return self._postgresql if dependency_id == "postgresql" else None


@dataclass
class House:
    app: FastAPI
    access: Access
    control: FakeControl
    journal: Journal
    dsn: str
    address: str = "192.0.2.7"
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def token(self, role: Role | str, person: str = "", *, lasts: timedelta | None = None, numbers: bool = False) -> str:
        made = await self.access.book.create(
            Profile(person=person or f"a {role}", role=Role(role), telephone="PJSIP/sup1", numbers=numbers), lasts
        )
        return made.secret

    def client(self, token: str = "", *, base: str = BASE) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.app, client=(self.address, 40_000), raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=base, headers=headers)
        self.clients.append(client)
        return client

    async def as_(self, role: Role | str, person: str = "", *, numbers: bool = False) -> httpx.AsyncClient:
        return self.client(await self.token(role, person, numbers=numbers))

    async def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Once all that was written down is in PostgreSQL."""
        assert await self.journal.flush(10)
        assert self.journal.status().dead_letters == 0
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            return await (await connection.execute(query.encode(), parameters)).fetchall()


@asynccontextmanager
async def open_house(dsn: str, directory: Path, **settings: Any) -> AsyncIterator[House]:
    async with Pool.open(dsn) as database, Journal.open(directory, dsn, QUICK) as journal:
        control = FakeControl()
        app, access = build(database, journal.append, control, **settings)
        house = House(app, access, control, journal, dsn)
        yield house
        for client in house.clients:
            await client.aclose()


def build(database: Asked, append: Callable[[Record], None], control: FakeControl, **settings: Any) -> tuple[FastAPI, Access]:
    """The API around *control*; nothing is asked yet."""
    access = make_access(ApiSettings(_env_file=None, **settings), database, Audit(append))  # type: ignore[call-arg]
    parts = Parts(
        database=database,
        live=control,
        control=control,
        callbacks=FakeCallBacks(),
        lists=control,
        dependencies=FakeDependencies(),
    )
    return make_app(Readiness(), CollectorRegistry(), Masking(), routers=make_routers(parts, access), access=access), access


def keyed(**more: str) -> dict[str, str]:
    """Headers of a new wish."""
    return {"Idempotency-Key": f"wish-{next(_keys)}"} | more
