"""Which Asterisk to start: `ASTERISK_BIN`, else an installed one that is new enough, else Debian's, unpacked."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .errors import NotAvailable
from .packages import Root, triplet, unpacked

OLDEST = 22
PACKAGES = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-wav")
_MODULES = (
    "/usr/lib/{triplet}/asterisk/modules",
    "/usr/lib64/asterisk/modules",
    "/usr/lib/asterisk/modules",
    "/usr/local/lib/asterisk/modules",
)
_DATA = ("/usr/share/asterisk", "/var/lib/asterisk")


@dataclass(frozen=True, slots=True)
class AsteriskProgram:
    """How to start it, and where its modules and its data (documentation, REST descriptions, sounds) lie."""

    command: Callable[[Sequence[str]], list[str]]
    modules: Path
    data: Path
    version: str


def find_asterisk(account: Account, progress: Callable[[str], None]) -> AsteriskProgram:
    """Raises NotAvailable with what to do."""
    if named := os.environ.get("ASTERISK_BIN"):
        return _installed(named)
    if found := shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"):
        try:
            return _installed(found)
        except NotAvailable as error:
            progress(f"Not used: {error}")
    root = unpacked(PACKAGES, progress=progress)
    if not account.can_read(root.path):
        raise NotAvailable(
            f"{root.path} cannot be read by the account that runs Asterisk: set XDG_CACHE_HOME to a folder that everybody may enter."
        )
    return _from_root(root)


def _from_root(root: Root) -> AsteriskProgram:
    return AsteriskProgram(
        command=lambda arguments: root.command(["asterisk", *arguments]),
        modules=root.path / f"usr/lib/{root.triplet}/asterisk/modules",
        data=root.path / "usr/share/asterisk",
        version=_version(root.command(["asterisk", "-V"])),
    )


def _installed(program: str) -> AsteriskProgram:
    version = _version([program, "-V"])
    found = re.search(r"\d+", version)
    if found is None or int(found[0]) < OLDEST:
        raise NotAvailable(f"{program} is {version or 'no Asterisk'}; {OLDEST} or newer is needed (ASTERISK_BIN names another one).")
    modules = _first(
        os.environ.get("ASTERISK_MODULES"), [folder.format(triplet=triplet()) for folder in _MODULES], "pbx_config.so", "ASTERISK_MODULES"
    )
    data = _first(os.environ.get("ASTERISK_DATA"), _DATA, "documentation", "ASTERISK_DATA")
    return AsteriskProgram(command=lambda arguments: [program, *arguments], modules=modules, data=data, version=version)


def _first(named: str | None, usual: Sequence[str], holds: str, variable: str) -> Path:
    for folder in [named] if named else usual:
        if (Path(folder) / holds).exists():
            return Path(folder)
    raise NotAvailable(f"No folder of Asterisk with {holds}: set {variable}.")


def _version(command: Sequence[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAvailable(f"{command[0]} does not start: {error}") from error
