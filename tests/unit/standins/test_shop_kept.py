"""A shop that is killed and started again knows its orders and its keys."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from ops.standins.control import Control
from ops.standins.shop_api.app import ShopSettings, create_app
from ops.standins.shop_api.catalogue import load
from ops.standins.shop_api.kept import Keeper
from tests.unit.standins.shop_counter import PHONE, new_key


async def opened(path: Path) -> FastAPI:
    keeper = Keeper(path)
    app = create_app(load(), "", Control(ShopSettings()), keeper)
    await keeper.redo(app)
    return app


def draft(client: TestClient, key: str) -> dict[str, object]:
    body = {"customer_phone": PHONE, "customer_name": "Олена", "items": [{"product_id": "T1001", "quantity": 4}]}
    answer = client.post("/api/v1/orders", json=body, headers={"Authorization": "Bearer k", "Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_orders_stock_and_keys_are_there_after_a_restart_once(tmp_path: Path) -> None:
    key, path = new_key(), tmp_path / "shop.jsonl"
    first = TestClient(await opened(path))
    first.put("/control/stock", json={"product_id": "T1001", "quantity": 9})
    order = draft(first, key)
    for _ in range(2):  # the second restart redoes what the first one redid, and nothing twice
        again = TestClient(await opened(path))
        assert draft(again, key)["id"] == order["id"]
        assert again.get("/control/written").json()[PHONE]["orders"] == 1
        assert again.get("/api/v1/tires/T1001", headers={"Authorization": "Bearer k"}).json()["stock_quantity"] == 9


async def test_what_was_refused_is_not_kept_and_a_reset_forgets_all(tmp_path: Path) -> None:
    path = tmp_path / "shop.jsonl"
    client = TestClient(await opened(path))
    assert client.post("/api/v1/orders", json={}, headers={"Authorization": "Bearer k", "Idempotency-Key": new_key()}).status_code == 422
    draft(client, new_key())
    client.put("/control", json={"latency_ms": 1})
    assert len(path.read_bytes().splitlines()) == 1
    client.delete("/control/state")
    again = TestClient(await opened(path))
    assert PHONE not in again.get("/control/written").json()
