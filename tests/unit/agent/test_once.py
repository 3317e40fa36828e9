from __future__ import annotations

import asyncio
import gc
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from agent.errors import ShopFailed
from agent.ledger import Entry, LedgerFailed
from agent.once import Once, Write
from tests.fakes.clock import virtual_time
from tests.fakes.ledger import FakeLedger

BOOK = Write("c1", "+380671112233", "book_fitting", {"station": "s1", "date": "2026-12-01", "time": "10:00"})
OTHER = Write("c1", "+380671112233", "book_fitting", {"station": "s1", "date": "2026-12-01", "time": "11:00"})
LOST = ShopFailed("no answer within 5 s", outcome_unknown=True)
BROKEN = ShopFailed("internal error", status=500, outcome_unknown=True)
BUSY = ShopFailed("busy", status=503, retryable=True)
TAKEN = ShopFailed("the slot is taken", status=422)


def now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)


class Desk:
    """A shop of one kind of thing: each ``act`` goes by the next of *plan*, the last for ever; ``look`` finds what is ``there``."""

    def __init__(self, *plan: str | ShopFailed) -> None:
        self.plan = list(plan)
        self.there: list[str] = []
        self.keys: list[uuid.UUID] = []
        self.looks = 0
        self.look_fails: ShopFailed | None = None
        self.look_takes_s = 0.0
        self.takes_s = 0.0

    async def act(self, key: uuid.UUID) -> dict[str, Any]:
        self.keys.append(key)
        await asyncio.sleep(self.takes_s)
        outcome = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        if isinstance(outcome, ShopFailed):
            raise outcome
        self.there.append(outcome)
        return {"booking": outcome}

    async def look(self) -> dict[str, Any] | None:
        self.looks += 1
        await asyncio.sleep(self.look_takes_s)
        if self.look_fails is not None:
            raise self.look_fails
        return {"booking": self.there[0]} if self.there else None


class Lossy(Desk):
    """It does the work and loses the answer."""

    async def act(self, key: uuid.UUID) -> dict[str, Any]:
        await super().act(key)
        raise LOST


def made(ledger: FakeLedger | None = None, **options: Any) -> tuple[Once, FakeLedger]:
    kept = ledger or FakeLedger(sync_s=0.005)
    return Once(kept, clock_ms=now_ms, **options), kept


def stage(ledger: FakeLedger, write: Write = BOOK) -> str | None:
    entry = ledger.find(write.key)
    return None if entry is None else entry.stage


def test_one_write_has_one_key_however_its_arguments_are_ordered() -> None:
    turned = Write("c1", "", "book_fitting", dict(reversed(list(BOOK.arguments.items()))))
    assert (turned.key, turned.idempotency_key) == (BOOK.key, BOOK.idempotency_key)


@pytest.mark.parametrize(
    "different", [OTHER, Write("c2", BOOK.number, BOOK.intent, BOOK.arguments), Write("c1", BOOK.number, "cancel_fitting", BOOK.arguments)]
)
def test_another_call_intent_or_argument_is_another_write(different: Write) -> None:
    assert different.key != BOOK.key
    assert different.idempotency_key != BOOK.idempotency_key


@virtual_time
async def test_a_repetition_returns_the_first_result_and_sends_nothing() -> None:
    once, _ = made()
    desk = Desk("b1", "b2")
    assert not (await once.do(BOOK, desk.act, look=desk.look)).again
    written = await once.do(BOOK, desk.act, look=desk.look)
    assert (written.result, written.again) == ({"booking": "b1"}, True)
    assert (len(desk.keys), desk.looks) == (1, 0)


@virtual_time
async def test_a_repetition_after_a_restart_returns_the_first_result() -> None:
    once, ledger = made()
    desk = Desk("b1", "b2")
    await once.do(BOOK, desk.act)
    again, _ = made(ledger.after_a_crash())
    assert (await again.do(BOOK, desk.act)).result == {"booking": "b1"}
    assert len(desk.keys) == 1


@virtual_time
async def test_uses_in_parallel_wait_for_the_first() -> None:
    once, _ = made()
    desk = Desk("b1", "b2")
    desk.takes_s = 1
    written = await asyncio.gather(*(once.do(BOOK, desk.act) for _ in range(5)))
    assert [one.result for one in written] == [{"booking": "b1"}] * 5
    assert sorted(one.again for one in written) == [False, True, True, True, True]


@virtual_time
async def test_different_writes_do_not_wait_for_each_other() -> None:
    once, _ = made()
    desk = Desk("b1", "b2")
    desk.takes_s = 1
    began_ms = now_ms()
    await asyncio.gather(once.do(BOOK, desk.act), once.do(OTHER, desk.act))
    assert now_ms() - began_ms < 1_100


@virtual_time
async def test_locks_of_writes_that_nobody_is_doing_are_gone() -> None:
    once, _ = made()
    desk = Desk("b")
    for number in range(50):
        await once.do(Write("c1", "", "i", {"n": number}), desk.act)
    gc.collect()
    assert len(once._locks) == 0


@virtual_time
async def test_begun_is_durable_before_the_request_goes_out() -> None:
    once, ledger = made()
    seen: list[str] = []

    async def act(key: uuid.UUID) -> dict[str, Any]:
        seen.extend(entry.stage for entry in ledger.durable)
        return {}

    await once.do(BOOK, act)
    assert seen == ["begun"]


@virtual_time
async def test_without_a_ledger_nothing_is_sent() -> None:
    once, ledger = made()
    desk = Desk("b1")
    ledger.fails_next = 1
    with pytest.raises(LedgerFailed):
        await once.do(BOOK, desk.act)
    assert desk.keys == []
    assert (await once.do(BOOK, desk.act)).result == {"booking": "b1"}


@virtual_time
async def test_a_success_that_the_ledger_does_not_take_is_a_success_all_the_same() -> None:
    once, ledger = made()
    desk = Desk("b1", "b2")

    async def act(key: uuid.UUID) -> dict[str, Any]:
        ledger.fails_next = 1
        return await desk.act(key)

    assert (await once.do(BOOK, act)).result == {"booking": "b1"}
    assert (await once.do(BOOK, act)).result == {"booking": "b1"}
    again, _ = made(ledger.after_a_crash())  # which knows only that it began
    assert (await again.do(BOOK, desk.act, look=desk.look)).result == {"booking": "b1"}
    assert len(desk.keys) == 1


@virtual_time
async def test_a_refusal_is_told_and_a_later_attempt_is_made_anew() -> None:
    once, ledger = made()
    desk = Desk(TAKEN, "b1")
    with pytest.raises(ShopFailed, match="taken") as told:
        await once.do(BOOK, desk.act, look=desk.look)
    assert (told.value.outcome_unknown, told.value.status, stage(ledger)) == (False, 422, "refused")
    assert not (await once.do(BOOK, desk.act, look=desk.look)).again
    assert desk.looks == 0


@virtual_time
async def test_a_lost_answer_is_read_back_in_the_same_use() -> None:
    once, ledger = made()
    desk = Lossy("b1")
    written = await once.do(BOOK, desk.act, look=desk.look)
    assert (written.result, written.again, stage(ledger)) == ({"booking": "b1"}, False, "done")


@virtual_time
async def test_an_error_of_the_shop_itself_that_left_nothing_is_no_unknown_outcome() -> None:
    once, ledger = made()
    desk = Desk(BROKEN, "b1")
    with pytest.raises(ShopFailed) as told:
        await once.do(BOOK, desk.act, look=desk.look)
    assert (told.value.outcome_unknown, told.value.status, stage(ledger)) == (False, 500, "refused")
    assert desk.looks == 1


@virtual_time
async def test_what_is_not_there_yet_after_a_lost_request_is_told_as_unknown_and_done_later_once() -> None:
    once, ledger = made()
    desk = Desk(LOST, "b1")
    with pytest.raises(ShopFailed) as told:
        await once.do(BOOK, desk.act, look=desk.look)
    assert (told.value.outcome_unknown, stage(ledger)) == (True, "unknown")
    assert desk.looks == 3  # over two seconds
    began_ms = now_ms()
    assert (await once.do(BOOK, desk.act, look=desk.look)).result == {"booking": "b1"}
    assert 4_000 < now_ms() - began_ms <= 5_100  # until the lost request can no longer be taken


@virtual_time
async def test_a_write_that_lands_while_we_look_is_found_and_not_repeated() -> None:
    once, _ = made()
    desk = Desk(LOST)
    asyncio.get_running_loop().call_later(3.5, desk.there.append, "b1")
    with pytest.raises(ShopFailed):
        await once.do(BOOK, desk.act, look=desk.look)
    written = await once.do(BOOK, desk.act, look=desk.look)
    assert (written.result, written.again, len(desk.keys)) == ({"booking": "b1"}, True, 1)


@pytest.mark.parametrize("way", ["fails", "hangs"])
@virtual_time
async def test_if_it_cannot_be_read_back_the_outcome_is_unknown_and_nothing_is_repeated(way: str) -> None:
    once, ledger = made()
    desk = Lossy("b1", "b2")
    if way == "fails":
        desk.look_fails = BUSY
    else:
        desk.look_takes_s = 60
    for _ in range(2):
        with pytest.raises(ShopFailed) as told:
            await once.do(BOOK, desk.act, look=desk.look)
        assert (told.value.outcome_unknown, stage(ledger)) == (True, "unknown")
    assert len(desk.keys) == 1
    desk.look_fails, desk.look_takes_s = None, 0.0
    assert (await once.do(BOOK, desk.act, look=desk.look)).result == {"booking": "b1"}
    assert len(desk.keys) == 1


@virtual_time
async def test_without_a_look_an_unknown_outcome_is_repeated_with_the_same_key() -> None:
    once, _ = made()
    desk = Desk(LOST, "o1")
    with pytest.raises(ShopFailed):
        await once.do(BOOK, desk.act)
    assert (await once.do(BOOK, desk.act)).result == {"booking": "o1"}
    assert desk.keys == [BOOK.idempotency_key] * 2


@pytest.mark.parametrize(
    "second", [BUSY, ShopFailed("no connection"), ShopFailed("sign in", status=401), ShopFailed("the breaker is open", unavailable=True)]
)
@virtual_time
async def test_a_repetition_that_was_not_taken_leaves_the_first_outcome_unknown(second: ShopFailed) -> None:
    once, ledger = made()
    desk = Desk(LOST, second, TAKEN)
    for _ in range(2):
        await asyncio.sleep(60)
        with pytest.raises(ShopFailed) as told:
            await once.do(BOOK, desk.act)
        assert (told.value.outcome_unknown, stage(ledger)) == (True, "unknown")
    await asyncio.sleep(1)
    with pytest.raises(ShopFailed) as told:  # weighed and refused; but the first request may still be under way
        await once.do(BOOK, desk.act)
    assert told.value.outcome_unknown
    await asyncio.sleep(60)
    with pytest.raises(ShopFailed) as told:
        await once.do(BOOK, desk.act)
    assert (told.value.outcome_unknown, stage(ledger)) == (False, "refused")


@virtual_time
async def test_without_a_ledger_an_unknown_outcome_stays_unknown() -> None:
    once, ledger = made()
    desk = Desk(LOST)
    with pytest.raises(ShopFailed):
        await once.do(BOOK, desk.act)
    ledger.fails_next = 1
    with pytest.raises(ShopFailed) as told:
        await once.do(BOOK, desk.act)
    assert told.value.outcome_unknown
    assert len(desk.keys) == 1


@virtual_time
async def test_an_interruption_within_the_request_is_settled_by_the_next_use() -> None:
    once, ledger = made()
    desk = Desk("b1", "b2")
    desk.takes_s = 2
    use = asyncio.create_task(once.do(BOOK, desk.act, look=desk.look))
    await asyncio.sleep(1)
    use.cancel()
    with pytest.raises(asyncio.CancelledError):
        await use
    assert stage(ledger) == "unknown"
    desk.there.append("b1")  # it had gone out
    assert (await once.do(BOOK, desk.act, look=desk.look)).result == {"booking": "b1"}
    assert len(desk.keys) == 1


@virtual_time
async def test_an_interruption_before_the_request_leaves_nothing_to_settle() -> None:
    once, ledger = made(FakeLedger(sync_s=0.5))
    desk = Desk("b1")
    use = asyncio.create_task(once.do(BOOK, desk.act, look=desk.look))
    await asyncio.sleep(0.1)
    use.cancel()
    with pytest.raises(asyncio.CancelledError):
        await use
    assert (stage(ledger), desk.keys) == ("refused", [])
    assert not (await once.do(BOOK, desk.act, look=desk.look)).again
    assert desk.looks == 0


@virtual_time
async def test_he_who_waits_for_an_interrupted_use_goes_on_in_its_place() -> None:
    once, _ = made()
    desk = Desk("o1")
    desk.takes_s = 2
    first, second = (asyncio.create_task(once.do(BOOK, desk.act)) for _ in range(2))
    await asyncio.sleep(1)
    first.cancel()
    assert (await second).result == {"booking": "o1"}
    assert desk.keys == [BOOK.idempotency_key] * 2


@virtual_time
async def test_who_changes_his_mind_and_back_gets_what_he_wants_and_not_an_old_answer() -> None:
    once, _ = made()
    desk, other, cancel = Desk("b1", "b3"), Desk("b2"), Desk("gone")
    await once.do(BOOK, desk.act, look=desk.look)
    await asyncio.sleep(1)
    await once.do(Write("c1", BOOK.number, "cancel_fitting", {"booking": "b1"}), cancel.act)
    desk.there.clear()
    await once.do(OTHER, other.act, look=other.look)
    written = await once.do(BOOK, desk.act, look=desk.look)
    assert (written.result, written.again) == ({"booking": "b3"}, False)
    assert (await once.do(OTHER, other.act, look=other.look)).result == {"booking": "b2"}  # looked after, and still there
    assert (len(desk.keys), len(other.keys), other.looks) == (2, 1, 1)


@virtual_time
async def test_what_may_have_been_undone_and_cannot_be_looked_after_is_unknown() -> None:
    once, _ = made()
    desk, other = Desk("b1", "b3"), Desk("b2")
    await once.do(BOOK, desk.act, look=desk.look)
    await once.do(OTHER, other.act, look=other.look)
    desk.look_fails = BUSY
    with pytest.raises(ShopFailed) as told:
        await once.do(BOOK, desk.act, look=desk.look)
    assert told.value.outcome_unknown
    assert len(desk.keys) == 1


@pytest.mark.parametrize("clock", [lambda: 0, lambda: now_ms() - 10**9])
@virtual_time
async def test_a_clock_that_stands_or_was_set_back_locks_no_write_for_ever(clock: Callable[[], int]) -> None:
    begun = Entry(call_id="c1", number="", intent=BOOK.intent, stage="begun", at_ms=now_ms(), key=BOOK.key)
    once = Once(FakeLedger([begun]), clock_ms=clock)
    desk = Desk("b1")
    assert (await asyncio.wait_for(once.do(BOOK, desk.act, look=desk.look), 10)).result == {"booking": "b1"}
