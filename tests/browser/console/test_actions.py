"""What a supervisor does to a call from the page: the second step, the keys, refusals in place, everything once."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.console.fake_board import FakeBoard, open_board
from tests.browser.console.sample import OLENA
from tests.browser.console.shown import CALL, armed, show, wished
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

OF = f"calls/{OLENA}"


async def test_a_call_is_transferred_with_its_note_to_the_queue_with_somebody_free(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.click("[data-act=transfer]")
    options = page.locator("#panel .opt")
    await expect(options.first).to_contain_text("Ірина Бондар: вільно, візьме одразу")
    await expect(options.first.locator("input")).to_be_focused()
    await expect(page.locator("#pt-note")).to_have_value("обмін замовлення 12345")
    await page.fill("#pt-note", "Дві шини не ті")
    await armed(page)
    await page.click("#panel [data-do]")
    assert await wished(board, f"{OF}/transfer") == [{"queue": "service", "note": "Дві шини не ті"}]
    headers = board.wishes[0].headers
    assert headers["if-state"] == "7"
    assert len(headers["idempotency-key"]) == 32
    await expect(page.locator("#panel")).to_have_count(0)
    await expect(page.locator("#toast")).to_have_text("Передаю оператору")
    await expect(page.locator(".facts .now")).to_have_text("У черзі до оператора")
    await expect(page.locator("[data-act=say]")).to_have_attribute("aria-disabled", "true")


async def test_enter_counts_only_350_ms_after_a_panel_opened_and_a_held_key_never_acts(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    # The page's clock stands still meanwhile: a slow machine takes longer than that from key to key.
    await page.evaluate("() => { const now = performance.now(); performance.now = () => now }")
    await page.keyboard.press("x")
    await expect(page.locator("#panel [data-do=goodbye]")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_be_visible()
    assert board.wishes == []
    await page.evaluate("() => { delete performance.now }")
    await armed(page)
    await page.keyboard.press("Enter")
    assert await wished(board, f"{OF}/hang") == [{"mode": "goodbye"}]
    await expect(page.locator(".facts .now")).to_have_text("Завершено: Відповідь надано")
    await expect(page.locator(".acts")).to_have_count(0)


@pytest.mark.parametrize(("code", "kind"), [("KeyT", "transfer"), ("KeyS", "say"), ("KeyO", "take"), ("KeyX", "hang")])
async def test_keys_work_by_their_place_and_escape_gives_the_focus_back(page: Page, board: FakeBoard, code: str, kind: str) -> None:
    await show(page, board)
    await page.evaluate("code => document.body.dispatchEvent(new KeyboardEvent('keydown', {code, key: 'ї', bubbles: true}))", code)
    await expect(page.locator("#panel")).to_have_attribute("data-kind", kind)
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_have_count(0)
    await expect(page.locator(f"[data-act={kind}]")).to_be_focused()
    assert board.wishes == []


async def test_j_and_k_walk_u_goes_to_trouble_and_letters_can_be_turned_off(page: Page, board: FakeBoard) -> None:
    await show(page, board, "#live")
    await page.keyboard.press("j")
    await expect(page.locator("#h-call")).to_have_text("Олена Коваль")
    await page.keyboard.press("j")
    await expect(page.locator("#h-call")).to_have_text("+380 50 771 20 14")
    await page.keyboard.press("k")
    await expect(page.locator("#h-call")).to_have_text("Олена Коваль")
    await page.click("[data-call=c-4132] a")
    await page.keyboard.press("u")
    await expect(page.locator("#h-call")).to_have_text("Олена Коваль")
    await page.keyboard.press("/")
    await expect(page.locator("#q-live")).to_be_focused()
    await page.keyboard.type("txs")
    await expect(page.locator("#q-live")).to_have_value("txs")
    await page.keyboard.press("Escape")
    await page.keyboard.press("3")
    await expect(page.locator("#v-ops h1")).to_be_focused()
    await page.keyboard.press("?")
    await page.click("#keys-on")
    await page.click("[data-close]")
    await page.keyboard.press("1")
    await expect(page.locator("#v-ops")).to_be_visible()
    await page.reload()
    await page.keyboard.press("1")
    await expect(page.locator("#v-ops")).to_be_visible()


async def test_a_refusal_stands_in_the_panel_and_what_was_typed_stays(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    board.answers[f"{OF}/say"] = (409, {"code": "with_operator"})
    await page.keyboard.press("s")
    await page.fill("#ps-t", "Зачекайте хвилину")
    await page.check("#panel input[type=checkbox]")
    await armed(page)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#panel .refusal")).to_have_text("Розмова вже з оператором.")
    await expect(page.locator("#ps-t")).to_have_value("Зачекайте хвилину")
    del board.answers[f"{OF}/say"]
    await armed(page)
    await page.click("#panel [data-do]")
    assert await wished(board, f"{OF}/say", 2) == [{"text": "Зачекайте хвилину", "cut": True}] * 2
    keys = {wish.headers["idempotency-key"] for wish in board.wishes}
    assert len(keys) == 2, "a wish that was refused and is wished again is another wish"
    await expect(page.locator(".turn", has_text="Зачекайте хвилину")).to_be_visible()


async def test_a_call_that_moved_on_says_how_and_lets_one_decide_again(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.keyboard.press("o")
    board.answers[f"{OF}/take"] = (409, {"code": "state_changed", "args": {"seen": 7, "now": 8}})
    await board.patch(OLENA, state="operator", operator="Ірина Бондар", state_seq=8)
    await armed(page)
    await page.click("#panel [data-do]")
    await expect(page.locator("#panel .refusal")).to_contain_text("Тепер: З людиною: Ірина Бондар")
    del board.answers[f"{OF}/take"]
    await armed(page)
    await page.click("#panel [data-do]")
    await wished(board, f"{OF}/take", 2)
    assert board.wishes[-1].headers["if-state"] == "8"


async def test_a_call_that_ended_meanwhile_shows_its_outcome_in_place_of_the_panel(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.keyboard.press("t")
    board.answers[f"{OF}/transfer"] = (410, {"code": "call_ended", "args": {"outcome": "left"}})
    await armed(page)
    await page.click("#panel [data-do]")
    await expect(page.locator("#panel")).to_contain_text("Розмова вже завершилася: Завершив абонент.")
    await page.keyboard.press("Escape")
    await expect(page.locator("#h-call")).to_be_focused()


async def test_a_call_that_ends_under_an_open_panel_replaces_it(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.keyboard.press("s")
    await board.emit("call.end", {"id": OLENA, "outcome": "left", "ended": board.now})
    await expect(page.locator("#panel")).to_contain_text("Завершив абонент")


async def test_a_try_whose_answer_got_lost_is_repeated_under_the_same_key(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    board.hold = asyncio.Event()
    await page.keyboard.press("o")
    await armed(page)
    await page.click("#panel [data-do]")
    await expect(page.locator("#panel [data-do]")).to_contain_text("Надсилаю")
    await page.keyboard.press("Enter")  # a second press while it is on its way does nothing
    await expect(page.locator("#panel .refusal")).to_contain_text("Відповіді немає")
    board.hold.set()
    await armed(page)
    await page.click("#panel [data-do]")
    await wished(board, f"{OF}/take", 2)
    assert len({wish.headers["idempotency-key"] for wish in board.wishes}) == 1


async def test_taking_over_and_giving_back_are_one_button(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.keyboard.press("o")
    await armed(page)
    await page.click("#panel [data-do]")
    await expect(page.locator("#toast")).to_contain_text("Ваш телефон дзвонить")
    await expect(page.locator(".facts .now")).to_have_text("Розмова у вас")
    await page.keyboard.press("o")
    await expect(page.locator("#panel")).to_have_attribute("data-kind", "give")
    await armed(page)
    await page.click("#panel [data-do]")
    await wished(board, f"{OF}/release")
    await expect(page.locator(".facts .now")).to_have_text("Агент слухає")


async def test_listening_is_one_step_and_its_strip_stays_on_every_view(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.keyboard.press("l")
    await expect(page.locator(".strip.listen")).to_contain_text("Ви слухаєте: Олена Коваль. Вас не чути.")
    await expect(page.locator("[data-act=listen]")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("4")
    await page.click(".strip.listen button")
    await expect(page.locator(".strip.listen")).to_have_count(0)
    await until(lambda: [wish.method for wish in board.wishes] == ["POST", "DELETE"])


async def test_selecting_another_call_closes_the_panel_and_what_the_stream_brings_does_not(page: Page, board: FakeBoard) -> None:
    await show(page, board)
    await page.keyboard.press("s")
    await page.fill("#ps-t", "пів слова")
    await board.patch(OLENA, state="thinking", topic="щось нове")
    await expect(page.locator(".facts .now")).to_have_text("Агент думає")
    await expect(page.locator("#ps-t")).to_have_value("пів слова")
    await expect(page.locator("#ps-t")).to_be_focused()
    await page.click("[data-call=c-4132] a")
    await expect(page.locator("#panel")).to_have_count(0)


async def test_without_a_telephone_one_is_told_why_one_cannot_listen_or_take(page: Page) -> None:
    async with open_board(FakeBoard(telephone=False)) as board:
        await show(page, board)
        for act in ("listen", "take"):
            await expect(page.locator(f"[data-act={act}]")).to_have_attribute("aria-disabled", "true")
            await page.click(f"[data-act={act}]", force=True)  # the tool waits until it is enabled; a person does not
            await expect(page.locator("#toast")).to_have_text("У вашому профілі немає телефону")
        assert board.wishes == []


async def test_on_a_phone_the_actions_are_at_hand_and_the_panel_is_a_sheet(page: Page, board: FakeBoard) -> None:
    await show(page, board, CALL, width=390, height=844)
    await expect(page.locator(".nav")).not_to_be_visible()
    await page.click("[data-act=hang]")
    box = await page.locator("#panel").bounding_box()
    assert box is not None
    assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 390, 844)
