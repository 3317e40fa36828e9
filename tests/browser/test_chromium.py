"""The browser that the other tests look through: it runs scripts, has fonts for Ukrainian, hears a microphone."""

from __future__ import annotations

from playwright.async_api import Browser, Page

from ops.devstack.chromium_program import ChromiumProgram
from tests.browser.chromium import open_chromium

WIDTHS = """letters => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "40px sans-serif";
  return [...letters].map(letter => pen.measureText(letter).width);
}"""
HEARS = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  const audio = new AudioContext(), ear = audio.createAnalyser(), samples = new Float32Array(2048);
  audio.createMediaStreamSource(stream).connect(ear);
  for (let tries = 0; tries < 200; tries++) {
    ear.getFloatTimeDomainData(samples);
    if (samples.some(sample => Math.abs(sample) > 0.01)) return true;
    await new Promise(after => setTimeout(after, 20));
  }
  return false;
}"""


async def test_a_page_is_shown_and_its_script_runs(page: Page) -> None:
    await page.set_content("<h1>Вітаємо</h1><script>document.title = document.querySelector('h1').textContent.length</script>")
    assert await page.title() == "7"
    assert len(await page.screenshot()) > 1000


async def test_ukrainian_letters_come_from_a_font_and_are_not_boxes(page: Page) -> None:
    narrow, *others = await page.evaluate(WIDTHS, "іїєґщ₴")
    assert narrow > 0
    assert len({round(width) for width in others}) > 2, "all letters are equally wide, as the box for a missing one is"
    assert narrow < min(others[1:])


async def test_a_script_that_breaks_is_noticed(chromium: Browser) -> None:
    page = await chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.set_content("<script>nowhere()</script>")
    await page.evaluate("1")
    assert errors == ["nowhere is not defined"]


async def test_a_made_up_microphone_is_heard_without_asking_anybody(chromium_program: ChromiumProgram) -> None:
    async with open_chromium(chromium_program, ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]) as browser:
        page = await browser.new_page()
        await page.route("http://localhost/", lambda route: route.fulfill(body="<p>a secure context"))
        await page.goto("http://localhost/")
        assert await page.evaluate(HEARS)
