"""Whom the servers run as and what that account can read."""

import os
from pathlib import Path

import pytest

from ops.devstack.account import Account, cache_directory, service_account

NOBODY = Account(65534, 65534)


def test_servers_never_run_as_root() -> None:
    assert service_account().uid != 0


def test_without_root_it_is_the_user_himself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 1001)
    assert service_account() == Account(1000, 1001)
    assert not service_account().is_other


def test_a_closed_folder_anywhere_above_hides_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "open/closed/open"
    folder.mkdir(parents=True)
    file = folder / "file"
    file.write_text("", encoding="utf-8")
    for path in (tmp_path, tmp_path / "open", folder.parent, folder):
        path.chmod(0o755)
    above = [path for path in tmp_path.resolve().parents if path.stat().st_mode & 0o1 == 0]
    assert NOBODY.can_read(file) == (not above)
    folder.parent.chmod(0o700)
    assert not NOBODY.can_read(file)


def test_the_cache_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "call-controller"
    assert cache_directory().is_dir()
