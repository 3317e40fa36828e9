"""Our API keeps every word of its own OpenAPI page: generated requests, right and wrong ones, over a socket, with real PostgreSQL.

Of schemathesis's checks one is off: ``positive_data_acceptance`` cannot know that a call has ended or a cursor is none of ours;
``refusals_have_a_reason`` below stands in its place. The examples are the same in every run.
"""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckContext, Response
from schemathesis.core.failures import Failure

import migrations
from ops.devstack import DevStack
from tests.contract.serving import serving
from tests.fakes.control import FakeControl
from tests.fakes.recorded_calls import call_revised, new_call_id, now_ms, whole_call
from tests.fakes.token_table import TokenTable
from tests.integration.api.house import CALLBACK, build, open_house

WAIT_S = 30.0
REASONS = {  # for which an operation may refuse what its page allows
    "call_unknown",
    "callback_unknown",
    "dependency_unknown",
    "token_unknown",
    "cursor_invalid",
    "invalid",
    "queue_unknown",
    "text_too_long",
}
GENEROUS = {"rate_per_minute": 100_000, "failures_per_minute": 10_000}
modest = settings(deadline=None, derandomize=True, database=None, max_examples=8, suppress_health_check=list(HealthCheck))
schema = schemathesis.openapi.from_dict(build(TokenTable(), lambda record: None, FakeControl())[0].openapi())
schema.config.generation.with_security_parameters = False  # every request gets the right token; ignored_auth takes it away itself
schema.config.checks.positive_data_acceptance.enabled = False


class Served:
    """The house in a thread and a loop of its own: schemathesis asks from this one."""

    def __init__(self, dsn: str, directory: Path) -> None:
        self._dsn, self._directory = dsn, directory
        self._ready = threading.Event()
        self._over = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="api under test", daemon=True)
        self.url = self.token = ""
        self.past = new_call_id()
        self.control = FakeControl()

    def __enter__(self) -> Served:
        self._thread.start()
        assert self._ready.wait(WAIT_S)
        return self

    def __exit__(self, *ignored: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with open_house(self._dsn, self._directory, **GENEROUS) as house, serving(house.app) as url:
            self.url, self.token, self.control = url, await house.token("admin"), house.control
            for record in whole_call(self.past):
                house.journal.append(record)
            house.journal.append(call_revised(self.past, 99, ended_at_ms=now_ms()))
            assert await house.journal.flush(WAIT_S)
            self._ready.set()
            await self._over.wait()


@pytest.fixture(scope="module")
def served(stack: DevStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    dsn = stack.postgres.create_database("api_schema")
    migrations.upgrade(dsn)
    with Served(dsn, tmp_path_factory.mktemp("journal")) as served:
        yield served
    stack.postgres.drop_database("api_schema")


def refusals_have_a_reason(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that fits the page is refused only by a rule that the page cannot tell."""
    if not (case.meta and case.meta.generation.mode.is_positive and response.status_code in (400, 404, 413, 422)):
        return
    code = response.json()["code"]
    if code not in REASONS:
        raise Failure(operation=case.operation.label, title="Valid request called invalid", message=f"{code}: {response.text}")


def sensible(case: Case[Any], served: Served) -> None:
    """Two in three of the random ids become those of something that is there, so that not everything ends at "unknown"."""
    if not (case.meta and case.meta.generation.mode.is_positive):
        return
    call = served.past if "/past/" in case.operation.path else served.control.begin().id
    there = {"call_id": call, "callback_id": CALLBACK, "dependency": "postgresql"}
    for name, id_ in there.items():
        if name in case.path_parameters and zlib.crc32(str(case.path_parameters[name]).encode()) % 3:
            case.path_parameters[name] = id_


@schema.parametrize()
@modest
def test_every_operation_keeps_its_word(case: Case[Any], served: Served) -> None:
    sensible(case, served)
    case.call_and_validate(
        base_url=served.url, headers={"Authorization": f"Bearer {served.token}"}, additional_checks=[refusals_have_a_reason]
    )
