from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.journal.ids import call_uuid, derived_id, moment, unix_ms
from tests.fakes.recorded_calls import new_call_id

CALL = uuid.UUID("01a20399-d3a4-7571-a5c9-eda76f7988d2")
times = st.integers(0, (1 << 48) - 1)


@given(times, st.text(max_size=20))
def test_a_derived_id_is_a_uuid7_that_carries_its_time(at_ms: int, key: str) -> None:
    id_ = uuid.UUID(derived_id(CALL, "turn", key, at_ms))
    assert (id_.version, id_.variant, unix_ms(id_)) == (7, uuid.RFC_4122, at_ms)
    assert derived_id(CALL, "turn", key, at_ms) == str(id_)


def test_ids_differ_by_call_kind_and_key() -> None:
    other = uuid.UUID(new_call_id())
    ids = {
        derived_id(call, kind, key, 1_800_000_000_000) for call in (CALL, other) for kind in ("turn", "tool") for key in ("1", "2", "12")
    }
    assert len(ids) == 12


@pytest.mark.parametrize("at_ms", [-1, 1 << 48])
def test_what_is_no_time_makes_no_id(at_ms: int) -> None:
    with pytest.raises(ValueError, match="no time"):
        derived_id(CALL, "turn", "1", at_ms)


@pytest.mark.parametrize("call_id", ["", "42", "9f13b39a-ac0e-4740-beba-77b689afce66"])
def test_a_call_id_that_is_no_uuid7_is_refused(call_id: str) -> None:
    with pytest.raises(ValueError, match=r"UUID"):
        call_uuid(call_id)


def test_a_moment_is_exact_to_the_millisecond() -> None:
    assert moment(1_795_357_942_563) == datetime(2026, 11, 22, 14, 32, 22, 563000, UTC)
