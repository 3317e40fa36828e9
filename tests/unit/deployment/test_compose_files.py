"""What the compose files promise: limits, health, nothing secret in them, and nothing in common between the three stacks."""

from __future__ import annotations

import re

import pytest

from controller.settings import variables
from ops.devstack.asterisk import CONFIGURATION
from ops.devstack.render import VARIABLES_FILE, defaults
from ops.seed.settings import SeedSettings
from tests.unit.deployment.compose import DEVELOPMENT, FILES, PRODUCTION, ROOT, STAGING, environment, interpolated, load, services

ONE_SHOT = {"migrate", "secrets", "caller"}
OWN_HEALTH = {"controller": "Dockerfile", "asterisk": "asterisk/Dockerfile", "proxy": "ops/proxy/Dockerfile"}
HOST_PORT = re.compile(r"(?:[\d.]+:)?(?:\$\{\w+:-)?(\d+)(?:\}?-(?:\$\{\w+:-)?(\d+))?\}?:")


def each(*names: str) -> list[tuple[str, str]]:
    return [(name, service) for name in names for service in services(name)]


@pytest.mark.parametrize(("name", "service"), each(*FILES))
def test_every_service_has_limits_a_restart_policy_and_a_bounded_log(name: str, service: str) -> None:
    said = services(name)[service]
    if "extends" in said:
        said = {**services(PRODUCTION)[said["extends"]["service"]], **said}
    assert set(said["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert said["restart"] == ("no" if service in ONE_SHOT else "unless-stopped")
    assert set(said["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize(("name", "service"), each(*FILES))
def test_every_service_that_stays_tells_whether_it_is_well(name: str, service: str) -> None:
    if service in ONE_SHOT:
        return
    said = services(name)[service]
    if service in OWN_HEALTH:
        assert "HEALTHCHECK" in (ROOT / OWN_HEALTH[service]).read_text()
    else:
        assert "healthcheck" in said or "extends" in said


@pytest.mark.parametrize(("name", "service"), each(PRODUCTION))
def test_production_runs_without_rights_on_a_file_system_that_it_cannot_change(name: str, service: str) -> None:
    said = services(name)[service]
    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]


def test_staging_has_every_service_of_production_with_its_limits() -> None:
    staging = services(STAGING)
    for name, service in services(PRODUCTION).items():
        assert staging[name]["extends"] == {"file": PRODUCTION, "service": name}
        assert "deploy" not in staging[name], f"{name}: staging's limits are production's"
        if "build" in service:
            assert staging[name]["image"] != service["image"], f"{name}: staging would replace production's image"


@pytest.mark.parametrize("name", [PRODUCTION, STAGING])
def test_no_secret_stands_in_a_file(name: str) -> None:
    for service in services(name).values():
        for variable, value in environment(service).items():
            if re.search(r"(PASSWORD|API_KEY|SECRET|TOKEN)(__FILE|_FILE)?$", variable) and value is not None:
                assert variable.endswith("_FILE"), f"{variable} is no file"
                assert str(value).startswith("/run/"), variable
    assert not re.search(r"://[^/\s:]+:[^/\s@]+@", (ROOT / name).read_text()), "a password in an address"


def test_the_stacks_share_no_project_no_volume_and_no_port() -> None:
    assert len({load(name)["name"] for name in FILES}) == len(FILES)
    ports: dict[int, str] = {}
    for name in FILES:
        for volume in load(name)["volumes"].values():
            assert not volume, "a volume with a name of its own would be shared"
        for service in services(name).values():
            for port in service.get("ports") or ():
                found = HOST_PORT.match(re.sub(r"^\$\{\w+:-([\d.]+)\}:", "", port))
                assert found, port
                for number in range(int(found[1]), int(found[2] or found[1]) + 1):
                    where = ports.setdefault(number, name)
                    assert where == name or {where, name} == {PRODUCTION, DEVELOPMENT}, f"{number} is in {where} and {name}"


def test_production_and_staging_let_in_from_outside_only_what_must_be_reachable() -> None:
    open_to_all = {
        name: [port for port in service.get("ports") or () if not port.startswith(("127.0.0.1:", "${AUDIOSOCKET_PUBLISH:-127.0.0.1}:"))]
        for name, service in services(PRODUCTION).items()
    }
    assert {name for name, ports in open_to_all.items() if ports} == {"proxy", "asterisk"}
    assert all(port.startswith("127.0.0.1:") for service in services(STAGING).values() for port in service.get("ports") or ())
    assert load(PRODUCTION)["networks"]["data"]["internal"] is True
    assert services(PRODUCTION)["postgres"]["networks"] == services(PRODUCTION)["redis"]["networks"] == ["data"]


@pytest.mark.parametrize("name", [PRODUCTION, STAGING])
def test_the_controller_is_given_settings_that_exist(name: str) -> None:
    known = variables()
    for service in ("controller", "migrate"):
        for variable in environment(services(name)[service]):
            assert variable.removesuffix("_FILE") in known or variable in known, variable


def test_vendors_are_switched_by_settings_that_exist() -> None:
    known = {*variables(), *(f"SEED_{name}".upper() for name in SeedSettings.model_fields)}
    for path in (ROOT / "ops/staging").glob("*.env"):
        for variable in defaults(path.read_text()):
            assert variable.removesuffix("_FILE") in known, f"{path.name}: {variable}"


@pytest.mark.parametrize("name", FILES)
def test_asterisk_is_given_variables_that_exist(name: str) -> None:
    known = {*defaults((CONFIGURATION / VARIABLES_FILE).read_text()), "ENVIRONMENT"}
    assert {variable.removesuffix("_FILE") for variable in environment(services(name)["asterisk"])} <= known


def test_every_variable_of_staging_stands_in_its_settings_with_its_default() -> None:
    said = defaults((ROOT / ".env.staging").read_text())
    assert said == interpolated(STAGING)


def test_a_stopping_controller_is_waited_for_longer_than_it_lets_calls_finish() -> None:
    said = interpolated(PRODUCTION)
    assert int(said["CONTROLLER_STOP_S"].removesuffix("s")) >= float(said["CALLS_DRAIN_S"]) + 30
