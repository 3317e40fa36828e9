"""Whether a customer got what he rang for. Pure: evidence in, verdict out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from ops.eval.customer import Booked, Customer, Expect, Ordered, Use
from ops.eval.evidence import Evidence, Row
from ops.eval.policy import violations

W = TypeVar("W")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's result, as it is kept for the next comparison."""

    name: str
    topic: str
    language: str
    failures: list[str] = []  # empty: he got what he rang for
    violations: list[str] = []
    tools_expected: int = 0
    tools_right: int = 0
    arguments_expected: int = 0
    arguments_right: int = 0
    turns: int = 0  # of both
    latencies_ms: list[int] = []  # at his ear
    length_s: float = 0.0
    talk: list[str] = []  # what was said and done, where something is wrong

    @property
    def passed(self) -> bool:
        return not self.failures and not self.violations


def judge(customer: Customer, evidence: Evidence) -> Verdict:
    expect = customer.expect
    tools_right, arguments_right, wrong_uses = _uses(expect, evidence)
    failures = [*([evidence.trouble] if evidence.trouble else []), *wrong_uses]
    failures += _ending(expect, evidence)
    failures += _orders(expect, evidence)
    failures += _bookings(expect, evidence)
    failures += [f"{name} worked" for name in expect.refused if any(use["name"] == name for use in _worked(evidence))]
    verdict = Verdict(
        name=customer.name,
        topic=customer.topic,
        language=customer.language,
        failures=failures,
        violations=[f"{found.kind}: {found.detail}" for found in violations(evidence)],
        tools_expected=len(expect.uses),
        tools_right=tools_right,
        arguments_expected=sum(len(use.arguments) for use in expect.uses),
        arguments_right=arguments_right,
        turns=len(evidence.turns),
        latencies_ms=[round(latency) for latency in evidence.latencies_ms],
        length_s=_length_s(evidence.call),
    )
    return verdict if verdict.passed else msgspec.structs.replace(verdict, talk=list(evidence.told()))


def _worked(evidence: Evidence) -> list[Row]:
    return [use for use in evidence.tool_calls if use["success"]]


def _uses(expect: Expect, evidence: Evidence) -> tuple[int, int, list[str]]:
    """How many of the tools were used, how many of their arguments were right, and what was wrong in words."""
    tools_right = arguments_right = 0
    wrong: list[str] = []
    for wanted in expect.uses:
        uses = [use for use in _worked(evidence) if use["name"] == wanted.name]
        tools_right += bool(uses)
        best = max((_agreeing(wanted, use["arguments"]) for use in uses), default=0)
        arguments_right += best
        if not uses:
            wrong.append(f"{wanted.name} was not used with success")
        elif best < len(wanted.arguments):
            wrong.append(f"{wanted.name} was not used with {dict(wanted.arguments)}")
    return tools_right, arguments_right, wrong


def _agreeing(wanted: Use, arguments: Mapping[str, Any]) -> int:
    return sum(_same(arguments.get(name), value) for name, value in wanted.arguments.items())


def _same(given: Any, wanted: Any) -> bool:
    """Names may be written in another case."""
    return str(given).casefold() == str(wanted).casefold()


def _ending(expect: Expect, evidence: Evidence) -> Iterator[str]:
    call = evidence.call
    transferred = bool(call["transferred_to_operator"])
    if expect.ends == "operator" and not transferred:
        yield f"no operator took the call: {call['outcome']}"
    if expect.ends == "goodbye" and (transferred or call["outcome"] not in ("goodbye", "hung_up")):
        yield f"the call ended by {call['outcome']}"


def _orders(expect: Expect, evidence: Evidence) -> Iterator[str]:
    left = [order for order in evidence.orders if order["origin"] == "api" and order["status"] != "draft"]
    yield from _matched("order", expect.orders, left, _is_order, _order_shown)


def _bookings(expect: Expect, evidence: Evidence) -> Iterator[str]:
    left = [booking for booking in evidence.bookings if booking["status"] == "booked"]
    yield from _matched("booking", expect.bookings, left, _is_booking, _booking_shown)


def _matched(
    what: str, wanted: Sequence[W], left: Sequence[Row], fits: Callable[[W, Row], bool], shown: Callable[[Row], str]
) -> Iterator[str]:
    """Each wanted row is there, and no other."""
    rows = list(left)
    for one in wanted:
        found = next((row for row in rows if fits(one, row)), None)
        if found is None:
            yield f"no {what} like {one}"
        else:
            rows.remove(found)
    yield from (f"a {what} that nobody wanted: {shown(row)}" for row in rows)


def _is_order(wanted: Ordered, row: Row) -> bool:
    delivery = row.get("delivery") or {}
    return (
        sum(item["quantity"] for item in row["items"]) == wanted.quantity
        and wanted.city in (None, delivery.get("city"))
        and wanted.pickup_point_id in (None, delivery.get("pickup_point_id"))
        and wanted.payment_method in (None, row["payment_method"])
        and (wanted.size is None or all(wanted.size in item["name"] for item in row["items"]))
    )


def _is_booking(wanted: Booked, row: Row) -> bool:
    return (
        row["station_id"] == wanted.station_id
        and str(row["time"])[:5] == wanted.time
        and row["service_type"] == wanted.service_type
        and wanted.weekday in (None, dt.date.fromisoformat(str(row["date"])).weekday())
    )


def _order_shown(row: Row) -> str:
    return f"{row['items_summary']} to {row.get('delivery')}, {row['payment_method']}"


def _booking_shown(row: Row) -> str:
    return f"{row['station_id']} on {row['date']} at {row['time']}, {row['service_type']}"


def _length_s(call: Row) -> float:
    began: dt.datetime | None = call.get("started_at")
    ended: dt.datetime | None = call.get("ended_at")
    return 0.0 if began is None or ended is None else round((ended - began).total_seconds(), 1)
