"""What a call is about, in a few Ukrainian words, from what the agent looked up for the caller. Pure.

    search_tires {"season": "winter", "vehicle_make": "Toyota", ...}  ─►  зимові на Toyota Camry
    book_fitting {"date": "2026-12-01", ...}                          ─►  запис на монтаж, 1 грудня

Arguments and results are the model's and the shop's words: nothing here trusts their types or their length.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

LONGEST = 60

_SEASONS = {"summer": "літні", "winter": "зимові", "all_season": "всесезонні"}
_SERVICES = {"tire_change": "монтаж", "balancing": "балансування", "alignment": "розвал-сходження", "storage": "зберігання шин"}
_MONTHS = ["січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня"]

Fields = Mapping[str, Any]


def topic(name: str, arguments: Fields, result: Fields) -> str:
    """What a call is about in which this tool was used with success; "" when it says nothing."""
    return _short(_TOPICS[name](arguments, result)) if name in _TOPICS else ""


def brief(name: str, arguments: Fields, result: Fields) -> str:
    """One line beside the tool's name; of a failed one its reason."""
    error = _text(result, "error")
    return _short(error) if error else topic(name, arguments, result)


class About:
    """What one call is about, as far as it has gone: his first words, until something is looked up for him."""

    def __init__(self) -> None:
        self.text = ""
        self._looked_up = False

    def said(self, text: str) -> None:
        """By the caller."""
        self.text = self.text or _short(" ".join(text.split()).rstrip(".!?… "))

    def used(self, name: str, arguments: Fields, result: Fields) -> None:
        """A tool, with success."""
        about = topic(name, arguments, result)
        if about and (not self._looked_up or name not in _VAGUE):
            self.text, self._looked_up = about, True


def _search(arguments: Fields, result: Fields) -> str:
    what = _SEASONS.get(_text(arguments, "season"), "шини")
    size = [_text(arguments, part) for part in ("width", "profile", "diameter")]
    on = f" {size[0]}/{size[1]} R{size[2]}" if all(size) else _car(arguments, "vehicle_make", "vehicle_model")
    brand = _text(arguments, "brand")
    return f"{what}{on}" + (f", {brand}" if brand else "")


def _sizes(arguments: Fields, result: Fields) -> str:
    return "розмір шин" + _car(arguments, "make", "model")


def _car(arguments: Fields, *names: str) -> str:
    car = " ".join(part for name in names if (part := _text(arguments, name)))
    return f" на {car}" if car else ""


def _order(arguments: Fields, result: Fields) -> str:
    number = _text(result, "number") or _text(result, "order_number") or _text(arguments, "order_number")
    if not number:
        orders = result.get("orders")
        first = orders[0] if isinstance(orders, list) and orders and isinstance(orders[0], Mapping) else {}
        number = _text(first, "number") or _text(first, "order_number")
    return f"замовлення {number}" if number else "замовлення"


def _delivery(arguments: Fields, result: Fields) -> str:
    city = _text(arguments, "city")
    return _order(arguments, result) + (f", доставка {city}" if city else ", доставка")


def _points(arguments: Fields, result: Fields) -> str:
    return _with("пункти видачі", _text(arguments, "city"))


def _stations(arguments: Fields, result: Fields) -> str:
    return _with("шиномонтаж", _text(arguments, "near") or _text(arguments, "city"))


def _slots(arguments: Fields, result: Fields) -> str:
    return _with("запис на " + _service(arguments), _day(_text(arguments, "date_from")))


def _booking(arguments: Fields, result: Fields) -> str:
    return _with("запис на " + _service(arguments), _text(result, "station") or _day(_text(arguments, "date")))


def _price(arguments: Fields, result: Fields) -> str:
    diameter = _text(arguments, "tire_diameter")
    return "ціна монтажу" + (f" R{diameter}" if diameter else "")


def _question(arguments: Fields, result: Fields) -> str:
    return _text(arguments, "question") or _text(arguments, "query")


def _call_back(arguments: Fields, result: Fields) -> str:
    return _with("передзвонити", _text(arguments, "about") or _text(arguments, "why"))


def _reason(arguments: Fields, result: Fields) -> str:
    return _text(arguments, "reason")


_TOPICS = {
    "search_tires": _search,
    "get_vehicle_tire_sizes": _sizes,
    "check_availability": lambda arguments, result: "наявність шин",
    "get_order_status": _order,
    "create_order_draft": _order,
    "update_order_delivery": _delivery,
    "confirm_order": _order,
    "get_pickup_points": _points,
    "get_fitting_stations": _stations,
    "get_fitting_slots": _slots,
    "get_fitting_price": _price,
    "book_fitting": _booking,
    "cancel_fitting": lambda arguments, result: "скасування запису",
    "get_customer_bookings": lambda arguments, result: "записи на монтаж",
    "search_knowledge_base": _question,
    "request_callback": _call_back,
    "transfer_to_operator": _reason,
}

# A step on the way to something says less than what it leads to.
_VAGUE = frozenset({"check_availability", "get_pickup_points", "get_customer_bookings", "transfer_to_operator", "request_callback"})


def _service(arguments: Fields) -> str:
    return _SERVICES.get(_text(arguments, "service_type"), "монтаж")


def _with(what: str, detail: str) -> str:
    return f"{what}, {detail}" if detail else what


def _day(iso: str) -> str:
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return ""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return " ".join(str(value).split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip(" ,.") + "…"
