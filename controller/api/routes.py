"""The API put together: which router needs what. The composition root brings the parts."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from controller.api import admin, calls, past, people, session
from controller.api.access import Access
from controller.api.actions import Actions
from controller.api.audit import Audit
from controller.api.database import Asked
from controller.api.keyring import Keyring
from controller.api.ports import CallBacks, Dependencies, Lists, LiveCalls, LiveControl
from controller.api.rates import Rates
from controller.api.tokens import TokenBook
from controller.settings import ApiSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    database: Asked
    live: LiveCalls
    control: LiveControl
    callbacks: CallBacks
    lists: Lists
    dependencies: Dependencies


def make_access(settings: ApiSettings, database: Asked, audit: Audit) -> Access:
    book = TokenBook(database)
    rates = Rates(per_minute=settings.rate_per_minute, failures_per_minute=settings.failures_per_minute)
    return Access(book, Keyring(book), rates, audit)


def make_routers(parts: Parts, access: Access) -> list[APIRouter]:
    """Everything under /api/v1 but the streams."""
    actions = Actions(access.audit, parts.control.state_seq)
    return [
        session.make_router(),
        calls.make_router(parts.live, parts.control, actions),
        past.make_router(parts.database),
        people.make_router(parts.callbacks, parts.lists, parts.dependencies, actions),
        admin.make_router(access, parts.database),
    ]
