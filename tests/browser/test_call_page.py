"""The page /call by itself: what it says when there is no call, in both languages, by keyboard, on a phone. Calls are off behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from controller.api.problems import shape_problems
from controller.api.server import serving
from controller.sockets import bind
from controller.web_calls.routes import make_web_calls_router
from ops.devstack.chromium_program import ChromiumProgram
from tests.browser.chromium import open_chromium, open_page
from tests.browser.pages import assert_accessible

CREDENTIAL = {"user": "web-0123456789ab", "password": "x", "signalling": "/sip-ws?t=x", "target": "100", "expires_s": 60}
ANSWERED = """async (credential) => {
  const { Phone } = await import("/call/phone.js");
  window.ends = [];
  window.phone = new Phone({ phase() {}, heard() {}, said() {}, over: (trouble) => ends.push(trouble) });
  phone.invite = () => { phone.answered = true; };
  phone.dial(credential);
}"""
"""A call whose signalling we can end as a server would; there is no audio."""
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def address() -> AsyncIterator[str]:
    app = FastAPI()
    shape_problems(app)
    app.include_router(make_web_calls_router(None, per_minute=100))
    with bind("127.0.0.1", 0, what="The test") as bound:
        async with serving(app, bound) as port:
            yield f"http://127.0.0.1:{port}/call"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(chromium_program: ChromiumProgram) -> AsyncIterator[Browser]:
    """With a microphone that everybody may use."""
    async with open_chromium(chromium_program, MICROPHONE) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    async with open_page(chromium) as page:
        yield page


async def trouble(page: Page) -> str:
    """What the page says went wrong."""
    alert = page.get_by_role("alert")
    await expect(alert).to_be_visible()
    await expect(page.get_by_role("button", name="Подзвонити")).to_be_enabled()
    return await alert.inner_text()


async def press_call(page: Page) -> None:
    await page.get_by_role("button", name="Подзвонити").click()


async def test_where_calls_are_off_the_page_says_so(page: Page, address: str) -> None:
    await page.goto(address)
    await press_call(page)
    assert await trouble(page) == "Дзвінки з браузера тут не ввімкнено."


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (429, "web_calls_full", "Зараз усі лінії зайняті"),
        (429, "rate_limited", "Забагато дзвінків"),
        (503, "asterisk_away", "Немає зв’язку із сервером"),
        (500, "", "Немає зв’язку із сервером"),
    ],
)
async def test_every_refusal_is_told_in_words(page: Page, address: str, status: int, code: str, words: str) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=status, body=json.dumps({"code": code}), content_type="application/problem+json")

    await page.route("**/api/v1/web-calls", refuse)
    await page.goto(address)
    await press_call(page)
    assert words in await trouble(page)


async def test_a_server_that_is_gone_is_told_in_words(page: Page, address: str) -> None:
    await page.goto(address)
    await page.route("**/api/v1/web-calls", lambda route: route.abort())
    await press_call(page)
    assert "Перевірте інтернет" in await trouble(page)


async def test_signalling_that_is_refused_is_told_in_words(page: Page, address: str) -> None:
    """Calls are off, so the socket is refused whatever the credential says."""

    async def admit(route: Route) -> None:
        await route.fulfill(status=201, body=json.dumps(CREDENTIAL), content_type="application/json")

    await page.route("**/api/v1/web-calls", admit)
    await page.goto(address)
    await press_call(page)
    assert "Немає зв’язку із сервером" in await trouble(page)


@pytest.mark.parametrize(("code", "ends"), [(1012, []), (1011, ["lost"]), (1001, ["lost"])])
async def test_of_a_lost_socket_only_a_server_that_stops_in_good_order_leaves_the_call_to_its_audio(
    page: Page, address: str, code: int, ends: list[str]
) -> None:
    sockets = list[WebSocketRoute]()
    await page.route_web_socket("**/sip-ws?t=x", lambda socket: sockets.append(socket))
    await page.goto(address)
    await page.evaluate(ANSWERED, CREDENTIAL)
    await page.wait_for_function("() => phone.answered")
    await sockets[0].close(code=code)
    await page.wait_for_function("() => !phone.agent.isConnected()")
    assert await page.evaluate("() => ends") == ends


async def test_a_refused_microphone_is_told_in_words(chromium_program: ChromiumProgram, address: str) -> None:
    arguments = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    async with open_chromium(chromium_program, arguments) as browser, open_page(browser) as page:
        await page.goto(address)
        await press_call(page)
        assert "Доступ до мікрофона заборонено" in await trouble(page)


@pytest.mark.parametrize(
    ("error", "words"),
    [("NotFoundError", "Мікрофона не знайдено"), ("NotReadableError", "зайнято іншою програмою"), ("NotAllowedError", "заборонено")],
)
async def test_a_missing_or_busy_microphone_is_told_in_words(page: Page, address: str, error: str, words: str) -> None:
    await page.add_init_script(f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{error}'); }}")
    await page.goto(address)
    await press_call(page)
    assert words in await trouble(page)


async def test_an_address_without_microphone_is_told_in_words(page: Page, address: str) -> None:
    """Plain HTTP by a name: no browser gives it a microphone."""
    await page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    await page.goto(address)
    await press_call(page)
    assert "HTTPS" in await trouble(page)


async def test_a_call_can_be_cancelled_while_it_is_made(page: Page, address: str) -> None:
    await page.add_init_script("navigator.mediaDevices.getUserMedia = () => new Promise(() => {})")
    await page.goto(address)
    await press_call(page)
    await expect(page.get_by_role("status")).to_have_text("Дозвольте доступ до мікрофона…")
    await page.get_by_role("button", name="Скасувати").click()
    await expect(page.get_by_role("status")).to_have_text("Готово до дзвінка")
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_the_page_speaks_english_where_it_is_asked_to_and_remembers_it(page: Page, address: str) -> None:
    await page.goto(address)
    assert await page.locator("html").get_attribute("lang") == "uk"
    await page.get_by_role("button", name="EN, switch to English").click()
    await page.reload()
    await expect(page.get_by_role("button", name="Call", exact=True)).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "en"


async def test_everything_is_reached_by_keyboard(page: Page, address: str) -> None:
    await page.goto(address)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Подзвонити")).to_be_focused()
    await page.keyboard.press("Enter")
    await trouble(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(page: Page, address: str, scheme: str, width: int) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": width, "height": 844})
    await page.goto(address)
    await assert_accessible(page)
    await press_call(page)
    await trouble(page)
    await assert_accessible(page)
