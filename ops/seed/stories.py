"""What people ring a tyre shop for, and how it goes: each story leads one ``Life`` from the greeting to its end.

Tools get the arguments and results that they have in a real call; tyres, prices, places and articles are those of the shop's stand-in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from agent.case import Case
from agent.shop import Booking, Delivery, Order
from agent.tools.bookings import booking_in_words
from agent.tools.fitting import SERVICES
from agent.tools.order_words import order_in_words
from agent.tools.wording import hour, weekday_and_day
from ops.seed.life import Life
from ops.standins.shop_api.articles import Article
from ops.standins.shop_api.articles import load as load_articles
from ops.standins.shop_api.catalogue import Catalogue, Tyre
from ops.standins.shop_api.catalogue import load as load_catalogue
from ops.standins.shop_api.places import Places
from ops.standins.shop_api.places import load as load_places

SEASONS: Final = {"winter": "зимові", "summer": "літні", "all_season": "всесезонні"}
_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Sold:
    """An order that the shop has, too."""

    number: str
    phone: str
    name: str
    on: dt.date
    tyre_id: str
    quantity: int
    city: str | None
    address: str
    pickup_point_id: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A booking that the shop has, too."""

    phone: str
    name: str
    station_id: str
    date: dt.date
    time: dt.time
    vehicle: str
    diameter: int


@dataclass(slots=True)
class World:
    """What all stories of one day share, and what came of them."""

    day: dt.date
    catalogue: Catalogue = field(default_factory=load_catalogue)
    places: Places = field(default_factory=load_places)
    articles: tuple[Article, ...] = field(default_factory=load_articles)
    sold: list[Sold] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def order_number(self) -> str:
        """Of a range that the stand-in never gives out by itself."""
        return f"8{self.day.toordinal() % 1000:03d}{len(self.sold):02d}"


Story = Callable[[Life, World], None]


def looks_for_tyres(life: Life, world: World) -> None:
    offers = _find(life, world)
    if life.rng.random() < 0.6:
        life.say(life.rng.choice(("А вони є в наявності?", "Чи є вони зараз на складі?", "Коли їх можна забрати?")))
        _check(life, offers[0])
    life.say(life.rng.choice(("Дякую, я подумаю.", "Добре, дякую, це все.", "Зрозуміло, дякую.")))
    life.goodbye()


def interrupts_for_cheaper(life: Life, world: World) -> None:
    offers = _find(life, world, heard=0.4)
    life.say("А дешевше щось є?")
    cheapest = min(offers, key=lambda tyre: tyre.price)
    arguments = {"width": cheapest.width, "profile": cheapest.profile, "diameter": cheapest.diameter, "season": cheapest.season}
    life.use("search_tires", {**arguments, "max_price_uah": cheapest.price}, {"found": 1, "tires": [_offer(cheapest)]})
    life.answer(f"Найдоступніша — {cheapest.brand} {cheapest.model} за {cheapest.price} грн. Перевірити наявність на складі?")
    life.say("Ні, дякую.")
    life.goodbye()


def orders(life: Life, world: World) -> None:
    tyre = _find(life, world)[0]
    rng, phone = life.rng, life.caller.phone
    name = life.caller.name or "Покупець"
    quantity = rng.choice((2, 4, 4, 4))
    life.say({2: "Візьму дві штуки.", 4: "Беру комплект, чотири штуки."}[quantity])
    number = world.order_number()
    subtotal = tyre.price * quantity
    draft = Order(
        f"ord-{number}", number, phone, "draft", "чернетка", subtotal, f"{tyre.brand} {tyre.model} {tyre.size}, {quantity} шт.", None
    )
    life.answer("На чиє ім'я оформити замовлення?")
    life.say(name)
    items = [[tyre.id, quantity]]
    life.write("create_order_draft", {"items": items, "phone": phone}, {"order_id": draft.id})
    life.use(
        "create_order_draft", {"items": [{"tyre_id": tyre.id, "quantity": quantity}], "customer_name": name}, order_in_words(draft, Case())
    )
    life.answer("Доставити на адресу чи заберете в пункті видачі?")
    to_point = rng.random() < 0.4
    if to_point:
        point = rng.choice(world.places.pickup_points)
        life.say(f"Самовивіз, {point.city}.")
        where, cost, days = Delivery(point.city, point.address, point.id), 0, world.places.delivery_days(point.city)
        arguments: dict[str, Any] = {"order_id": draft.id, "pickup_point_id": point.id}
    else:
        city = rng.choice(world.places.cities)
        address = f"відділення № {rng.randrange(1, 40)}"
        life.say(f"Доставка, {city.name}, {address}.")
        where, cost, days = Delivery(city.name, address), world.places.delivery_cost(quantity, subtotal), city.days
        arguments = {"order_id": draft.id, "city": city.name, "address": address}
    draft = _delivered(draft, where, cost, days)
    told = order_in_words(draft, Case())
    life.write("update_order_delivery", {"order": draft.id, "delivery": arguments}, told)
    life.use("update_order_delivery", arguments, told)
    life.answer(f"Отже: {told['summary']}, оплата при отриманні. Підтверджуєте замовлення?")
    life.say(rng.choice(("Так, підтверджую.", "Так, усе правильно, оформлюйте.")))
    done = Order(
        draft.id,
        number,
        phone,
        "confirmed",
        "підтверджено",
        draft.total_uah,
        draft.items_summary,
        where,
        cost,
        days,
        f"{world.day + dt.timedelta(days=days)}",
    )
    confirmed = {**order_in_words(done, Case()), "payment": "при отриманні"}
    life.write("confirm_order", {"order": done.id}, confirmed)
    life.use("confirm_order", {"order_id": done.id, "payment_method": "cod"}, confirmed)
    life.named(name)
    life.answer(f"Замовлення {number} підтверджено. Чи можу ще чимось допомогти?")
    life.say("Ні, дякую, це все.")
    life.goodbye()
    city_name, point_id = (None, where.pickup_point_id) if to_point else (where.city, None)
    world.sold.append(Sold(number, phone, name, world.day, tyre.id, quantity, city_name, where.address or "", point_id))


def books_a_fitting(life: Life, world: World) -> None:
    rng, name = life.rng, life.caller.name or "Покупець"
    station = rng.choice(world.places.stations)
    life.say(f"Хочу записатися на шиномонтаж, {station.city}.")
    found = [one for one in world.places.stations if one.city == station.city]
    told = [{"id": one.id, "name": one.name, "address": one.address} for one in found]
    life.use("get_fitting_stations", {"city": station.city}, {"found": len(found), "stations": told})
    day = world.day + dt.timedelta(days=rng.randrange(1, 9))
    day += dt.timedelta(days=not world.places.open_on(day))
    times = rng.sample(world.places.times(station), 3)
    asked = {"station_id": station.id, "service_type": "tire_change", "date_from": f"{day}", "date_to": f"{day}"}
    free = [{"date": f"{day}", "day": weekday_and_day(day), "times": sorted(hour(time) for time in times)}]
    life.use("get_fitting_slots", asked, {"days": free})
    life.answer(f"{station.name}: {weekday_and_day(day)}, вільно о {', '.join(sorted(hour(time) for time in times))}. Котра година зручна?")
    life.say(f"О {hour(times[0])}, на ім'я {name}.")
    life.answer(f"Отже, {SERVICES['tire_change']}, {station.name}, {weekday_and_day(day)}, {hour(times[0])}. Записати вас?")
    life.say(rng.choice(("Так, записуйте.", "Так, будь ласка.")))
    vehicle = rng.choice(world.catalogue.vehicles)
    booking = Booking(f"bk-{life.call_id[-6:]}", station.id, station.name, day, times[0], "tire_change", life.caller.phone, "booked")
    done = {"status": "записано", **booking_in_words(booking)}
    wish = {"station": station.id, "date": f"{day}", "time": hour(times[0]), "service": "tire_change"}
    life.write("book_fitting", wish, done)
    arguments = {"station_id": station.id, "date": f"{day}", "time": hour(times[0]), "service_type": "tire_change", "customer_name": name}
    life.use("book_fitting", {**arguments, "vehicle_info": f"{vehicle.make} {vehicle.model}"}, done)
    life.named(name)
    life.answer(f"Записала вас на {weekday_and_day(day)} о {hour(times[0])}. Чекаємо на вас!")
    life.say("Дякую, до побачення.")
    life.goodbye()
    diameter = int(vehicle.oem_sizes[0].rpartition("R")[2])
    world.visits.append(Visit(life.caller.phone, name, station.id, day, times[0], f"{vehicle.make} {vehicle.model}", diameter))


def asks_of_the_price_of_fitting(life: Life, world: World) -> None:
    diameter = life.rng.choice((15, 16, 17, 18))
    life.say(f"Скільки коштує шиномонтаж на R{diameter}?")
    price = world.places.prices["tire_change"][diameter]
    prices = [{"service": SERVICES["tire_change"], "price": f"{price} грн"}]
    life.use("get_fitting_price", {"tire_diameter": diameter}, {"diameter": f"R{diameter}", "prices": prices})
    life.answer(f"Заміна чотирьох шин на R{diameter} — {price} грн. Записати вас?")
    life.say("Поки що ні, дякую.")
    life.goodbye()


def asks_the_articles(life: Life, world: World) -> None:
    asked = life.rng.sample(world.articles, life.rng.choice((1, 1, 2)))
    for article in asked:
        question = article.title[0].lower() + article.title[1:].partition(":")[0]
        life.say(f"Підкажіть, {question}?")
        told = {"found": 1, "articles": [{"title": article.title, "text": article.content[:400]}]}
        life.use("search_knowledge_base", {"question": article.title}, told, ms=life.rng.randrange(4, 30))
        life.answer(". ".join(article.content.split(". ")[:2]).rstrip(".") + ".")
    life.say(life.rng.choice(("Дякую, це все.", "Зрозуміла, дякую.")))
    life.goodbye()


def asks_where_his_order_is(life: Life, world: World) -> None:
    life.say(life.rng.choice(("Де моє замовлення?", "Коли приїде моє замовлення?")))
    order = _order_on_its_way(life, world)
    life.use("get_order_status", {}, {"found": 1, "orders": [order_in_words(order, Case())]})
    expected = order_in_words(order, Case())["expected"]
    life.answer(f"Замовлення {order.number} в дорозі, орієнтовно буде {expected}. Номер накладної {order.tracking_number}.")
    life.say("Дякую, чекатиму.")
    life.goodbye()


def speaks_russian(life: Life, world: World) -> None:
    tyre = life.rng.choice([tyre for tyre in world.catalogue.tyres if tyre.season == "winter"])
    life.say(f"Добрый день, нужна зимняя резина {tyre.width} на {tyre.profile}, радиус {tyre.diameter}", language="ru-RU")
    arguments = {"width": tyre.width, "profile": tyre.profile, "diameter": tyre.diameter, "season": "winter"}
    life.use("search_tires", arguments, {"found": 1, "tires": [_offer(tyre)]})
    life.answer(f"Є {tyre.brand} {tyre.model} за {tyre.price} грн. Перевірити наявність?")
    life.say("Нет, спасибо, это всё", language="ru-RU")
    life.goodbye()


def wants_a_human(life: Life, world: World) -> None:
    tyre = _find(life, world)[0]
    life.say(life.rng.choice(("З'єднайте мене з оператором, будь ласка.", "Хочу поговорити з людиною.")))
    summary = f"Абонент шукає {SEASONS[tyre.season]} шини {tyre.size}. Пропонували {tyre.brand} {tyre.model} за {tyre.price} грн."
    life.use("transfer_to_operator", {"reason": "Абонент просить оператора", "summary": summary}, {"status": "transferring"}, ms=1)
    life.answer("З'єдную вас з оператором, залишайтеся на лінії.")
    life.hand_off("asked", summary)
    life.operator(_operator(life))


def complains(life: Life, world: World) -> None:
    life.say("Мені привезли не ті шини, я хочу їх повернути!")
    life.answer("Перепрошую за незручності. Який номер вашого замовлення?")
    life.say("Не пам'ятаю я номера. Дайте людину!")
    life.trouble("asked_human", "warn", n=1)
    life.say("Оператора, я сказав!")
    life.trouble("asked_human", "alarm", n=2)
    life.answer("З'єдную вас з оператором.")
    life.hand_off("asked", "Абонент каже, що привезли не ті шини, хоче повернути. Номера замовлення не пам'ятає.")
    life.operator(_operator(life))


def presses_zero(life: Life, world: World) -> None:
    life.key_0()
    life.operator(_operator(life))


def gives_up_in_the_queue(life: Life, world: World) -> None:
    life.key_0()
    life.trouble("queue_wait", "warn", t="0:45")
    life.abandon()


def is_rung_back(life: Life, world: World) -> None:
    life.say("Потрібен оператор.")
    life.use("transfer_to_operator", {"reason": "Просить оператора", "summary": "Просить оператора."}, {"status": "transferring"}, ms=1)
    life.answer("З'єдную вас з оператором.")
    life.hand_off("asked", "Абонент одразу попросив оператора.")
    life.nobody_free()
    about = life.rng.choice(("підбір шин на позашляховик", "рахунок для юридичної особи", "обмін шин за гарантією"))
    life.say(f"Передзвоніть мені, будь ласка, {about}.")
    life.use("request_callback", {"about": about}, {"status": "записано, передзвонимо", "when": "щойно хтось звільниться"}, ms=1)
    life.call_back(about, life.now_ms + 3_600_000)
    life.answer("Записала: вам передзвонять, щойно хтось звільниться.")
    life.say("Дякую.")
    life.goodbye()


def finds_the_shop_down(life: Life, world: World) -> None:
    tyre = life.rng.choice(world.catalogue.tyres)
    for _ in range(2):
        life.say(f"Потрібні {SEASONS[tyre.season]} шини {tyre.size}.")
        life.use(
            "search_tires",
            {"width": tyre.width, "profile": tyre.profile, "diameter": tyre.diameter, "season": tyre.season},
            {"error": "Магазин зараз не відповідає. Запропонуй оператора."},
            success=False,
            ms=life.rng.randrange(2_000, 5_000),
        )
        life.answer("Перепрошую, довідка магазину зараз не відповідає. З'єднати вас з оператором?")
    life.trouble("tool_failed", "warn", n=2, tool="search_tires")
    life.say("Так, з'єднайте.")
    life.answer("З'єдную вас з оператором.")
    life.hand_off("asked", f"Абонент шукає шини {tyre.size}; довідка магазину не відповідала.")
    life.operator(_operator(life))


def is_failed_by_a_vendor(life: Life, world: World) -> None:
    life.say("Добрий день, мені потрібні шини.")
    whys: tuple[Literal["stt_failed", "tts_failed", "model_failed"], ...] = ("stt_failed", "tts_failed", "model_failed")
    life.trouble("dead_air", "warn", s=4)
    life.hand_off(life.rng.choice(whys), "Абонент шукає шини; розмова перервалася через технічну несправність.")
    life.operator(_operator(life))


def waits_for_slow_answers(life: Life, world: World) -> None:
    _find(life, world, slow=3.5)
    life.say("А гарантія на них є?")
    life.answer("Так, п'ять років від дати продажу на заводські дефекти.", slow=4)
    life.say("Зрозуміло.")
    life.answer("Чи можу ще чимось допомогти?", slow=4)
    life.trouble("slow", "warn", n=3)
    life.say("Ні, дякую.")
    life.goodbye()


def hangs_up_early(life: Life, world: World) -> None:
    if life.rng.random() < 0.5:
        life.say("Алло?")
    life.hang_up()


def hangs_up_with_his_answer(life: Life, world: World) -> None:
    _find(life, world, heard=0.7)
    life.hang_up()


def says_nothing(life: Life, world: World) -> None:
    life.silence()


STORIES: Final[dict[Story, int]] = {
    looks_for_tyres: 20,
    interrupts_for_cheaper: 7,
    orders: 14,
    books_a_fitting: 12,
    asks_of_the_price_of_fitting: 5,
    asks_the_articles: 12,
    asks_where_his_order_is: 8,
    speaks_russian: 5,
    wants_a_human: 7,
    complains: 3,
    presses_zero: 3,
    gives_up_in_the_queue: 2,
    is_rung_back: 3,
    finds_the_shop_down: 2,
    is_failed_by_a_vendor: 1,
    waits_for_slow_answers: 2,
    hangs_up_early: 5,
    hangs_up_with_his_answer: 4,
    says_nothing: 2,
}
"""Of a hundred or so calls so many go this way."""
WITHOUT_NUMBER: Final[tuple[Story, ...]] = (looks_for_tyres, asks_the_articles, asks_of_the_price_of_fitting, hangs_up_early)
"""Those of callers who withhold their number."""


def _find(life: Life, world: World, *, heard: float = 1.0, slow: float = 1.0) -> list[Tyre]:
    """He tells his car, the agent offers what fits; the best first."""
    fitting: list[Tyre] = []
    while not fitting:
        car, season = life.rng.choice(world.catalogue.vehicles), life.rng.choice(("winter", "winter", "winter", "summer", "all_season"))
        fitting = [tyre for tyre in world.catalogue.tyres if tyre.season == season and tyre.size in car.oem_sizes]
    fitting.sort(key=lambda tyre: -tyre.popularity)
    year = life.rng.randrange(car.year_from, min(car.year_to, world.day.year) + 1)
    life.say(f"Добрий день, потрібні {SEASONS[season]} шини на {car.make} {car.model} {year} року.")
    offers = fitting[:_OFFERED]
    arguments = {"season": season, "vehicle_make": car.make, "vehicle_model": car.model, "vehicle_year": year}
    life.use("search_tires", arguments, {"found": len(fitting), "tires": [_offer(tyre) for tyre in offers]})
    named = " або ".join(f"{tyre.brand} {tyre.model} за {tyre.price} грн" for tyre in offers[:2])
    life.answer(f"У розмірі {offers[0].size} є {named}. Перевірити наявність на складі?", heard=heard, slow=slow)
    return offers


def _check(life: Life, tyre: Tyre) -> None:
    now = [stock for stock in tyre.stock if stock.on_shelf and stock.quantity]
    told = [{"warehouse": stock.warehouse, "quantity": stock.quantity} for stock in now]
    in_stock = sum(stock.quantity for stock in now)
    life.use("check_availability", {"tyre_id": tyre.id}, {"tyre_id": tyre.id, "in_stock_now": in_stock, "warehouses": told, "expected": []})
    where = f"є в наявності: {now[0].warehouse}, {now[0].quantity} шт" if now else "зараз немає, чекаємо за тиждень"
    life.answer(f"{tyre.brand} {tyre.model} {where}. Чи можу ще чимось допомогти?")


def _offer(tyre: Tyre) -> dict[str, Any]:
    """As ``agent.tools.tyres`` tells it."""
    return {
        "id": tyre.id,
        "name": f"{tyre.brand} {tyre.model}",
        "size": tyre.size,
        "season": SEASONS[tyre.season],
        "price": f"{tyre.price} грн",
        "price_of_four": f"{tyre.price * 4} грн",
        "in_stock": sum(stock.quantity for stock in tyre.stock if stock.on_shelf),
    }


def _delivered(draft: Order, where: Delivery, cost: int, days: int) -> Order:
    return Order(
        draft.id, draft.number, draft.phone, "draft", "чернетка", draft.total_uah + cost, draft.items_summary, where, cost, days, None
    )


def _order_on_its_way(life: Life, world: World) -> Order:
    tyre, number = life.rng.choice(world.catalogue.tyres), f"79{life.rng.randrange(1000, 9999)}"
    arrives = world.day + dt.timedelta(days=life.rng.randrange(1, 4))
    items, tracking = f"{tyre.name}, 4 шт.", f"2045{life.rng.randrange(10**9, 10**10)}"
    return Order(
        f"ord-{number}", number, life.caller.phone, "in_transit", "в дорозі", tyre.price * 4, items, None, 0, 2, f"{arrives}", tracking
    )


def _operator(life: Life) -> str:
    return life.rng.choice(("op1", "op1", "op2"))
