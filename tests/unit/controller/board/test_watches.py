"""The small tasks beside the board: sound, call backs, acquaintance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.board.acquaintance import Acquaintance
from controller.board.board import Board
from controller.board.callbacks_watch import CallBacksWatch
from controller.board.search import marks, wanted
from controller.board.sound import Sound, watch_sound
from controller.journal.records import CallBackNoted
from tests.fakes.recorded_calls import call_revised, new_call_id
from tests.waiting import until

CALL = new_call_id()


def frames(due: int, skipped: int) -> list[tuple[str, Mapping[str, int]]]:
    return [(CALL, {"frames_due": due, "frames_skipped": skipped})]


def test_sound_is_judged_by_the_latest_ten_seconds() -> None:
    sound = Sound()
    assert sound.look(frames(100, 50)) == {}, "one look is no stretch of time"
    assert sound.look(frames(200, 50)) == {CALL: 0}
    assert sound.look(frames(300, 80)) == {CALL: 15}
    for due in range(400, 900, 100):
        lost = sound.look(frames(due, 80))
    assert lost == {CALL: 0}


def test_a_call_that_is_over_is_forgotten() -> None:
    sound = Sound()
    sound.look(frames(1_000, 900))
    sound.look([])
    assert sound.look(frames(1_200, 900)) == {}


async def test_a_bad_line_is_shown() -> None:
    board = Board()
    board.append(call_revised(CALL))
    due = 0

    def media() -> list[tuple[str, Mapping[str, int]]]:
        nonlocal due
        due += 100
        return frames(due, due // 2)

    async with watch_sound(board, media, every_s=0.005):
        await until(lambda: (board.calls()[0]["trouble"] or {}).get("code") == "audio")


async def test_call_backs_are_shown_when_they_are_noted_and_stay_while_the_database_is_away() -> None:
    board = Board()
    rows: list[dict[str, Any]] = []
    away = False

    async def listed() -> list[dict[str, Any]]:
        if away:
            raise TimeoutError("PostgreSQL")
        return rows

    watch = CallBacksWatch(board, listed)
    await watch.look()
    assert board.items("callback") == []
    rows.append({"id": "b1", "name": "Олена", "tel": "+380672143890", "state": "open"})
    watch.append(CallBackNoted(call_id=CALL, id="b1", at_ms=1, phone="+380672143890"))
    await watch.look()
    assert board.items("callback") == rows
    away = True
    await watch.look()
    assert board.items("callback") == rows


class Orders:
    """Knows one customer, and breaks once."""

    def __init__(self) -> None:
        self.asked = 0

    async def fetch(self, statement: str, parameters: Mapping[str, object], *, timeout_s: float) -> list[dict[str, Any]]:
        self.asked += 1
        if self.asked == 1:
            raise TimeoutError("PostgreSQL")
        return [{"orders": 3 if parameters["caller_id"] == "+380500000001" else 0}]


async def test_a_caller_who_has_ordered_before_is_known_and_a_lost_database_makes_him_a_stranger() -> None:
    board = Board()
    first, second = new_call_id(), new_call_id()
    async with Acquaintance.open(board, Orders()) as acquaintance:
        for call_id in (first, second):
            board.append(call_revised(call_id))
            acquaintance.append(call_revised(call_id))
        await until(lambda: [call["caller"]["known"] for call in board.calls()] == [0, 3])


def test_words_are_looked_for_without_their_endings_and_numbers_whole() -> None:
    assert [word.text for word in wanted("на зимові шини!")] == ["zimo", "win"]
    assert [(word.text, word.tail) for word in wanted("+38 (067) 214-38-90")] == [("380672143890", "672143890")]
    assert [(word.text, word.tail, word.digits) for word in wanted("замовлення 12345")][1] == ("12345", "", True)
    assert wanted("  ") == []
    assert [word.text for word in wanted("не")] == ["ne"], "of nothing but small words they are what is looked for"


def test_marks_are_whole_words_of_the_text_as_it_is_written() -> None:
    text = "Зимова гума, <b>ЗИМОВИХ</b> шин"
    assert [text[start:end] for start, end in marks(text, wanted("зимові"))] == ["Зимова", "ЗИМОВИХ"]
    assert marks(text, wanted("")) == []
