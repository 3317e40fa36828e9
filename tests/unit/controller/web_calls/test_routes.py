"""The page and the credential over HTTP; sockets are tried on the real Asterisk (tests/integration/test_web_calls_on_asterisk.py)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from controller.api.problems import shape_problems
from controller.web_calls.page import FOLDER, load_page
from controller.web_calls.routes import is_own_origin, make_web_calls_router


@pytest.fixture
async def page() -> AsyncIterator[httpx.AsyncClient]:
    """Calls from the browser are off."""
    app = FastAPI()
    shape_problems(app)
    app.include_router(make_web_calls_router(None, per_minute=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example") as client:
        yield client


async def test_the_page_is_served_with_a_strict_policy(page: httpx.AsyncClient) -> None:
    answer = await page.get("/call")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["permissions-policy"].startswith("microphone=(self)")


async def test_every_file_that_the_page_names_is_served(page: httpx.AsyncClient) -> None:
    text = (await page.get("/call")).text
    named = re.findall(r'(?:src|href)="(/call/[^"]+)"', text)
    assert len(named) == 3
    imported = [f"/call/{name}" for name in re.findall(r'from "\./([^"]+)"', (FOLDER / "call.js").read_text(encoding="utf-8"))]
    for path in named + imported:
        answer = await page.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_else_of_the_disk_is_served(page: httpx.AsyncClient) -> None:
    for path in ("/call/__init__.py", "/call/../routes.py", "/call/%2e%2e/routes.py", "/call/vendor/LICENSE.txt", "/call/nowhere"):
        assert (await page.get(path)).status_code == 404
    assert all(not name.endswith(".py") for name in load_page())


async def test_where_calls_are_off_there_is_no_credential(page: httpx.AsyncClient) -> None:
    answer = await page.post("/api/v1/web-calls", headers={"Origin": "http://shop.example"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "web_calls_off"


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://shop.example", "shop.example", True),
        ("https://Shop.Example:8443", "shop.example:8443", True),
        ("http://shop.example", "shop.example:8080", False),
        ("http://evil.example", "shop.example", False),
        ("http://shop.example.evil.example", "shop.example", False),
        ("null", "shop.example", False),
        ("file://shop.example", "shop.example", False),
        ("", "", False),
    ],
)
def test_a_page_of_the_same_host_is_our_own(origin: str, host: str, own: bool) -> None:
    assert is_own_origin({"origin": origin, "host": host}) is own


def test_who_sends_no_origin_is_no_browser() -> None:
    assert is_own_origin({"host": "shop.example"})
    assert not is_own_origin({"host": "shop.example"}, needed=True)


def test_both_languages_have_the_same_words() -> None:
    text = (FOLDER / "strings.js").read_text(encoding="utf-8")
    ukrainian, english = text.split("  en: {")
    keys = [re.findall(r'^ +"([a-z_.]+)":', part, flags=re.M) for part in (ukrainian, english)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 25
