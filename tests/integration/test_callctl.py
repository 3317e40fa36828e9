"""The controller as a process of its own, through its command line: start, look, stop; on a stack of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from controller.cli import app
from ops.caller.script import HangUp, Listen, Say
from ops.caller.talk import Talk
from ops.caller.telephone import Exchange
from ops.devstack import DevStack
from ops.devstack.ports import free_port
from ops.system import System

COMMAND_S = 60
NUMBER = "+380671234567"


@pytest.fixture(scope="module")
def system(stack: DevStack) -> Iterator[System]:
    with DevStack() as own, System(own, CALLS_TRANSFER_TIMEOUT_S="4", CALLS_DRAIN_S="60", WORKER_STANDBY="false") as system:
        yield system


@pytest.fixture
def running(system: System) -> System:
    if not system.controller.running:
        system.controller.start()
    return system


def callctl(system: System, *arguments: str) -> Result:
    """A short command, in this process: the program's imports alone take seconds."""
    return CliRunner().invoke(app, arguments, env={**system.controller.environment, "COLUMNS": "160"})


def run_in_vain(system: System, **overrides: str) -> str:
    """What a ``callctl run`` says that cannot start."""
    environment = {**os.environ, **system.controller.environment, **overrides}
    argv = [sys.executable, "-m", "controller", "run"]
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


def eventually(condition: Callable[[], Any], what: str, within_s: float = 20) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"no {what} within {within_s:g} s"
        time.sleep(0.05)
    return found


def talk(system: System) -> None:
    async def one() -> None:
        async with Exchange(system.stack.asterisk) as exchange:
            telephone = await exchange.dial(NUMBER, "100")
            await Talk(telephone).lead((Listen(), Say("winter_tyres_camry"), Listen(), HangUp()))

    asyncio.run(one())


def last_call(system: System) -> str:
    """The id of the newest call, once it is listed as closed."""

    def closed() -> str | None:
        listed = callctl(system, "calls", "-n", "1").stdout
        match = re.search(r"([0-9a-f-]{36}).*hung_up", listed)
        return match[1] if match else None

    return str(eventually(closed, "closed call in the list"))


def test_a_call_is_listed_shown_counted_and_logged_without_its_number(running: System) -> None:
    talk(running)
    call_id = last_call(running)
    listed = callctl(running, "calls").stdout
    assert "+38067***4567" in listed
    assert NUMBER not in listed
    assert NUMBER in callctl(running, "calls", "--numbers").stdout

    shown = callctl(running, "show", call_id, "--events").stdout
    for part in ("мені потрібні зимові шини", "search_tires", "timings in ms", "hung_up, ended by caller", "call_arrived", "start_agent"):
        assert part in shown, part
    assert "TurnSpoken" in shown, "the log is more than the machine's steps"
    assert NUMBER not in shown

    metrics = running.controller.metrics()
    assert 'callctl_calls_total{ended_by="caller",outcome="hung_up"} 1.0' in metrics
    assert 'callctl_tool_calls_total{name="search_tires",success="true"} 1.0' in metrics
    assert re.search(r'callctl_answer_stage_seconds_count\{stage="answer"\} [1-9]', metrics)
    assert call_id not in metrics

    process = running.controller.process
    assert process is not None
    log = process.log_path.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line for line in lines if line.get("call_id") == call_id]
    for hidden in (NUMBER, NUMBER[1:], running.controller.environment["ARI_PASSWORD"], running.controller.environment["SHOP_API_KEY"]):
        assert hidden not in log


def test_a_call_is_followed_to_its_end_and_replayed_as_it_went(running: System, tmp_path: Path) -> None:
    token = callctl(running, "token", "create", "dev", "--role", "developer").stdout.strip()
    talk(running)
    call_id = last_call(running)
    followed = callctl(running, "tail", call_id, "--json", "--token", token)
    assert followed.exit_code == 0, followed.stderr
    lines = [json.loads(line) for line in followed.stdout.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1)), "every line of the call, in order"
    assert {"ctl", "ari", "stt", "tts", "llm", "tool"} <= {line["src"] for line in lines}
    assert NUMBER not in followed.stdout

    replayed = callctl(running, "replay", call_id, "--save", str(tmp_path / "call.jsonl"))
    assert replayed.exit_code == 0, replayed.output
    (tmp_path / "log.jsonl").write_text(followed.stdout)
    assert callctl(running, "replay", str(tmp_path / "log.jsonl")).exit_code == 0, "a log that was followed is a recording, too"


def test_a_call_that_is_not_there_is_told_in_words(running: System) -> None:
    found = callctl(running, "show", "0198a5f0-0000-7000-8000-000000000001")
    assert found.exit_code == 1
    assert "there is no call 0198a5f0" in found.stderr
    assert "Traceback" not in found.stderr


def test_doctor_is_content_beside_a_running_controller_and_does_not_disturb_it(running: System) -> None:
    found = callctl(running, "doctor")
    assert found.exit_code == 0, found.stdout
    assert "a controller with these settings is running" in found.stdout
    assert "callctl_ari_replaced_total 0.0" in running.controller.metrics()


def test_readiness_follows_asterisk_and_only_degrades_without_postgresql_and_redis(running: System) -> None:
    stack, controller = running.stack, running.controller

    def down(name: str) -> Any:
        answer = controller.readiness()
        return answer if answer and not answer["dependencies"][name]["up"] else None

    for part, name in ((stack.postgres, "postgresql"), (stack.valkey, "redis")):
        part.stop()
        answer = eventually(partial(down, name), f"{name} down")
        assert (answer["status"], controller.ready()) == ("degraded", True)
        assert answer["dependencies"][name]["why"]
        part.start()
    stack.asterisk.kill()
    eventually(lambda: not controller.ready(), "503 without Asterisk")
    answer = controller.readiness()
    assert answer["status"] == "not ready"
    assert not answer["dependencies"]["ari"]["up"]
    stack.asterisk.start()
    eventually(lambda: (r := controller.readiness()) and r["status"] == "ready", "readiness with all parts back", 40)


def test_what_is_taken_already_is_told_without_a_traceback(running: System) -> None:
    directory = running.controller.environment["JOURNAL_DIRECTORY"]
    assert directory in run_in_vain(running, API_PORT=str(free_port()), AUDIOSOCKET_PORT=str(free_port()))
    other = str(running.stack.folder / "other-journal")
    assert "AudioSocket cannot listen on" in run_in_vain(running, JOURNAL_DIRECTORY=other, API_PORT=str(free_port()))
    assert "The API cannot listen on" in run_in_vain(running, JOURNAL_DIRECTORY=other, AUDIOSOCKET_PORT=str(free_port()))


async def test_a_stopping_controller_lets_the_call_finish_and_sends_newcomers_to_the_queue(running: System) -> None:
    controller = running.controller
    process = controller.process
    assert process is not None
    async with Exchange(running.stack.asterisk) as exchange:
        telephone = await exchange.dial(NUMBER, "100")
        await Talk(telephone).lead((Listen(),))
        process.terminate()
        answer = await asyncio.to_thread(eventually, lambda: (r := controller.readiness()) and r["status"] == "not ready" and r, "draining")
        assert "draining" in answer["dependencies"]["admission"]["why"]
        newcomer = await exchange.dial("+380509999999", "100")
        await asyncio.to_thread(eventually, lambda: '"refused": "draining"' in process.log_path.read_text(), "refusal of the newcomer")
        assert process.poll() is None, "it waits for the running call"
        await telephone.hang_up()
        code = await asyncio.to_thread(process.wait, 40)
        assert code == 0
        await newcomer.hang_up()
    log = [json.loads(line) for line in process.log_path.read_text().splitlines()]
    (stopped,) = [line for line in log if line["event"] == "controller_stopped"]
    assert (stopped["records_waiting"], stopped["records_lost"]) == (0, 0)


async def test_a_second_signal_hands_running_calls_to_the_operators_at_once(running: System) -> None:
    process = running.controller.process
    assert process is not None
    async with Exchange(running.stack.asterisk) as exchange:
        telephone = await exchange.dial(NUMBER, "100")
        await Talk(telephone).lead((Listen(),))
        began = time.monotonic()
        process.terminate()
        await asyncio.to_thread(eventually, lambda: '"event": "draining"' in process.log_path.read_text(), "draining")
        process.terminate()
        assert await asyncio.to_thread(process.wait, 40) == 0
        assert time.monotonic() - began < 50, "it did not wait out CALLS_DRAIN_S"
        assert not telephone.gone, "the caller is in the queue"
        await telephone.hang_up()
