"""What the parent must know of the settings: given to it on its command line by ``callctl run``, which has read and checked them all."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

BLOCKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""``callctl run`` becomes the parent with these held back, so that none is lost before it listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    argv: tuple[str, ...]  # of a controller
    directory: str  # the journal's
    api_host: str
    api_port: int
    audiosocket_host: str
    audiosocket_port: int
    standby: bool
    hung_after_s: float
    log_level: str
    log_format: str

    @property
    def path(self) -> Path:
        return Path(self.directory)

    def encode(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Self:
        given = json.loads(text)
        return cls(**{**given, "argv": tuple(given["argv"])})
