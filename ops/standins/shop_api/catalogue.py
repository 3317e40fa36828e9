"""What the shop sells, read from ``seed.json``; typed, immutable, checked when it is loaded."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec

SEED = Path(__file__).with_name("seed.json")


class Stock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    warehouse: str
    quantity: int
    available_from: dt.date | None = None  # None = on the shelf
    available_from_days: int | None = None  # a seed that stays in the future: so many days from today

    @property
    def on_shelf(self) -> bool:
        return self.available_from is None and self.available_from_days is None

    def arrives(self, today: dt.date) -> dt.date | None:
        return self.available_from if self.available_from_days is None else today + dt.timedelta(days=self.available_from_days)


class Tyre(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    brand: str
    model: str
    width: int
    profile: int
    diameter: int
    season: str
    load_index: int
    speed_index: str
    price: int  # UAH for one
    popularity: int
    stock: tuple[Stock, ...]

    @property
    def size(self) -> str:
        return f"{self.width}/{self.profile} R{self.diameter}"

    @property
    def name(self) -> str:
        return f"{self.brand} {self.model} {self.size}"

    def shown(self, on_shelf: int) -> dict[str, Any]:
        """A tyre as the API's lists show it, with so many left."""
        return {
            "id": self.id,
            "brand": self.brand,
            "model": self.model,
            "size": self.size,
            "season": self.season,
            "load_index": self.load_index,
            "speed_index": self.speed_index,
            "price": self.price,
            "in_stock": on_shelf > 0,
            "stock_quantity": on_shelf,
        }


class Vehicle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    make: str
    model: str
    year_from: int
    year_to: int
    oem_sizes: tuple[str, ...]  # the factory's choice first
    modification: str | None = None


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    warehouses: tuple[str, ...]
    tyres: tuple[Tyre, ...]
    vehicles: tuple[Vehicle, ...]

    def __post_init__(self) -> None:
        strays = {s.warehouse for t in self.tyres for s in t.stock} - set(self.warehouses)
        if strays or len({t.id for t in self.tyres}) != len(self.tyres):
            raise ValueError(f"tyre ids repeat or warehouses are unknown: {sorted(strays)}")


def load(path: Path = SEED) -> Catalogue:
    """Raises ``msgspec.ValidationError`` naming the field that is wrong."""
    return msgspec.json.decode(path.read_bytes(), type=Catalogue)
