from __future__ import annotations

import io
import json
import logging
import threading
from typing import Any

import pytest
import structlog

from controller.logs import WAITING_LINES, logging_to
from controller.masking import Masking
from controller.settings import LogSettings


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_with_the_ids_of_its_context() -> None:
    stream = io.StringIO()
    with logging_to(stream, LogSettings(), Masking()), structlog.contextvars.bound_contextvars(call_id="0198-a", request_id="r-1"):
        structlog.get_logger("controller.session").info("call_arrived", caller="+380671234567")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "call_arrived",
        "caller": "+38067***4567",
        "call_id": "0198-a",
        "request_id": "r-1",
        "level": "info",
        "logger": "controller.session",
    }


def test_a_librarys_line_takes_the_same_way_with_the_same_context() -> None:
    stream = io.StringIO()
    with logging_to(stream, LogSettings(), Masking()), structlog.contextvars.bound_contextvars(call_id="0198-a"):
        logging.getLogger("some.library").warning("lost %s", "+380671234567", extra={"attempt": 2})
    (line,) = lines(stream)
    assert (line["event"], line["call_id"], line["attempt"]) == ("lost +38067***4567", "0198-a", 2)


def test_neither_numbers_nor_secrets_show_in_a_traceback() -> None:
    stream = io.StringIO()
    with logging_to(stream, LogSettings(), Masking(["pg-secret-3"])):
        try:
            raise ValueError("cannot reach postgresql://callctl:pg-secret-3@db for +380671234567")
        except ValueError:
            structlog.get_logger().exception("failed")
    text = stream.getvalue()
    assert "Traceback" in text
    assert "pg-secret-3" not in text
    assert "380671234567" not in text


def test_the_level_holds_for_both_and_chatty_libraries_are_kept_quiet() -> None:
    stream = io.StringIO()
    with logging_to(stream, LogSettings(level="INFO"), Masking()):
        structlog.get_logger().debug("unseen")
        logging.getLogger("other").debug("unseen")
        logging.getLogger("websockets.client").info("unseen")
        logging.getLogger("other").info("seen")
    assert [line["event"] for line in lines(stream)] == ["seen"]


def test_the_console_form_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    with logging_to(stream, LogSettings(format="console"), Masking()):
        structlog.get_logger().info("call_arrived", caller="+380671234567")
    assert "call_arrived" in stream.getvalue()
    assert "+38067***4567" in stream.getvalue()


class Stuck(io.StringIO):
    """A terminal that takes nothing until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def write(self, text: str) -> int:
        self.released.wait(30)
        return super().write(text)


def test_a_stuck_reader_of_the_log_never_holds_up_the_process() -> None:
    stream = Stuck()
    with logging_to(stream, LogSettings(), Masking()) as handler:
        log = logging.getLogger("other")
        for number in range(WAITING_LINES + 100):
            log.info("line %d", number)
        assert handler.dropped >= 98
        stream.released.set()


def test_a_log_that_nobody_reads_any_more_does_not_keep_the_process_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.logs.LAST_LINES_S", 0.05)
    stream = Stuck()
    with logging_to(stream, LogSettings(), Masking()):
        for number in range(WAITING_LINES + 100):
            logging.getLogger("other").info("line %d", number)
    assert not stream.getvalue()
    stream.released.set()
