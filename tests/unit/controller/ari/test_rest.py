from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from controller.ari.errors import AriError, AriNotFound, AriRefused, AriTimeout, AriUnavailable
from controller.ari.http import REGULAR_CONNECTIONS
from controller.ari.rest import AriRest
from tests.fakes.ari_rest import FakeRestServer
from tests.fakes.tcp_proxy import TcpProxy
from tests.waiting import until


def client(url: str, *, password: str = "secret", timeout_s: float = 5) -> AriRest:
    return AriRest(url, "callctl", password, "callctl", timeout_s=timeout_s)


async def test_answers_become_values_and_unknown_fields_are_skipped() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        assert [channel.id for channel in await rest.channels()] == ["c-1"]


async def test_the_address_that_asterisk_believes_to_have_does_not_matter() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        await rest.ping()  # its api-docs name asterisk.invalid


async def test_the_password_is_never_part_of_a_url() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        await rest.set_variables("c-1", {"A": "1"})
        assert not [query for query in asterisk.queries if "secret" in query or "api_key" in query]


async def test_a_channel_that_is_gone_is_not_found() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        await rest.hang_up("c-1")
        with pytest.raises(AriNotFound, match=r"DELETE /channels/c-1: 404 Channel not found"):
            await rest.hang_up("c-1")


async def test_a_refusal_tells_status_message_and_operation() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        with pytest.raises(AriRefused) as refused:
            await rest.answer("c-1")
        error = refused.value
        assert (error.status, error.message, error.operation) == (409, "Channel not in Stasis application", "POST /channels/c-1/answer")


async def test_a_wrong_password_is_a_refusal() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url, password="wrong") as rest:
        with pytest.raises(AriRefused) as refused:
            await rest.ping()
        assert refused.value.status == 401


async def test_variables_are_set_one_by_one_where_asterisk_knows_no_better() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        await rest.set_variables("c-1", {"__CALL_ID": "x", "NOTE": "дякую & до побачення"})
        assert asterisk.variables == {"__CALL_ID": "x", "NOTE": "дякую & до побачення"}


async def test_hanging_up_works_while_every_regular_connection_is_stuck() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        await rest.ping()
        asterisk.open.clear()
        stuck = [asyncio.create_task(rest.set_variables("c-1", {f"V{n}": "1"})) for n in range(REGULAR_CONNECTIONS + 4)]
        await until(lambda: asterisk.waiting == REGULAR_CONNECTIONS)
        async with asyncio.timeout(2):
            await rest.hang_up("c-1")
        assert asterisk.waiting == REGULAR_CONNECTIONS, "never more connections than Asterisk's backlog takes"
        asterisk.open.set()
        await asyncio.gather(*stuck)


async def test_an_operation_without_an_answer_ends_in_a_timeout() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url, timeout_s=0.3) as rest:
        asterisk.open.clear()
        with pytest.raises(AriTimeout, match=r"no answer within 0\.3 s"):
            await rest.set_variables("c-1", {"A": "1"})


async def test_nobody_listening_is_told_as_unavailable_and_heals_by_itself() -> None:
    async with FakeRestServer.start() as asterisk, TcpProxy.to(asterisk.port) as proxy, client(f"http://127.0.0.1:{proxy.port}") as rest:
        await rest.ping()
        proxy.finish()
        await rest.ping()
        await asyncio.gather(*(rest.ping() for _ in range(20)))
    async with client("http://127.0.0.1:1") as rest:
        with pytest.raises(AriUnavailable, match="not reachable at http://127"):
            await rest.ping()


async def test_an_operation_that_asterisk_does_not_know_is_told_in_words() -> None:
    async with FakeRestServer.start() as asterisk, client(asterisk.url) as rest:
        with pytest.raises(AriError, match="api-docs do not list"):
            await rest.create_bridge("b-1")


@web.middleware
async def welcome(request: web.Request, handler: object) -> web.StreamResponse:
    return web.Response(text="welcome")


async def test_something_that_is_not_asterisk_is_told_in_words() -> None:
    runner = web.AppRunner(web.Application(middlewares=[welcome]))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with client(f"http://127.0.0.1:{runner.addresses[0][1]}") as rest:
            with pytest.raises(AriUnavailable, match="is not Asterisk's REST interface"):
                await rest.ping()
    finally:
        await runner.cleanup()
