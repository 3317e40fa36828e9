"""Whom the servers run as, and where files must lie so that this account can read them.

PostgreSQL refuses to run as root and Asterisk should not: started by root they run as `nobody`, otherwise as the user himself.
A root user's home (and so his cache and often his virtual environment) is closed to `nobody`; hence `readable_by` and `cache_directory`.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group id; `None` from `service_account` never happens: without root it is the user himself."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether becoming this account means giving up the one we run as."""
        return self.uid != os.geteuid()

    def can_read(self, path: Path) -> bool:
        """Whether every folder above `path` may be entered, and `path` be read, by this account."""
        if not self.is_other:
            return os.access(path, os.R_OK)
        resolved = path.resolve()
        if not all(self._may(folder, 0o1) for folder in resolved.parents):
            return False
        return self._may(resolved, 0o5 if resolved.is_dir() else 0o4)

    def _may(self, path: Path, wanted: int) -> bool:
        status = path.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return (status.st_mode >> shift) & wanted == wanted

    def give(self, path: Path) -> Path:
        """Make a file or folder this account's own."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)
        return path


def service_account() -> Account:
    """`nobody` for root, else the user who runs us."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/call-controller`, else `~/.cache/call-controller`; for a root whose home is closed, `/var/cache/call-controller`.

    Created if missing. Holds only what can be fetched again.
    """
    named = os.environ.get("XDG_CACHE_HOME")
    directory = Path(named or Path.home() / ".cache") / "call-controller"
    account = service_account()
    if not named and account.is_other and not account.can_read(Path.home()):
        directory = Path("/var/cache/call-controller")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
