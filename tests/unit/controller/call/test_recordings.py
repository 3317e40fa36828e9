"""Calls that were recorded: the machine does today what it did then."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.call import events as seen
from controller.log_commands import differences_in_words
from controller.replay import load, replay

RECORDINGS = sorted((Path(__file__).parents[3] / "recordings").glob("*.jsonl"))
JUDGE = (
    "The machine orders something else than it did in this call. If that was not meant, it is a fault. If it was: look at each difference "
    "with `callctl replay {file}`, and when all of them are wanted, record such a call anew: `callctl replay CALL --save {file}`."
)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recorded_call_goes_as_it_went(path: Path) -> None:
    differences = replay(load(path))
    words = "\n".join(text.plain for text in differences_in_words(differences))
    assert not differences, f"{JUDGE.format(file=f'tests/recordings/{path.name}')}\n{words}"


def test_the_recordings_are_whole_calls_of_several_kinds() -> None:
    assert len(RECORDINGS) >= 5
    for path in RECORDINGS:
        steps = load(path)
        assert isinstance(seen.from_builtins(steps[0].event), seen.CallArrived), path
        assert steps[-1].state == "ended", path
