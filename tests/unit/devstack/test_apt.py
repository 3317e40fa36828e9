"""Which mirror and keys are used, what is passed on of apt's words, and what a failure tells the reader."""

from pathlib import Path

import pytest

from ops.devstack import apt
from ops.devstack.errors import NotAvailable

DEB822 = """# a comment with URIs: http://wrong.example/debian
Types: deb
URIs: http://mirror.example/debian-security
Suites: stable-security

Types: deb
URIs: https://mirror.example/some/debian/
Suites: stable stable-updates
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        (DEB822, "https://mirror.example/some/debian"),
        ("deb http://mirror.example/debian stable main\n", "http://mirror.example/debian"),
        ("deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian stable main\n", "http://mirror.example/debian"),
        ("Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\n", "mirror+file:///etc/apt/mirrors/debian.list"),
        ("#deb http://mirror.example/debian stable main\n", None),
        ("deb https://other.example/node_20.x nodistro main\n", None),
        ("", None),
    ],
)
def test_the_main_archive_is_found_in_either_format(sources: str, mirror: str | None) -> None:
    assert apt.mirror_in(sources) == mirror


def test_the_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(apt.MIRROR_VARIABLE, "http://mine.example/debian/")
    assert apt.machine_mirror() == "http://mine.example/debian"


def test_another_linux_is_told_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(apt.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(apt, "_os_release", lambda: {"ID": "fedora", "PRETTY_NAME": "Fedora Linux 43"})
    with pytest.raises(NotAvailable, match=r"(?s)Fedora Linux 43.*DEBIAN_MIRROR.*ASTERISK_BIN"):
        apt.machine_mirror()


def test_without_archive_keys_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(apt.KEYRING_VARIABLE, raising=False)
    monkeypatch.setattr(apt, "_KEYRINGS", (str(tmp_path / "none.gpg"),))
    with pytest.raises(NotAvailable, match="debian-archive-keyring"):
        apt.keyring()


def test_without_apt_its_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotAvailable, match="apt-get is missing"):
        apt.Apt(tmp_path, "stable", mirror="file:///nowhere", keys=tmp_path / "keys", progress=print)


def test_progress_is_told_in_tenths_and_never_backwards() -> None:
    lines = [
        "dlstatus:1:3.1:x\n",
        "dlstatus:2:11.9:x\n",
        "dlstatus:2:12:x\n",
        "pmstatus:dpkg:50:x\n",
        "dlstatus:3:9.0:x\n",
        "dlstatus:3:bad:x\n",
        "junk\n",
    ]
    assert list(apt._tenths([*lines, "dlstatus:9:100.0:x"])) == [0, 10, 100]


def test_an_unsigned_archive_is_refused_in_words(tmp_path: Path) -> None:
    """A mirror in a local folder with a Release nobody signed: apt must not take a single package from it."""
    suite = tmp_path / "mirror/dists/forky"
    suite.mkdir(parents=True)
    (suite / "Release").write_text(
        "Origin: Debian\nSuite: forky\nDate: Sat, 01 Jan 2022 00:00:00 UTC\nComponents: main\n", encoding="utf-8"
    )
    with pytest.raises(NotAvailable, match="could not be fetched"):
        apt.Apt(tmp_path / "apt", "forky", mirror=f"file://{tmp_path}/mirror", keys=apt.keyring(), progress=lambda _: None).fetch(
            ["asterisk"]
        )


def test_a_mirror_that_is_not_there_names_the_remedies(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable, match=r"(?s)DEBIAN_MIRROR.*ASTERISK_BIN"):
        apt.Apt(tmp_path / "apt", "forky", mirror=f"file://{tmp_path}/none", keys=apt.keyring(), progress=lambda _: None).fetch(
            ["asterisk"]
        )


def test_proxies_of_the_machine_are_taken_over_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "apt-config"
    lines = [
        'Acquire::http::Proxy "http://proxy.example:3128";',
        'Dir::Cache "/var";',
        'Acquire::https::CAInfo "/ca.pem";',
        'Acquire::http::Timeout "1";',
    ]
    fake.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert apt._machine_acquire().splitlines() == [lines[0], lines[2]]
