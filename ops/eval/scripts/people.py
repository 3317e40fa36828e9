"""Customers who want a human, and some who only talk."""

from ops.caller.script import Interrupt, Press
from ops.eval.customer import Customer, Expect, Use

TRANSFERRED = Expect(uses=(Use("transfer_to_operator"),), ends="operator")

CUSTOMERS = (
    Customer("operator", says=("operator",), expect=TRANSFERRED),
    Customer("russian_operator", language="ru", says=("ru_operator",), expect=TRANSFERRED),
    Customer("surzhyk_operator", language="mixed", says=("surzhyk_operator",), expect=TRANSFERRED),
    Customer("key_zero", says=("winter_205_55_r16", Press("0")), expect=Expect(uses=(Use("search_tires"),), ends="operator")),
    Customer(
        "operator_in_the_middle_of_an_order",
        says=("winter_205_55_r16", "take_four"),
        answers={"name": "operator_now"},
        expect=Expect(uses=(Use("search_tires"), *TRANSFERRED.uses), ends="operator"),
    ),
    Customer(
        "says_it_again_please",
        says=("winter_205_55_r16", "repeat_please", "in_stock"),
        expect=Expect(uses=(Use("search_tires"), Use("check_availability"))),
    ),
    Customer(
        "murmurs_while_he_listens",
        says=("winter_205_55_r16", Interrupt("backchannel_aha", after_s=2.5), "in_stock"),
        expect=Expect(uses=(Use("search_tires"), Use("check_availability"))),
    ),
    Customer("wants_to_be_rung_back", says=("call_back",), expect=Expect(uses=(Use("request_callback"),))),
    Customer(
        "tyres_and_a_call_back_tomorrow",
        says=("winter_205_55_r16", "call_back_tomorrow"),
        expect=Expect(uses=(Use("search_tires"), Use("request_callback"))),
    ),
    Customer("only_greets_and_thanks", says=("hello_hear_me",), expect=Expect()),
)
