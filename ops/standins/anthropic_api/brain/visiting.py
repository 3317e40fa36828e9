"""Fitting: booking a visit, moving it, cancelling it, its price.

city ─► stations ─► day ─► slots ─► hour ─► name ─► summary ─► yes ─► book_fitting
bookings ─► which ─► day ─► slots ─► hour ─► summary ─► yes ─► book_fitting with its id
bookings ─► which ─► "Скасувати цей запис?" ─► yes ─► cancel_fitting
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.blocks import Block, Tools, ask, before, use
from ops.standins.anthropic_api.brain.details import service_in
from ops.standins.anthropic_api.brain.moments import day_told
from ops.standins.anthropic_api.brain.situation import Goal, Situation
from ops.standins.anthropic_api.brain.world import Place, Result, Visit, amount

_SERVICES = {"tire_change": "шиномонтаж", "balancing": "балансування", "alignment": "розвал-сходження", "storage": "зберігання шин"}
_TOLD_AT_ONCE = 3


def book(now: Situation, tools: Tools) -> list[Block]:
    """The goal VISIT."""
    if now.wishes.city is None:
        return ask(Ask.CITY, "Запишу вас на шиномонтаж.") if "get_fitting_stations" in tools else use(now, tools, "book_fitting", {}, "")
    stations = now.world.stations.get(now.wishes.city)
    if stations is None:
        return use(now, tools, "get_fitting_stations", {"city": now.wishes.city}, "Зараз подивлюся.")
    if not stations:
        return ask(Ask.HUMAN, f"На жаль, у місті {now.wishes.city} нашого шиномонтажу немає.")
    station = now.station if now.station in stations else stations[0] if len(stations) == 1 else None
    if station is None:
        return ask(Ask.STATION, f"Є такі станції: {'; '.join(str(place) for place in stations[:_TOLD_AT_ONCE])}.")
    service = now.wishes.service or "tire_change"
    if missing := _ask_moment(now, tools, station.id, service):
        return missing
    if now.wishes.name is None:
        return ask(Ask.NAME)
    if now.agrees and now.asked is Ask.CONFIRM_VISIT:
        return _write(now, tools, station.id, service)
    return ask(Ask.CONFIRM_VISIT, f"Отже, {_SERVICES[service]} на {_moment(now)}, {station}.")


def move(now: Situation, tools: Tools) -> list[Block]:
    """The goal MOVE."""
    visit, otherwise = _visit(now, tools)
    if visit is None:
        return otherwise
    service = visit.service if visit.service in _SERVICES else service_in(visit.service) or "tire_change"
    station_id = visit.station_id or _station_called(now, visit.station)
    if missing := _ask_moment(now, tools, station_id, service):
        return before(f"Ваш запис: {_when(visit)}.", missing) if now.results and now.wishes.date is None else missing
    if now.agrees and now.asked is Ask.CONFIRM_MOVE:
        return _write(now, tools, station_id, service, visit.id)
    return ask(Ask.CONFIRM_MOVE, f"Отже, новий час: {_moment(now)}, {visit.station or 'та сама станція'}.")


def cancel(now: Situation, tools: Tools) -> list[Block]:
    """The goal CANCEL."""
    visit, otherwise = _visit(now, tools)
    if visit is None:
        return otherwise
    if now.asked is Ask.CONFIRM_CANCEL and now.says_no:
        now.goals = [goal for goal in now.goals if goal is not Goal.CANCEL]
        return ask(Ask.ANYTHING_ELSE, "Добре, запис залишається.")
    if now.agrees and now.asked is Ask.CONFIRM_CANCEL:
        return use(now, tools, "cancel_fitting", {"booking_id": visit.id}, "Скасовую.")
    return ask(Ask.CONFIRM_CANCEL, f"У вас запис на {_when(visit)}, {visit.station}.")


def visits(now: Situation, tools: Tools) -> list[Block]:
    """The goal MY_VISITS."""
    return use(now, tools, "get_customer_bookings", {}, "Зараз подивлюся ваші записи.")


def price(now: Situation, tools: Tools) -> list[Block]:
    """The goal FITTING_PRICE."""
    diameter = now.wishes.diameter or (now.facts.size[2] if now.facts.size else None)
    if diameter is None:
        return ask(Ask.DIAMETER)
    return use(now, tools, "get_fitting_price", {"tire_diameter": diameter}, "Зараз подивлюся.")


def told_visits(now: Situation) -> str:
    if not now.world.visits:
        return "За вашим номером записів немає."
    return "Ваші записи: " + "; ".join(f"{_when(visit)}, {visit.station}" for visit in now.world.visits[:_TOLD_AT_ONCE]) + "."


def told_booked(result: Result) -> str:
    when = f"{day_told(dt.date.fromisoformat(result.wanted['date']))} о {result.wanted['time']}"
    return f"Готово, перенесла на {when}." if result.wanted.get("booking_id") else f"Готово, записала вас на {when}."


def told_price(content: Mapping[str, Any]) -> str:
    rows: Sequence[Any] = next((v for v in content.values() if isinstance(v, list) and v and isinstance(v[0], dict)), [])
    named = [(row.get("service_name") or row.get("service") or row.get("service_type"), _price(row)) for row in rows[:2]]
    if not named:
        single = _price(content)
        return f"Шиномонтаж коштує {single} грн." if single else "Ціни на такий діаметр немає."
    return ", ".join(f"{_SERVICES.get(str(service), service)} — {uah} грн" for service, uah in named).capitalize() + "."


def _price(row: Mapping[str, Any]) -> int:
    return next((amount(value) for key, value in row.items() if "price" in key and amount(value)), 0)


def _ask_moment(now: Situation, tools: Tools, station_id: str, service: str) -> list[Block]:
    """What still leads to a free hour; empty when there is one."""
    wishes = now.wishes
    if wishes.date is None:
        return ask(Ask.DAY)
    day = wishes.date.isoformat()
    free = now.world.slots.get((station_id, day))
    if free is None:
        wanted = {"station_id": station_id, "date_from": day, "date_to": day, "service_type": service}
        return use(now, tools, "get_fitting_slots", wanted, "Дивлюся вільні години.")
    if not free:
        return ask(Ask.DAY, f"На {day_told(wishes.date)} вільних годин немає.")
    if wishes.time is None:
        return ask(Ask.HOUR, f"На {day_told(wishes.date)} вільно: {', '.join(_spread(free))}.")
    if f"{wishes.time:%H:%M}" not in free:
        return ask(Ask.HOUR, f"О {wishes.time:%H:%M} зайнято. Вільно: {', '.join(_near(free, wishes.time))}.")
    return []


def _visit(now: Situation, tools: Tools) -> tuple[Visit | None, list[Block]]:
    """The booking he means, or what leads to it."""
    found = now.world.visits
    if found is None:
        return None, visits(now, tools)
    if not found:
        now.goals.pop()
        return None, ask(Ask.ANYTHING_ELSE, "За вашим номером записів немає.")
    if len(found) > 1 and now.asked not in {Ask.WHICH_VISIT, Ask.DAY, Ask.HOUR, Ask.CONFIRM_CANCEL, Ask.CONFIRM_MOVE}:
        return None, ask(Ask.WHICH_VISIT, told_visits(now))
    return found[min(now.visit, len(found) - 1)], []


def _write(now: Situation, tools: Tools, station_id: str, service: str, booking_id: str | None = None) -> list[Block]:
    assert now.wishes.date is not None
    assert now.wishes.time is not None
    wanted = {
        "station_id": station_id,
        "date": now.wishes.date.isoformat(),
        "time": f"{now.wishes.time:%H:%M}",
        "service_type": service,
        "customer_name": now.wishes.name or "Клієнт",
        "vehicle_info": " ".join(part for part in (now.facts.make, now.facts.model) if part) or None,
        "tire_diameter": now.wishes.diameter,
        "booking_id": booking_id,
    }
    return use(now, tools, "book_fitting", wanted, "Переношу." if booking_id else "Записую.")


def _station_called(now: Situation, name: str) -> str:
    stations: list[Place] = [place for places in now.world.stations.values() for place in places]
    return next((place.id for place in stations if place.name in name or name in str(place)), "")


def _moment(now: Situation) -> str:
    assert now.wishes.date is not None
    return f"{day_told(now.wishes.date)} о {now.wishes.time:%H:%M}"


def _when(visit: Visit) -> str:
    try:
        return f"{day_told(dt.date.fromisoformat(visit.date))} о {visit.time}"
    except ValueError:
        return f"{visit.date} о {visit.time}"


def _spread(free: Sequence[str]) -> list[str]:
    """Morning, noon and evening rather than the first three."""
    if len(free) <= _TOLD_AT_ONCE:
        return list(free)
    return [free[0], free[len(free) // 2], free[-1]]


def _near(free: Sequence[str], wished: dt.time) -> list[str]:
    def distance(hour: str) -> int:
        hours, minutes = map(int, hour.split(":"))
        return abs(hours * 60 + minutes - wished.hour * 60 - wished.minute)

    return sorted(sorted(free, key=distance)[:2])
