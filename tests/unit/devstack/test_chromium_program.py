"""Which Chromium is taken; and an unpacked one starts all its processes through the root's loader."""

import subprocess
from pathlib import Path

import pytest

from ops.devstack import chromium_program
from ops.devstack.chromium_program import find_chromium
from ops.devstack.errors import NotAvailable
from ops.devstack.packages import Root, triplet


def program(path: Path, text: str = 'echo "Chromium 156.0"') -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Root:
    """A root whose loader tells what it was started with, and a machine without Chromium."""
    root = Root(tmp_path / "a root")
    program(root.path / "usr/lib64/ld-linux-test.so.2", 'echo "Chromium 1 of the root, fonts $FONTCONFIG_FILE: $@"')
    program(root.path / "usr/lib/chromium/chromium")
    (root.path / "usr/lib" / triplet()).mkdir(parents=True)
    monkeypatch.setattr(chromium_program, "unpacked", lambda packages, progress: root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CHROMIUM_BIN", raising=False)
    return root


def test_the_named_one_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: list[str]) -> None:
    program(tmp_path / "bin/chromium")
    named = program(tmp_path / "my-chromium", 'echo "Chromium 200.1"')
    monkeypatch.setenv("CHROMIUM_BIN", str(named))
    assert find_chromium(told.append) == chromium_program.ChromiumProgram(named, "Chromium 200.1")


def test_a_named_one_that_does_not_start_is_not_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: list[str]) -> None:
    monkeypatch.setenv("CHROMIUM_BIN", str(tmp_path / "nowhere"))
    with pytest.raises(NotAvailable, match="nowhere does not start"):
        find_chromium(told.append)


def test_an_installed_one_is_taken(tmp_path: Path, told: list[str]) -> None:
    installed = program(tmp_path / "bin/chromium")
    assert find_chromium(told.append).executable == installed


def test_a_package_that_only_stands_for_one_is_passed_over(tmp_path: Path, told: list[str], root: Root) -> None:
    program(tmp_path / "bin/chromium-browser", "echo 'install the snap' >&2; exit 10")
    assert find_chromium(told.append).executable.is_relative_to(root.path)
    assert "install the snap" in told[0]


def test_an_unpacked_one_starts_every_process_through_a_loader_beside_its_data(root: Root, told: list[str]) -> None:
    script = find_chromium(told.append).executable
    home = root.path / "usr/lib/chromium"
    said = subprocess.run([script, "--type=a renderer"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert said.startswith(f"Chromium 1 of the root, fonts {home}/fonts.conf: --library-path {root.path}/usr/lib/{triplet()}:")
    assert said.rstrip().endswith(f"{home}/chromium --no-sandbox --no-zygote --browser-subprocess-path={script} --type=a renderer")
    assert (home / "ld-linux-test.so.2").is_file()
    assert str(root.path / "usr/share/fonts") in (home / "fonts.conf").read_text(encoding="utf-8")


def test_a_machine_that_can_have_none_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    def nothing(packages: tuple[str, ...], progress: object) -> Root:
        raise NotAvailable("the network is down")

    monkeypatch.setattr(chromium_program, "unpacked", nothing)
    with pytest.raises(NotAvailable, match=r"(?s)network is down.*CHROMIUM_BIN"):
        find_chromium(told.append)
