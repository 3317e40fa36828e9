"""The live picture while a caller really talks: what a console is told over HTTP, as it happens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from controller.api.database import Pool
from controller.api.identity import Role
from controller.api.tokens import Profile, TokenBook
from ops.caller.script import HangUp, Interrupt, Listen, Say
from ops.caller.talk import Talk
from ops.standins.phrasebook import phrase
from ops.system import System
from tests.acceptance.floor import Floor, eventually, open_floor
from tests.fakes.board_client import BoardClient
from tests.unit.controller.board.test_stream import reading
from tests.waiting import until

SCRIPT = (Listen(), Say("winter_tyres_camry"), Interrupt("stop_wait", after_s=2.0), Listen(), HangUp())


@dataclass(frozen=True)
class Watched:
    """What two consoles were told of one call, and what REST and the record say of it."""

    follower: BoardClient
    onlooker: BoardClient
    call_id: str
    number: str
    live: dict[str, Any]  # by REST, a moment before the end
    turns: list[dict[str, Any]]  # of the record
    past: dict[str, Any]  # a page of REST's, after it
    whole: dict[str, Any]


@pytest.fixture(scope="module")
def watched(system: System) -> Watched:
    if system.controller.running:
        system.controller.stop()
    system.controller.start(
        TROUBLE_SLOW_MS="100", TROUBLE_SLOW_REPLIES="1", TROUBLE_AUDIO_PERCENT="100"
    )  # the first reply is trouble, a busy machine none

    async def watch() -> Watched:
        async with open_floor(system) as floor:
            return await _watch(floor)

    return asyncio.run(watch())


async def _watch(floor: Floor) -> Watched:
    url = f"{floor.system.controller.api_url}/api/v1"
    developer = await _token(floor, Role.DEVELOPER, numbers=True)
    onlooker, follower = BoardClient(), BoardClient()
    async with reading(f"{url}/stream", onlooker, **await _token(floor, Role.VIEWER)):
        await until(lambda: onlooker.kinds)
        number = floor.new_number()
        telephone = await floor.exchange.dial(number)
        floor.telephones.append(telephone)
        await until(lambda: onlooker.calls)
        (call_id,) = onlooker.calls
        async with reading(f"{url}/stream?follow={call_id}", follower, **developer), httpx.AsyncClient(headers=developer) as http:
            talking = asyncio.create_task(Talk(telephone).lead(SCRIPT[:-1]))
            await talking
            live = (await http.get(f"{url}/calls/{call_id}")).json()
            await telephone.hang_up()
            await until(lambda: follower.ended and onlooker.ended)
    record = await floor.record(number)
    async with httpx.AsyncClient(headers=developer) as http:
        past = (await http.get(f"{url}/past", params={"trouble": 1, "q": number})).json()
        whole = (await http.get(f"{url}/past/{call_id}", params={"q": "зимових шин"})).json()
    return Watched(follower, onlooker, call_id, number, live, record.turns, past, whole)


async def _token(floor: Floor, role: Role, *, numbers: bool = False) -> dict[str, str]:
    async with Pool.open(floor.system.stack.postgres.dsn) as database:
        made = await TokenBook(database).create(Profile(person="test", role=role, numbers=numbers), None)
    return {"Authorization": f"Bearer {made.secret}"}


def test_the_transcript_grows_as_the_talk_does(watched: Watched) -> None:
    turns = sorted((turn for turn in watched.follower.turns.values() if turn["who"] != "tool"), key=lambda turn: turn["n"])
    assert [(turn["who"], turn["text"]) for turn in turns] == [(turn["speaker"], turn["text"]) for turn in watched.turns]
    assert phrase("winter_tyres_camry").text in [turn["text"] for turn in turns]


def test_a_tool_stands_before_the_answer_it_was_for(watched: Watched) -> None:
    ordered = sorted(watched.follower.turns.values(), key=lambda turn: turn["n"])
    whos = [turn["who"] for turn in ordered]
    tool = ordered[whos.index("tool")]
    assert (tool["tool"]["name"], tool["tool"]["status"], whos[whos.index("tool") + 1]) == ("search_tires", "ok", "agent")


def test_of_an_interrupted_reply_is_told_what_was_not_heard(watched: Watched) -> None:
    assert "heard" in watched.follower.kinds
    cut = next(turn for turn in watched.turns if turn["interrupted"])
    told = watched.follower.turns[cut["turn_number"] * 20]
    assert 0 < told["heard_chars"] < len(told["text"])
    assert told["played_ms"] == cut["heard_ms"]


def test_words_are_told_in_the_making(watched: Watched) -> None:
    assert "interim" in watched.follower.kinds


def test_only_who_follows_is_told_turns_and_only_a_developer_the_log(watched: Watched) -> None:
    assert not {"turn", "interim", "heard", "log"} & set(watched.onlooker.kinds)
    names = [line["name"] for line in watched.follower.log]
    assert "TurnSpoken" in names
    assert [line["seq"] for line in watched.follower.log] == sorted(line["seq"] for line in watched.follower.log)


def test_numbers_are_in_full_only_for_who_may_see_them(watched: Watched) -> None:
    call = watched.onlooker.calls[watched.call_id]
    assert call["caller"]["tel"] == f"{watched.number[:6]}***{watched.number[-4:]}"
    assert watched.follower.calls[watched.call_id]["caller"]["tel"] == watched.number


def test_the_call_says_what_it_is_about_how_fast_it_was_answered_and_how_it_ended(watched: Watched) -> None:
    call = watched.onlooker.calls[watched.call_id]
    assert call["topic"] == "зимові на Toyota Camry"
    assert call["line"] == "100"
    assert len(call["lat"]) >= 1
    assert watched.onlooker.ended == {watched.call_id: "info"}
    assert call["can"] == []


def test_rest_tells_the_same_as_the_stream(watched: Watched) -> None:
    assert watched.live["topic"] == "зимові на Toyota Camry"
    assert [turn["n"] for turn in watched.live["turns"]] == sorted(watched.follower.turns)[: len(watched.live["turns"])]


def test_trouble_stands_on_the_board_in_the_log_and_in_the_past(watched: Watched) -> None:
    trouble = watched.onlooker.calls[watched.call_id]["trouble"]
    assert (trouble["level"], trouble["code"], trouble["hint"]["code"]) == ("warn", "slow", "stage")
    raised = [line for line in watched.follower.log if line["name"] == "TroubleRaised"]
    assert [(line["lvl"], line["data"]["code"]) for line in raised] == [("warn", "slow")]
    (item,) = watched.past["items"]
    assert (item["id"], item["trouble"]["code"], item["outcome"], item["topic"]) == (
        watched.call_id,
        "slow",
        "info",
        "зимові на Toyota Camry",
    )


def test_the_past_tells_it_as_it_was(watched: Watched) -> None:
    assert watched.whole["turns"] == [watched.follower.turns[n] for n in sorted(watched.follower.turns)]
    (hit,) = [hit for hit in watched.whole["hits"] if hit["who"] == "caller"]
    assert [hit["text"][start:end] for start, end in hit["marks"]] == ["зимові", "шини"]


async def test_every_neighbour_is_told_of_and_can_be_asked_anew(floor: Floor) -> None:
    url = f"{floor.system.controller.api_url}/api/v1"
    supervisor = await _token(floor, Role.SUPERVISOR)
    client = BoardClient()
    async with reading(f"{url}/stream", client, **supervisor), httpx.AsyncClient(headers=supervisor) as http:
        await until(lambda: client.lists["health"])
        before = client.lists["health"]["postgres"]
        assert {dep["state"] for dep in client.lists["health"].values()} == {"ok"}
        asked = await http.post(f"{url}/health/postgres/check", headers={"Idempotency-Key": "look-1"})
        assert asked.status_code in (200, 202)

        async def looked() -> bool:
            return bool(client.lists["health"]["postgres"]["checked"] > before["checked"])

        await eventually(looked, "a newer look at PostgreSQL", 5.0)
