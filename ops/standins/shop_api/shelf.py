"""What lies in the warehouses now: the catalogue's stock, less what was sold since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ops.standins.shop_api.catalogue import Catalogue, Tyre


class Shelf:
    def __init__(self, catalogue: Catalogue) -> None:
        self.tyres = {tyre.id: tyre for tyre in catalogue.tyres}
        self._left = {tyre.id: {s.warehouse: s.quantity for s in tyre.stock if s.on_shelf} for tyre in catalogue.tyres}

    def quantity(self, tyre_id: str) -> int:
        """How many can be sold today; what only arrives later is not among them."""
        return sum(self._left[tyre_id].values())

    def missing(self, wanted: Mapping[str, int]) -> list[str]:
        """Ids of the tyres there are too few of."""
        return [tyre_id for tyre_id, quantity in wanted.items() if quantity > self.quantity(tyre_id)]

    def take(self, wanted: Mapping[str, int]) -> None:
        """Sell: from the fullest warehouses first. Only after ``missing`` was empty."""
        for tyre_id, quantity in wanted.items():
            places = self._left[tyre_id]
            for warehouse in sorted(places, key=lambda w: (-places[w], w)):
                taken = min(quantity, places[warehouse])
                places[warehouse] -= taken
                quantity -= taken

    def put(self, tyre_id: str, quantity: int) -> None:
        """Let there be exactly so many, all in one warehouse."""
        first = next(iter(self._left[tyre_id]), self.tyres[tyre_id].stock[0].warehouse)
        self._left[tyre_id] = {first: quantity}

    def shown(self, tyre: Tyre) -> dict[str, Any]:
        return tyre.shown(self.quantity(tyre.id))

    def availability(self, tyre: Tyre, today: dt.date) -> dict[str, Any]:
        here = [{"warehouse": w, "quantity": n, "available_from": None} for w, n in self._left[tyre.id].items() if n > 0]
        later = [
            {"warehouse": s.warehouse, "quantity": s.quantity, "available_from": s.arrives(today)} for s in tyre.stock if not s.on_shelf
        ]
        locations = here + later
        return {"tire_id": tyre.id, "total_quantity": sum(int(str(place["quantity"])) for place in locations), "locations": locations}
