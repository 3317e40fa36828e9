"""The surface by which tests steer the stand-ins."""

from __future__ import annotations

import msgspec
import pytest
from fastapi.testclient import TestClient

from ops.standins.control import Control, Served, control_app


class Settings(msgspec.Struct):
    latency_ms: int = 5
    fail_next: int = 0


def client_of(control: Control[Settings]) -> TestClient:
    return TestClient(control_app(control))


def test_settings_are_read_changed_in_part_and_reset() -> None:
    client = client_of(Control(Settings(latency_ms=7)))
    assert client.get("/control").json() == {"latency_ms": 7, "fail_next": 0}
    assert client.put("/control", json={"fail_next": 2}).json() == {"latency_ms": 7, "fail_next": 2}
    assert client.delete("/control").json() == {"latency_ms": 7, "fail_next": 0}


@pytest.mark.parametrize("wrong", [{"latency": 3}, {"latency_ms": "soon"}, {"fail_next": 1, "nonsense": 1}])
def test_a_wrong_setting_is_told_and_changes_nothing(wrong: dict[str, object]) -> None:
    control = Control(Settings())
    assert client_of(control).put("/control", json=wrong).status_code == 422
    assert control.settings == Settings()


def test_a_next_requests_setting_is_used_up() -> None:
    control = Control(Settings(fail_next=2))
    assert [control.spend("fail_next") for _ in range(4)] == [True, True, False, False]


def test_the_log_tells_when_a_request_came_was_answered_and_ended() -> None:
    control = Control(Settings())
    client = client_of(control)
    served = control.arrived("POST /x", call="c1")
    served.began()
    served.ended(tokens=3)
    [told] = msgspec.convert(client.get("/control/log").json(), list[Served])
    assert told.first_ms is not None
    assert told.ended_ms is not None
    assert told.arrived_ms <= told.first_ms <= told.ended_ms
    assert (told.request, told.outcome, told.detail) == ("POST /x", "ok", {"call": "c1", "tokens": 3})
    client.delete("/control/log")
    assert client.get("/control/log").json() == []


def test_health_answers_once_it_serves() -> None:
    assert client_of(Control(Settings())).get("/control/health").json() == {"status": "ok"}
