"""Where the seed refuses to begin."""

from __future__ import annotations

import pytest

from controller.settings import EnvironmentSettings
from ops.seed.safety import Found, Refused, must_be_safe

EMPTY, USED, SEEDED = Found(0, 0), Found(0, 7), Found(500, 7)


@pytest.mark.parametrize("found", [EMPTY, USED, SEEDED])
def test_production_is_never_seeded_whatever_anybody_says(found: Found) -> None:
    with pytest.raises(Refused, match="production"):
        must_be_safe("production", found, anyway=True)


def test_an_environment_that_is_not_told_counts_as_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENVIRONMENT", raising=False)
    assert EnvironmentSettings(_env_file=None).environment == "production"  # type: ignore[call-arg]


def test_a_database_with_calls_of_others_alone_is_left_alone() -> None:
    with pytest.raises(Refused, match="7 calls"):
        must_be_safe("staging", USED, anyway=False)
    must_be_safe("staging", USED, anyway=True)


def test_an_empty_database_and_one_that_was_seeded_before_are_welcome() -> None:
    must_be_safe("staging", EMPTY, anyway=False)
    must_be_safe("development", SEEDED, anyway=False)
