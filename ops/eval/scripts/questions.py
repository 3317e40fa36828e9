"""Customers with a question that the shop has written about."""

from ops.eval.customer import Customer, Expect, Use

ASKED = Expect(uses=(Use("search_knowledge_base"),))

CUSTOMERS = (
    Customer("warranty", says=("warranty",), expect=ASKED),
    Customer("returns", says=("returns",), expect=ASKED),
    Customer("cost_of_delivery", says=("delivery_cost",), expect=ASKED),
    Customer("opening_hours", says=("opening_hours",), expect=ASKED),
    Customer("when_to_change_to_winter", says=("when_to_change",), expect=ASKED),
    Customer("russian_how_to_pay", language="ru", says=("ru_how_to_pay",), expect=ASKED, bye="ru_no_thanks"),
    Customer(
        "pickup_points",
        says=("pickup_points_odesa",),
        expect=Expect(uses=(Use("get_pickup_points", {"city": "Одеса"}),)),
    ),
    Customer(
        "two_questions_and_tyres", says=("storage", "warranty", "winter_205_55_r16"), expect=Expect(uses=(*ASKED.uses, Use("search_tires")))
    ),
)
