"""Past calls, operators and call backs, health; what each role sees; two languages; hostile words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.console.fake_board import FakeBoard, open_board
from tests.browser.console.sample import OLENA
from tests.browser.console.shown import CALL, show, wished
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>${window.hit=1}{{7*7}}\' autofocus onfocus=window.hit=1 \u202e'


async def test_past_calls_are_searched_and_the_search_is_in_the_address(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#past")
    await expect(page.locator(".pn")).to_have_text("14 розмов, 3 з проблемами")
    await expect(page.locator(".prow")).to_have_count(10)
    await page.get_by_role("button", name="Показати ще").click()
    await expect(page.locator(".prow")).to_have_count(14)
    await page.click("#f-trouble")
    await expect(page.locator(".pn")).to_have_text("3 розмови, 3 з проблемами")
    await page.fill("#q-past", "не ті")
    await expect(page.locator(".prow")).to_have_count(1)
    await page.click(".prow a")
    await expect(page.locator(".pview mark").first).to_have_text("не ті")
    await expect(page.locator("#hits-h")).to_have_text("Збіги в розмові")
    await page.reload()
    await expect(page.locator("#q-past")).to_have_value("не ті")
    await expect(page.locator(".pview mark").first).to_have_text("не ті")
    await page.fill("#q-past", "такого немає")
    await expect(page.locator("#past-none")).to_be_visible()
    await page.click("#past-clear")
    await expect(page.locator(".pn")).to_have_text("14 розмов, 3 з проблемами")


async def test_a_key_moment_leads_to_its_place_in_the_whole_call(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#past/4117", height=500)
    await page.click(".hits li:nth-child(2) a")
    await expect(page.locator("#turn-5")).to_be_focused()
    await expect(page.locator("#turn-5")).to_be_in_viewport()
    await expect(page.locator(".ev")).to_have_count(23)
    await page.go_back()
    await expect(page.locator(".pview h2")).to_have_text("Олена Коваль")


async def test_a_past_call_that_is_not_there_and_a_database_that_is_away_are_said(page: Page, board: FakeBoard) -> None:
    board.answers["past"] = (503, {"code": "database_away"})
    await show(page, board, "#past/none")
    await expect(page.locator("#h-pv")).to_have_text("Такої розмови немає або її вже стерто")
    await expect(page.locator(".pn")).to_contain_text("База даних недоступна. Живі розмови тривають.")


async def test_queue_operators_and_call_backs(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#ops")
    assert await page.locator(".kpis b").all_inner_texts() == ["3", "2:40", "1", "2"]
    await expect(page.locator(".que li.warn")).to_have_count(1)
    await expect(page.locator(".people tbody tr").first).to_contain_text("Ірина Бондар")
    await expect(page.locator(".people .flag")).to_have_text("Задовго")
    await board.emit("operator", {"id": "op1", "patch": {"state": "call", "call": OLENA}})
    await expect(page.locator(".kpis b").nth(2)).to_have_text("0")
    await board.emit("queue", {"id": "c-4119", "patch": None})
    await expect(page.locator(".que li")).to_have_count(2)
    await expect(page.locator("[data-callback=b1]")).to_contain_text("Прострочено на 47 хв")
    await page.click("[data-callback=b1] [data-cb=done]")
    assert board.wishes == [], "the first press asks"
    await page.click("[data-callback=b1] [data-cb=done]")
    await wished(board, "callbacks/b1/done")
    await expect(page.locator("[data-callback=b1]")).to_have_count(0)
    board.answers["callbacks/b3/dial"] = (409, {"code": "no_outbound"})
    await page.click("[data-callback=b3] [data-cb=dial]")
    await expect(page.locator("[data-callback=b3] .refusal")).to_contain_text("Вихідні дзвінки не налаштовано")
    await page.get_by_role("button", name="Закриті сьогодні").click()
    await expect(page.locator(".cb")).to_have_count(2)


async def test_health_says_what_is_down_since_when_and_checks_again(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#health")
    await expect(page.locator(".trouble.alarm")).to_contain_text("Не працює: Запис на монтаж. Повільно: Модель.")
    await expect(page.locator("[data-dep=booking] .strip60 .d")).to_have_count(6)
    await page.click("[data-dep=booking] [data-check]")
    await wished(board, "health/booking/check")
    await expect(page.locator(".trouble.alarm")).to_have_count(0)
    await expect(page.locator(".trouble.warn")).to_contain_text("Повільно: Модель.")


@pytest.mark.parametrize(
    ("role", "acts", "log"), [("viewer", False, False), ("developer", False, True), ("supervisor", True, True), ("admin", True, True)]
)
async def test_each_role_sees_what_it_may_do(page: Page, role: str, acts: bool, log: bool) -> None:
    async with open_board(FakeBoard(role=role)) as board:
        await show(page, board)
        await expect(page.locator("#turn-1")).to_be_attached()
        assert (await page.locator(".acts").count() > 0, await page.locator("#evs").count() > 0) == (acts, log)
        await until(lambda: any("/log" in asked for asked in board.asked) == log)
        for key in "txsol":
            await page.keyboard.press(key)
        assert (await page.locator("#panel").count() > 0) == acts
        await page.keyboard.press("Escape")
        await page.keyboard.press("3")
        await expect(page.locator(".cb").first).to_be_visible()
        assert (await page.locator("[data-cb]").count() > 0) == acts
        assert acts or board.wishes == []


async def test_words_of_others_are_text_wherever_they_stand(page: Page, board: FakeBoard) -> None:
    call = board.call(OLENA)
    call.update(topic=HOSTILE, line=HOSTILE, operator=HOSTILE, caller={"name": HOSTILE, "tel": HOSTILE, "known": 1}, listeners=[HOSTILE])
    call["trouble"]["hint"] = {"code": "free", "args": {"name": HOSTILE, "queue": HOSTILE}}
    board.turns += [
        {"n": 20, "at": 90_000, "who": "caller", "text": HOSTILE},
        {
            "n": 21,
            "at": 91_000,
            "who": "tool",
            "text": "",
            "tool": {"name": HOSTILE, "brief": HOSTILE, "args": {HOSTILE: HOSTILE}, "error": HOSTILE, "status": "fail", "ms": 1},
        },
        {"n": 22, "at": 92_000, "who": "agent", "text": HOSTILE, "heard_chars": 5, "played_ms": 100, "by": HOSTILE},
    ]
    for item in (*board.state["operators"], *board.state["callbacks"], *board.state["health"]):
        item.update({key: HOSTILE for key in ("name", "tel", "why", "owner", "queue") if key in item})
    board.state["health"][0]["text"] = {"code": HOSTILE, "args": {"text": HOSTILE}}
    await show(page, board)
    await board.emit(
        "log", {"call": OLENA, "ev": {"seq": 99, "at": 1, "src": "ctl", "lvl": "", "name": HOSTILE, "text": HOSTILE, "data": {}}}
    )
    await board.emit("interim", {"call": OLENA, "n": 23, "at": 93_000, "text": HOSTILE})
    await expect(page.locator("#h-call")).to_have_text(HOSTILE)
    await expect(page.locator("#turn-23 .interim")).to_have_text(HOSTILE)
    for place in ("#ops", "#health", "#past", CALL):
        await page.evaluate("place => { location.hash = place; }", place)
        await expect(page.locator(f"#v-{place[1:].split('/')[0]}")).to_be_visible()
    await page.keyboard.press("t")
    await expect(page.locator("#panel")).to_contain_text(HOSTILE)
    assert await page.evaluate(
        "[window.hit, document.querySelectorAll('#app img, #app script, #app [onerror], #app [onfocus], #app [style]').length]"
    ) == [None, 0]


async def test_both_languages_hold_all_words_and_the_choice_stays(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    words: dict[str, Any] = await page.evaluate("async () => { const {LANGUAGES} = await import('./console/i18n.js'); return LANGUAGES; }")
    assert list(words["uk"]) == list(words["en"])
    assert not [key for language in words.values() for key, word in language.items() if not word.strip()]
    await page.click("#lang")
    await expect(page.locator("[data-act=transfer]")).to_contain_text("Transfer to queue")
    await expect(page.locator(f"[data-call={OLENA}] .why")).to_contain_text("Asked for a human, 2×")
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.locator("#turn-2 p").get_attribute("lang") == "uk"
    await page.reload()
    for place in ("#ops", "#health", "#past", CALL):
        await page.evaluate("place => { location.hash = place; }", place)
        await expect(page.locator("main h1").first).to_be_attached()
        shown = await page.locator("#app").inner_text()
        keys = [key for key in words["en"] if "." in key and key in shown.split()]
        assert not keys, f"shown as they are: {json.dumps(keys)}"


async def test_the_theme_goes_round_and_stays(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    for theme in ("light", "dark"):
        await page.click("#theme")
        await expect(page.locator("html")).to_have_attribute("data-theme", theme)
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.click("#theme")
    await expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
