"""The private stack for every test that needs real servers: one for the whole session, started when first asked for.

Where Asterisk cannot be started its tests fail; `ALLOW_NO_ASTERISK=1` turns that into a skip.
"""

import contextlib
import gc
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from ops.devstack import DevStack, DevStackError
from ops.devstack.account import service_account
from ops.devstack.asterisk_program import find_asterisk
from ops.devstack.chromium_program import find_chromium
from ops.devstack.leftovers import listening_ports, processes_of

LONGEST = (
    "acceptance/test_controller_killed.py",
    "acceptance/test_provider_failures.py",
    "acceptance/test_drain_workers.py",
    "acceptance/test_ari_cut.py",
    "acceptance/test_talk_feel.py",
    "acceptance/test_transfer_nobody.py",
    "acceptance/test_database_outage.py",
    "acceptance/test_asterisk_failures.py",
    "acceptance/test_warm_transfer.py",
    "acceptance/test_eval.py",
    "acceptance/test_sip.py",
    "acceptance/test_drain.py",
    "browser/test_web_call.py",
    "browser/console/test_accessible.py",
    "browser/test_console_live.py",
    "browser/console/test_actions.py",
    "integration/test_callctl.py",
    "integration/test_seed.py",
    "integration/log/test_live_log.py",
    "integration/test_watchdog.py",
    "integration/test_backup.py",
    "security/test_secrets_stay_secret.py",
    "contract/test_shop_schema.py",
    "unit/fuzz/test_fuzz.py",
    "unit/controller/journal/test_damage.py",
    "unit/agent/test_once_histories.py",
)
"""They begin first: a file is one worker's, and a long one that begins last keeps all others waiting."""

gc.disable()  # until all is collected: a quarter of that time went into looking for garbage among what stays
_PLACES = {"alone": "acceptance", "minute": "unit"}
"""Where `make test` and `make check` look for tests with these marks."""
_GONE_S = 5.0
_ORDER = {file: place for place, file in enumerate(LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        for mark, folder in _PLACES.items():
            if item.get_closest_marker(mark) and not item.path.is_relative_to(here / folder):
                raise pytest.UsageError(
                    f"{item.nodeid} is marked {mark}, and nobody would run it: such tests are looked for in tests/{folder}"
                )
    items.sort(key=lambda item: _ORDER.get(item.path.relative_to(here).as_posix(), len(LONGEST)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch Asterisk and Chromium, where a test needs them, before the first test's time limit runs. The fixtures tell a failure."""
    if session.config.option.collectonly:
        return
    needed = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    tell = _teller(session.config)
    if "stack" in needed:
        with contextlib.suppress(DevStackError):
            find_asterisk(service_account(), tell)
    if "chromium_program" in needed:
        with contextlib.suppress(DevStackError):
            find_chromium(tell)


def pytest_runtestloop() -> None:
    """In each process of the run, also in the one that collects nothing itself."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command that a test runs in this process sets up the log as for a process of its own; the next test is none of its business."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def _teller(config: pytest.Config) -> Callable[[str], None]:
    """Writes lines for whoever waits; a process that runs tests for another (pytest-xdist) has no terminal."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return reporter.write_line if reporter is not None else lambda line: None


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[DevStack]:
    """Asterisk, PostgreSQL and Valkey on free loopback ports. At the end nothing of it may run, listen or lie around."""
    tell = _teller(request.config)
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def progress(line: str) -> None:
        with capture.global_and_fixture_disabled():
            tell(f"  {line}")

    private = DevStack(progress=progress)
    try:
        private.__enter__()
    except DevStackError as error:
        if os.environ.get("ALLOW_NO_ASTERISK", "") not in ("", "0"):
            pytest.skip(f"no private stack: {error}")
        pytest.fail(f"the private stack does not start (ALLOW_NO_ASTERISK=1 skips these tests):\n{error}", pytrace=False)
    folder, ports = private.folder, private.ports
    try:
        yield private
    finally:
        private.close()
    assert_nothing_left(folder, ports)


def assert_nothing_left(folder: Path, ports: frozenset[int]) -> None:
    """No process that works in the run folder, no listener on the stack's ports, no folder (unless it was to be kept)."""
    deadline = time.monotonic() + _GONE_S
    while (running := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running, f"still running: {running}"
    assert not (left := listening_ports() & ports), f"still listening on {sorted(left)}"
    assert os.environ.get("KEEP_STACK", "") not in ("", "0") or not folder.exists(), f"{folder} is still there"
