"""Nothing survives the parent: tried by really killing it, and by killing the guard itself."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.devstack.errors import DevStackError, ServiceFailed
from ops.devstack.leftovers import processes_of
from ops.devstack.processes import Supervisor

SOON_S = 10.0
# A server whose child runs on in a session of its own: nothing but the guard's adoption finds it.
FORKING = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\ntime.sleep(600)"
# A parent that starts one, tells the pids, and waits for its death.
PARENT = textwrap.dedent(
    """
    import json, pathlib, signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if the tests run as a shell's background job
    from ops.devstack.processes import Supervisor
    folder = pathlib.Path(sys.argv[1])
    supervisor = Supervisor(folder)
    process = supervisor.spawn("forking", [sys.executable, "-c", sys.argv[2]], log_path=folder / "log")
    print(json.dumps({"guard": supervisor.guard_pid, "server": process.pid}), flush=True)
    time.sleep(600)
    """
)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {SOON_S:g} s: {what}"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def start_parent(folder: Path) -> tuple["subprocess.Popen[str]", dict[str, int]]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder), FORKING], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids: dict[str, int] = json.loads(parent.stdout.readline())
    # The server and its child work in the folder; the guard has it on its command line.
    wait_until(lambda: len(processes_of(folder)) >= 4, "parent, guard, server and the server's child run")
    return parent, pids


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir()
    return path


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_everything_goes_when_the_parent_is_killed(folder: Path, number: signal.Signals) -> None:
    parent, pids = start_parent(folder)
    parent.send_signal(number)
    parent.wait(SOON_S)
    wait_until(lambda: not processes_of(folder), "server, its child and the guard are gone")
    assert not is_running(pids["server"])
    wait_until(lambda: not folder.exists(), "the run folder is removed")


def test_the_servers_go_when_the_guard_is_killed(folder: Path) -> None:
    parent, pids = start_parent(folder)
    try:
        os.kill(pids["guard"], signal.SIGKILL)
        wait_until(lambda: not is_running(pids["server"]), "the server is gone")
    finally:
        parent.kill()
        parent.wait(SOON_S)
        for pid in processes_of(folder):  # the server's own child has no guard any more
            os.kill(pid, signal.SIGKILL)


def test_a_fork_of_the_parent_does_not_keep_the_servers_alive(folder: Path) -> None:
    """The fork holds a copy of the guard's socket, which therefore does not end; the guard looks at its parent too."""
    forking_parent = PARENT.replace(
        "time.sleep(600)", "import os\nif os.fork() == 0:\n    time.sleep(20)\n    os._exit(0)\ntime.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", forking_parent, str(folder), FORKING], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = json.loads(parent.stdout.readline())
    parent.kill()
    parent.wait(SOON_S)
    wait_until(lambda: not is_running(pids["server"]) and not is_running(pids["guard"]), "guard and server are gone")
    for pid in processes_of(folder):
        os.kill(pid, signal.SIGKILL)
    parent.stdout.close()


def test_closing_tells_what_had_to_be_killed_and_removes_the_folder(folder: Path) -> None:
    supervisor = Supervisor(folder)
    supervisor.spawn("forking", [sys.executable, "-c", FORKING], log_path=folder / "log")
    wait_until(lambda: len(processes_of(folder)) >= 3, "guard, server and the server's child run")
    killed = supervisor.close()
    assert len(killed) == 2
    assert not folder.exists()


def test_a_kept_folder_stays(folder: Path) -> None:
    supervisor = Supervisor(folder, keep=True)
    assert supervisor.close() == []
    assert folder.exists()


def test_a_process_tells_its_exit_code_and_its_output(folder: Path) -> None:
    supervisor = Supervisor(folder, keep=True)
    process = supervisor.spawn(
        "said",
        [sys.executable, "-c", "import os; print(os.environ['WORD']); raise SystemExit(3)"],
        log_path=folder / "log",
        env={"WORD": "heard"},
    )
    assert process.wait(SOON_S) == 3
    assert process.log_path.read_text(encoding="utf-8") == "heard\n"
    supervisor.close()


def test_signals_to_an_ended_process_do_nothing(folder: Path) -> None:
    supervisor = Supervisor(folder)
    process = supervisor.spawn("short", ["/bin/true"], log_path=folder / "log")
    assert process.wait(SOON_S) == 0
    process.kill()
    process.terminate()
    assert process.poll() == 0
    supervisor.close()


def test_a_program_that_is_not_there_is_an_error_in_words(folder: Path) -> None:
    supervisor = Supervisor(folder)
    with pytest.raises(DevStackError, match="no-such-program"):
        supervisor.spawn("none", ["/no-such-program"], log_path=folder / "log")
    supervisor.close()


def test_waiting_too_long_shows_the_log(folder: Path) -> None:
    supervisor = Supervisor(folder)
    process = supervisor.spawn(
        "slow", [sys.executable, "-uc", "import time; print('why I am slow'); time.sleep(600)"], log_path=folder / "log"
    )
    wait_until(lambda: "slow" in (folder / "log").read_text(encoding="utf-8"), "the log is written")
    with pytest.raises(ServiceFailed, match="why I am slow"):
        process.wait(0.05)
    supervisor.close()


def test_asking_a_dead_guard_is_an_error_in_words(folder: Path) -> None:
    supervisor = Supervisor(folder)
    os.kill(supervisor.guard_pid, signal.SIGKILL)
    with pytest.raises(DevStackError, match="guard"):
        supervisor.ask(op="poll", pid=1)
    supervisor.close()
