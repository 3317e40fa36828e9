"""Customers who want their tyres fitted: book, move, cancel, ask."""

from collections.abc import Mapping

from ops.eval.customer import Booked, Customer, Expect, ShopHas, Use

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = 1, 2, 3, 4
YES = {"confirm": "book_yes"}
BOOK = (Use("get_fitting_slots"), Use("book_fitting"))


def _booking(station_id: str, time: str, **more: object) -> tuple[ShopHas, ...]:
    row: Mapping[str, object] = {"station_id": station_id, "time": time, "in_open_days": 5, **more}
    return (ShopHas("bookings", row),)


CUSTOMERS = (
    Customer(
        "in_lviv_on_wednesday",
        says=("fitting_lviv",),
        answers={**YES, "day": "on_wednesday", "hour": "at_ten", "name": "name_maria"},
        expect=Expect(uses=(Use("get_fitting_stations", {"city": "Львів"}), *BOOK), bookings=(Booked("st-lviv-1", "10:00", WEDNESDAY),)),
    ),
    Customer(
        "on_obolon",
        says=("fitting_please",),
        answers={**YES, "city": "in_kyiv", "station": "on_obolon", "day": "on_friday", "hour": "at_noon", "name": "name_andrii"},
        expect=Expect(uses=BOOK, bookings=(Booked("st-kyiv-3", "12:00", FRIDAY),)),
    ),
    Customer(
        "russian_in_lviv",
        language="ru",
        says=("ru_fitting",),
        answers={"city": "ru_in_lviv", "day": "ru_on_thursday", "hour": "ru_at_three", "name": "ru_name_sergey", "confirm": "ru_book_yes"},
        expect=Expect(uses=BOOK, bookings=(Booked("st-lviv-1", "15:00", THURSDAY),)),
        bye="ru_no_thanks",
    ),
    Customer(
        "russian_in_dnipro",
        language="ru",
        says=("ru_fitting_dnipro",),
        answers={"day": "ru_on_friday", "hour": "ru_at_eleven", "name": "ru_name_anna", "confirm": "ru_book_yes"},
        expect=Expect(uses=BOOK, bookings=(Booked("st-dnipro-1", "11:00", FRIDAY),)),
        bye="ru_no_thanks",
    ),
    Customer(
        "balancing_in_odesa",
        says=("balancing_odesa",),
        answers={**YES, "day": "on_tuesday", "hour": "at_two", "name": "name_olena"},
        expect=Expect(
            uses=(Use("get_fitting_slots", {"service_type": "balancing"}), Use("book_fitting", {"service_type": "balancing"})),
            bookings=(Booked("st-odesa-1", "14:00", TUESDAY, "balancing"),),
        ),
    ),
    Customer(
        "no_station_in_kharkiv",
        says=("fitting_kharkiv",),
        answers={"city": "no_thanks"},
        expect=Expect(uses=(Use("get_fitting_stations", {"city": "Харків"}),), refused=("book_fitting",)),
    ),
    Customer(
        "rather_at_four",
        says=("fitting_lviv",),
        answers={"day": "on_friday", "hour": "at_ten", "name": "name_andrii", "confirm": ("rather_at_four", "book_yes")},
        expect=Expect(uses=BOOK, bookings=(Booked("st-lviv-1", "16:00", FRIDAY),)),
    ),
    Customer(
        "not_on_sunday",
        says=("balancing_odesa",),
        answers={**YES, "day": ("on_sunday", "on_thursday"), "hour": "at_noon", "name": "name_maria"},
        expect=Expect(uses=BOOK, bookings=(Booked("st-odesa-1", "12:00", THURSDAY, "balancing"),)),
    ),
    Customer(
        "moves_his_visit",
        says=("move_booking",),
        answers={"day": "on_tuesday", "hour": "at_ten", "confirm": "move_yes"},
        before=_booking("st-odesa-1", "10:00"),
        expect=Expect(uses=(Use("get_customer_bookings"), *BOOK), bookings=(Booked("st-odesa-1", "10:00", TUESDAY),)),
    ),
    Customer(
        "russian_moves_her_visit",
        language="ru",
        says=("ru_move_booking",),
        answers={"day": "ru_on_thursday", "hour": "ru_at_eleven", "confirm": "ru_move_yes"},
        before=_booking("st-dnipro-1", "15:00"),
        expect=Expect(uses=(Use("get_customer_bookings"), *BOOK), bookings=(Booked("st-dnipro-1", "11:00", THURSDAY),)),
        bye="ru_no_thanks",
    ),
    Customer(
        "cancels_his_visit",
        says=("cancel_booking",),
        answers={"confirm": "cancel_yes"},
        before=_booking("st-lviv-1", "12:00"),
        expect=Expect(uses=(Use("get_customer_bookings"), Use("cancel_fitting"))),
    ),
    Customer(
        "russian_cancels_his_visit",
        language="ru",
        says=("ru_cancel_booking",),
        answers={"confirm": "ru_cancel_yes"},
        before=_booking("st-lviv-1", "13:00"),
        expect=Expect(uses=(Use("get_customer_bookings"), Use("cancel_fitting"))),
        bye="ru_no_thanks",
    ),
    Customer(
        "keeps_it_after_all",
        says=("cancel_booking",),
        answers={"confirm": "keep_it"},
        before=_booking("st-lviv-1", "14:00"),
        expect=Expect(uses=(Use("get_customer_bookings"),), bookings=(Booked("st-lviv-1", "14:00"),), refused=("cancel_fitting",)),
    ),
    Customer(
        "when_is_my_visit",
        says=("my_bookings",),
        before=_booking("st-kyiv-2", "16:00"),
        expect=Expect(uses=(Use("get_customer_bookings"),), bookings=(Booked("st-kyiv-2", "16:00"),)),
    ),
    Customer(
        "what_does_it_cost",
        says=("price_r16",),
        expect=Expect(uses=(Use("get_fitting_price", {"tire_diameter": 16}),)),
    ),
    Customer(
        "russian_what_does_it_cost",
        language="ru",
        says=("ru_price_fitting",),
        answers={"diameter": "ru_r17"},
        expect=Expect(uses=(Use("get_fitting_price", {"tire_diameter": 17}),)),
        bye="ru_no_thanks",
    ),
)
