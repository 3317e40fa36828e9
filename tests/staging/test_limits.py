"""Limits are enforced, not only written down; and no container has rights."""

from __future__ import annotations

import pytest

from tests.staging.stack import compose, inspect
from tests.unit.deployment.compose import PRODUCTION, services

LIMITS = services(PRODUCTION)["controller"]["deploy"]["resources"]["limits"]


def in_a_controller(code: str) -> str:
    """Run Python in a container like the controller's; what it printed, and how it ended."""
    return compose("run", "--rm", "--no-deps", "-T", "--entrypoint", "", "controller", "sh", "-c", f'python -c "{code}"; echo status $?')


@pytest.mark.parametrize("service", sorted(services(PRODUCTION)))
def test_each_service_runs_within_the_limits_and_without_the_rights_that_are_written_down(service: str) -> None:
    host = inspect(service)["HostConfig"]
    limits = services(PRODUCTION)[service]["deploy"]["resources"]["limits"]
    scale = {"m": 2**20, "g": 2**30}
    assert host["Memory"] == int(limits["memory"][:-1]) * scale[limits["memory"][-1]]
    assert host["NanoCpus"] == float(limits["cpus"]) * 1e9
    assert host["PidsLimit"] == limits["pids"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["ReadonlyRootfs"] is True


def test_a_controller_that_takes_too_much_memory_is_ended() -> None:
    assert "status 137" in in_a_controller("x = b'x' * (1100 << 20); print('had it')")


def test_it_cannot_start_more_threads_than_it_may() -> None:
    code = "import threading as t; e = t.Event(); [t.Thread(target=e.wait, daemon=True).start() for _ in range(200)]"
    assert "can't start new thread" in compose(
        "run", "--rm", "--no-deps", "-T", "--entrypoint", "", "controller", "sh", "-c", f'python -c "{code}" 2>&1 | tail -1'
    )


def test_it_gets_no_more_of_the_processors_than_it_may() -> None:
    code = (
        "import multiprocessing as m, time, resource; "
        "f = lambda: [None for end in [time.monotonic() + 3] for _ in iter(lambda: time.monotonic() < end, False)]; "
        "p = [m.get_context('fork').Process(target=f) for _ in range(4)]; [x.start() for x in p]; [x.join() for x in p]; "
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print('used', (u.ru_utime + u.ru_stime) / 3)"
    )
    used = float(in_a_controller(code).split("used ")[1].split()[0])
    assert used < float(LIMITS["cpus"]) * 1.1


def test_nothing_can_be_written_but_where_it_must() -> None:
    code = (
        "import pathlib\nfor p in ('/app/x', '/venv/x', '/etc/x', '/run/secrets/x'):\n try: pathlib.Path(p).write_text('')\n "
        "except OSError as e: print(p, e.strerror)\npathlib.Path('/tmp/x').write_text('')"
    )
    told = in_a_controller(code)
    assert told.count("Read-only file system") == 4, told
    assert "status 0" in told
