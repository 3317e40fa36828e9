from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.board.board import Board, TooSlow
from controller.board.picture import Raised
from controller.board.sight import Sight
from tests.fakes.board_client import BoardClient, same
from tests.unit.controller.board.lives import CALLS, START_MS, Act, Life, acts, waits

ALL = Sight(numbers=True, acts=True, log=True)
CALL = CALLS[0]


def make_life(**settings: Any) -> Life:
    life: Life

    def clock_ms() -> int:
        return life.now_ms

    life = Life(Board(clock_ms=clock_ms, **settings))
    return life


def snapshot_of(board: Board) -> dict[str, Any]:
    """What somebody who comes just now is told."""
    client = BoardClient()
    client.read(board.watch(ALL).take())
    return client.known


def lead(life: Life, course: list[tuple[Act, int]], after_each: Any) -> None:
    async def led() -> None:  # the board calls its listeners from the loop
        for act, wait_ms in course:
            act(life)
            if wait_ms:
                life.now_ms += wait_ms
                life.board._take(life.board._picture.tick, life.now_ms)
            after_each()

    asyncio.run(led())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(acts, waits), max_size=40))
def test_a_snapshot_and_all_that_is_told_after_it_is_the_picture(course: list[tuple[Act, int]]) -> None:
    life = make_life()
    client, watch = BoardClient(), life.board.watch(ALL, follow=CALL)

    def look() -> None:
        client.read(watch.take())
        assert same(client.known, snapshot_of(life.board))

    lead(life, course, look)
    shown = life.board.call(CALL)
    if shown is not None:
        assert same(list(dict(sorted(client.turns.items())).values()), shown["turns"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(acts, waits), max_size=40), st.data())
def test_who_comes_back_at_any_event_misses_and_repeats_nothing(course: list[tuple[Act, int]], data: st.DataObject) -> None:
    life = make_life()
    steady, watch = BoardClient(), life.board.watch(ALL, follow=CALL)
    restless, place = BoardClient(), life.board.watch(ALL, follow=CALL)
    for client in (steady, restless):
        client.read(place.take() if client is restless else watch.take())

    def look() -> None:
        nonlocal place
        steady.read(watch.take())
        if data.draw(st.booleans()):
            restless.read(place.take())
        if data.draw(st.booleans()):  # the line breaks: what it has not read by now it reads from its last event on
            place = life.board.watch(ALL, follow=CALL, after=restless.ids[-1])

    lead(life, course, look)
    steady.read(watch.take())
    restless.read(place.take())
    assert restless.kinds.count("snapshot") == 1
    assert same(restless.known, steady.known)
    assert (restless.turns, restless.log, restless.ids) == (steady.turns, steady.log, steady.ids)


async def test_one_who_was_away_too_long_gets_a_snapshot() -> None:
    life = make_life(kept=3)
    life.revise(CALL, "greeting")
    before = BoardClient()
    before.read(life.board.watch(ALL).take())
    for state in ("listening", "thinking", "speaking", "listening"):
        life.revise(CALL, state)
    client = BoardClient()
    client.read(life.board.watch(ALL, after=before.ids[-1]).take())
    assert client.kinds == ["snapshot"]
    assert client.calls[CALL]["state"] == "listening"


async def test_a_number_of_an_earlier_process_brings_a_snapshot() -> None:
    life = make_life()
    life.revise(CALL, "greeting")
    for strange in (1, 9_007_199_254_740_991):
        client = BoardClient()
        client.read(life.board.watch(ALL, after=strange).take())
        assert client.kinds == ["snapshot"]


async def test_a_reader_who_is_too_far_behind_is_told_off() -> None:
    life = make_life(kept=3)
    watch = life.board.watch(ALL)
    watch.take()
    for state in ("greeting", "listening", "thinking", "speaking", "listening"):
        life.revise(CALL, state)
    with pytest.raises(TooSlow):
        watch.take()


async def test_only_who_follows_a_call_is_told_its_turns_and_only_a_developer_its_log() -> None:
    life = make_life()
    clients = {name: BoardClient() for name in ("stranger", "viewer", "developer")}
    watches = {
        "stranger": life.board.watch(ALL, follow=CALLS[1]),
        "viewer": life.board.watch(Sight(), follow=CALL),
        "developer": life.board.watch(Sight(log=True), follow=CALL),
    }
    for name, watch in watches.items():
        clients[name].read(watch.take())
    life.step(CALL, "connecting", type="call_arrived.1")
    life.revise(CALL, "greeting")
    life.say(CALL, "caller", "Добрий день")
    for name, watch in watches.items():
        clients[name].read(watch.take())
    assert [client.kinds.count("turn") for client in clients.values()] == [0, 1, 1]
    assert [client.kinds.count("log") for client in clients.values()] == [0, 0, 1]
    assert all(client.calls[CALL]["topic"] == "Добрий день" for client in clients.values())


async def test_words_in_the_making_come_as_they_are_and_end_with_the_turn() -> None:
    life = make_life()
    life.revise(CALL, "listening")
    client, watch = BoardClient(), life.board.watch(ALL, follow=CALL)
    for text in ("Мені", "Мені потрібні", "Мені потрібні шини"):
        life.live(CALL, "caller", text)
        client.read(watch.take())
        assert client.interim is not None
        assert client.interim["text"] == text
    life.say(CALL, "caller", "Мені потрібні зимові шини")
    client.read(watch.take())
    assert client.interim is None
    assert [turn["text"] for turn in client.turns.values()] == ["Мені потрібні зимові шини"]


async def test_an_interrupted_reply_shows_what_was_not_heard() -> None:
    life = make_life()
    life.revise(CALL, "speaking")
    client, watch = BoardClient(), life.board.watch(ALL, follow=CALL)
    life.live(CALL, "agent", "Є три варіанти.")
    client.read(watch.take())
    assert [turn["text"] for turn in client.turns.values()] == ["Є три варіанти."]
    life.say(CALL, "agent", "Є три варіанти. Перший", interrupted=True, heard_text="Є три…", heard_ms=640)
    client.read(watch.take())
    (turn,) = client.turns.values()
    assert (turn["text"][: turn["heard_chars"]], turn["played_ms"]) == ("Є три", 640)
    assert client.kinds.count("heard") == 1


async def test_a_call_that_is_over_stays_for_half_a_minute() -> None:
    life = make_life()
    client, watch = BoardClient(), life.board.watch(ALL)
    life.revise(CALL, "greeting")
    client.read(watch.take())
    life.revise(CALL, "ended", ended_at_ms=life.now_ms, outcome="hung_up")
    client.read(watch.take())
    assert client.ended == {CALL: "left"}
    assert (client.calls[CALL]["can"], client.calls[CALL]["outcome"]) == ([], "left")
    life.now_ms += 29_000
    life.board._take(life.board._picture.tick, life.now_ms)
    client.read(watch.take())
    assert CALL in client.calls
    life.now_ms += 1_000
    life.board._take(life.board._picture.tick, life.now_ms)
    client.read(watch.take())
    assert client.calls == {}
    life.log(CALL, "ctl", "CommandDone")
    life.revise(CALL, "greeting")
    assert life.board.calls() == [], "nothing late brings it back"


async def test_trouble_is_told_to_the_calls_log_once_and_not_from_within_a_record() -> None:
    raised: list[Raised] = []
    life = make_life(on_trouble=raised.append)
    life.revise(CALL, "listening")
    life.say(CALL, "caller", "З'єднайте з оператором")
    life.say(CALL, "caller", "Дайте живу людину")
    assert raised == []
    await asyncio.sleep(0)
    assert [(one.code, one.level, one.args) for one in raised] == [("asked_human", "alarm", {"n": 2})]
    life.say(CALL, "agent", "Зараз")
    await asyncio.sleep(0)
    assert len(raised) == 1


async def test_what_a_mistake_of_the_boards_costs_is_one_line_of_log() -> None:
    life = make_life()
    life.revise(CALL, "listening")
    life.board._take(life.board._picture.replace, "operator", [{"name": "without an id"}])
    life.revise(CALL, "thinking")
    assert life.board.calls()[0]["state"] == "thinking"


async def test_no_more_calls_than_the_board_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.board.picture.CALLS_MAX", 1)
    life = make_life()
    life.revise(CALLS[0], "greeting")
    life.revise(CALLS[1], "greeting")
    assert [call["id"] for call in life.board.calls()] == [CALLS[0]]
    assert life.board.calls()[0]["started"] >= START_MS


def call_backs(count: int) -> list[dict[str, Any]]:
    return [{"id": str(number), "tel": "+380671234567", "why": f"обмін шин {number}"} for number in range(count)]


async def test_a_long_list_is_encoded_a_little_at_a_time_and_is_whole() -> None:
    life = make_life()
    life.board.replace("callback", call_backs(200))
    life.revise(CALL, "listening")
    life.say(CALL, "caller", "Мій номер 067 123 45 67")
    watch = life.board.watch(Sight(), follow=CALL)
    preparing, turns_of_others = asyncio.create_task(watch.prepare(), name="prepare"), 0
    while not preparing.done():
        await asyncio.sleep(0)
        turns_of_others += 1
        if turns_of_others == 3:
            life.board.replace("callback", call_backs(199))
    client = BoardClient()
    client.read(watch.take())
    assert turns_of_others >= 8
    assert [item["tel"] for item in client.lists["callback"].values()] == ["+38067***4567"] * 199
    assert [turn["text"] for turn in client.turns.values()] == ["Мій номер 067***4567"]


async def test_what_is_told_again_and_did_not_change_is_the_same_object_and_so_not_encoded_again() -> None:
    life = make_life()
    life.board.replace("callback", call_backs(2))
    before = life.board._picture.items("callback")
    again = call_backs(2)
    again[1]["why"] = "передзвонити"
    life.board.replace("callback", again)
    after = life.board._picture.items("callback")
    assert [one is other for one, other in zip(before, after, strict=True)] == [True, False]
    assert after[1]["why"] == "передзвонити"
