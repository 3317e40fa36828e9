from __future__ import annotations

import asyncio
import json

import pytest
from fastapi.responses import JSONResponse

from controller.api import idempotency
from controller.api.idempotency import Idempotency, Reply
from controller.api.problems import Problem


class Work:
    """Counts how often it is done."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies) or [Reply(202, {"n": 1}), Reply(202, {"n": 2})]
        self.done = 0
        self.gate: asyncio.Event | None = None
        self.fails = False

    async def __call__(self) -> Reply:
        self.done += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise RuntimeError("a fault of ours")
        return self._replies[self.done - 1]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def body_of(response: JSONResponse) -> object:
    return json.loads(bytes(response.body))


async def test_the_second_gets_the_answer_of_the_first() -> None:
    keys, work = Idempotency(), Work()
    answers = [body_of(await keys.once("Olha", "POST /x", "k", b"1", work)) for _ in range(3)]
    assert (answers, work.done) == ([{"n": 1}] * 3, 1)


async def test_another_person_route_or_key_is_another_wish() -> None:
    keys = Idempotency()
    for person, route, key in (("Olha", "/x", "k"), ("Petro", "/x", "k"), ("Olha", "/y", "k"), ("Olha", "/x", "l")):
        work = Work()
        await keys.once(person, route, key, b"1", work)
        assert work.done == 1


async def test_another_body_is_a_mistake_also_while_the_first_is_being_done() -> None:
    keys, work = Idempotency(), Work()
    work.gate = asyncio.Event()
    first = asyncio.create_task(keys.once("Olha", "/x", "k", b"1", work))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await keys.once("Olha", "/x", "k", b"2", Work())
    assert refused.value.code == "idempotency_mismatch"
    work.gate.set()
    assert (await first).status_code == 202


async def test_a_refusal_is_kept_but_not_one_that_passes() -> None:
    keys = Idempotency()
    refused = Work(Reply.of(Problem("call_ended")), Reply(202, {}))
    assert [(await keys.once("Olha", "/x", "a", b"", refused)).status_code for _ in range(2)] == [410, 410]
    busy = Work(Reply.of(Problem("too_many")), Reply(202, {}))
    assert [(await keys.once("Olha", "/x", "b", b"", busy)).status_code for _ in range(2)] == [429, 202]


async def test_after_a_fault_whoever_waits_tries_for_himself() -> None:
    keys, failing, good = Idempotency(), Work(), Work()
    failing.gate, failing.fails = asyncio.Event(), True
    first = asyncio.create_task(keys.once("Olha", "/x", "k", b"", failing))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(keys.once("Olha", "/x", "k", b"", good))
    await asyncio.sleep(0)
    failing.gate.set()
    with pytest.raises(RuntimeError):
        await first
    assert (await waiting).status_code == 202
    assert good.done == 1


async def test_an_impatient_duplicate_that_leaves_does_not_disturb_the_first() -> None:
    keys, work = Idempotency(), Work()
    work.gate = asyncio.Event()
    first = asyncio.create_task(keys.once("Olha", "/x", "k", b"", work))
    await asyncio.sleep(0)
    impatient = asyncio.create_task(keys.once("Olha", "/x", "k", b"", Work()))
    await asyncio.sleep(0)
    impatient.cancel()
    work.gate.set()
    assert (await first).status_code == 202


async def test_after_a_day_and_beyond_its_bounds_a_wish_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    keys, work = Idempotency(clock), Work()
    await keys.once("Olha", "/x", "k", b"", work)
    clock.now = idempotency.KEPT_S + 1
    await keys.once("Olha", "/x", "k", b"", work)
    assert work.done == 2
    monkeypatch.setattr(idempotency, "PER_PERSON", 2)
    monkeypatch.setattr(idempotency, "PERSONS", 2)
    counted = Work(*[Reply(202, {})] * 9)
    for key in ("a", "b", "c", "a"):
        await keys.once("Petro", "/x", key, b"", counted)
    assert counted.done == 4, "his oldest made room"
    for person in ("Vira", "Ivan", "Petro"):
        await keys.once(person, "/x", "a", b"", counted)
    assert counted.done == 7
