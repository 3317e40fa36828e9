"""The shop's stand-in keeps every word of its own OpenAPI page: generated requests, right and wrong ones, alone and in sequences.

All of schemathesis's checks are on but one: ``positive_data_acceptance`` cannot know the shop's rules (this slot is taken), so
``refusals_have_a_reason`` below stands in its place and is as strict about everything else. The examples are the same in every run.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckContext, Response
from schemathesis.core.failures import Failure

from ops.standins.control import Control, Served
from ops.standins.shop_api.app import ShopSettings, create_app
from ops.standins.shop_api.catalogue import load

KEY = "fake-shop-key"
KEYED = {"Authorization": f"Bearer {KEY}"}
MONDAY = dt.datetime.fromisoformat("2026-11-23T08:00:00")  # the shop's local time
ALMOST_ORDERED = {"phone": "+380670000001", "order_number": "990001", "status": "draft", "pickup_point_id": "pp-kyiv-1"}
RULES = {  # the reasons for which the shop may refuse what its page allows
    "bad_period",
    "delivery_missing",
    "idempotency_key_reused",
    "no_such_slot",
    "not_enough_stock",
    "order_not_draft",
    "search_too_wide",
    "service_not_offered",
    "slot_in_past",
    "slot_taken",
    "slot_too_far",
    "unknown_order",
    "unknown_pickup_point",
    "unknown_product",
    "unknown_station",
}

control = Control(ShopSettings(now=MONDAY))
app = create_app(load(), KEY, control)
schema = schemathesis.openapi.from_asgi("/openapi.json", app)
schema.config.generation.with_security_parameters = False  # every request gets the right key; ignored_auth takes it away itself
schema.config.phases.stateful.generation.modes = [schemathesis.GenerationMode.POSITIVE]  # the wrong ones are tried alone
schema.config.checks.positive_data_acceptance.enabled = False
modest = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def refusals_have_a_reason(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that fits the page is never called invalid; it may be refused by one of the shop's rules."""
    if not (case.meta and case.meta.generation.mode.is_positive and response.status_code in (400, 422)):
        return
    code = response.json()["error"]["code"]
    if code not in RULES:
        raise Failure(operation=case.operation.label, title="Valid request called invalid", message=f"{code}: {response.text}")


def sensible(case: Case[Any]) -> Case[Any]:
    """*case* with some of its random ids and dates replaced by ones that exist, so that not everything ends at "unknown"."""
    body: Any = case.body
    if not (case.meta and case.meta.generation.mode.is_positive and isinstance(body, dict)):
        return case
    if not str(case.path_parameters.get("order_id", "ord-")).startswith("ord-"):
        case.path_parameters["order_id"] = "ord-990001"
    for item in body.get("items", ()):
        item["product_id"] = _one_of(("T1001", "T1010", "T1042", "T1002", item["product_id"]), item)
        item["quantity"] = item["quantity"] % 4 + 1
    for name, choices in (
        ("station_id", ("st-kyiv-1", "st-kyiv-3", "st-odesa-1")),
        ("date", tuple(f"2026-11-{day}" for day in (22, 23, 24, 29, 30))),
        ("time", ("07:00", "10:00", "10:30")),
        ("service_type", ("tire_change", "alignment")),
        ("linked_order_id", ("ord-104217", None, None)),
    ):
        if name in body:
            body[name] = _one_of((*choices, body[name]), body)
    if "pickup" in body:
        body["pickup"]["pickup_point_id"] = _one_of(("pp-kyiv-1", "pp-lviv-1", body["pickup"]["pickup_point_id"]), body)
    return case


def _one_of(choices: Sequence[Any], seed: object) -> Any:
    return choices[zlib.crc32(repr(seed).encode()) % len(choices)]


@schema.parametrize()
@settings(modest, max_examples=15)
def test_every_operation_keeps_its_word(case: Case[Any]) -> None:
    sensible(case).call_and_validate(headers=KEYED, additional_checks=[refusals_have_a_reason])


def customers(path_regex: str) -> Any:
    """A machine that calls the operations of these paths in any order, with the ids that earlier answers brought."""

    machine: Any = schema.include(path_regex=path_regex).exclude(operation_id="fitting_of_customer").as_state_machine()

    class Customers(machine):  # type: ignore[misc]  # made at run time, from the page
        def setup(self) -> None:
            control.reset()
            TestClient(app).put("/control/orders", json=ALMOST_ORDERED).raise_for_status()

        def before_call(self, case: Case[Any]) -> None:
            sensible(case)

        def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
            return {"headers": KEYED}

        def validate_response(self, response: Response, case: Case[Any], additional_checks: Any = None, **other: Any) -> None:
            super().validate_response(response, case, additional_checks=[*(additional_checks or ()), refusals_have_a_reason], **other)

    return Customers


@pytest.mark.parametrize(
    ("path_regex", "expected"),
    [
        (r"/orders(/\{order_id\}.*)?$", {"POST /orders", "GET /orders/*", "PATCH /orders/*/delivery", "POST /orders/*/confirm"}),
        (r"/fitting/bookings", {"POST /fitting/bookings", "PATCH /fitting/bookings/*", "DELETE /fitting/bookings/*"}),
    ],
)
def test_customers_who_do_one_thing_after_the_other_find_it_kept_too(path_regex: str, expected: set[str]) -> None:
    control.forget()
    done: set[str] = set()
    for examples in (30, 100, 300):  # hypothesis draws from constants of whatever modules are loaded, so 30 do not always get everywhere
        customers(path_regex).run(settings=settings(modest, max_examples=examples, stateful_step_count=6))
        done = {_without_id(served) for served in control.log() if served.outcome in ("200", "201", "204")}
        if expected <= done:
            break
    assert expected <= done


def _without_id(served: Served) -> str:
    method, path = served.request.split(" ", 1)
    parts = path.removeprefix("/api/v1").split("/")
    return f"{method} {'/'.join('*' if part.startswith(('ord-', 'bk-')) else part for part in parts)}"
