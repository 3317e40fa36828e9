"""The list of live calls: trouble first, in words, and nothing moves under the reader's hand."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.console.fake_board import FakeBoard, open_board
from tests.browser.console.sample import OLENA
from tests.browser.console.shown import names, show

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALM = "c-4132"


async def test_trouble_stands_first_and_says_why_and_the_rest_stands_by_its_begin(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#live")
    assert await names(page, "#grp-trouble") == ["Олена Коваль", "+380 50 771 20 14", "Наталія Шевчук", "Ігор Мельник"]
    assert (await names(page, "#grp-calm"))[:3] == ["ФОП Захарчук, автопарк", "Марина Гончаренко", "Віктор Бойко"]
    assert await page.locator("#grp-trouble .row.alarm").count() == 2
    await expect(page.locator(f"[data-call={OLENA}] .why")).to_contain_text("Просить людину, 2-й раз")
    await expect(page.locator('[data-nav="live"] .bdg')).to_contain_text("2 тривоги")


async def test_a_call_in_trouble_enters_at_once_and_leaves_when_it_is_over(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#live")
    await board.patch(CALM, trouble={"level": "alarm", "code": "dead_air", "args": {"s": 9}, "since": board.now, "hint": None})
    await expect(page.locator("#grp-trouble .row.alarm .who").nth(2)).to_have_text("Андрій Ткаченко")
    await expect(page.locator("#say-polite")).to_contain_text("Андрій Ткаченко. Тиша 9")
    await board.patch(CALM, trouble=None)
    await expect(page.locator(f"#grp-calm [data-call={CALM}]")).to_be_visible()


async def test_nothing_leaves_its_place_while_the_pointer_is_in_the_list(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#live")
    await page.hover(f"[data-call={CALM}]")
    await board.patch(OLENA, trouble=None)
    await board.patch(CALM, topic="інше")  # has been drawn when this has
    await expect(page.locator(f"[data-call={CALM}] .top")).to_have_text("інше")
    assert (await names(page, "#grp-trouble"))[0] == "Олена Коваль"
    await page.mouse.move(1000, 500)
    await board.patch(CALM, topic="ще інше")
    await expect(page.locator(f"#grp-calm [data-call={OLENA}]")).to_be_visible()


async def test_a_call_that_is_over_says_how_and_is_gone_when_the_server_forgets_it(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#live")
    await board.emit("call.end", {"id": CALM, "outcome": "booked", "ended": board.now + 5000})
    await expect(page.locator(f"[data-call={CALM}]")).to_contain_text("Завершено: Записано на монтаж")
    await board.emit("call", {"id": CALM, "patch": None})
    await expect(page.locator(f"[data-call={CALM}]")).to_have_count(0)


async def test_a_new_call_appears_and_its_trouble_does_not_open_it(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    new = {
        **board.call(CALM),
        "id": "c-9",
        "caller": {"name": "Новий Абонент"},
        "trouble": {"level": "alarm", "code": "slow", "args": {"n": 3}, "since": board.now},
    }
    board.state["calls"].append(new)
    await board.emit("call", {"id": "c-9", "patch": new})
    await expect(page.locator("#grp-trouble .who", has_text="Новий Абонент")).to_be_visible()
    await expect(page.locator("#h-call")).to_have_text("Олена Коваль")


async def test_the_list_is_filtered_by_name_number_and_topic_and_leads_to_the_past(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#live")
    await page.fill("#q-live", "шиномонтаж")
    await expect(page.locator(".list .row .who")).to_have_text(["Андрій Ткаченко"])
    await page.fill("#q-live", "63 118")
    await expect(page.locator(".list .row .who")).to_have_text(["+380 63 118 45 02"])
    await page.fill("#q-live", "грижа нема")
    await page.click("#live-nomatch a")
    await expect(page.locator("#q-past")).to_have_value("грижа нема")


async def test_nobody_calling_is_said_in_words(page: Page) -> None:
    async with open_board(FakeBoard(mode="empty")) as board:
        await show(page, board, "#live")
        await expect(page.locator("#live-empty")).to_contain_text("Зараз ніхто не телефонує")
        await expect(page.locator("#live-empty")).to_contain_text("Але не все працює: Модель, Запис на монтаж.")


async def test_fifty_calls_are_drawn_and_a_patch_of_one_touches_its_row_alone(page: Page) -> None:
    async with open_board(FakeBoard(mode="many")) as board:
        await show(page, board, "#live")
        await expect(page.locator(".row")).to_have_count(50)
        await page.evaluate(
            """() => { window.touched = new Set(); new MutationObserver(all => all.forEach(one => {
                const row = (one.target.nodeType === 1 ? one.target : one.target.parentElement)?.closest?.('.row');
                if (row && !(one.target.parentElement ?? one.target).closest('.dur')) window.touched.add(row.dataset.call);
            })).observe(document.getElementById('app'), {subtree: true, childList: true, characterData: true, attributes: true}); }"""
        )
        await board.patch(CALM, topic="щось нове")
        await expect(page.locator(f"[data-call={CALM}] .top")).to_have_text("щось нове")
        assert await page.evaluate("() => [...window.touched]") == [CALM]
