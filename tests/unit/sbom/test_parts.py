"""What the bill of materials is made of: nothing that is locked, built on or taken over is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.sbom.parts import VENDORED, Part, delivered, images, installed, locked

ROOT = Path(__file__).parents[3]
LOCK = """aiohttp[speedups]==3.14.1 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:{a}
""".format(a="a" * 64, b="b" * 64)


def test_a_lock_is_read_with_hashes_and_markers() -> None:
    assert locked(LOCK) == [
        Part("pypi", "aiohttp", "3.14.1", ("a" * 64, "b" * 64)),
        Part("pypi", "colorama", "0.4.6", ("a" * 64,), "sys_platform == 'win32'"),
    ]


def test_a_line_that_is_no_package_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="git"):
        locked("git+https://example.org/x.git")


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_every_package_of_our_locks_has_its_version_and_hashes(path: Path) -> None:
    text = path.read_text()
    parts = locked(text)
    assert len(parts) == len(re.findall(r"^[a-z0-9].*==", text, flags=re.MULTILINE | re.IGNORECASE)) > 20
    assert sum(len(part.sha256) for part in parts) == text.count("--hash=")
    assert all(part.version and part.sha256 for part in parts)


def test_images_of_others_are_named_and_ours_are_not() -> None:
    text = (
        f"FROM python:3.13-slim@sha256:{'c' * 64} AS base\n  image: redis:7-alpine\n  image: callctl/controller:staging\nFROM base AS x\n"
    )
    assert images(text, text) == [Part("docker", "python", "3.13-slim", ("c" * 64,)), Part("docker", "redis", "7-alpine")]
    assert installed("RUN apt-get update && apt-get install -y --no-install-recommends sip-tester curl && rm x") == [
        Part("deb", "curl"),
        Part("deb", "sip-tester"),
    ]


def test_the_controller_is_what_its_image_installs_and_what_its_pages_load() -> None:
    bills = delivered(ROOT)
    assert [part.name for part in bills["controller"] if part.kind == "npm"] == list(VENDORED)
    runs = {(part.name, part.version) for part in bills["controller"]}
    assert {(part.name, part.version) for part in locked((ROOT / "requirements.lock").read_text())} <= runs
    named = {part.name for part in bills["images"]}
    for name in ("python", "debian", "redis", "asterisk", "caddy"):
        assert name in named
    tools = {part.name for part in bills["development"]}
    assert {"pytest", "pip-audit", "espeakng-loader"} <= tools


def test_whoever_makes_the_bill_has_the_library() -> None:
    """It is locked with the other tools of operations."""
    assert "cyclonedx-python-lib" in {part.name for part in locked((ROOT / "requirements-ops.lock").read_text())}
