"""A browser's session: what the cookie is like, what it may, and when it ends."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie

import httpx

from controller.api.access import COOKIE
from controller.api.identity import Role
from controller.api.links import one_time_link
from controller.api.tokens import Profile
from tests.integration.api.house import House, keyed

OLHA = Profile(person="Olha", role=Role.SUPERVISOR, telephone="PJSIP/sup1")


async def opened(house: House, token: str, *, base: str = "http://api.test") -> tuple[httpx.AsyncClient, str]:
    """A browser with a session, and its X-CSRF."""
    browser = house.client(base=base)
    answer = await browser.post("/api/v1/session", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201, answer.text
    return browser, answer.json()["csrf"]


async def test_a_token_opens_a_session_whose_cookie_no_script_and_no_other_site_gets(house: House) -> None:
    token = await house.token("supervisor", "Olha")
    answer = await house.client(token).post("/api/v1/session", json={})
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie["httponly"]
    assert not cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("strict", "/", "")
    assert 0 < int(cookie["max-age"]) <= 12 * 3600
    assert token not in answer.headers["set-cookie"] + answer.text
    assert cookie.value not in answer.text
    assert answer.json()["person"] == "Olha"


async def test_a_token_that_was_pasted_opens_a_session_too(house: House) -> None:
    answer = await house.client().post("/api/v1/session", json={"token": await house.token("viewer", "Vira")})
    assert (answer.status_code, answer.json()["person"]) == (201, "Vira")
    for wrong in ({"token": "cc_wrong"}, {"code": "co_wrong"}, {}):
        assert (await house.client().post("/api/v1/session", json=wrong)).status_code == 401


async def test_over_tls_the_cookie_is_secure(house: House) -> None:
    answer = await house.client(await house.token("viewer"), base="https://api.test").post("/api/v1/session", json={})
    assert "; Secure" in answer.headers["set-cookie"]


async def test_what_changes_something_needs_the_sessions_own_csrf_value(house: House) -> None:
    token, call = await house.token("supervisor", "Olha"), house.control.begin()
    browser, csrf = await opened(house, token)
    _, of_another = await opened(house, token)
    path = f"/api/v1/calls/{call.id}/listen"
    assert (await browser.get("/api/v1/calls")).status_code == 200
    for headers in ({}, {"X-CSRF": ""}, {"X-CSRF": of_another}, {"X-CSRF": "ключ"}):
        sent = httpx.Headers(keyed() | headers, encoding="utf-8")
        refused = await browser.post(path, headers=sent)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf"), headers
    assert (await browser.get("/api/v1/me")).json()["csrf"] == csrf, "a page that is loaded again gets it"
    assert (await browser.post(path, headers=keyed(**{"X-CSRF": csrf}))).status_code == 202
    cross = await browser.post(path, headers=keyed(**{"X-CSRF": csrf, "Sec-Fetch-Site": "cross-site"}))
    assert (cross.status_code, cross.json()["code"]) == (403, "cross_site")


async def test_a_session_ends_by_logging_out(house: House) -> None:
    browser, csrf = await opened(house, await house.token("viewer"))
    kept = browser.cookies[COOKIE]
    ended = await browser.delete("/api/v1/session", headers={"X-CSRF": csrf})
    assert ended.status_code == 204
    assert f'{COOKIE}=""' in ended.headers["set-cookie"]
    thief = house.client()
    thief.cookies.set(COOKIE, kept)
    assert (await thief.get("/api/v1/me")).status_code == 401


async def test_a_session_ends_with_its_token(house: House) -> None:
    token, admin = await house.token("viewer"), await house.as_("admin")
    browser, _ = await opened(house, token)
    assert (await browser.get("/api/v1/me")).status_code == 200
    listed = (await admin.get("/api/v1/tokens")).json()["tokens"]
    held = await house.access.keyring.find(token)
    assert held is not None
    assert next(one for one in listed if one["id"] == held.id)["sessions"] == 1
    assert (await admin.delete(f"/api/v1/tokens/{held.id}")).status_code == 204
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await house.client(token).post("/api/v1/session", json={})).status_code == 401


async def test_a_cookie_that_was_planted_is_not_taken_over(house: House) -> None:
    token = await house.token("viewer")
    browser, _ = await opened(house, token)
    planted = browser.cookies[COOKIE]
    victim = house.client()
    victim.cookies.set(COOKIE, planted, domain="api.test", path="/")
    answer = await victim.post("/api/v1/session", json={}, headers={"Authorization": f"Bearer {await house.token('admin')}"})
    assert SimpleCookie(answer.headers["set-cookie"])[COOKIE].value != planted


async def test_a_token_in_the_cookie_opens_nothing(house: House) -> None:
    browser = house.client()
    browser.cookies.set(COOKIE, await house.token("admin"))
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_one_time_link_logs_in_once_however_many_try_at_once(house: House) -> None:
    link = await one_time_link(house.dsn, "http://127.0.0.1:8080/", OLHA)
    address, _, code = link.partition("#")
    assert address == "http://127.0.0.1:8080/login"
    answers = await asyncio.gather(*(house.client().post("/api/v1/session", json={"code": code}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401, 401]
    good = next(answer for answer in answers if answer.status_code == 201)
    assert {name: good.json()[name] for name in ("person", "role", "telephone")} == {
        "person": "Olha",
        "role": "supervisor",
        "telephone": "PJSIP/sup1",
    }


async def test_a_form_of_another_site_cannot_log_somebody_in(house: House) -> None:
    link = await one_time_link(house.dsn, "http://127.0.0.1:8080", OLHA)
    code = link.partition("#")[2]
    for media_type in ("text/plain", "application/x-www-form-urlencoded"):
        answer = await house.client().post("/api/v1/session", content=f'{{"code": "{code}"}}', headers={"Content-Type": media_type})
        assert answer.status_code == 422, media_type
    bare = house.client()
    request = bare.build_request("POST", "/api/v1/session", content=f'{{"code": "{code}"}}')
    request.headers.pop("content-type", None)
    assert (await bare.send(request)).status_code == 422
    assert (await house.client().post("/api/v1/session", json={"code": code})).status_code == 201, "it was not used up"
