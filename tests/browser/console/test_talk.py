"""One live call: the talk as it is spoken, tools, latency, the log."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.console.fake_board import FakeBoard, open_board
from tests.browser.console.sample import LIVE_TURN, OLENA
from tests.browser.console.shown import CALL, show
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_words_grow_while_they_are_recognised_become_a_turn_and_lose_what_nobody_heard(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    turn = page.locator("#turn-13")
    for text in ("Скільки", "Скільки мені", "Скільки мені ще"):
        await board.emit("interim", {"call": OLENA, **LIVE_TURN, "text": text})
        await expect(turn.locator(".interim")).to_have_text(text)
    await board.emit("turn", {"call": OLENA, "turn": {"n": 13, "at": 77000, "who": "caller", "text": "Скільки мені ще чекати?"}})
    await expect(turn.locator("p")).to_have_text("Скільки мені ще чекати?")
    await expect(turn.locator(".caret")).to_have_count(0)
    await board.emit("interim", {"call": OLENA, **LIVE_TURN, "text": "запізніле"})
    answer = {
        "n": 14,
        "at": 80000,
        "who": "agent",
        "text": "Хвилину, будь ласка, з’єдную.",
        "lat": {"stt": 300, "llm": 700, "tts": 250, "wire": 50},
    }
    await board.emit("turn", {"call": OLENA, "turn": answer})
    await expect(page.locator("#turn-14 p")).to_have_text("Хвилину, будь ласка, з’єдную.")
    await expect(turn.locator("p")).to_have_text("Скільки мені ще чекати?")
    await board.emit("heard", {"call": OLENA, "n": 14, "chars": 8, "played_ms": 900})
    await expect(page.locator("#turn-14 del")).to_contain_text("будь ласка, з’єдную.")
    await expect(page.locator("#turn-14 .cutat")).to_have_text("перебито на 0,9 с")


async def test_turns_of_another_call_do_not_show_and_the_stream_is_asked_for_the_open_one(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await board.emit("turn", {"call": "c-4132", "turn": {"n": 50, "at": 1, "who": "caller", "text": "чуже"}})
    await board.emit("turn", {"call": OLENA, "turn": {"n": 51, "at": 90000, "who": "caller", "text": "своє"}})
    await expect(page.locator("#turn-51 p")).to_have_text("своє")
    await expect(page.get_by_text("чуже", exact=True)).to_have_count(0)
    await page.click("[data-call=c-4132] a")
    await expect(page.locator("#h-call")).to_have_text("Андрій Ткаченко")

    def last_stream() -> str:
        return [asked for asked in board.asked if asked.startswith("stream")][-1]

    await until(lambda: "follow=c-4132" in last_stream())
    assert last_stream().split()[-1] == "2", "it goes on behind the last event"


async def test_a_failed_tool_unfolds_by_itself_except_on_a_phone_and_a_good_one_by_hand(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await expect(page.locator("#turn-9 details")).to_have_attribute("open", "")
    await expect(page.locator("#turn-9 pre").nth(1)).to_contain_text("no_free_operator")
    good = page.locator("#turn-3 details")
    assert await good.get_attribute("open") is None
    await good.locator("summary").click()
    await board.patch(OLENA, topic="щось нове")
    await expect(page.locator(f"[data-call={OLENA}] .top")).to_have_text("щось нове")
    assert await good.get_attribute("open") is not None, "what was unfolded by hand stays so"
    await show(page, board, CALL, width=390, height=844)
    await page.reload()
    await expect(page.locator("#turn-9 summary")).to_be_visible()
    assert await page.locator("#turn-9 details").get_attribute("open") is None


async def test_latency_is_drawn_and_told_as_numbers_and_only_the_stage_at_fault_has_colour(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await expect(page.locator(".cols .hot")).to_have_count(2)
    assert await page.locator(".cols .hot.s-llm").count() == 2
    await expect(page.locator(".cols")).to_have_attribute(
        "aria-label", "Затримка відповідей, мс: 410, 1\u00a0340, 1\u00a0890, 2\u00a0620, 2\u00a0340. Бюджет 2\u00a0000."
    )
    await page.click(".asnum summary")
    assert await page.locator(".nums tbody tr").nth(3).locator("td").all_inner_texts() == [
        "–",
        "430",
        "1\u00a0710",
        "410",
        "70",
        "2\u00a0620",
    ]


async def test_the_log_is_filtered_by_source_and_word_grows_and_can_be_downloaded(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await expect(page.locator(".ev")).to_have_count(23)
    await page.click('[data-log="tool"]')
    await expect(page.locator(".ev")).to_have_count(3)
    await page.click('[data-log="!err"]')
    await page.fill("#q-log", "asked_human")
    await expect(page.locator(".ev")).to_have_count(2)
    await page.fill("#q-log", "нема такого")
    await expect(page.locator("#log-none")).to_be_visible()
    await page.fill("#q-log", "")
    await page.click('[data-log=""]')
    line = {"seq": 24, "at": 78500, "src": "stt", "lvl": "", "name": "Final", "text": "«Скільки мені ще чекати»", "data": {}}
    for _ in range(2):
        await board.emit("log", {"call": OLENA, "ev": line})
    await expect(page.locator(".ev")).to_have_count(24)
    await expect(page.locator(".log .lnk")).to_have_attribute("href", f"{board.base}api/v1/calls/{OLENA}/log.jsonl")


async def test_the_talk_follows_the_newest_word_until_the_reader_scrolls_away(page: Page, board: FakeBoard) -> None:
    await show(page, board, CALL, height=500)
    await expect(page.locator("#turn-12")).to_be_in_viewport()
    await page.locator("#talk-s").hover()
    await page.mouse.wheel(0, -3000)
    await expect(page.locator("#newest")).to_be_visible()
    await board.emit("turn", {"call": OLENA, "turn": {"n": 13, "at": 77000, "who": "caller", "text": "Скільки мені ще чекати?"}})
    await expect(page.locator("#turn-13")).to_be_attached()
    await expect(page.locator("#turn-1")).to_be_in_viewport()
    await page.click("#newest")
    await expect(page.locator("#turn-13")).to_be_in_viewport()
    await expect(page.locator("#newest")).to_have_count(0)


async def test_what_a_supervisor_had_said_is_marked_and_a_call_that_is_not_live_any_more_leads_to_the_past(
    page: Page, board: FakeBoard
) -> None:
    await show(page, board)
    await board.emit("turn", {"call": OLENA, "turn": {"n": 14, "at": 80000, "who": "agent", "text": "Бачу вас.", "by": "olha"}})
    await expect(page.locator("#turn-14 .cutat")).to_have_text("за вказівкою: olha")
    await page.evaluate("location.hash = '#live/c-none'")
    await expect(page.locator("#call")).to_contain_text("Цієї розмови вже немає серед живих")
    assert await page.locator("#call a[href='#past/c-none']").count() == 1


async def test_on_middle_screens_latency_and_log_are_tabs_of_the_address(page: Page) -> None:
    async with open_board(FakeBoard()) as board:
        await show(page, board, CALL, width=1100)
        await expect(page.locator(".cols")).not_to_be_visible()
        await page.click("[data-tab=log]")
        await expect(page.locator("#evs")).to_be_visible()
        await expect(page.locator("#talk-s")).not_to_be_visible()
        assert page.url.endswith(f"{CALL}?tab=log")
        await page.reload()
        await expect(page.locator("#evs")).to_be_visible()
