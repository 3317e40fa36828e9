"""Every operation of the OpenAPI page: without a token, with a wrong, expired and revoked one, with each role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from controller.api.bearer import new_secret
from controller.api.identity import Role
from tests.integration.api.house import CALLBACK, House, keyed

OPEN = {"ping", "session_open"}
NEEDED = {  # who may, and everybody above him
    "me": "viewer",
    "session_end": "viewer",
    "calls_list": "viewer",
    "calls_one": "viewer",
    "calls_transfer": "supervisor",
    "calls_say": "supervisor",
    "calls_take": "supervisor",
    "calls_release": "supervisor",
    "calls_hang": "supervisor",
    "calls_listen": "supervisor",
    "calls_stop_listening": "supervisor",
    "past_list": "viewer",
    "past_one": "viewer",
    "callbacks_list": "viewer",
    "callbacks_dial": "supervisor",
    "callbacks_done": "supervisor",
    "operators_list": "viewer",
    "health_list": "viewer",
    "health_check": "developer",
    "tokens_list": "admin",
    "tokens_create": "admin",
    "tokens_revoke": "admin",
    "audit_list": "admin",
}
BODIES: dict[str, Any] = {
    "calls_transfer": {},
    "calls_say": {"text": "Одну хвилину."},
    "calls_hang": {},
    "tokens_create": {"person": "New", "role": "viewer"},
}
GIVEN = {"calls_release": 409, "calls_stop_listening": 409, "tokens_revoke": 404, "past_one": 404}  # else 2xx


def operations(house: House) -> Iterator[tuple[str, str, str]]:
    """Name, method, path with ids of things that are there."""
    for path, methods in house.app.openapi()["paths"].items():
        for method, operation in methods.items():
            call = house.control.begin()
            ids = {
                "call_id": call.id,
                "callback_id": CALLBACK,
                "dependency": "postgresql",
                "token_id": "6f1c2a4e-0000-4000-8000-000000000001",
            }
            yield operation["operationId"], method, path.format(**ids)


async def ask(client: httpx.AsyncClient, name: str, method: str, path: str) -> httpx.Response:
    return await client.request(method, path, json=BODIES.get(name), headers=keyed())


async def test_the_page_and_this_table_name_the_same_operations(house: House) -> None:
    assert {name for name, _, _ in operations(house)} == set(NEEDED) | OPEN


@pytest.mark.parametrize("kind", ["none", "no secret", "wrong", "expired", "revoked", "a session", "a link", "basic"])
async def test_nobody_gets_in_without_a_good_token(house: House, kind: str) -> None:
    token = {"none": "", "no secret": "cc_short", "wrong": new_secret("cc_")}.get(kind) or await house.token("admin")
    client = house.client(token if kind != "none" else "")
    if kind == "expired":
        client = house.client(await house.token("admin", lasts=timedelta(seconds=-1)))
    elif kind == "revoked":
        held = await house.access.keyring.find(token)
        assert held is not None
        assert await house.access.book.revoke(held.id)
        house.access.keyring.forget(held.id)
    elif kind == "a session":
        held = await house.access.keyring.find(token)
        assert held is not None
        made = await house.access.book.open_session(held.id)
        assert made is not None
        client = house.client(made.secret)
    elif kind == "a link":
        client = house.client(
            (await house.access.book.create_link(held.profile)).secret if (held := await house.access.keyring.find(token)) else ""
        )
    elif kind == "basic":
        client = house.client()
        client.headers["Authorization"] = f"Basic {token}"
    for number, (name, method, path) in enumerate(operations(house)):
        house.address = f"192.0.2.{number}"
        if name in OPEN:
            continue
        answer = await ask(client, name, method, path)
        assert (answer.status_code, answer.json()["code"]) in {(401, "unauthorized"), (429, "rate_limited")}, (name, answer.text)
        assert answer.status_code == 401 or number >= 20
    assert not house.control.wishes


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_may_do_what_it_includes_and_nothing_else(house: House, role: Role) -> None:
    client = await house.as_(role)
    for name, method, path in operations(house):
        if name in OPEN:
            continue
        answer = await ask(client, name, method, path)
        if role.includes(Role(NEEDED[name])):
            right = {GIVEN[name]} if name in GIVEN else {200, 201, 202, 204}
            assert answer.status_code in right, (name, answer.status_code, answer.text)
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), name
            assert answer.json()["args"] == {"role": role, "needed": NEEDED[name]}


async def test_ping_needs_no_token(house: House) -> None:
    assert (await house.client().get("/api/v1/ping")).json()["now"] > 1_700_000_000_000


async def test_who_may_not_see_numbers_sees_none_anywhere(house: House) -> None:
    call = house.control.begin(tel="+380671234567")
    hidden, shown = await house.as_("admin"), await house.as_("viewer", numbers=True)
    for path in ("/api/v1/calls", f"/api/v1/calls/{call.id}", "/api/v1/callbacks"):
        masked, full = await hidden.get(path), await shown.get(path)
        assert "1234567" not in masked.text, path
        assert "+38067***4567" in masked.text, path
        assert "+380671234567" in full.text, path


async def test_one_token_asks_so_often_and_is_told_when_to_come_again(house: House) -> None:
    busy, other = await house.as_("viewer"), await house.as_("viewer")
    for _ in range(600):
        answer = await busy.get("/api/v1/me")
    assert answer.status_code == 200
    refused = await busy.get("/api/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (await other.get("/api/v1/me")).status_code == 200


async def test_an_address_that_guesses_is_held_up_but_not_who_is_known_behind_it(house: House) -> None:
    known = await house.as_("viewer")
    assert (await known.get("/api/v1/me")).status_code == 200
    statuses = [(await house.client(new_secret("cc_")).get("/api/v1/me")).status_code for _ in range(25)]
    assert statuses == [401] * 20 + [429] * 5
    assert (await known.get("/api/v1/me")).status_code == 200
    house.address = "192.0.2.99"
    assert (await house.client(new_secret("cc_")).get("/api/v1/me")).status_code == 401
