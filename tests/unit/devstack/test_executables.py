"""Programs that the servers' account cannot read are copied where it can, once, with the folders around them."""

import os
from pathlib import Path

import pytest

from ops.devstack.account import Account
from ops.devstack.executables import readable


class Blind(Account):
    """An account that can read nothing."""

    def can_read(self, path: Path) -> bool:
        return False


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base = tmp_path / "site"
    (base / "package/bin").mkdir(parents=True)
    (base / "package/bin/server").write_text("program", encoding="utf-8")
    (base / "package.libs").mkdir()
    (base / "package.libs/lib.so").write_text("library", encoding="utf-8")
    return base


def test_what_can_be_read_is_used_where_it_lies(site: Path) -> None:
    ourselves = Account(os.geteuid(), os.getegid())
    assert readable(site, ["package"], ourselves, print) == site


def test_a_copy_has_the_same_layout_and_is_made_once(site: Path) -> None:
    told: list[str] = []
    place = readable(site, ["package/bin", "package.libs", "missing"], Blind(1, 1), told.append)
    assert (place / "package/bin/server").read_text(encoding="utf-8") == "program"
    assert (place / "package.libs/lib.so").read_text(encoding="utf-8") == "library"
    assert readable(site, ["package/bin", "package.libs", "missing"], Blind(1, 1), told.append) == place
    assert len(told) == 1


def test_a_new_version_gets_a_new_copy(site: Path) -> None:
    first = readable(site, ["package/bin/server"], Blind(1, 1), print)
    (site / "package/bin/server").write_text("newer program", encoding="utf-8")
    second = readable(site, ["package/bin/server"], Blind(1, 1), print)
    assert first != second
    assert (second / "package/bin/server").read_text(encoding="utf-8") == "newer program"
