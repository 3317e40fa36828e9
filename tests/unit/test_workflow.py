"""What the build server promises, which no linter of workflows knows: all Pythons, the staging job's life, nothing that is not pinned."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, Any] = WORKFLOW["jobs"]
STAGING: list[dict[str, Any]] = JOBS["staging"]["steps"]


def runs(job: str) -> str:
    return "\n".join(step.get("run", "") for step in JOBS[job]["steps"])


def step_with(command: str) -> int:
    return next(place for place, step in enumerate(STAGING) if command in step.get("run", ""))


def test_every_python_that_we_promise_runs_the_checks() -> None:
    oldest = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert oldest
    assert JOBS["check"]["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(int(oldest[1]), 15)]


@pytest.mark.parametrize(
    ("job", "target"), [("check", "check"), ("test", "test"), ("ops", "check-ops"), ("audit", "audit"), ("audit", "sbom")]
)
def test_a_job_runs_what_a_developer_runs(job: str, target: str) -> None:
    assert re.search(rf"^make {target}\b(?!-)", runs(job), flags=re.M)


@pytest.mark.parametrize("job", ["audit", "images"])
def test_the_bills_of_materials_are_kept(job: str) -> None:
    kept = [step["with"] for step in JOBS[job]["steps"] if step.get("uses", "").startswith("actions/upload-artifact@")]
    assert [one["path"] for one in kept] == ["sbom/"]
    assert all(one["if-no-files-found"] == "error" for one in kept)


def test_no_job_may_do_more_than_read_and_none_runs_for_ever() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert [name for name, job in JOBS.items() if "permissions" in job or "timeout-minutes" not in job] == []
    assert "secrets." not in TEXT


def test_every_action_is_pinned_by_its_commit_and_tells_its_version() -> None:
    used = re.findall(r"uses: (.*)", TEXT)
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


def test_staging_is_for_main_alone_and_has_ten_minutes() -> None:
    assert "github.ref == 'refs/heads/main'" in JOBS["staging"]["if"]
    assert JOBS["staging"]["timeout-minutes"] == 10


def test_staging_is_brought_up_seeded_tried_and_torn_down_in_this_order() -> None:
    commands = ["up -d --build --wait", "ops.seed_staging", "ops/smoke_test_staging.sh", "logs", "down --volumes"]
    places = [step_with(command) for command in commands]
    assert places == sorted(places)


def test_the_logs_are_kept_and_everything_goes_also_after_a_failure() -> None:
    after = STAGING[step_with("ops/smoke_test_staging.sh") + 1 :]
    assert [step for step in after if step.get("if") != "always()"] == []
    assert any("actions/upload-artifact" in step.get("uses", "") for step in after)


def test_a_minute_is_left_for_the_logs_whatever_hangs() -> None:
    limited = [step["timeout-minutes"] for step in STAGING[: step_with("logs")] if "run" in step]
    assert sum(limited) < JOBS["staging"]["timeout-minutes"]
