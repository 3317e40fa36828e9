"""Links break in the middle of a talk, and nobody is dropped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.chaos.house import House
from ops.chaos.report import told
from tests.chaos.shortly import carried_out, opened

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with opened() as house:
        yield house


@pytest.mark.parametrize(("number", "case"), [(4, "ari/cut"), (5, "postgres/hole"), (6, "audiosocket/reset")])
def test_every_promise_is_kept_when(house: House, number: int, case: str) -> None:
    done = carried_out(house, number, case)
    assert done.verdict.passed, told(done)
