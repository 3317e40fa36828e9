"""What the shop's stand-in should hold: the orders and visits that our calls tell of, and enough tyres for the customers who ring now.

It keeps all of that in memory, so after its restart the seed gives it back; what it has already is left alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Self

import httpx

from ops.seed.database import Tally
from ops.seed.stories import Sold, Visit

TIMEOUT_S = 10.0
PLENTY, FEW = 40, 8  # tyres of a kind
SUNDAY = 6
_AHEAD = dt.timedelta(days=14)  # so far the shop gives out slots
_TAKEN = 422  # the slot, by somebody who was earlier
_PAGE = 50


class ShopFailed(Exception):
    """In words."""


class Shop:
    def __init__(self, control_url: str, base_url: str, api_key: str) -> None:
        self._control = httpx.AsyncClient(base_url=f"{control_url}/control", timeout=TIMEOUT_S, trust_env=False)
        self._api = httpx.AsyncClient(base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=TIMEOUT_S, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._control.aclose()
        await self._api.aclose()

    async def put_orders(self, sold: Iterable[Sold], today: dt.date, tally: Tally) -> None:
        known = {order["order_number"] for order in await self._ask(self._control, "GET", "/orders")}
        for order in sold:
            new = order.number not in known
            if new:
                await self._ask(self._control, "PUT", "/orders", json=order_row(order, today))
            tally.add("orders at the shop", 1, int(new))

    async def put_visits(self, visits: Iterable[Visit], today: dt.date, tally: Tally) -> None:
        """Those to come."""
        known = {(row["station_id"], row["date"], row["time"]) for row in await self._ask(self._control, "GET", "/bookings")}
        for visit in visits:
            if not today < visit.date <= today + _AHEAD:
                continue
            new = (visit.station_id, f"{visit.date}", f"{visit.time:%H:%M}") not in known
            if new:
                await self._ask(self._control, "PUT", "/bookings", json=visit_row(visit, today), also=_TAKEN)
            tally.add("visits at the shop", 1, int(new))

    async def restock(self, tally: Tally) -> None:
        """The shop's tyres, and its stations, counted; of a kind that runs out there are plenty again."""
        page, rows = 1, list[dict[str, Any]]()
        while True:
            answer = await self._ask(self._api, "GET", "/tires/search", params={"page": page, "per_page": _PAGE})
            rows += answer["data"]
            if page >= answer["pagination"]["total_pages"]:
                break
            page += 1
        for row in rows:
            short = 0 < row["stock_quantity"] < FEW
            if short:
                await self._ask(self._control, "PUT", "/stock", json={"product_id": row["id"], "quantity": PLENTY})
            tally.add("tyres in plenty", 1, int(short))
        tally.add("fitting stations", len((await self._ask(self._api, "GET", "/fitting/stations"))["data"]), 0)

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, *, also: int = 200, **what: Any) -> Any:
        try:
            answer = await client.request(method, path, **what)
        except httpx.HTTPError as error:
            raise ShopFailed(f"the shop at {client.base_url} does not answer: {error or type(error).__name__}") from error
        if answer.status_code not in (200, also):
            raise ShopFailed(f"the shop refuses {method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json()


def order_row(order: Sold, today: dt.date) -> dict[str, Any]:
    """As ``SeedOrder``: the older, the further it has come."""
    days = (today - order.on).days
    status = "confirmed" if days <= 1 else "in_transit" if days <= 3 else "delivered"
    place = {"pickup_point_id": order.pickup_point_id} if order.pickup_point_id else {"city": order.city, "address": order.address}
    return {
        "phone": order.phone,
        "name": order.name,
        "order_number": order.number,
        "items": [{"product_id": order.tyre_id, "quantity": order.quantity}],
        "status": status,
        "days_ago": days,
        "arrives_in_days": 4 - days,
        "tracking_number": None if status == "confirmed" else f"2045{int(order.number) * 7919 % 10**10:010d}",
        **place,
    }


def visit_row(visit: Visit, today: dt.date) -> dict[str, Any]:
    """As ``SeedBooking``, which counts open days from today."""
    ahead = (today + dt.timedelta(days=n) for n in range(1, (visit.date - today).days + 1))
    return {
        "phone": visit.phone,
        "name": visit.name,
        "station_id": visit.station_id,
        "in_open_days": sum(day.weekday() != SUNDAY for day in ahead),
        "time": f"{visit.time:%H:%M}",
        "vehicle_info": visit.vehicle,
        "tire_diameter": visit.diameter,
    }
