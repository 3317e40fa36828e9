"""A credential that anybody can ask for buys one short call to the agent and nothing else: Asterisk alone, without our proxy's help.

Who got past the proxy, or shares the machine with it, would see what these see: they come from the proxy's address, straight to Asterisk.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import websockets

from controller.ari.rest import AriRest
from controller.web_calls.desk import WebCalls
from controller.web_calls.endpoint import Place
from ops.devstack import DevStack
from ops.devstack.ports import LOOPBACK
from tests.integration.browser_sip import ENCRYPTED, BrowserSip, authorization
from tests.integration.dialplan_lab import Events, Lab, until

PROXY = "127.0.0.2"


@pytest.fixture
async def lab(stack: DevStack) -> AsyncIterator[Lab]:
    async with Lab.open(stack) as opened:
        yield opened


@pytest.fixture
async def web_calls(lab: Lab) -> AsyncIterator[WebCalls]:
    """Credentials as a controller makes them, as many as one likes; nobody spends them."""
    asterisk = lab.stack.asterisk
    place = Place(app="callctl", proxy_address=PROXY, media_address=LOOPBACK)
    async with (
        AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, "callctl") as rest,
        WebCalls(rest, place, calls_max=50) as opened,
    ):
        yield opened
        for channel in await lab.channels():  # before their endpoints: Asterisk would list these for ever
            await lab.ari.delete(f"/channels/{channel['id']}")
        await lab.nothing_left()


def address(lab: Lab) -> str:
    return lab.stack.asterisk.ari_url.replace("http", "ws", 1) + "/ws"


@asynccontextmanager
async def browser(lab: Lab, web_calls: WebCalls) -> AsyncIterator[BrowserSip]:
    guest = await web_calls.admit()
    async with BrowserSip.connect(address(lab), guest.user, guest.password, local_addr=(PROXY, 0)) as opened:
        yield opened


async def call(sip: BrowserSip, events: Events) -> str:
    """An INVITE that reaches the controller, which does not answer it; its channel."""
    asyncio_call = asyncio.create_task(sip.statuses("INVITE", "100", body=ENCRYPTED, until="100"))
    start = await events.next("StasisStart")
    assert await asyncio_call == ["401", "100"]
    assert start["args"] == ["web", "100"]
    assert sip.user in start["channel"]["name"]
    return str(start["channel"]["id"])


async def test_nobody_but_the_proxys_address_may_speak_sip_over_websocket(lab: Lab) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with BrowserSip.connect(address(lab)):
            pass
    assert refused.value.response.status_code == 403


async def test_who_calls_himself_trunk_is_not_the_provider(lab: Lab, web_calls: WebCalls) -> None:
    async with lab.controller(), browser(lab, web_calls) as sip:
        sip.password = ""
        assert await sip.statuses("INVITE", "100", name="trunk", body=ENCRYPTED) == ["401"]
        assert await sip.statuses("INVITE", "380441234567", name="trunk", body=ENCRYPTED) == ["401"]
        assert await lab.channels() == []


async def test_the_proxys_address_is_not_the_providers(lab: Lab, web_calls: WebCalls) -> None:
    async with lab.controller(), browser(lab, web_calls) as sip:
        assert await sip.statuses("INVITE", "100", name="stranger", body=ENCRYPTED) == ["401", "401"]
        assert await lab.channels() == []


async def test_an_operators_phone_is_not_had_with_a_browsers_password(lab: Lab, web_calls: WebCalls) -> None:
    async with browser(lab, web_calls) as sip:
        assert await sip.statuses("INVITE", "100", name="op1", body=ENCRYPTED) == ["401", "401"]
        assert await sip.statuses("REGISTER", "", name="op1") == ["401", "401"]


@pytest.mark.parametrize("number", ["0038044123456", "+380441234567", "101", "1000", "op1", "s", "h", "i", "t"])
async def test_nothing_but_the_agent_can_be_dialled(lab: Lab, web_calls: WebCalls, number: str) -> None:
    async with browser(lab, web_calls) as sip:
        assert await sip.statuses("INVITE", number, body=ENCRYPTED) == ["401", "404"]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("REGISTER", {"Expires": "60"}, "403"),
        ("MESSAGE", {}, "501"),
        ("SUBSCRIBE", {"Event": "presence", "Accept": "application/pidf+xml", "Expires": "60"}, "603"),
        ("PUBLISH", {"Event": "presence", "Expires": "60"}, "489"),
        ("REFER", {"Refer-To": "<sip:380441234567@127.0.0.1>"}, "501"),
    ],
)
async def test_everything_but_a_call_is_refused(lab: Lab, web_calls: WebCalls, method: str, headers: dict[str, str], status: str) -> None:
    async with browser(lab, web_calls) as sip:
        to = "" if method == "REGISTER" else "100"
        assert await sip.statuses(method, to, headers=headers) == ["401", status]


async def test_a_wrong_password_is_no_password(lab: Lab, web_calls: WebCalls) -> None:
    async with browser(lab, web_calls) as sip:
        sip.password += "x"
        assert await sip.statuses("INVITE", "100", body=ENCRYPTED) == ["401", "401"]


async def test_a_credential_makes_one_call_at_a_time(lab: Lab, web_calls: WebCalls) -> None:
    async with lab.controller() as events, browser(lab, web_calls) as sip:
        await call(sip, events)
        assert (await sip.statuses("INVITE", "100", body=ENCRYPTED))[-1] == "486"


async def test_only_so_many_browsers_call_at_once(lab: Lab, web_calls: WebCalls) -> None:
    async with lab.controller() as events, AsyncExitStack() as browsers, lab.globals(WEB_CALLS_MAX="2"):
        one, two, three = [await browsers.enter_async_context(browser(lab, web_calls)) for _ in range(3)]
        first = await call(one, events)
        await call(two, events)
        assert (await three.statuses("INVITE", "100", body=ENCRYPTED))[-1] == "486"
        await lab.ari.delete(f"/channels/{first}")
        await until(lambda: _is_gone(lab, first), 5.0, "the first call is over")
        await call(three, events)


async def _is_gone(lab: Lab, channel: str) -> bool:
    return channel not in [one["id"] for one in await lab.channels()]


async def test_a_call_ends_in_time_whatever_the_controller_does(lab: Lab, web_calls: WebCalls) -> None:
    async with lab.controller() as events, browser(lab, web_calls) as sip, lab.globals(WEB_CALL_S="1"):
        channel = await call(sip, events)
        await until(lambda: _is_gone(lab, channel), 5.0, "the call is ended")


async def test_without_a_controller_a_browser_does_not_wait(lab: Lab, web_calls: WebCalls) -> None:
    async with browser(lab, web_calls) as sip:
        assert (await sip.statuses("INVITE", "100", body=ENCRYPTED))[-1] == "503"


async def test_a_call_comes_to_the_controller_that_admitted_its_guest(lab: Lab) -> None:
    asterisk = lab.stack.asterisk
    place = Place(app="callctl-2", proxy_address=PROXY, media_address=LOOPBACK)
    async with (
        AriRest(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, "callctl-2") as rest,
        WebCalls(rest, place, calls_max=1) as second,
        lab.controller(),
        lab.controller("callctl-2") as events,
        browser(lab, second) as sip,
    ):
        channel = await call(sip, events)
        await lab.ari.delete(f"/channels/{channel}")
        await lab.nothing_left()


async def test_a_credential_is_worth_nothing_without_the_proxy(lab: Lab, web_calls: WebCalls) -> None:
    """Over UDP from elsewhere, as anybody could who reaches the SIP port."""
    guest = await web_calls.admit()
    assert await asyncio.to_thread(_ask_over_udp, lab.stack.asterisk.sip_port, guest.user, guest.password) == ["401", "401"]


def _ask_over_udp(port: int, user: str, password: str) -> list[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((LOOPBACK, 0))
        phone.settimeout(5)
        me = f"{LOOPBACK}:{phone.getsockname()[1]}"
        uri = f"sip:100@{LOOPBACK}:{port}"
        answers: list[str] = []
        for number in (1, 2):
            lines = [
                f"OPTIONS {uri} SIP/2.0",
                f"Via: SIP/2.0/UDP {me};branch=z9hG4bKfraud{number};rport",
                "Max-Forwards: 70",
                f"From: <sip:{user}@{LOOPBACK}>;tag=1",
                f"To: <sip:100@{LOOPBACK}>",
                "Call-ID: fraud",
                f"CSeq: {number} OPTIONS",
                *([f"Authorization: {authorization(answers[0], 'OPTIONS', uri, user, password)}"] if answers else []),
                f"Contact: <sip:{user}@{me}>",
                "Content-Length: 0",
            ]
            phone.sendto("\r\n".join([*lines, "", ""]).encode(), (LOOPBACK, port))
            answers.append(phone.recv(4096).decode())
        return [answer.split()[1] for answer in answers]


async def test_a_credential_that_was_taken_away_is_worth_nothing(lab: Lab, web_calls: WebCalls) -> None:
    async with browser(lab, web_calls) as sip:
        (guest,) = web_calls.guests
        guest.expires_s = 0.0
        await web_calls.sweep()
        assert await sip.statuses("INVITE", "100", body=ENCRYPTED) == ["401", "401"]


async def test_the_caller_has_the_name_we_gave_him_whatever_he_says(lab: Lab, web_calls: WebCalls) -> None:
    async with lab.controller() as events, browser(lab, web_calls) as sip:
        made_up = {"P-Asserted-Identity": "<sip:+380671234567@127.0.0.1>", "Remote-Party-ID": "<sip:+380671234567@127.0.0.1>"}
        inviting = asyncio.create_task(sip.statuses("INVITE", "100", body=ENCRYPTED, until="100", headers=made_up))
        start = await events.next("StasisStart")
        await inviting
        assert start["channel"]["caller"] == {"name": "Browser", "number": "web"}
