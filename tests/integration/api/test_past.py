"""Past calls over HTTP: pages, times in two spellings, words, masks. What is found: tests/integration/test_board_past.py."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from controller.journal.records import TurnRecorded
from tests.fakes.recorded_calls import call_revised, new_call_id, now_ms, turn_recorded, whole_call
from tests.integration.api.house import House


async def told(house: House, calls: int) -> list[str]:
    """That many ended calls, the latest of all so far; their ids, newest first."""
    began_s = time.time() - calls
    ids = [new_call_id(began_s + number) for number in range(calls)]
    for call_id in ids:
        for record in whole_call(call_id, at_ms=now_ms() - 50_000):
            house.journal.append(record)
        house.journal.append(call_revised(call_id, 90, ended_at_ms=now_ms()))
    assert await house.journal.flush(10)
    return ids[::-1]


async def test_pages_follow_each_other_without_missing_or_repeating(house: House) -> None:
    viewer, ids = await house.as_("viewer"), await told(house, 5)
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await viewer.get("/api/v1/past", params={"limit": 2, "cursor": cursor})).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen[:5] == ids
    assert len(set(seen)) == len(seen) == page["total"]


async def test_times_are_iso_or_ms_and_their_order_and_reach_are_checked(house: House) -> None:
    viewer, ids = await house.as_("viewer"), await told(house, 1)
    minute_ago_s = time.time() - 90
    for since in (int(minute_ago_s * 1000), datetime.fromtimestamp(minute_ago_s, UTC).isoformat()):
        answer = await viewer.get("/api/v1/past", params={"from": since})
        assert answer.json()["items"][0]["id"] == ids[0], since
    assert (await viewer.get("/api/v1/past", params={"to": int(minute_ago_s * 1000) - 3_600_000})).json()["items"] == []
    wrongs: list[dict[str, str | int]] = [{"from": "yesterday"}, {"from": "2026-11-26T10:00:00"}, {"from": "0.5"}, {"from": 5}]
    wrongs.append({"to": "2026-01-01T00:00:00Z", "from": now_ms()})
    for wrong in wrongs:
        refused = await viewer.get("/api/v1/past", params=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid"), wrong
    far = await viewer.get("/api/v1/past", params={"from": "2020-01-01T00:00:00Z"})
    assert far.json()["args"] == {"days": 93}
    assert (await viewer.get("/api/v1/past", params={"cursor": "elsewhere"})).json()["code"] == "cursor_invalid"


@pytest.mark.parametrize("call_id", ["ffffffff-ffff-7000-8000-000000000001", "e677d21f-dbff-7000-8000-000000000001"])
async def test_an_id_that_says_after_the_year_9999_is_no_calls(house: House, call_id: str) -> None:
    viewer = await house.as_("viewer")
    unknown, refused = await viewer.get(f"/api/v1/past/{call_id}"), await viewer.get("/api/v1/past", params={"cursor": call_id})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "call_unknown")
    assert refused.status_code == (422 if call_id.startswith("f") else 200)


async def test_numbers_are_masked_also_in_what_was_said_and_cannot_be_found_out_by_searching(house: House) -> None:
    (call_id,) = await told(house, 1)
    said = turn_recorded(call_id, 9, "Мій номер 067 765 43 21, чекаю")
    house.journal.append(TurnRecorded(call_id=call_id, turn=said.turn))
    assert await house.journal.flush(10)
    viewer, trusted = await house.as_("viewer"), await house.as_("viewer", numbers=True)
    path = f"/api/v1/past/{call_id}"
    masked, full = await viewer.get(path), await trusted.get(path)
    assert "067 765 43 21" in full.text
    assert "765 43" not in masked.text
    assert "067***4321" in masked.text
    found = [(await client.get("/api/v1/past", params={"q": "7654321"})).json()["items"] for client in (viewer, trusted)]
    assert found[0] == []
    for part in ("7", "765", "76", "21"):
        hits = [(await client.get(path, params={"q": part})).json()["hits"] for client in (viewer, trusted)]
        assert (hits[0], len(hits[1])) == ([], 1), part
    (hit,) = (await viewer.get(path, params={"q": "чекаю"})).json()["hits"]
    assert [hit["text"][start:end] for start, end in hit["marks"]] == ["чекаю"], "places are those of the text as it is shown"
