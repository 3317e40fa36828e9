"""PostgreSQL goes away: who was just working goes on working, what is read from it says so, nothing hangs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psycopg

from controller.api.bearer import new_secret
from ops.devstack import DevStack
from tests.integration.api.house import House, keyed, open_house


async def test_live_actions_go_on_and_what_needs_the_records_says_that_they_are_away(stack: DevStack, dsn: str, tmp_path: Path) -> None:
    async with open_house(dsn, tmp_path) as house:
        olha, admin = await house.as_("supervisor", "Olha"), await house.as_("admin")
        for client in (olha, admin):
            assert (await client.get("/api/v1/me")).status_code == 200
        call = house.control.begin()
        await asyncio.to_thread(stack.postgres.kill)
        try:
            began_s = time.monotonic()
            said = await olha.post(f"/api/v1/calls/{call.id}/say", json={"text": "Ми тут."}, headers=keyed())
            assert said.status_code == 202
            for path in ("/api/v1/tokens", "/api/v1/audit"):
                answer = await admin.get(path)
                assert (answer.status_code, answer.json()["code"]) == (503, "database_away"), path
                assert int(answer.headers["retry-after"]) >= 1
                assert "127.0.0.1" not in answer.text
            stranger = await house.client(new_secret("cc_")).get("/api/v1/me")
            assert stranger.status_code == 503, "whether it is good cannot be told"
            assert time.monotonic() - began_s < 10
        finally:
            await asyncio.to_thread(stack.postgres.start)
        assert await audited(house, "say") == [("Olha", "accepted")]
        assert (await admin.get("/api/v1/tokens")).status_code == 200


async def audited(house: House, action: str) -> list[tuple[str, str]]:
    assert await house.journal.flush(30)
    async with await psycopg.AsyncConnection.connect(house.dsn) as connection:
        found = await connection.execute("SELECT actor, result FROM audit WHERE action = %s AND arguments->>'text' = 'Ми тут.'", (action,))
        return await found.fetchall()
