"""What a controller has ready before it is the one that serves: all that is slow to make and touches nothing that another one has.

    before the lock    imports, rendered phrases, counters, clients of the vendors, Asterisk's api-docs, the API
    after it           the journal's directory, Redis, the event socket, listening, recovery, every task: ``controller.app``

Nobody is connected to who might be down, but Asterisk; and it may be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from controller.ari.errors import AriError
from controller.ari.rest import AriRest
from controller.board.health import Health
from controller.record import now_ms
from controller.services import Vendors, open_vendors
from controller.settings import Settings
from controller.wiring.counters import Counters, make_counters
from controller.wiring.talks import warm_up_all
from controller.wiring.web import WebToCome, make_web

API_DOCS_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    counters: Counters
    health: Health
    vendors: Vendors
    rest: AriRest
    web: WebToCome


@asynccontextmanager
async def prepare(settings: Settings) -> AsyncIterator[Prepared]:
    """Raises CredentialsMissing."""
    ari = settings.ari
    counters, health = make_counters(settings), Health(now_ms)
    async with AsyncExitStack() as exits:
        on_breaker = partial(_each, counters.agent.shop_breaker, health.breaker)
        vendors = await exits.enter_async_context(open_vendors(settings, on_breaker=on_breaker, on_request=counters.agent.request))
        rest = await exits.enter_async_context(AriRest(ari.url, ari.username, ari.password.get_secret_value(), ari.app))
        warm_up_all()
        web = make_web(settings, counters)
        with suppress(AriError, TimeoutError):  # away: it is asked again by whoever needs it
            async with asyncio.timeout(API_DOCS_S):
                await rest.load()
        yield Prepared(counters=counters, health=health, vendors=vendors, rest=rest, web=web)


def _each(first: Callable[[str], None], second: Callable[[str], None], state: str) -> None:
    first(state)
    second(state)
