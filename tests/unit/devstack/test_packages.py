"""A root is complete or not there; one process makes it while the others wait; its programs start through its own loader."""

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from ops.devstack import packages
from ops.devstack.apt import Apt, Progress
from ops.devstack.errors import NotAvailable


class LocalApt(Apt):
    """An apt whose archive is a folder of .deb files; `failures` are raised first, one per fetch."""

    fetched: list[list[str]]
    failures: list[NotAvailable]

    def __init__(self, folder: Path, suite: str, *, mirror: str, keys: Path, progress: Progress) -> None:
        folder.mkdir(parents=True)
        self._local = folder

    def fetch(self, packages: Iterable[str]) -> list[Path]:
        type(self).fetched.append(list(packages))
        if type(self).failures:
            raise type(self).failures.pop(0)
        archive = self._local / "a.deb"
        archive.write_bytes(b"")
        return [archive]


def unpack_by_hand(archive: Path, root: Path) -> None:
    (root / "usr/bin").mkdir(parents=True, exist_ok=True)
    (root / "usr/bin/tool").write_text("a program", encoding="utf-8")
    (root / "usr/share/keyrings").mkdir(parents=True, exist_ok=True)
    (root / "usr/share/keyrings/debian-archive-keyring.gpg").write_text("keys", encoding="utf-8")


@pytest.fixture(autouse=True)
def _local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    LocalApt.fetched, LocalApt.failures = [], []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(packages, "Apt", LocalApt)
    monkeypatch.setattr(packages, "_extract", unpack_by_hand)
    monkeypatch.setattr(packages, "machine_mirror", lambda: "file:///mirror")
    monkeypatch.setattr(packages, "keyring", lambda: Path("/keys"))


def test_a_root_is_made_once_and_then_taken_from_the_cache() -> None:
    first = packages.unpacked(["tool"])
    second = packages.unpacked(["tool"])
    assert first == second
    assert (first.path / "usr/bin/tool").is_file()
    assert LocalApt.fetched == [["tool"]]


def test_other_packages_have_a_root_of_their_own() -> None:
    assert packages.unpacked(["tool"]).path != packages.unpacked(["tool", "more"]).path


def test_several_at_once_make_it_once() -> None:
    roots: list[packages.Root] = []
    threads = [threading.Thread(target=lambda: roots.append(packages.unpacked(["tool"]))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(roots)) == 1
    assert len(roots) == 6
    assert len(LocalApt.fetched) == 1


def test_a_failure_leaves_nothing_and_the_next_try_succeeds(tmp_path: Path) -> None:
    LocalApt.failures = [NotAvailable("the network is down")]
    with pytest.raises(NotAvailable, match="network"):
        packages.unpacked(["tool"])
    assert [path.name for path in (tmp_path / "call-controller/debian").iterdir() if path.is_dir()] == []
    assert packages.unpacked(["tool"]).path.is_dir()


def test_leftovers_of_a_killed_predecessor_do_not_get_into_the_root(tmp_path: Path) -> None:
    place = packages.unpacked(["tool"]).path
    place.rename(place.with_name(f"{place.name}.partial"))
    (place.with_name(f"{place.name}.partial") / "half").write_text("", encoding="utf-8")
    assert not (packages.unpacked(["tool"]).path / "half").exists()


def test_a_machine_with_old_keys_takes_the_newer_ones_from_the_stable_suite() -> None:
    LocalApt.failures = [NotAvailable("This machine's archive keys are too old or of another archive")]
    assert packages.unpacked(["tool"]).path.is_dir()
    assert LocalApt.fetched == [["tool"], ["debian-archive-keyring"], ["tool"]]


def test_a_program_is_started_through_the_roots_loader_and_libraries(tmp_path: Path) -> None:
    root = packages.Root(tmp_path / "root")
    libraries = root.path / "usr/lib" / packages.triplet()
    for path in (root.path / "usr/lib64/ld-linux-test.so.2", root.path / "usr/sbin/server", libraries / "libc.so.6"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    assert root.command(["server", "-f"]) == [
        str(root.path / "usr/lib64/ld-linux-test.so.2"),
        "--library-path",
        str(libraries),
        str(root.path / "usr/sbin/server"),
        "-f",
    ]
    with pytest.raises(NotAvailable, match="client"):
        root.command(["client"])


def test_a_machine_that_debian_has_no_packages_of_ours_for_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(NotAvailable, match="riscv64"):
        packages.unpacked(["tool"])
