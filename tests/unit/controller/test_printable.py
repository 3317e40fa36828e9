"""What a stranger says is never obeyed by the terminal of whoever reads it."""

from __future__ import annotations

import io
import json
import logging

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from controller.journal.queries import CallShown
from controller.logs import logging_to
from controller.masking import Masking
from controller.printable import printable, printable_json
from controller.settings import LogSettings
from controller.shown import call_sheet, callbacks_table, calls_table
from controller.shown_log import gap_text, log_text
from controller.terminal import harmless
from tests.unit.controller.test_shown import CALL, MOMENT, turn
from tests.unit.controller.test_tail import LINE

CLEAR, TITLE, EIGHT_BITS, TURNED, BELL = "\x1b[2J", "\x1b]0;owned\x07", "\x9b2J", "\u202eevil", "\a"
EVIL = f"Олена{CLEAR}{TITLE}{EIGHT_BITS}{TURNED}{BELL}\r[bold]x[/bold]"
OBEYED = "\x1b\x9b\u202e\a\r\x7f"


def shown(*what: object) -> str:
    stream = io.StringIO()
    harmless(Console(file=stream, width=4_000)).print(*what)
    return stream.getvalue()


def is_harmless(text: str) -> bool:
    return not set(OBEYED) & set(text)


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_keeps_what_a_terminal_obeys_and_no_other_character_is_lost(text: str) -> None:
    plain = printable(text)
    assert len(plain) == len(text)
    assert all(ord(after) >= 0x20 and not 0x7F <= ord(after) < 0xA0 for after in plain if after not in "\t\n")
    assert all(after == before for before, after in zip(text, plain, strict=True) if after not in "\ufffd␡" and not "␀" <= after <= "␟")


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_escaped_json_means_the_same(value: object) -> None:
    line = printable_json(msgspec.json.encode(value).decode())
    assert is_harmless(line)
    assert json.loads(line) == value


def test_a_call_shows_a_strangers_words_as_signs() -> None:
    tool = {"turn_number": 1, "name": EVIL, "arguments": {"city": EVIL}, "result": {"x": EVIL}, "duration_ms": 1, "success": False}
    event = {
        "created_at": MOMENT,
        "sequence": 1,
        "source": "ari",
        "level": "",
        "name": EVIL,
        "text": EVIL,
        "data": {EVIL: EVIL},
        "state": None,
        "event": None,
        "commands": None,
    }
    write = {"created_at": MOMENT, "intent": EVIL, "stage": EVIL, "result": {"x": EVIL}}
    call = CALL | {"caller_id": EVIL, "outcome": EVIL, "ended_by": EVIL, "transfer_reason": EVIL, "channel_id": EVIL, "app": EVIL}
    callback = {"due": 0, "id": "x", "tel": EVIL, "name": EVIL, "why": EVIL, "tries": 1, "owner": EVIL, "state": "open"}
    turns = [turn(1, "caller", EVIL), turn(2, "agent", EVIL, heard="Олена", interrupted=True)]
    sheet = call_sheet(CallShown(call, turns, [tool], [event], [write]), Masking().text, events=True)
    for what in (sheet, calls_table([call], Masking().text), callbacks_table([callback], Masking().text)):
        text = shown(what)
        assert is_harmless(text)
        assert text.count("Олена") == text.count("[bold]x[/bold]") > 0, "no markup either"


def test_the_log_shows_a_strangers_words_as_signs() -> None:
    line = LINE | {"name": EVIL, "text": EVIL, "data": {EVIL: EVIL}}
    gap = {"app": EVIL, "after": 0, "until": 1, "why": EVIL}
    for what in (log_text(line), gap_text(gap)):
        assert is_harmless(text := shown(what))
        assert text.count("Олена␛[2J") == text.count("[bold]x[/bold]") > 0


def test_our_own_colours_stay() -> None:
    stream = io.StringIO()
    harmless(Console(file=stream, force_terminal=True, color_system="standard", highlight=False)).print(f"[red]{CLEAR}[/red]")
    assert stream.getvalue() == "\x1b[31m␛[2J\x1b[0m\n"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_line_of_the_log_holds_nothing_that_a_terminal_obeys(form: str) -> None:
    stream = io.StringIO()
    with logging_to(stream, LogSettings(format=form), Masking()):  # type: ignore[arg-type]
        structlog.get_logger().info("call_arrived", caller=EVIL, data={EVIL: [EVIL]})
        logging.getLogger("some.library").warning("said %s", EVIL)
        try:
            raise ValueError(EVIL)
        except ValueError:
            structlog.get_logger().exception("failed")
    assert "Олена" in stream.getvalue()
    assert is_harmless(stream.getvalue())
