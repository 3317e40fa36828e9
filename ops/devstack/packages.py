"""Programs of Debian packages, unpacked into a private root and started through that root's own loader.

A root is a folder in the cache, complete or not there at all: it is made beside its place and renamed. Nothing in it is installed: no
maintainer script runs, no file outside it is touched, and the machine's C library does not matter.
"""

import concurrent.futures
import contextlib
import fcntl
import hashlib
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .account import cache_directory
from .apt import Apt, Progress, keyring, machine_mirror
from .errors import NotAvailable

SUITE = "forky"  # the first Debian with Asterisk 22
_KEYS_SUITE = "stable"  # signed with keys every machine has; holds the keys of the newer ones
_LAYOUT = 1  # raise it when a finished root of an older version of this code will not do
_TRIPLETS = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}
_LOCK_S = 900
_UNPACK_S = 120
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Root:
    """An unpacked root."""

    path: Path

    @property
    def triplet(self) -> str:
        """The machine's name in library paths, `x86_64-linux-gnu`."""
        return triplet()

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command line that starts `argv` (its first word a program's name in the root) with the root's loader and libraries."""
        return [str(self.loader), "--library-path", ":".join(map(str, self.libraries)), str(self._program(argv[0])), *argv[1:]]

    def run(self, argv: Sequence[str], *, timeout_s: float = 60.0, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a program of the root to its end; options as of subprocess.run, output captured as text by default."""
        return subprocess.run(self.command(argv), timeout=timeout_s, **{"capture_output": True, "text": True, "check": False, **options})

    def _program(self, name: str) -> Path:
        for folder in ("usr/sbin", "usr/bin", "sbin", "bin"):
            if (path := self.path / folder / name).is_file():
                return path
        raise NotAvailable(f"{name} is not among the packages unpacked in {self.path}")

    @property
    def loader(self) -> Path:
        """The root's own dynamic loader."""
        for folder in ("usr/lib64", "lib64", f"usr/lib/{self.triplet}", f"lib/{self.triplet}", "usr/lib", "lib"):
            for path in sorted((self.path / folder).glob("ld-linux-*.so.*")):
                if path.is_file():
                    return path
        raise NotAvailable(f"No dynamic loader in {self.path}: remove that folder and try again")

    @property
    def libraries(self) -> list[Path]:
        """The folders of its libraries."""
        folders = [self.path / base / self.triplet for base in ("usr/lib", "lib")]
        return [folder for folder in (*folders, *(folder / "asterisk" for folder in folders)) if folder.is_dir()]


def triplet() -> str:
    """Raises NotAvailable on a machine that Debian's packages of ours are not tried on."""
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in _TRIPLETS:
        raise NotAvailable(
            f"Debian packages can be unpacked on Linux on amd64 and arm64, not on {platform.system()} on {machine}: set ASTERISK_BIN."
        )
    return _TRIPLETS[machine]


def unpacked(packages: Sequence[str], *, suite: str = SUITE, progress: Progress = lambda _: None) -> Root:
    """The root with these packages and what they depend on; fetched and unpacked once, then taken from the cache.

    Raises:
        NotAvailable: no mirror, no keys, no network; says what to do.
    """
    cache = cache_directory() / "debian"
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256("\n".join([str(_LAYOUT), *sorted(packages)]).encode()).hexdigest()[:8]
    place = cache / f"{suite}-{triplet().partition('-')[0]}-{packages[0]}-{digest}"
    if place.is_dir():
        return Root(place)
    with _locked(cache / f"{place.name}.lock", progress):
        if not place.is_dir():
            _make(place, packages, suite, progress)
    return Root(place)


def _make(place: Path, packages: Sequence[str], suite: str, progress: Progress) -> None:
    """Fetch and unpack beside `place`, then rename. Called under the lock: leftovers of a killed predecessor are ours to remove."""
    started = time.monotonic()
    partial = place.with_name(f"{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        root = partial / "root"
        root.mkdir(parents=True)
        mirror, keys = machine_mirror(), keyring()
        progress(f"Fetching {', '.join(packages)} of Debian {suite} (once; then it is in the cache) ...")
        try:
            archives = Apt(partial / "apt", suite, mirror=mirror, keys=keys, progress=progress).fetch(packages)
        except NotAvailable as error:
            if "archive keys are too old" not in str(error):
                raise
            keys = _newer_keys(partial, mirror, keys, progress)
            archives = Apt(partial / "apt-again", suite, mirror=mirror, keys=keys, progress=progress).fetch(packages)
        progress(f"Unpacking {len(archives)} packages ...")
        with concurrent.futures.ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(lambda archive: _extract(archive, root), archives))
        root.chmod(0o755)
        root.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    progress(f"Unpacked into {place} in {time.monotonic() - started:.0f} s")


def _newer_keys(partial: Path, mirror: str, keys: Path, progress: Progress) -> Path:
    """The stable suite's package of archive keys: signed with keys that an older machine has."""
    progress("This machine's archive keys are older than the suite: taking the keys package of the stable suite ...")
    root = partial / "keys"
    root.mkdir()
    for archive in Apt(partial / "apt-keys", _KEYS_SUITE, mirror=mirror, keys=keys, progress=progress).fetch(["debian-archive-keyring"]):
        _extract(archive, root)
    found = sorted((root / "usr/share/keyrings").glob("debian-archive-keyring.*"))
    if not found:
        raise NotAvailable("The stable suite's keys package holds no keyring: update debian-archive-keyring on this machine.")
    return found[-1].resolve()


def _extract(archive: Path, root: Path) -> None:
    done = subprocess.run(
        ["dpkg-deb", "--extract", str(archive), str(root)], capture_output=True, text=True, timeout=_UNPACK_S, check=False
    )
    if done.returncode != 0:
        raise NotAvailable(f"{archive.name} cannot be unpacked: {done.stderr.strip()}")


@contextlib.contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    """One process at a time; the kernel frees the lock of one that dies."""
    deadline, told = time.monotonic() + _LOCK_S, False
    with path.open("w", encoding="utf-8") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NotAvailable(f"another process has been unpacking for {_LOCK_S} s (lock {path})") from None
                if not told:
                    progress("Another process is unpacking the same packages; waiting for it ...")
                    told = True
                time.sleep(0.2)
        yield
