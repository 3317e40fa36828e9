"""What people do with live calls: accepted, refused, sent twice, at once, and all of it written down."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.integration.api.house import House, keyed
from tests.waiting import until


async def test_each_action_reaches_the_call_and_is_accepted(house: House) -> None:
    olha, call = await house.as_("supervisor", "Olha"), house.control.begin()
    path = f"/api/v1/calls/{call.id}"
    for action, body in (("say", {"text": "Зачекайте, будь ласка."}), ("listen", None), ("take", None), ("release", None)):
        answer = await olha.post(f"{path}/{action}", json=body, headers=keyed())
        assert (answer.status_code, answer.json()) == (202, {"code": "accepted", "args": {}}), action
    assert (await olha.delete(f"{path}/listen", headers=keyed())).status_code == 202
    assert (await olha.post(f"{path}/transfer", json={"queue": "service", "note": "обмін"}, headers=keyed())).status_code == 202
    assert (await olha.post(f"{path}/hang", json={"mode": "cut", "why": "spam"}, headers=keyed())).status_code == 202
    assert [what for what, _, who in house.control.wishes if who == "Olha"] == [
        *("say", "listen", "take", "release", "listen.stop", "transfer", "hang")
    ]


async def test_what_the_call_refuses_is_a_problem_with_its_code(house: House) -> None:
    olha, call = await house.as_("supervisor", "Olha"), house.control.begin()
    path = f"/api/v1/calls/{call.id}"
    unknown = await olha.post(f"{path}/transfer", json={"queue": "nowhere"}, headers=keyed())
    assert unknown.status_code == 422
    assert unknown.headers["content-type"] == "application/problem+json"
    assert unknown.json() == {
        "type": "urn:callctl:problem:queue_unknown",
        "title": "There is no such queue",
        "status": 422,
        "detail": "",
        "code": "queue_unknown",
        "args": {"queue": "nowhere"},
    }
    assert (await olha.post(f"{path}/release", headers=keyed())).json()["code"] == "not_taken"
    call.becomes("ended")
    ended = await olha.post(f"{path}/say", json={"text": "Ало?"}, headers=keyed())
    assert (ended.status_code, ended.json()["code"]) == (410, "call_ended")
    none = await olha.post("/api/v1/calls/0198a5f0-0000-7000-8000-000000000001/take", headers=keyed())
    assert (none.status_code, none.json()["code"]) == (404, "call_unknown")


async def test_a_call_that_has_moved_on_is_told_with_what_was_seen_and_what_is(house: House) -> None:
    olha, call = await house.as_("supervisor", "Olha"), house.control.begin(seq=6)
    headers = keyed(**{"If-State": "4"})
    moved = await olha.post(f"/api/v1/calls/{call.id}/take", headers=headers)
    assert (moved.status_code, moved.json()["code"], moved.json()["args"]) == (409, "state_changed", {"seen": 4, "now": 6})
    assert not house.control.wishes
    assert (await olha.post(f"/api/v1/calls/{call.id}/take", headers=keyed(**{"If-State": "6"}))).status_code == 202


async def test_a_wish_sent_twice_happens_once_and_gets_the_same_answer(house: House) -> None:
    olha, call = await house.as_("supervisor", "Olha"), house.control.begin()
    path, headers, body = f"/api/v1/calls/{call.id}/say", keyed(**{"If-State": "1"}), {"text": "Одну хвилину."}
    first = await olha.post(path, json=body, headers=headers)
    call.becomes("thinking")
    again = await olha.post(path, json=body, headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert call.said == ["Одну хвилину."]
    other = await olha.post(path, json={"text": "Дві хвилини."}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    petro = await house.as_("supervisor", "Petro")
    assert (await petro.post(path, json={"text": "Три хвилини."}, headers=keyed())).status_code == 202, "another person's keys are his own"
    assert len(call.said) == 2


async def test_duplicates_at_once_wait_for_the_first(house: House) -> None:
    olha, call = await house.as_("supervisor", "Olha"), house.control.begin()
    house.control.hold = asyncio.Event()
    headers = keyed()
    sent = [asyncio.create_task(olha.post(f"/api/v1/calls/{call.id}/listen", headers=headers)) for _ in range(5)]
    await until(lambda: house.control.wishes)
    house.control.hold.set()
    answers = [(answer.status_code, answer.json()["code"]) for answer in await asyncio.gather(*sent)]
    assert answers == [(202, "accepted")] * 5
    assert call.listeners == ["Olha"]
    assert len(house.control.wishes) == 1


async def test_without_a_key_or_with_a_wrong_body_nothing_happens(house: House) -> None:
    olha, call = await house.as_("supervisor", "Olha"), house.control.begin()
    path = f"/api/v1/calls/{call.id}"
    missing = await olha.post(f"{path}/take")
    assert (missing.status_code, missing.json()["code"]) == (422, "invalid")
    assert missing.json()["args"]["fields"] == [{"where": "header.Idempotency-Key", "what": "Field required"}]
    bodies: list[Any] = [{"text": ""}, {"text": "x" * 501}, {"text": "a\nb"}, {"text": "ok", "ext": "104"}, {"cut": True}, [], None]
    for body in bodies:
        wrong = await olha.post(f"{path}/say", json=body, headers=keyed())
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid"), body
    torn = await olha.post(f"{path}/say", content=b'{"text": ', headers=keyed(**{"Content-Type": "application/json"}))
    assert (torn.status_code, torn.json()["code"]) == (400, "malformed")
    assert not house.control.wishes


async def test_every_action_and_refusal_is_in_the_audit_trail_with_who_and_why(house: House) -> None:
    olha, viewer = await house.as_("supervisor", "Olha"), await house.as_("viewer", "Vira")
    call = house.control.begin()
    path = f"/api/v1/calls/{call.id}"
    await olha.post(f"{path}/transfer", json={"note": "обмін шин"}, headers=keyed(**{"X-Request-ID": "req-77"}))
    await olha.post(f"{path}/say", json={"text": "Ало"}, headers=keyed())
    await viewer.post(f"{path}/hang", json={}, headers=keyed())
    rows = await house.rows("SELECT actor, role, action, call_id::text, why, arguments, result, request_id FROM audit ORDER BY id")
    mine = [row for row in rows if row[0] in ("Olha", "Vira") and row[3] in (call.id, None)][-3:]
    assert mine[0] == (
        *("Olha", "supervisor", "transfer", call.id, "обмін шин"),
        *({"queue": "operators", "note": "обмін шин"}, "accepted", "req-77"),
    )
    assert mine[1][2:7] == ("say", call.id, "", {"text": "Ало", "cut": False}, "transferring")
    assert mine[2][:3] == ("Vira", "viewer", "POST /api/v1/calls/{call_id}/hang")
    assert mine[2][6] == "forbidden"
