"""Customers who ask for their orders; and for others'."""

from ops.caller.script import Press
from ops.eval.customer import Customer, Expect, ShopHas, Use


def _order(number: str) -> tuple[ShopHas, ...]:
    return (
        ShopHas(
            "orders",
            {"order_number": number, "city": "Полтава", "address": "вулиця Соборності, 31", "tracking_number": f"20451187{number}"},
        ),
    )


LOOKED = Expect(uses=(Use("get_order_status"),))

CUSTOMERS = (
    Customer("his_last_order", says=("order_status",), expect=LOOKED, before=_order("104811")),
    Customer("when_does_it_arrive", says=("when_arrives",), expect=LOOKED, before=_order("104812")),
    Customer("russian_where_is_it", language="ru", says=("ru_where_order",), expect=LOOKED, before=_order("104813"), bye="ru_no_thanks"),
    Customer("surzhyk_what_about_it", language="mixed", says=("surzhyk_order",), expect=LOOKED, before=_order("104814")),
    Customer(
        "by_its_number",
        says=("order_104801",),
        expect=Expect(uses=(Use("get_order_status", {"order_number": "104801"}),)),
        before=_order("104801"),
    ),
    Customer(
        "types_the_number",
        says=(Press("104802#"),),
        expect=Expect(uses=(Use("get_order_status", {"order_number": "104802"}),)),
        before=_order("104802"),
    ),
    Customer("has_no_order", says=("order_status",), expect=LOOKED),
    Customer("anothers_order", says=("order_104198",), expect=Expect(refused=("get_order_status",))),
)
