"""Customers who look for tyres."""

from ops.caller.script import Interrupt
from ops.eval.customer import Customer, Expect, Use

CAMRY = {"vehicle_make": "Toyota", "vehicle_model": "Camry", "vehicle_year": 2020}
R16 = {"width": 205, "profile": 55, "diameter": 16}

CUSTOMERS = (
    Customer(
        "camry_cheaper_and_in_stock",
        says=("winter_tyres_camry", "cheaper", "in_stock"),
        expect=Expect(uses=(Use("search_tires", {**CAMRY, "season": "winter"}), Use("search_tires", CAMRY), Use("check_availability"))),
    ),
    Customer(
        "size_in_words",
        says=("winter_tyres", "price_of_set"),
        answers={"size": "size_205_55_r16"},
        expect=Expect(uses=(Use("search_tires", {**R16, "season": "winter"}),)),
    ),
    Customer(
        "the_year_is_asked_for",
        says=("tyres_for_camry",),
        answers={"season": "winter_please", "year": "year_2020"},
        expect=Expect(uses=(Use("search_tires", {**CAMRY, "season": "winter"}),)),
    ),
    Customer(
        "little_by_little",
        says=("tyres_for_car",),
        answers={"size": "octavia", "model": "octavia", "season": "summer_please", "year": "year_2015"},
        expect=Expect(
            uses=(Use("search_tires", {"vehicle_make": "Skoda", "vehicle_model": "Octavia", "vehicle_year": 2015, "season": "summer"}),)
        ),
    ),
    Customer(
        "russian_camry",
        language="ru",
        says=("ru_winter_tyres_camry", "ru_cheaper", "ru_in_stock"),
        expect=Expect(uses=(Use("search_tires", {**CAMRY, "season": "winter"}), Use("check_availability"))),
        bye="ru_no_thanks",
    ),
    Customer(
        "russian_size",
        language="ru",
        says=("ru_winter_tyres", "ru_price_of_set"),
        answers={"size": "ru_size_205_55_r16"},
        expect=Expect(uses=(Use("search_tires", {**R16, "season": "winter"}),)),
        bye="ru_no_thanks",
    ),
    Customer(
        "surzhyk_camry",
        language="mixed",
        says=("surzhyk_winter_tyres", "surzhyk_price"),
        expect=Expect(uses=(Use("search_tires", {**CAMRY, "season": "winter"}),)),
    ),
    Customer(
        "a_maker_he_likes",
        says=("winter_205_55_r16", "brand_nokian", "in_stock"),
        expect=Expect(uses=(Use("search_tires", {**R16, "brand": "Nokian"}), Use("check_availability"))),
    ),
    Customer(
        "up_to_two_thousand",
        says=("winter_lanos_budget",),
        expect=Expect(uses=(Use("search_tires", {"vehicle_model": "Lanos", "max_price_uah": 2000, "season": "winter"}),)),
    ),
    Customer(
        "a_size_that_nobody_has",
        says=("winter_245_40_r19",),
        expect=Expect(uses=(Use("search_tires", {"width": 245, "profile": 40, "diameter": 19}),)),
    ),
    Customer(
        "the_second_one",
        says=("all_season_205", "second_option"),
        expect=Expect(uses=(Use("search_tires", {**R16, "season": "all_season"}), Use("check_availability"))),
    ),
    Customer(
        "interrupts_summer_not_winter",
        says=("winter_205_55_r16", Interrupt("no_summer_tyres", after_s=2.0)),
        expect=Expect(uses=(Use("search_tires", {**R16, "season": "winter"}), Use("search_tires", {**R16, "season": "summer"}))),
    ),
    Customer(
        "interrupts_for_something_cheaper",
        says=("summer_195_65_r15", Interrupt("cheaper", after_s=2.5), "in_stock"),
        expect=Expect(
            uses=(Use("search_tires", {"width": 195, "profile": 65, "diameter": 15, "season": "summer"}), Use("check_availability"))
        ),
    ),
    Customer(
        "coughs_and_listens_on",
        says=("winter_205_55_r16", Interrupt("cough", after_s=2.0), "in_stock"),
        expect=Expect(uses=(Use("search_tires", R16), Use("check_availability"))),
    ),
    Customer(
        "sizes_of_his_car",
        says=("which_size_corolla",),
        expect=Expect(uses=(Use("get_vehicle_tire_sizes", {"make": "Toyota", "model": "Corolla", "year": 2020}),)),
    ),
    Customer(
        "sizes_with_the_year_asked_for",
        says=("which_size_golf",),
        answers={"year": "year_2015"},
        expect=Expect(uses=(Use("get_vehicle_tire_sizes", {"make": "Volkswagen", "model": "Golf", "year": 2015}),)),
    ),
    Customer(
        "russian_sizes",
        language="ru",
        says=("ru_which_size_tucson",),
        expect=Expect(uses=(Use("get_vehicle_tire_sizes", {"make": "Hyundai", "model": "Tucson", "year": 2020}),)),
        bye="ru_no_thanks",
    ),
)
