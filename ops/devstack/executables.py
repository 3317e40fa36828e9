"""Programs that pip brought may lie where the servers' account cannot go (a root user's virtual environment).

Then a copy in the cache is started.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from .account import Account, cache_directory


def readable(base: Path, names: Sequence[str], account: Account, progress: Callable[[str], None]) -> Path:
    """`base` itself when the account can read all `names` in it, else a folder of the cache that holds copies of them, laid out alike.

    One copy per version of the files; a name may be a file or a folder, and one that does not exist is passed over.
    """
    sources = {name: base / name for name in names if (base / name).exists()}
    if all(account.can_read(source) for source in sources.values()):
        return base
    facts = [f"{source.resolve()} {source.stat().st_mtime_ns} {source.stat().st_size}" for source in sources.values()]
    place = cache_directory() / "programs" / hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]
    if not place.is_dir():
        progress(f"Copying {', '.join(sources)} to where its account can read it ...")
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        for name, source in sources.items():
            target = partial / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            else:
                shutil.copy2(source, target)
        try:
            partial.rename(place)
        except OSError:  # somebody else was first
            shutil.rmtree(partial, ignore_errors=True)
    return place
