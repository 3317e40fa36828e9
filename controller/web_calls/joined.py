"""The parts of browser calls put together, for the composition root."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.ari.rest import AriRest
from controller.settings import Settings
from controller.switchboard import Switchboard
from controller.web_calls.desk import WebCalls
from controller.web_calls.endpoint import Place
from controller.web_calls.proxy import Proxy


@asynccontextmanager
async def open_web_calls(settings: Settings, rest: AriRest, switchboard: Switchboard) -> AsyncIterator[tuple[WebCalls, Proxy] | None]:
    """None when calls from the browser are off."""
    wanted = settings.web_calls
    if not wanted.enabled:
        yield None
        return
    place = Place(app=settings.ari.app, proxy_address=wanted.proxy_address, media_address=wanted.media_address)
    async with WebCalls(rest, place, calls_max=wanted.max, hung_up=switchboard.caller_is_gone) as web_calls:
        yield web_calls, Proxy(web_calls, settings.ari.url.replace("http", "ws", 1) + "/ws", wanted.proxy_address)
