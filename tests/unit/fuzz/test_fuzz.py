"""A minute of fuzzing in every check, over all targets together; the same inputs each time. `make fuzz` looks for new ones, longer."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import strategies as st

from ops.fuzz.__main__ import main
from ops.fuzz.campaign import run
from ops.fuzz.target import Target, pure
from ops.fuzz.targets import TARGETS
from ops.fuzz.targets.journal import NUL

SECONDS = 60
SEED = 6
ENOUGH = 20
"""Inputs in a share of the minute, on the slowest machine."""


@pytest.mark.minute
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks_in_a_minute(name: str) -> None:
    campaign = run(TARGETS[name], seconds=SECONDS / len(TARGETS), seed_=SEED)
    assert campaign.crash is None, campaign.crash.reproduction
    assert campaign.inputs > ENOUGH


def test_a_text_that_spells_the_escape_of_nul_is_as_good_as_any() -> None:
    assert NUL.search(json.dumps("a\0"))
    assert NUL.search(json.dumps("\\\0"))
    assert not NUL.search(json.dumps("\\u0000"))
    TARGETS["journal"].try_out(([b"\x84\xa4type\xaacustomer.1\xa5phone\xa0\xa4name\xa6\\u0000\xa5at_ms\x00"], [], 1))


def fragile(value: list[int]) -> None:
    assert sum(value) < 1_000, "too much"


FRAGILE = Target("fragile", st.lists(st.integers(0, 2_000)), pure(fragile))


def test_what_breaks_is_shrunk_and_told_as_a_test() -> None:
    crash = run(FRAGILE, seconds=30, seed_=1).crash
    assert crash is not None
    assert crash.value == [1_000]
    assert "TARGETS['fragile'].try_out([1000])" in crash.reproduction
    compile(crash.reproduction, "reproduction", "exec")


def test_the_same_seed_makes_the_same_inputs() -> None:
    def inputs_of(seed: int) -> list[list[int]]:
        seen: list[list[int]] = []

        def see(value: list[int]) -> None:
            seen.append(value)
            assert len(seen) < 50

        run(Target("seen", FRAGILE.inputs, pure(see)), seconds=30, seed_=seed)
        return seen[:50]

    assert inputs_of(3) == inputs_of(3) != inputs_of(4)


def test_a_target_that_holds_ends_in_time() -> None:
    began_s = time.monotonic()
    campaign = run(Target("nothing", st.integers(), pure(lambda value: None)), seconds=0.2, seed_=1)
    assert campaign.inputs > 0
    assert campaign.crash is None
    assert time.monotonic() - began_s < 30


def test_the_command_tells_its_seed_keeps_what_broke_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(TARGETS, "fragile", FRAGILE)
    assert main(["--seconds", "20", "--seed", "5", "--target", "fragile", "--crashes", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "seed 5" in told
    [kept] = tmp_path.iterdir()
    assert str(kept) in told
    assert kept.read_text() in told
    assert main(["--seconds", "0.1", "--seed", "5", "--target", "audiosocket", "--crashes", str(tmp_path)]) == 0
