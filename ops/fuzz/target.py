"""What is fuzzed: how its inputs are made, and what must hold for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Check = Callable[[Any], None]
"""Raises whatever must never be raised by an input, an AssertionError where a promise is broken."""


@dataclass(frozen=True, slots=True)
class Target:
    """*inputs* makes plain values, whose repr makes them again; *open* gives the check, with what it needs while it is used."""

    name: str
    inputs: st.SearchStrategy[Any]
    open: Callable[[], AbstractContextManager[Check]]

    def try_out(self, value: Any) -> None:
        """One input alone: what a reproduction calls."""
        with self.open() as check:
            check(value)


def pure(check: Check) -> Callable[[], AbstractContextManager[Check]]:
    """For a check that needs nothing."""

    @contextmanager
    def opened() -> Iterator[Check]:
        yield check

    return opened
