from __future__ import annotations

import json
import os

from controller.watchdog.telling import Log


def pipe_lines(level: str, form: str) -> list[str]:
    read, write = os.pipe()
    log = Log(level, form, write)
    log.info("worker_serves", which="worker", pid=7)
    log.error("child_died", why="SIGKILL")
    os.close(write)
    with os.fdopen(read) as lines:
        return lines.read().splitlines()


def test_a_line_has_the_form_of_the_controllers() -> None:
    first, second = (json.loads(line) for line in pipe_lines("INFO", "json"))
    assert first.pop("timestamp").endswith("Z")
    assert first == {"which": "worker", "pid": 7, "event": "worker_serves", "level": "info", "logger": "controller.watchdog"}
    assert (second["event"], second["level"], second["why"]) == ("child_died", "error", "SIGKILL")


def test_the_level_that_was_set_holds_here_too() -> None:
    assert [json.loads(line)["event"] for line in pipe_lines("ERROR", "json")] == ["child_died"]


def test_as_text_it_can_be_read() -> None:
    first, _ = pipe_lines("INFO", "console")
    assert "worker_serves" in first
    assert "pid=7" in first


def test_a_reader_who_stands_still_does_not_hold_us_up() -> None:
    read, write = os.pipe()
    log = Log("INFO", "json", write)
    for _ in range(10_000):  # far more than a pipe holds
        log.info("worker_serves", pid=7)
    os.close(read)
    log.info("worker_serves", pid=7)
    os.close(write)
