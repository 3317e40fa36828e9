"""The whole stack, killed the hard way: its owner gets SIGKILL and nothing stays behind."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ops.devstack import ALL_PARTS
from ops.devstack.leftovers import listening_ports, processes_of

START_S, GONE_S = 90.0, 10.0
OWNER = textwrap.dedent(
    """
    import json, signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if the tests run as a shell's background job
    from ops.devstack import DevStack
    with DevStack() as stack:
        stack.spawn("agent", [sys.executable, "-c", "import time; time.sleep(600)"])
        print(json.dumps({"folder": str(stack.folder), "ports": sorted(stack.ports)}), flush=True)
        time.sleep(600)
    """
)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_of_the_stack_outlives_its_owner(stack: object, number: signal.Signals) -> None:
    """`stack` is asked for so that this fails, and is skipped, as all tests that need Asterisk."""
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        facts = json.loads(owner.stdout.readline())
        folder, ports = Path(facts["folder"]), set(facts["ports"])
        running = " ".join(processes_of(folder).values())
        listening = ports & listening_ports()
        owner.send_signal(number)
        owner.wait(GONE_S)
    assert all(name in running for name in (*ALL_PARTS, "guard", "time.sleep"))
    assert len(listening) >= 5
    deadline = time.monotonic() + GONE_S
    while (processes_of(folder) or folder.exists() or ports & listening_ports()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(folder) == {}
    assert not ports & listening_ports()
    assert not folder.exists()


def test_the_command_for_developers_prints_settings_and_ends_on_sigterm() -> None:
    argv = [sys.executable, "-m", "ops.devstack", "--parts", "valkey"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        for line in command.stderr:
            if line.startswith("Ctrl-C"):
                break
        command.terminate()
        assert "REDIS_URL=redis://127.0.0.1:" in command.stdout.read()
        assert command.wait(START_S) == 0
