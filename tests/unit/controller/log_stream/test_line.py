from __future__ import annotations

import json

from controller.journal.records import MachineStepped
from controller.log_stream.line import line_of
from tests.unit.controller.log_stream.lines import CALL, START_MS, line, logged


def test_a_line_tells_where_it_stands_and_when_it_was_in_the_call() -> None:
    made = line(7, "Добрий день", speaker="caller")
    assert json.loads(made.json) == {
        "call": CALL,
        "app": "one",
        "pos": 7,
        "seq": 1,
        "ts": START_MS + 1_500,
        "at": 1_500,
        "src": "stt",
        "lvl": "",
        "name": "Told",
        "text": "Добрий день",
        "data": {"speaker": "caller"},
        "state": None,
    }
    assert (made.app, made.position, made.call, made.source, made.level) == ("one", 7, CALL, "stt", "")


def test_a_step_of_the_machine_brings_its_event_and_its_commands() -> None:
    step = MachineStepped(
        call_id=CALL, sequence=2, at_ms=START_MS, state="talking", event={"type": "line_joined.1"}, commands=[{"type": "x.1"}], position=8
    )
    told = json.loads(line_of(step, "one").json)
    assert (told["src"], told["name"], told["state"]) == ("ctl", "line_joined", "talking")
    assert told["data"] == {"event": {"type": "line_joined.1"}, "commands": [{"type": "x.1"}]}


def test_what_json_cannot_hold_costs_no_more_than_the_data() -> None:
    assert "\ufffd" in json.loads(line(1, "a", half="\ud800").json)["data"]["half"].replace("?", "\ufffd")
    circle: dict[str, object] = {}
    circle["self"] = circle
    told = json.loads(line_of(logged(2, "kept", circle=circle), "one").json)
    assert told["text"] == "kept"
    assert "unreadable" in told["data"]


def test_a_stranger_without_a_call_has_no_start() -> None:
    assert json.loads(line(1, call="nobody").json)["at"] == 0
