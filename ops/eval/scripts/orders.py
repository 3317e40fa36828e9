"""Customers who order, change their minds, or do not."""

from ops.caller.script import Interrupt
from ops.eval.customer import Customer, Expect, Ordered, Use

OLENA = {"name": "name_olena", "quantity": "four"}
POST = {"delivery": "delivery_poltava", "city": "delivery_poltava", "address": "address_post"}
DRAFTED, DELIVERED, CONFIRMED = Use("create_order_draft"), Use("update_order_delivery"), Use("confirm_order", {"payment_method": "cod"})
ALL = (Use("search_tires"), DRAFTED, DELIVERED, CONFIRMED)

CUSTOMERS = (
    Customer(
        "delivery_to_poltava",
        says=("winter_205_55_r16", "take_four"),
        answers={**OLENA, **POST, "confirm": "confirm_yes"},
        expect=Expect(uses=ALL, orders=(Ordered(4, city="Полтава", size="205/55 R16"),)),
    ),
    Customer(
        "fetched_from_the_left_bank",
        says=("winter_tyres_camry", "take_two"),
        answers={
            "name": "name_andrii",
            "delivery": "pickup_kyiv",
            "city": "pickup_kyiv",
            "point": "left_bank",
            "confirm": "confirm_all_right",
        },
        expect=Expect(
            uses=(*ALL, Use("get_pickup_points", {"city": "Київ"})), orders=(Ordered(2, pickup_point_id="pp-kyiv-2", size="215/55 R17"),)
        ),
    ),
    Customer(
        "asks_the_price_then_orders_the_set",
        says=("summer_195_65_r15", "price_of_set", "take_set"),
        answers={"name": "name_maria", "delivery": "pickup_odesa", "city": "pickup_odesa", "confirm": "confirm_yes"},
        expect=Expect(
            uses=(*ALL, Use("get_pickup_points", {"city": "Одеса"})), orders=(Ordered(4, pickup_point_id="pp-odesa-1", size="195/65 R15"),)
        ),
    ),
    Customer(
        "russian_from_kharkiv",
        language="ru",
        says=("ru_summer_205", "ru_take_four"),
        answers={"name": "ru_name_anna", "delivery": "ru_pickup_kharkiv", "city": "ru_pickup_kharkiv", "confirm": "ru_confirm_anna"},
        expect=Expect(uses=ALL, orders=(Ordered(4, pickup_point_id="pp-kharkiv-1", size="205/55 R16"),)),
        bye="ru_no_thanks",
    ),
    Customer(
        "russian_to_dnipro",
        language="ru",
        says=("ru_winter_195", "ru_take_four"),
        answers={
            "name": "ru_name_sergey",
            "delivery": "ru_delivery_dnipro",
            "city": "ru_delivery_dnipro",
            "address": "ru_address",
            "confirm": "ru_confirm_yes",
        },
        expect=Expect(uses=ALL, orders=(Ordered(4, city="Дніпро", size="195/65 R15"),)),
        bye="ru_no_thanks",
    ),
    Customer(
        "surzhyk_for_his_golf",
        language="mixed",
        says=("surzhyk_winter_golf", "surzhyk_take_set"),
        answers={"name": "name_andrii", "delivery": "delivery_lviv", "address": "address_shevchenka", "confirm": "surzhyk_confirm"},
        expect=Expect(uses=ALL, orders=(Ordered(4, city="Львів", size="205/55 R16"),)),
    ),
    Customer(
        "rather_two",
        says=("winter_205_55_r16", "take_four"),
        answers={**OLENA, **POST, "confirm": ("rather_two", "confirm_yes")},
        expect=Expect(uses=ALL, orders=(Ordered(2, city="Полтава"),)),
    ),
    Customer(
        "rather_to_kharkiv",
        says=("all_season_205", "take_set"),
        answers={
            **OLENA,
            "delivery": "delivery_lviv",
            "address": ("address_shevchenka", "address_post"),
            "confirm": ("rather_kharkiv", "confirm_yes"),
        },
        expect=Expect(uses=ALL, orders=(Ordered(4, city="Харків"),)),
    ),
    Customer(
        "rather_another_size",
        says=("winter_205_55_r16", "take_four"),
        answers={
            **POST,
            "name": ("other_size", "name_olena"),
            "size": "size_195_65_r15",
            "season": "winter_please",
            "confirm": "confirm_yes",
        },
        expect=Expect(uses=ALL, orders=(Ordered(4, city="Полтава", size="195/65 R15"),)),
    ),
    Customer(
        "pays_online",
        says=("summer_195_65_r15", "take_two"),
        answers={**POST, "name": "name_maria", "confirm": ("pay_online", "confirm_yes")},
        expect=Expect(
            uses=(DRAFTED, DELIVERED, Use("confirm_order", {"payment_method": "online"})), orders=(Ordered(2, payment_method="online"),)
        ),
    ),
    Customer(
        "changes_his_mind_at_the_summary",
        says=("winter_205_55_r16", "take_four"),
        answers={**OLENA, **POST, "confirm": "changed_mind"},
        expect=Expect(uses=(DRAFTED, DELIVERED), refused=("confirm_order",)),
    ),
    Customer(
        "asks_of_the_warranty_in_between",
        says=("winter_tyres_camry", "take_two"),
        answers={**POST, "name": ("warranty", "name_olena"), "confirm": "confirm_yes"},
        expect=Expect(uses=(*ALL, Use("search_knowledge_base")), orders=(Ordered(2, city="Полтава"),)),
    ),
    Customer(
        "interrupts_the_offer_and_takes_it",
        says=("winter_205_55_r16", Interrupt("take_four", after_s=3.0)),
        answers={**OLENA, **POST, "confirm": "confirm_yes"},
        expect=Expect(uses=ALL, orders=(Ordered(4, city="Полтава"),)),
    ),
    Customer(
        "sixteen_are_for_a_human",
        says=("winter_205_55_r16", "sixteen"),
        answers=OLENA,
        expect=Expect(uses=(Use("search_tires"),), refused=("confirm_order",), ends="operator"),
    ),
)
