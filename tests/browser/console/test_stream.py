"""The stream cut and back: nothing is missed, the clocks stop, and one can act as long as the controller answers."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.console.fake_board import FakeBoard, open_board
from tests.browser.console.sample import OLENA
from tests.browser.console.shown import CALL, armed, show, wished
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_lost_stream_is_said_the_clocks_stop_and_on_return_nothing_is_missed(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await board.patch(OLENA, topic="до обриву")
    await expect(page.locator(f"[data-call={OLENA}] .top")).to_have_text("до обриву")
    await board.cut()
    await expect(page.locator("#lost")).to_contain_text("Зв’язок із контролером втрачено. Показано стан на")
    await expect(page.locator("#say-now")).to_contain_text("втрачено")
    stopped = [await page.locator(".call .big").inner_text(), await page.locator("#clock").inner_text()]
    await board.patch(OLENA, topic="під час обриву")
    await board.emit("turn", {"call": OLENA, "turn": {"n": 13, "at": 77000, "who": "caller", "text": "Алло?"}})
    await expect(page.locator("#lost")).to_contain_text("Спроба 3")
    assert [await page.locator(".call .big").inner_text(), await page.locator("#clock").inner_text()] == stopped
    board.mend()
    await page.click("#retry")
    await expect(page.locator("#lost")).to_have_count(0)
    await expect(page.locator("#turn-13 p")).to_have_text("Алло?")
    await expect(page.locator(f"[data-call={OLENA}] .top")).to_have_text("під час обриву")
    await expect(page.locator("#toast")).to_have_text("Зв’язок відновлено, дані свіжі")
    last = [asked for asked in board.asked if asked.startswith("stream")][-1]
    assert last.split()[-1] == "1", "resumed behind the last event seen"


async def test_it_comes_back_by_itself_and_at_once_when_the_net_is_back(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await board.cut()
    await expect(page.locator("#lost")).to_be_visible()
    board.mend()
    await expect(page.locator("#lost")).to_have_count(0, timeout=5000)
    await board.cut()
    await expect(page.locator("#lost")).to_contain_text("Спроба 4", timeout=10_000)
    board.mend()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("#lost")).to_have_count(0, timeout=1000)


async def test_ten_seconds_without_a_byte_are_a_loss(page: Page, board: FakeBoard) -> None:
    await page.clock.install()
    await show(page, board)
    await expect(page.locator(".row")).to_have_count(16)
    board.silent, board.lost = True, True
    await page.clock.run_for(9000)
    await expect(page.locator("#lost")).to_have_count(0)
    await page.clock.run_for(2000)
    await expect(page.locator("#lost")).to_be_visible()


async def test_actions_go_on_while_the_controller_answers_and_are_off_with_their_reason_when_not(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await board.cut()
    await expect(page.locator("#lost")).to_be_visible()
    await expect(page.locator("[data-act=transfer]")).not_to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("o")
    await armed(page)
    await page.click("#panel [data-do]")
    await wished(board, f"calls/{OLENA}/take")
    board.ping_answers = False
    await expect(page.locator("#lost")).to_contain_text("Дії вимкнено, доки контролер не відповість", timeout=7000)
    await expect(page.locator("[data-act=transfer]")).to_have_attribute("title", "Контролер не відповідає")


async def test_after_a_gap_that_is_too_old_the_snapshot_comes_again_and_the_open_call_is_asked_for_anew(
    page: Page, board: FakeBoard
) -> None:
    await show(page, board)
    await expect(page.locator("#turn-12")).to_be_visible()
    board.turns.append({"n": 13, "at": 77000, "who": "caller", "text": "Сказане в проміжку"})
    await board.emit("snapshot", {"seq": 1, **board.state, "calls": board.state["calls"][:3]})
    await expect(page.locator(".row")).to_have_count(3)
    await expect(page.locator("#turn-13 p")).to_have_text("Сказане в проміжку")


async def test_a_call_is_shown_as_the_stream_tells_it_while_the_whole_is_still_asked_for(page: Page, board: FakeBoard) -> None:
    await page.route(f"**/api/v1/calls/{OLENA}", lambda route: None)  # never answered
    await show(page, board)
    await board.emit("turn", {"call": OLENA, "turn": board.turns[-1]})
    await expect(page.locator("#turn-12 p")).to_have_text(board.turns[-1]["text"])
    await page.unroute(f"**/api/v1/calls/{OLENA}")
    await page.evaluate("id => { location.hash = '#live'; location.hash = '#live/' + id; }", OLENA)
    await expect(page.locator("#turn-1")).to_be_attached()


async def test_a_session_that_is_over_leads_to_the_login_once_and_back_to_where_one_was(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    board.signed_in = False
    await board.cut()
    board.mend()
    await page.wait_for_url("**/login")
    await page.fill("#token", "good")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/{CALL}")
    await expect(page.locator("#h-call")).to_have_text("Олена Коваль")


async def test_a_one_time_link_logs_in_leaves_the_address_and_a_used_one_says_so(page: Page) -> None:
    async with open_board(FakeBoard(signed_in=False)) as board:
        await page.goto(f"{board.base}login#used")
        await expect(page.locator("[role=alert].refusal")).to_contain_text("Одноразове посилання вже використано")
        assert page.url == f"{board.base}login"
        await page.goto("about:blank")
        await page.goto(f"{board.base}login#good")
        await page.wait_for_url(board.base)
        await expect(page.locator(".row").first).to_be_visible()
        assert "good" not in await page.evaluate("JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])")


async def test_without_a_session_the_login_stands_and_does_not_turn_in_circles(page: Page) -> None:
    async with open_board(FakeBoard(signed_in=False)) as board:
        await page.goto(board.base)
        await page.wait_for_url("**/login")
        await expect(page.locator("#token")).to_be_focused()
        await until(lambda: board.asked.count("me? ") == 2, timeout_s=5)
        await page.fill("#token", "wrong")
        await page.keyboard.press("Enter")
        await expect(page.locator(".refusal")).to_contain_text("Такого ключа немає")
        assert board.asked.count("me? ") == 2
