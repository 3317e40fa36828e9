"""The parent as a process, over children that are processes, with real pipes, signals and sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from controller.watchdog.plan import Plan
from ops.devstack.ports import LOOPBACK, free_port

CHILD = Path(__file__).with_name("fake_controller.py")
ROOT = Path(__file__).parents[4]
PATIENCE_S = 30.0
LIGHT_KB = 40_000


class Told(NamedTuple):
    pid: int
    restarts: int
    standby_warm: bool


def eventually(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"no {what} within {PATIENCE_S:g} s"
        time.sleep(0.02)
    return found


def ended(pid: int) -> bool:
    """Also if nobody has taken note of it yet, as of the children of a parent that died."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


class House:
    """One journal's directory, and the parents that work in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "log"
        self.api_port, self.audio_port = free_port(), free_port()
        self.standby = True
        self._parents: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        plan = Plan(
            argv=(sys.executable, str(CHILD), str(self.directory)),
            directory=str(self.directory),
            api_host=LOOPBACK,
            api_port=self.api_port,
            audiosocket_host=LOOPBACK,
            audiosocket_port=self.audio_port,
            standby=self.standby,
            hung_after_s=0.75,
            log_level="INFO",
            log_format="json",
        )
        with self.log.open("ab") as log:
            argv = [sys.executable, "-m", "controller.watchdog", plan.encode()]
            parent = subprocess.Popen(argv, stdout=log, stderr=log, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        self._parents.append(parent)
        return parent

    def ask(self) -> Told | None:
        try:
            with socket.create_connection((LOOPBACK, self.api_port), timeout=5) as connection:
                pid, restarts, warm = connection.makefile().readline().split()
        except (OSError, ValueError):
            return None
        return Told(int(pid), int(restarts), warm == "1")

    def serves(self, but: int = 0) -> int:
        """The pid of who serves, when it is another than *but*."""
        return int(eventually(lambda: (told := self.ask()) and told.pid != but and told.pid, "worker that serves"))

    def stands_by(self) -> None:
        eventually(lambda: (told := self.ask()) and told.standby_warm, "warm standby")

    def children(self, parent: subprocess.Popen[bytes]) -> set[int]:
        return {int(pid) for pid in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()}

    def text(self) -> str:
        return self.log.read_text()

    def close(self) -> None:
        """Only what was started here: the parents, their children, and an orphan that the lock names."""
        for parent in self._parents:
            if parent.poll() is None:
                children = self.children(parent)
                parent.kill()
                parent.wait()
                for pid in children:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        if (told := self.ask_at_once()) is not None:
            with suppress(ProcessLookupError):
                os.kill(told.pid, signal.SIGKILL)

    def ask_at_once(self) -> Told | None:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((LOOPBACK, self.api_port)):
                return None
        return self.ask()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    try:
        yield made
    finally:
        made.close()


def test_a_worker_that_is_killed_is_followed_by_the_standby_and_who_connects_meanwhile_is_not_refused(house: House) -> None:
    house.start()
    first = house.serves()
    house.stands_by()
    os.kill(first, signal.SIGKILL)
    told = house.ask()
    assert told is not None, "the connection waited for the successor"
    assert told.pid != first
    house.stands_by()
    again = house.ask()
    assert again is not None
    assert again.restarts == 1


def test_a_worker_that_stands_still_is_killed_and_followed(house: House) -> None:
    house.start()
    first = house.serves()
    house.stands_by()
    os.kill(first, signal.SIGSTOP)
    assert house.serves(but=first)
    assert "hung for" in house.text()
    assert ended(first)


def test_a_standby_that_stands_still_is_replaced(house: House) -> None:
    parent = house.start()
    worker = house.serves()
    house.stands_by()
    (standby,) = house.children(parent) - {worker}
    os.kill(standby, signal.SIGSTOP)
    eventually(lambda: standby not in house.children(parent), "end of the standby")
    house.stands_by()
    assert house.serves() == worker


def test_without_a_standby_a_new_one_is_started(house: House) -> None:
    house.standby = False
    parent = house.start()
    first = house.serves()
    assert house.children(parent) == {first}
    os.kill(first, signal.SIGKILL)
    assert house.serves(but=first)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_all_of_them_with_the_workers_exit_code(house: House, number: signal.Signals) -> None:
    (house.directory / "exit").write_text("3")
    parent = house.start()
    house.serves()
    house.stands_by()
    children = house.children(parent)
    parent.send_signal(number)
    assert parent.wait(PATIENCE_S) == 3
    assert all(ended(pid) for pid in children)


def test_what_cannot_start_says_so_once_and_is_not_tried_again(house: House) -> None:
    (house.directory / "broken").touch()
    parent = house.start()
    assert parent.wait(PATIENCE_S) == 1
    assert house.text().count("the file is broken") == 1
    assert house.text().count("child_started") == 1


def test_new_code_takes_over_on_sighup_and_nobody_is_refused(house: House) -> None:
    parent = house.start()
    first = house.serves()
    house.stands_by()
    before = house.children(parent)
    parent.send_signal(signal.SIGHUP)
    second = house.serves(but=first)
    assert second not in before, "not the old standby"
    house.stands_by()
    assert not house.children(parent) & before
    told = house.ask()
    assert told is not None
    assert told.restarts == 0, "nobody died unasked"


def test_code_that_is_broken_leaves_all_as_it_was(house: House) -> None:
    parent = house.start()
    first = house.serves()
    house.stands_by()
    before = house.children(parent)
    (house.directory / "broken").touch()
    parent.send_signal(signal.SIGHUP)
    eventually(lambda: "the file is broken" in house.text(), "attempt")
    eventually(lambda: "exit code 1" in house.text(), "its end")
    assert house.children(parent) == before
    assert house.serves() == first


def test_a_second_parent_in_the_same_directory_says_who_is_there(house: House) -> None:
    parent = house.start()
    house.serves()
    second = house.start()
    assert second.wait(PATIENCE_S) == 1
    assert f"callctl run is at work in the journal's directory {house.directory} already, as process {parent.pid}" in house.text()


def test_a_port_that_is_taken_is_told_before_anything_is_started(house: House) -> None:
    with socket.create_server((LOOPBACK, house.api_port)):
        parent = house.start()
        assert parent.wait(PATIENCE_S) == 1
    assert f"The API cannot listen on {LOOPBACK}:{house.api_port}" in house.text()
    assert "child_started" not in house.text()


def test_an_orphan_serves_on_and_hands_over_to_the_next_parents_worker(house: House) -> None:
    parent = house.start()
    orphan = house.serves()
    house.stands_by()
    (standby,) = house.children(parent) - {orphan}
    parent.kill()
    parent.wait()
    eventually(lambda: ended(standby), "end of the standby of nobody")
    assert house.serves() == orphan
    second = house.start()
    successor = house.serves(but=orphan)
    assert successor in house.children(second)
    assert ended(orphan)
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE_S) == 0


def test_an_orphan_that_stands_still_is_ended_by_the_next_parent(house: House) -> None:
    parent = house.start()
    orphan = house.serves()
    house.stands_by()
    parent.kill()
    parent.wait()
    os.kill(orphan, signal.SIGSTOP)
    house.start()
    eventually(lambda: "does not hand over" in house.text(), "patience's end")
    assert house.serves(but=orphan)


def test_the_parent_is_light(house: House) -> None:
    parent = house.start()
    house.serves()
    house.stands_by()
    (resident,) = (line.split()[1] for line in Path(f"/proc/{parent.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    assert int(resident) < LIGHT_KB


def test_the_parent_stands_on_the_standard_library_alone() -> None:
    program = (
        "import sys, controller.watchdog.parent;"
        "found = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names);"
        "print(*found - {'__main__', 'controller', 'audiosocket'})"
    )
    argv = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"]
    found = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout.split()
    assert [name for name in found if not name.startswith(("_", "sitecustomize", "site"))] == []
