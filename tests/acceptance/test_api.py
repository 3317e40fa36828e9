"""People act on live calls over HTTP: the token from the command line, the real Asterisk, the record, and what the log must not hold."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg

from controller.api.bearer import SESSION, TOKEN, is_secret, new_secret
from ops.caller.telephone import Telephone
from ops.system import System
from tests.acceptance.floor import Floor, eventually, speeches

SENTENCE = "Одну хвилину, будь ласка, я перевірю для вас наявність на складі."
COMMAND_S = 60.0
_keys = itertools.count(1)


async def token_of(system: System, name: str, role: str) -> str:
    argv = [sys.executable, "-m", "controller", "token", "create", name, "--role", role]
    environment = {**os.environ, **system.controller.environment}
    command = await asyncio.create_subprocess_exec(*argv, env=environment, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(COMMAND_S):
        stdout, stderr = await command.communicate()
    assert command.returncode == 0, stderr.decode()
    secret = stdout.decode().strip()
    assert is_secret(secret, TOKEN)
    return secret


class Person:
    """Somebody with a token and no browser."""

    def __init__(self, token: str, http: httpx.AsyncClient) -> None:
        self.token = token
        self._http = http

    @classmethod
    @asynccontextmanager
    async def named(cls, floor: Floor, name: str, role: str) -> AsyncIterator[Person]:
        token = await token_of(floor.system, name, role)
        url, headers = f"{floor.system.controller.api_url}/api/v1", {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as http:
            yield cls(token, http)

    async def sees(self, path: str) -> Any:
        answer = await self._http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def wishes(self, call: str, what: str, *, key: str = "", **body: Any) -> tuple[int, str]:
        headers = {"Idempotency-Key": key or f"key-{next(_keys)}"}
        answer = await self._http.post(f"/calls/{call}/{what}", json=body, headers=headers)
        return answer.status_code, answer.json()["code"]

    async def call_of(self, telephone: Telephone) -> str:
        """The call's id, as soon as it is listed."""

        async def listed() -> str | None:
            calls = (await self.sees("/calls"))["calls"]
            return next((call["id"] for call in calls if call["caller"]["tel"].endswith(telephone.number[-4:])), None)

        return str(await eventually(listed, "the call in the list", 15.0))


async def test_a_supervisor_looks_has_a_sentence_said_and_ends_the_call_each_once_and_written_down(floor: Floor) -> None:
    async with Person.named(floor, "Olha", "supervisor") as olha:
        await _a_sentence_and_the_end(floor, olha)
    process = floor.system.controller.process
    assert process is not None
    log = process.log_path.read_text()
    assert "person_acted" in log
    assert olha.token not in log


async def _a_sentence_and_the_end(floor: Floor, olha: Person) -> None:
    telephone = await floor.dial()
    call = await olha.call_of(telephone)
    assert telephone.number not in str(await olha.sees("/calls"))
    await floor.state_is("greeting")
    assert await olha.wishes(call, "say", key="k1", text=SENTENCE) == (202, "accepted")
    assert await olha.wishes(call, "say", key="k1", text=SENTENCE) == (202, "accepted")

    async def spoken() -> bool:
        shown = await floor.live_record()
        return shown is not None and any(SENTENCE in turn["text"] for turn in speeches(shown, "agent"))

    await eventually(spoken, "the supervisor's sentence as a turn", 30.0)
    assert await olha.wishes(call, "take") == (409, "no_telephone")
    assert await olha.wishes(call, "transfer", queue="nowhere") == (422, "queue_unknown")
    assert await olha.wishes(call, "hang", mode="cut", why="abusive") == (202, "accepted")
    await telephone.ended()
    shown = await floor.record()
    assert (shown.call["outcome"], shown.call["ended_by"], shown.call["ended_who"]) == ("hung_up", "supervisor", "Olha")
    assert sum(SENTENCE in turn["text"] for turn in speeches(shown, "agent")) == 1

    async def ended() -> bool:
        return await olha.wishes(call, "say", text="Ало?") == (410, "call_ended")

    await eventually(ended, "410", 10.0)
    assert await audit(floor, call) == [
        ("say", "accepted"),
        ("take", "no_telephone"),
        ("transfer", "queue_unknown"),
        ("hang", "accepted"),
    ]


async def audit(floor: Floor, call: str) -> list[tuple[str, str]]:
    """What is written down of *call* but of its end."""

    async def written() -> list[tuple[str, str]] | None:
        async with await psycopg.AsyncConnection.connect(floor.system.stack.postgres.dsn, autocommit=True) as connection:
            rows = await connection.execute("SELECT action, result FROM audit WHERE call_id = %s AND actor = 'Olha' ORDER BY id", (call,))
            found = [(action, result) for action, result in await rows.fetchall() if result != "call_ended"]
        return found if len(found) >= 4 else None

    return await eventually(written, "the audit trail", 10.0)


async def test_a_caller_is_transferred_over_http_and_who_only_looks_cannot(floor: Floor) -> None:
    operator = await floor.exchange.operator()
    async with Person.named(floor, "Vira", "viewer") as vira, Person.named(floor, "Olha", "supervisor") as olha:
        telephone = await floor.dial()
        call = await olha.call_of(telephone)
        await floor.state_is("greeting")
        assert await vira.wishes(call, "transfer") == (403, "forbidden")
        assert await olha.wishes(call, "transfer", warm=False, note="обмін шин") == (202, "accepted")
        await operator.answered()
        await floor.state_is("operator")
        assert (await olha.wishes(call, "say", text="Ало?"))[0] == 409
        await telephone.hang_up()
        assert (await floor.record()).call["outcome"] == "transferred"


OPEN = {"ping", "session_open", "admit_web_call"}  # admit_web_call: a customer's browser; off unless WEB_CALLS_ENABLED
"""Of the whole running controller; everything else needs a token."""


async def test_nothing_of_the_running_controller_answers_without_a_good_token(floor: Floor) -> None:
    # From an address of his own: who tried so many secrets is shut out for a minute, and new people of the next tests come from ours.
    stranger = httpx.AsyncHTTPTransport(local_address="127.0.0.66")
    async with httpx.AsyncClient(base_url=floor.system.controller.api_url, transport=stranger, timeout=10) as nobody:
        page = (await nobody.get("/api/v1/openapi.json")).json()
        operations = [(path, method, one) for path, methods in page["paths"].items() for method, one in methods.items()]
        assert {one["operationId"] for _, _, one in operations if {} in one.get("security", [{}])} == OPEN
        for path, method, one in operations:
            if one["operationId"] in OPEN:
                continue
            filled = re.sub(r"\{[^}]+\}", "0198a5f0-0000-7000-8000-000000000001", path)
            for headers in ({}, {"Authorization": f"Bearer {new_secret(TOKEN)}"}, {"Cookie": f"callctl_session={new_secret(SESSION)}"}):
                answer = await nobody.request(method, filled, headers=headers)
                assert answer.status_code in (401, 429), (path, method, headers, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
