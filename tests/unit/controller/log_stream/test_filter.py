from __future__ import annotations

import json
from typing import Any

import pytest

from controller.board.sight import Sight
from controller.journal.records import Logged, MachineStepped
from controller.log_stream.filter import Filter, View
from controller.log_stream.line import end, gap, line_of
from controller.masking import Masking
from tests.unit.controller.log_stream.lines import CALL, OTHER, line


def seen(chosen: Filter, text: str = "", **fields: str) -> bool:
    return View(chosen, Masking())(line(1, text, **fields)) is not None


@pytest.mark.parametrize(
    ("chosen", "fields", "passes"),
    [
        (Filter(), {}, True),
        (Filter(call=CALL), {}, True),
        (Filter(call=OTHER), {}, False),
        (Filter(sources=frozenset({"ari", "stt"})), {}, True),
        (Filter(sources=frozenset({"ari"})), {}, False),
        (Filter(level="warn"), {}, False),
        (Filter(level="warn"), {"level": "err"}, True),
        (Filter(level="err"), {"level": "warn"}, False),
        (Filter(text="ШИНИ"), {"text": "зимові шини"}, True),
        (Filter(text="літні"), {"text": "зимові шини"}, False),
        (Filter(text="told"), {}, True),
    ],
)
def test_a_filter_chooses(chosen: Filter, fields: dict[str, str], passes: bool) -> None:
    assert seen(chosen, **fields) is passes


def test_a_gap_concerns_everybody_and_an_end_is_no_line() -> None:
    view = View(Filter(call=OTHER, text="x", level="err"), Masking())
    assert view(gap("one", 1, 5, "away")) is not None
    assert view(end("one", 5, OTHER)) is None


def shown(numbers: bool, text: str = "", **data: str) -> str:
    return (View(Filter(numbers=numbers), Masking(["s3cr3t-value"]))(line(1_795_271_520_671_234, text, **data)) or b"").decode()


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("мій 0671234567", {}),
        ("", {"phone": "+380671234567"}),
        ("", {"caller_id": "48221234567"}),  # a foreign number is one by its field's name
        ("перший\n0671234567", {}),  # behind an escape
        ("", {"said": 'він сказав "0671234567"'}),
    ],
)
def test_numbers_are_masked_for_whoever_may_not_see_them(text: str, data: dict[str, str]) -> None:
    masked, full = shown(False, text, **data), shown(True, text, **data)
    assert "1234567" not in masked
    assert "4567" in masked
    assert "1234567" in full
    assert json.loads(masked)["pos"] == 1_795_271_520_671_234, "a place is no number of anybody's"


def test_secrets_are_hidden_and_the_rest_stays_as_it_is() -> None:
    assert "s3cr3t-value" not in shown(False, "s3cr3t-value")
    assert json.loads(shown(False, token="abc", tokens="12"))["data"] == {"token": "***", "tokens": "12"}
    assert shown(False, "FirstToken", request="req_011") == shown(True, "FirstToken", request="req_011")


@pytest.mark.parametrize(
    "pressed",
    [
        Logged(call_id=CALL, sequence=1, at_ms=1, position=1, source="ari", name="ChannelDtmfReceived", text="7"),
        MachineStepped(
            call_id=CALL, sequence=1, at_ms=1, position=1, state="talking", event={"type": "digit_pressed.1", "digit": "7"}, commands=[]
        ),
    ],
)
def test_a_number_that_is_typed_stands_in_no_lines_of_whoever_may_not_see_it(pressed: Logged | MachineStepped) -> None:
    stored = line_of(pressed, "one")
    masked, full = [json.loads(View(Filter(numbers=numbers), Masking())(stored) or b"") for numbers in (False, True)]
    assert (key_of(masked), key_of(full)) == ("*", "7")
    assert {**masked, "text": "", "data": {}} == {**full, "text": "", "data": {}}
    found = [View(Filter(text=f'"{key}"', numbers=False), Masking())(stored) for key in "7*"]
    assert (found[0], found[1] is not None) == (None, True)


def test_the_board_tells_as_little_of_it() -> None:
    for data in ({"event": {"type": "digit_pressed.1", "digit": "7"}, "commands": []}, {"event": "7"}, None):
        ev = {"seq": 4, "name": "digit_pressed", "text": "talking", "data": data}
        assert Sight(log=True, numbers=True).see({"ev": ev}) == {"ev": ev}
        if isinstance(data, dict) and isinstance(data["event"], dict):
            assert key_of(Sight(log=True).see({"ev": ev})["ev"]) == "*"
        else:
            assert Sight(log=True).see({"ev": ev}) == {"ev": ev}
    ev = {"seq": 4, "name": "ChannelDtmfReceived", "text": "7", "data": {}}
    assert Sight(log=True).see({"ev": ev}) == {"ev": {**ev, "text": "*"}}


def key_of(line: dict[str, Any]) -> object:
    return line["data"]["event"]["digit"] if line["name"] == "digit_pressed" else line["text"]


def test_nobody_finds_by_a_text_what_he_may_not_see() -> None:
    assert not seen(Filter(text="0671234567"), "мій 0671234567")
    assert seen(Filter(text="0671234567", numbers=True), "мій 0671234567")
