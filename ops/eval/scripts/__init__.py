"""All scripted customers, one file a topic."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ops.eval.customer import Customer
from ops.eval.scripts import attacks, fitting, orders, people, questions, status, tyres


def _all() -> tuple[Customer, ...]:
    topics = (tyres, orders, status, fitting, questions, people, attacks)
    found = [dataclasses.replace(customer, topic=topic.__name__.rpartition(".")[2]) for topic in topics for customer in topic.CUSTOMERS]
    assert len({customer.name for customer in found}) == len(found), "a name is there twice"
    return tuple(found)


CUSTOMERS: Sequence[Customer] = _all()


def chosen(names: Sequence[str]) -> Sequence[Customer]:
    """Those with one of these names or topics; all without any. Raises ``KeyError`` for a word that names nothing."""
    known = {customer.name for customer in CUSTOMERS} | {customer.topic for customer in CUSTOMERS}
    if strays := sorted(set(names) - known):
        raise KeyError(f"no customer and no topic is called {', '.join(strays)}; there are {', '.join(sorted(known))}")
    return [customer for customer in CUSTOMERS if not names or {customer.name, customer.topic} & set(names)]
