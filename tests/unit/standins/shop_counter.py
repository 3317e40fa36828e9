"""The shop's stand-in as a test uses it: in this process, its time standing still on a Monday morning."""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from typing import Any, TypeAlias

from fastapi.testclient import TestClient

from ops.standins.control import Control
from ops.standins.shop_api.app import BASE, ShopSettings, create_app
from ops.standins.shop_api.catalogue import load

Answer: TypeAlias = Any  # a response of the test client, which brings an httpx of its own
MONDAY = "2026-11-23"
PHONE = "+380931112233"


class Counter:
    """Asks the shop with the right key; ``control`` and ``put`` work behind its back."""

    def __init__(self) -> None:
        self.control = Control(ShopSettings(now=dt.datetime.fromisoformat(f"{MONDAY}T08:00:00")))
        self._client = TestClient(create_app(load(), "k", self.control), headers={"Authorization": "Bearer k"})

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = None, **parameters: Any) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._client.request(method, f"{BASE}{path}", params=parameters or None, json=body, headers=headers)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.ask("GET", path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path: str, body: object) -> Any:
        """A control request."""
        answer = self._client.put(f"/control{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control_request(self, method: str, path: str) -> Any:
        answer = self._client.request(method, f"/control{path}")
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def draft(self, product_id: str = "T1001", quantity: int = 4, *, key: str | None = None) -> Answer:
        body = {"customer_phone": PHONE, "customer_name": "Юрій", "items": [{"product_id": product_id, "quantity": quantity}]}
        return self.ask("POST", "/orders", body, key=key or new_key())

    def ready(self, product_id: str = "T1001", quantity: int = 4) -> str:
        """A draft that can be confirmed; its id."""
        order_id = str(self.draft(product_id, quantity).json()["id"])
        assert self.ask("PATCH", f"/orders/{order_id}/delivery", {"pickup": {"pickup_point_id": "pp-kyiv-1"}}).status_code == 200
        return order_id

    def confirm(self, order_id: str, *, key: str | None = None) -> Answer:
        return self.ask("POST", f"/orders/{order_id}/confirm", {"payment_method": "cod"}, key=key or new_key())

    def book(self, time: str = "10:00", **other: Any) -> Answer:
        wish = {
            "station_id": "st-kyiv-1",
            "date": "2026-11-25",
            "time": time,
            "service_type": "tire_change",
            "phone": PHONE,
            "name": "Юрій",
        }
        return self.ask("POST", "/fitting/bookings", {**wish, **other})

    def written(self) -> Any:
        return self.control_request("GET", f"/written?phone=%2B{PHONE[1:]}")


@functools.cache
def _the_shop() -> Counter:
    return Counter()


def fresh_shop() -> Counter:
    """The shop as it opened; one application for all tests, since building one takes longer than a test."""
    shop = _the_shop()
    shop.control.reset()
    shop.control.forget()
    return shop


def new_key() -> str:
    return str(uuid.uuid4())


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
