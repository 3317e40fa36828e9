"""Credentials and proxy on the real Asterisk: what a browser can do at our own port, and that nothing of it is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import websockets
from fastapi import FastAPI

from controller.api.problems import shape_problems
from controller.api.server import serving
from controller.ari.client import EventSocket
from controller.ari.messages import EVENT_TYPES, Event, StasisStart
from controller.ari.rest import AriRest
from controller.sockets import bind
from controller.web_calls.desk import WebCalls
from controller.web_calls.endpoint import Place
from controller.web_calls.guests import is_user
from controller.web_calls.proxy import Proxy
from controller.web_calls.routes import make_web_calls_router
from ops.devstack import DevStack
from ops.devstack.ports import LOOPBACK
from tests.integration.browser_sip import ENCRYPTED, PLAIN, BrowserSip
from tests.integration.dialplan_lab import Lab
from tests.integration.dialplan_lab import until as happens
from tests.waiting import until

APP = "callctl"
PLACE = Place(app=APP, proxy_address="127.0.0.2", media_address=LOOPBACK)


@dataclass
class House:
    """A controller that knows browsers and nothing else: a call of theirs is held and not answered."""

    web_calls: WebCalls
    rest: AriRest
    url: str
    arrived: list[StasisStart]
    hung_up: list[str]
    served: AsyncExitStack

    async def admit(self) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self.url) as page:
            answer = await page.post("/api/v1/web-calls", headers={"Origin": self.url})
            assert answer.status_code == 201, answer.text
            return dict(answer.json())

    @asynccontextmanager
    async def browser(self, credential: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[BrowserSip]:
        given = credential or await self.admit()
        address = self.url.replace("http", "ws", 1) + given["signalling"]
        options = {"origin": self.url} | options
        async with BrowserSip.connect(address, given["user"], given["password"], **options) as sip:
            yield sip

    async def sip_objects(self) -> list[str]:
        return [name for name in await self.rest.sip_endpoints() if is_user(name)]


@asynccontextmanager
async def open_house(stack: DevStack, *, per_minute: int = 100, calls_max: int = 5) -> AsyncIterator[House]:
    asterisk = stack.asterisk
    arrived: list[StasisStart] = []
    hung_up: list[str] = []
    async with (
        AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, APP) as rest,
        WebCalls(rest, PLACE, calls_max=calls_max, hung_up=hung_up.append, sweep_s=0.1) as web_calls,
    ):

        def on_event(message: Event) -> None:
            web_calls.handle(message)
            if isinstance(message, StasisStart):
                arrived.append(message)

        async def on_connected() -> None:
            await rest.set_event_filter(EVENT_TYPES)
            await web_calls.reconcile()
            connected.set()

        connected = asyncio.Event()
        proxy = Proxy(web_calls, asterisk.ari_url.replace("http", "ws", 1) + "/ws", PLACE.proxy_address)
        app = FastAPI()
        shape_problems(app)
        app.include_router(make_web_calls_router((web_calls, proxy), per_minute=per_minute))
        events = EventSocket(
            asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, APP, on_event=on_event, on_connected=on_connected
        )
        listening = asyncio.create_task(events.run(), name="events")
        try:
            with bind(LOOPBACK, 0, what="The test") as bound:
                async with AsyncExitStack() as served:
                    port = await served.enter_async_context(serving(app, bound))
                    async with asyncio.timeout(10):
                        await connected.wait()
                    yield House(web_calls, rest, f"http://{LOOPBACK}:{port}", arrived, hung_up, served)
        finally:
            listening.cancel()
            await asyncio.wait([listening])


@pytest.fixture
async def lab(stack: DevStack) -> AsyncIterator[Lab]:
    async with Lab.open(stack) as opened:
        yield opened


@pytest.fixture
async def house(stack: DevStack, lab: Lab) -> AsyncIterator[House]:
    async with open_house(stack) as opened:
        yield opened
    async with AriRest(stack.asterisk.ari_url, stack.asterisk.ari_username, stack.asterisk.ari_password, APP) as rest:
        left = [name for name in await rest.sip_endpoints() if is_user(name)]
    assert left == [], "endpoints of browsers are left in Asterisk"


async def gone(sip: BrowserSip) -> int:
    """The code that our end closes the socket with."""
    async with asyncio.timeout(10):
        with suppress(websockets.ConnectionClosed):
            while True:  # what still comes is read: who does not read hears of no end
                await sip.socket.recv()
    return sip.socket.close_code or 0


async def call(house: House, sip: BrowserSip) -> str:
    """A call that reaches the controller; its channel."""
    before = len(house.arrived)
    statuses = await sip.statuses("INVITE", "100", body=ENCRYPTED, until="100")
    assert statuses == ["401", "100"]
    await until(lambda: len(house.arrived) > before)
    assert sip.user in house.arrived[-1].channel.name
    return house.arrived[-1].channel.id


async def refused(house: House, credential: dict[str, Any], **options: Any) -> int:
    with pytest.raises(websockets.InvalidStatus) as error:
        async with house.browser(credential, **options):
            pass
    return error.value.response.status_code


async def test_a_credential_makes_one_call_and_its_password_ends_with_it(house: House) -> None:
    async with house.browser() as sip:
        await call(house, sip)

        async def spent() -> bool:
            found = await house.rest.sip_endpoints()
            return sip.user in found and (await sip.statuses("INVITE", "100", body=ENCRYPTED))[-1] in {"401", "500"}

        async with asyncio.timeout(10):
            while not await spent():
                pass
        assert len(house.arrived) == 1


async def test_a_socket_that_dies_ends_its_call_and_nothing_is_left(house: House, lab: Lab) -> None:
    async with house.browser() as sip:
        channel = await call(house, sip)
    await lab.nothing_left()
    assert house.hung_up == [channel]
    async with asyncio.timeout(10):
        while await house.sip_objects():
            pass


async def test_a_call_that_ends_takes_its_endpoint_and_its_socket_along(house: House) -> None:
    async with house.browser() as sip:
        await house.rest.hang_up(await call(house, sip))
        assert await gone(sip) == 1001
        assert await house.sip_objects() == []


async def test_a_socket_is_opened_once_with_its_token(house: House) -> None:
    credential = await house.admit()
    async with house.browser(credential):
        assert await refused(house, credential) == 403
    assert await refused(house, credential) == 403


async def test_pages_of_others_get_no_socket_and_no_credential(house: House) -> None:
    credential = await house.admit()
    assert await refused(house, credential, origin="http://evil.example") == 403
    assert await refused(house, credential, origin=None) == 403
    assert await refused(house, {**credential, "signalling": "/sip-ws?t=guessed"}) == 403
    assert await refused(house, {**credential, "signalling": "/sip-ws"}) == 403
    async with httpx.AsyncClient(base_url=house.url) as page:
        answer = await page.post("/api/v1/web-calls", headers={"Origin": "http://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


async def test_a_credential_nobody_used_is_gone_after_a_minute(house: House) -> None:
    credential = await house.admit()
    (guest,) = house.web_calls.guests
    guest.expires_s = 0.0
    async with asyncio.timeout(10):
        while await house.sip_objects():
            pass
    assert await refused(house, credential) == 403


async def test_a_socket_that_calls_nobody_is_closed_after_a_minute(house: House) -> None:
    async with house.browser() as sip:
        (guest,) = house.web_calls.guests
        guest.expires_s = 0.0
        assert await gone(sip) == 1001


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("INVITE", {"body": PLAIN}),
        ("INVITE", {"body": ENCRYPTED, "name": "trunk"}),
        ("INVITE", {"body": ENCRYPTED, "name": "op1"}),
        ("REGISTER", {}),
        ("MESSAGE", {}),
        ("SUBSCRIBE", {"headers": {"Event": "presence"}}),
        ("REFER", {"headers": {"Refer-To": "<sip:380441234567@127.0.0.1>"}}),
    ],
)
async def test_what_no_call_needs_closes_the_socket_and_asterisk_does_not_hear_of_it(
    house: House, lab: Lab, method: str, changes: dict[str, Any]
) -> None:
    async with house.browser() as sip:
        await sip.send(sip.message(method, "100", **changes))
        assert await gone(sip) == 1008
    assert await lab.channels() == []


async def test_a_flood_of_messages_closes_the_socket(house: House) -> None:
    async with house.browser() as sip:
        with suppress(websockets.ConnectionClosed):
            for _ in range(100):
                await sip.send(sip.message("OPTIONS", "100"))
        assert await gone(sip) == 1008


async def test_a_refer_within_the_call_is_refused_too(house: House) -> None:
    async with house.browser() as sip:
        await call(house, sip)
        await sip.send(sip.message("REFER", "100", headers={"Refer-To": "<sip:380441234567@127.0.0.1>"}))
        assert await gone(sip) == 1008


async def test_so_many_credentials_a_minute_and_address(stack: DevStack, lab: Lab) -> None:
    async with open_house(stack, per_minute=2) as house:
        await house.admit()
        await house.admit()
        async with httpx.AsyncClient(base_url=house.url) as page:
            answer = await page.post("/api/v1/web-calls", headers={"Origin": house.url})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0


async def test_while_as_many_talk_as_may_nobody_is_admitted(stack: DevStack, lab: Lab) -> None:
    async with open_house(stack, calls_max=1) as house:
        async with house.browser() as sip:
            await call(house, sip)
            async with httpx.AsyncClient(base_url=house.url) as page:
                answer = await page.post("/api/v1/web-calls", headers={"Origin": house.url})
        await lab.nothing_left()
    assert (answer.status_code, answer.json()["code"]) == (429, "web_calls_full")


async def test_a_controller_that_stops_leaves_the_call_to_whom_it_is_with(stack: DevStack, lab: Lab) -> None:
    async with open_house(stack) as house, house.browser() as sip:
        channel = await call(house, sip)
        await house.rest.continue_in_dialplan(channel, context="transfer-to-operator", extension="s", priority=1)

        async def queued() -> bool:
            return (await house.rest.channel(channel)).dialplan.app_name == "Queue"

        await happens(queued, 5, "the caller waits for an operator")
        house.web_calls.close()
        await house.served.aclose()
        assert await gone(sip) == 1012
        await until(lambda: not any(guest.connected for guest in house.web_calls.guests))
        assert [one["id"] for one in await lab.channels()] == [channel]
        assert not house.hung_up
        await house.rest.hang_up(channel)
        await lab.nothing_left()


async def test_what_a_dead_controller_left_is_taken_away_at_the_next_start(stack: DevStack, lab: Lab) -> None:
    asterisk = stack.asterisk
    async with AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, APP) as rest:
        dead = WebCalls(rest, PLACE, calls_max=5)
        await dead.admit()
        others = WebCalls(rest, replace(PLACE, app="callctl-2"), calls_max=5)
        theirs = await others.admit()
        async with open_house(stack) as house, asyncio.timeout(10):
            assert theirs.user not in house.web_calls.guests, "another controller's guest is not ours to take away"
            while await house.sip_objects() != [theirs.user]:  # what other controllers of our name left goes as well
                pass
        await rest.delete_sip_object("endpoint", theirs.user)
        await rest.delete_sip_object("auth", theirs.user)
