"""Programs that pip brought may lie where the servers' account cannot go (a root user's virtual environment).

Then a copy in the cache is started.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from .account import Account, cache_directory


def readable_copy(path: Path, account: Account, progress: Callable[[str], None]) -> Path:
    """`path` itself where the account can read it, else its copy in the cache, made once per version of it. A folder is copied whole."""
    if account.can_read(path):
        return path
    status = path.stat()
    digest = hashlib.sha256(f"{path.resolve()} {status.st_mtime_ns} {status.st_size}".encode()).hexdigest()[:12]
    place = cache_directory() / "programs" / f"{path.name}-{digest}"
    if not place.exists():
        progress(f"Copying {path.name} to where its account can read it ...")
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        if path.is_dir():
            shutil.copytree(path, partial, symlinks=True)
        else:
            shutil.copy2(path, partial)
        try:
            partial.rename(place)
        except OSError:  # somebody else was first
            shutil.rmtree(partial, ignore_errors=True)
    return place
