"""Our HTTP application over stores with nothing in them: one admin is known, by a token and by a session."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, LiteralString

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from controller.api.audit import Audit
from controller.api.bearer import SESSION, TOKEN, digest
from controller.api.database import QUERIES
from controller.api.http import make_app
from controller.api.readiness import Readiness
from controller.api.routes import Parts, make_access, make_routers
from controller.console.serving import make_console_router
from controller.control import Answer, Person
from controller.journal.codec import encode
from controller.journal.records import Audited
from controller.masking import Masking
from controller.reader import Rows
from controller.settings import ApiSettings
from controller.web_calls.routes import make_web_calls_router

GOOD_TOKEN, GOOD_SESSION = TOKEN + "g" * 43, SESSION + "g" * 43


class EmptyDatabase:
    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float = 3.0) -> Rows:
        for value in parameters.values():
            for text in value if isinstance(value, list) else [value]:
                assert "\0" not in str(text), "PostgreSQL takes every character but NUL"
                str(text).encode()
        if "tails" in parameters:  # a page of past calls tells its totals, also without any call
            return [{"id": None, "total": 0, "with_trouble": 0}]
        parents = {digest(GOOD_TOKEN): None, digest(GOOD_SESSION): uuid.uuid4()}
        found = parameters.get("hash")
        if statement != QUERIES["find_token"] or found not in parents:
            return []
        profile = {"person": "Olha", "role": "admin", "telephone": "", "numbers": False}
        return [{"id": uuid.uuid4(), "expires_at": None, "parent": parents[found], **profile}]


class NobodyThere:
    """Live calls, control, call backs, lists and dependencies without anybody in them; each wish is granted."""

    def calls(self) -> list[dict[str, Any]]:
        return []

    def call(self, call_id: str) -> dict[str, Any] | None:
        return None

    def items(self, kind: str) -> list[dict[str, Any]]:
        return []

    def state_seq(self, call_id: str) -> int | None:
        return 4

    async def grant(self, call_id: str, person: Person, *words: Any, **more: Any) -> Answer:
        return Answer()

    transfer = hang_up = say = take_over = give_back = listen = stop_listening = grant


class NoCallBacks:
    async def dial(self, callback_id: str, person: Person) -> Answer:
        return Answer()

    async def done(self, callback_id: str, person: Person) -> Answer:
        return Answer("callback_unknown")

    async def listed(self, *, done: bool) -> list[dict[str, Any]]:
        return []


class NoDependencies:
    def listed(self) -> list[dict[str, Any]]:
        return []

    async def check(self, dependency_id: str) -> dict[str, Any] | None:
        return None


def _keep(record: Audited) -> None:
    """As the journal would: it must be possible."""
    encode(record)


def make_empty_house() -> FastAPI:
    database, nobody = EmptyDatabase(), NobodyThere()
    often = ApiSettings(rate_per_minute=100_000, failures_per_minute=10_000)
    access = make_access(often, database, Audit(_keep))
    parts = Parts(database=database, live=nobody, control=nobody, callbacks=NoCallBacks(), lists=nobody, dependencies=NoDependencies())
    routers = [*make_routers(parts, access), make_web_calls_router(None, per_minute=1_000), make_console_router()]
    return make_app(Readiness(), CollectorRegistry(), Masking(), routers=routers, access=access)
