from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from controller.call import events as seen
from controller.call.machine import receive
from controller.call.state import Call
from controller.cli import app
from controller.log_commands import differences_in_words
from controller.replay import NotARecording, Step, load, replay, save

CALL_ID = "0198a5f0-0000-7000-8000-000000000001"
NUMBER = "+380671234567"


def recorded(*events: seen.AnyEvent) -> list[Step]:
    call, steps = Call(), []
    for seq, event in enumerate((seen.CallArrived(call_id=CALL_ID, channel_id="1.1", app="callctl", caller_id=NUMBER), *events), 1):
        call, commands = receive(call, event)
        ordered = [msgspec.to_builtins(command) for command in commands]
        steps.append(Step(seq=seq, event=msgspec.to_builtins(event), commands=ordered, state=call.state.value))
    return steps


HUNG_UP = recorded(seen.CallerHungUp(cause=16), seen.ChannelGone())


def words(steps: list[Step]) -> str:
    return "\n".join(text.plain for text in differences_in_words(replay(steps)))


def test_a_machine_that_does_what_it_did_shows_no_difference() -> None:
    assert replay(HUNG_UP) == []
    assert replay(reversed(HUNG_UP)) == [], "whatever order the lines come in"


def test_another_command_is_told_with_its_step_and_both_sides() -> None:
    first = HUNG_UP[0]
    other = replace(first, commands=[*first.commands[:-1], {"type": "open_line.1", "leg_id": "another"}])
    (difference,) = replay([other, *HUNG_UP[1:]])
    assert (difference.seq, difference.event, difference.what) == (1, "call_arrived.1", "commands")
    assert "- open_line leg_id=another" in words([other, *HUNG_UP[1:]])
    assert any(line.startswith("  + ") for line in words([other]).splitlines())


def test_another_state_is_told() -> None:
    (difference,) = replay([HUNG_UP[0], replace(HUNG_UP[1], state="talking"), HUNG_UP[2]])
    assert (difference.what, difference.expected, difference.got) == ("state", ("talking",), ("ending",))


def test_a_field_that_came_since_with_a_default_is_no_difference() -> None:
    event = {name: value for name, value in HUNG_UP[0].event.items() if name != "limits"}
    assert replay([replace(HUNG_UP[0], event=event), *HUNG_UP[1:]]) == []


def test_what_this_version_does_not_know_is_a_difference_and_the_rest_goes_on() -> None:
    strange = Step(seq=2, event={"type": "meteor_struck.1"}, commands=[], state="connecting")
    (difference,) = replay([HUNG_UP[0], strange, *[replace(step, seq=step.seq + 1) for step in HUNG_UP[1:]]])
    assert (difference.what, difference.event) == ("event", "meteor_struck.1")
    unknown = replace(HUNG_UP[1], commands=[*HUNG_UP[1].commands, {"type": "sing.1"}])
    assert "- sing" in words([HUNG_UP[0], unknown, HUNG_UP[2]])


def test_a_second_life_of_the_call_begins_anew() -> None:
    again = [replace(step, seq=step.seq + 3) for step in HUNG_UP]
    assert replay([*HUNG_UP, *again]) == []


def test_a_recording_is_read_back_with_other_numbers_the_same_for_the_same(tmp_path: Path) -> None:
    steps = recorded(seen.TransferRequested(by="caller", reason="asked", summary="дзвонить 0671234567"), seen.ChannelGone())
    save(tmp_path / "call.jsonl", steps)
    text = (tmp_path / "call.jsonl").read_text("utf-8")
    assert "671234567" not in text
    assert '"caller_id":"+380990000001"' in text
    assert "дзвонить 0990000001" in text
    assert replay(load(tmp_path / "call.jsonl")) == []


def test_lines_that_are_no_steps_are_passed_over(tmp_path: Path) -> None:
    save(tmp_path / "call.jsonl", HUNG_UP)
    told: dict[str, Any] = {"seq": 9, "src": "llm", "name": "FirstToken", "state": None, "data": {"ms": 410}}
    with (tmp_path / "call.jsonl").open("a") as file:
        file.write(json.dumps(told) + "\n")
    assert len(load(tmp_path / "call.jsonl")) == 3


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"seq": 1, "state": "x", "data": {}}', '{"state": null}'])
def test_what_is_no_recording_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "call.jsonl").write_text(text)
    with pytest.raises(NotARecording, match=r"call\.jsonl"):
        load(tmp_path / "call.jsonl")


def test_the_command_tells_by_its_exit_code_and_in_words(tmp_path: Path) -> None:
    save(tmp_path / "call.jsonl", HUNG_UP)
    good = CliRunner().invoke(app, ["replay", str(tmp_path / "call.jsonl")])
    assert (good.exit_code, "3 steps, to the state ended: the machine does what it did" in good.stdout) == (0, True)
    save(tmp_path / "call.jsonl", [replace(step, state="talking") for step in HUNG_UP])
    bad = CliRunner().invoke(app, ["replay", str(tmp_path / "call.jsonl")])
    assert bad.exit_code == 1
    assert "step 2, caller_hung_up.1: other state" in bad.stdout
    assert "3 differences" in bad.stderr
    nothing = CliRunner().invoke(app, ["replay", "nothing"])
    assert (nothing.exit_code, "'nothing' is not the id of a call" in nothing.stderr) == (1, True)
