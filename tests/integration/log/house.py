"""Workers that keep a log, with or without an API of their own, and readers who hear of it over real HTTP."""

from __future__ import annotations

import asyncio
import codecs
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec
from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from prometheus_client import CollectorRegistry

from controller.api.audit import Audit
from controller.api.database import Pool
from controller.api.http import make_app
from controller.api.identity import Role
from controller.api.log import make_log_router
from controller.api.readiness import Readiness
from controller.api.routes import make_access
from controller.api.server import serving
from controller.api.tokens import Profile
from controller.journal.journal import Journal, JournalSettings
from controller.journal.records import CallRevised, Logged, MachineStepped, Record
from controller.journal.spool import SpoolLimits
from controller.livelog import LiveLog
from controller.log_stream.history import History
from controller.masking import Masking
from controller.reader import Reader
from controller.record import Positions, now_ms
from controller.settings import ApiSettings
from controller.sockets import bind
from tests.fakes.recorded_calls import new_call_id

QUICK = JournalSettings(limits=SpoolLimits(interval_s=0.005))
NUMBER = "+380671234567"
Place = tuple[str, int]  # app and position


@dataclass
class Call:
    """A call that talks on and on."""

    worker: Worker
    call_id: str = field(default_factory=new_call_id)
    lines: int = 0

    def begin(self) -> None:
        self._revise(1)
        self._append(
            MachineStepped, state="connecting", event={"type": "call_arrived.1", "caller_id": NUMBER}, commands=[{"type": "answer.1"}]
        )

    def say(self, text: str = "Мені потрібні зимові шини", *, source: str = "stt", level: str = "", **data: Any) -> None:
        self._append(Logged, source=source, name="TurnTaken", level=level, text=text, data=data)

    def end(self) -> None:
        self._revise(2, ended_at_ms=now_ms())

    def _append(self, kind: type[MachineStepped | Logged], **fields: Any) -> None:
        self.lines += 1
        worker = self.worker
        record = kind(call_id=self.call_id, sequence=self.lines, at_ms=now_ms(), position=worker.positions(), app=worker.app, **fields)
        worker.written.append((worker.app, record.position))
        worker.append(record)

    def _revise(self, revision: int, ended_at_ms: int | None = None) -> None:
        self.worker.append(
            CallRevised(
                call_id=self.call_id,
                revision=revision,
                caller_id=NUMBER,
                app=self.worker.app,
                channel_id="1",
                state="listening",
                ended_at_ms=ended_at_ms,
            )
        )


class Worker:
    """One controller's share of it: journal, live log, API. ``restart`` is a new process on the old directory."""

    def __init__(self, app: str, directory: Path, dsn: str, redis_url: str, *, max_lines: int = 20_000, port: int = 0) -> None:
        self.app = app
        self.written: list[Place] = []
        self.positions = Positions()
        self.port = port
        self.tokens: dict[str, str] = {}
        self._directory = directory
        self._dsn = dsn
        self._redis_url = redis_url
        self._max_lines = max_lines
        self._exits = AsyncExitStack()
        self.journal: Journal
        self.live_log: LiveLog

    async def start(self) -> None:
        exits = self._exits = AsyncExitStack()
        self.positions = Positions()
        self.journal = journal = await exits.enter_async_context(Journal.open(self._directory, self._dsn, QUICK))
        reader = await exits.enter_async_context(Reader.open(self._dsn, "test-log"))
        self.live_log = await exits.enter_async_context(
            LiveLog.open(self.app, History(reader), self._redis_url, progress=journal.progress, max_lines=self._max_lines)
        )
        pool = await exits.enter_async_context(Pool.open(self._dsn))
        access = make_access(ApiSettings(rate_per_minute=100_000), pool, Audit(journal.append))
        app = make_app(Readiness(), CollectorRegistry(), Masking(), routers=[make_log_router(self.live_log)], access=access)
        self.port = await exits.enter_async_context(serving(app, bind("127.0.0.1", self.port, what="The API")))
        exits.callback(self.live_log.close)
        for role in Role:
            if role not in self.tokens:
                profile = Profile(person=f"a {role}", role=role, telephone="", numbers=role is Role.ADMIN)
                self.tokens[role] = (await access.book.create(profile, None)).secret

    async def stop(self) -> None:
        await self._exits.aclose()

    def append(self, record: Record) -> None:
        self.journal.append(record)
        self.live_log.append(record)

    def call(self) -> Call:
        call = Call(self)
        call.begin()
        return call

    def client(self, role: Role = Role.DEVELOPER) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}/api/v1", headers={"Authorization": f"Bearer {self.tokens[role]}"}, timeout=20
        )

    async def read(self, path: str = "/log", role: Role = Role.DEVELOPER, **parameters: Any) -> list[dict[str, Any]]:
        """A page."""
        async with self.client(role) as client:
            answer = await client.get(path, params=parameters)
            assert answer.status_code == 200, answer.text
            found: list[dict[str, Any]] = answer.json()
            return found


@asynccontextmanager
async def open_worker(app: str, directory: Path, dsn: str, redis_url: str, *, max_lines: int = 20_000) -> AsyncIterator[Worker]:
    worker = Worker(app, directory, dsn, redis_url, max_lines=max_lines)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


class SseReader:
    """Follows a stream; what it got is in ``events``. After a cut it goes on behind the last whole event."""

    def __init__(self, worker: Worker, path: str = "/log", role: Role = Role.DEVELOPER, **parameters: Any) -> None:
        self.events: list[ServerSentEvent] = []
        self.last_id = ""
        self.connected = 0
        self.refusals: list[str] = []
        self._worker = worker
        self._path = path
        self._role = role
        self._parameters = parameters

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(one.data) for one in self.events if one.event == "message" and one.data]

    @property
    def places(self) -> list[Place]:
        return [(line["app"], line["pos"]) for line in self.lines]

    def named(self, name: str) -> list[Any]:
        return [msgspec.json.decode(one.data) for one in self.events if one.event == name]

    async def read(self, until_bytes: int | None = None) -> bool:
        """One connection, cut after so many bytes; whether the server ended it."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        lines, decoder, texts, taken = SSELineDecoder(), SSEDecoder(), codecs.getincrementaldecoder("utf-8")(), 0
        async with (
            self._worker.client(self._role) as client,
            client.stream("GET", self._path, params=self._parameters, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                self.refusals.append((await answer.aread()).decode())
                return True
            self.connected += 1
            async for raw in answer.aiter_bytes():
                part = raw if until_bytes is None else raw[: until_bytes - taken]
                taken += len(raw)
                for line in lines.decode(texts.decode(part)):
                    if (one := decoder.decode(line)) is not None:
                        self.events.append(one)
                        self.last_id = one.id or self.last_id
                if until_bytes is not None and taken >= until_bytes:
                    return False
        return True

    async def read_on(self, chance: random.Random, *, most: int = 20_000) -> None:
        """Be cut again and again, also while the server is away, until the task is cancelled."""
        while True:
            refused = len(self.refusals)
            try:
                await self.read(chance.randint(1, most))
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
            if len(self.refusals) > refused:
                await asyncio.sleep(0.05)


class Service(Protocol):
    def start(self) -> None: ...

    def kill(self) -> None: ...


class Outage:
    """*service* is dead until ``over``, at the latest until the block ends."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._dead = False

    def __enter__(self) -> Outage:
        self._service.kill()
        self._dead = True
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.over()

    def over(self) -> None:
        if self._dead:
            self._dead = False
            self._service.start()


def of(app: str, places: Iterable[Place]) -> list[int]:
    return [position for one, position in places if one == app]
