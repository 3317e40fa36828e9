"""Parent, worker and standby with the real controller, on a stack of its own: whatever dies, somebody serves again at once."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.devstack import DevStack
from ops.system import Controller, System

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with DevStack() as own, System(own, WORKER_STANDBY="true") as system:
        yield system


@pytest.fixture
def controller(system: System) -> Iterator[Controller]:
    """Ready for calls, and its standby is warm."""
    one = system.controller
    if not one.running:
        one.start()
    eventually(lambda: standby_warm(one), "warm standby")
    yield one
    if not one.running and one.worker is not None:  # an orphan that a test left
        one.start()


def eventually(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"no {what} within {PATIENCE_S:g} s"
        time.sleep(0.05)
    return found


def metric(controller: Controller, name: str) -> float:
    (value,) = re.findall(rf"^{name} (\S+)$", controller.metrics(), re.MULTILINE)
    return float(value)


def standby_warm(controller: Controller) -> bool:
    return controller.ready() and metric(controller, "callctl_standby_warm") == 1.0


def follows(controller: Controller, worker: int) -> int:
    """The pid of who serves instead of *worker*, when it is fit for calls."""
    eventually(lambda: controller.worker not in {None, worker} and controller.ready(), "successor")
    found = controller.worker
    assert found is not None
    return found


def events(controller: Controller) -> list[dict[str, Any]]:
    process = controller.process
    assert process is not None
    return [json.loads(line) for line in process.log_path.read_text().splitlines() if line.startswith("{")]


@pytest.mark.timeout(180)
def test_a_worker_that_is_killed_is_followed_by_the_standby_and_the_next_question_is_answered(controller: Controller) -> None:
    standby = controller.standby
    died_before = metric(controller, "callctl_worker_restarts_total")
    killed = controller.kill_worker()
    assert controller._get("/health")[0] == 200, "who asked in the gap waited, and was answered"
    assert follows(controller, killed) == standby
    eventually(lambda: metric(controller, "callctl_worker_restarts_total") == died_before + 1, "count of the death")
    (died,) = [event for event in events(controller) if event["event"] == "child_died" and event["pid"] == killed]
    assert died["why"] == "SIGKILL"


@pytest.mark.timeout(180)
def test_a_worker_that_stands_still_is_killed_and_followed(controller: Controller) -> None:
    stopped = controller.worker
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    follows(controller, stopped)
    assert [event for event in events(controller) if event["event"] == "child_killed" and event["pid"] == stopped]


@pytest.mark.timeout(180)
def test_sighup_hands_over_to_a_new_process_and_loses_no_record(controller: Controller) -> None:
    worker, standby, process = controller.worker, controller.standby, controller.process
    assert worker is not None
    assert process is not None
    died_before = metric(controller, "callctl_worker_restarts_total")
    process.send(signal.SIGHUP)
    assert follows(controller, worker) != standby, "the standby ran the code from before"
    assert [event for event in events(controller) if event["event"] == "handed_over"]
    assert metric(controller, "callctl_worker_restarts_total") == died_before
    assert metric(controller, "callctl_journal_lost_records_total") == 0


@pytest.mark.timeout(180)
def test_a_worker_whose_parent_was_killed_serves_on_and_hands_over_to_the_next(controller: Controller) -> None:
    orphan = controller.worker
    assert orphan is not None
    controller.kill_parent()
    assert controller.ready()
    assert controller.worker == orphan
    controller.start(wait=False)
    follows(controller, orphan)
    assert controller.running


@pytest.mark.timeout(180)
def test_a_stop_ends_all_of_it(controller: Controller) -> None:
    worker, standby = controller.worker, controller.standby
    assert controller.stop() == 0
    assert controller.worker is None
    for pid in (worker, standby):
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
