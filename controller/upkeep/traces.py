"""Where a telephone number, or a call from it, stands in the files of one machine's journal, and what of it can be erased there.

    spool          what PostgreSQL has leaves within an hour; what waits comes to PostgreSQL later      told
    ledger         two days                                                                             told
    dead letters   the lines with either                                                                 erased
    damaged bytes  files with either, as a whole                                                        erased
    live calls     the file of a call that is over is its owner's to delete; he talks, while there is one   told

Nothing of the spool or the ledger is changed: what was kept so that nothing is lost or done twice is not rewritten under a running
controller. It goes by itself, and says here until when.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from controller.journal.dead_letters import FILE as DEAD_LETTERS
from controller.journal.dead_letters import rewrite
from controller.journal.files import SUFFIX
from controller.journal.ledger import FOLDER as LEDGER
from controller.journal.spool import DAMAGED
from controller.upkeep.numbers import pattern

LIVE = "live"


@dataclass(frozen=True, slots=True)
class Traces:
    """How many files, and of the dead letters how many lines."""

    spool: int
    ledger: int
    live: int
    dead_letters: int
    damaged: int

    @property
    def left(self) -> list[str]:
        """What goes by itself, in words."""
        places = (
            (self.spool, "the spool (gone within an hour after it has reached PostgreSQL: erase again then)"),
            (self.ledger, "the ledger of the last two days"),
            (self.live, "a call that is going on"),
        )
        return [words for count, words in places if count]


def erase_traces(directory: Path, phone: str, calls: Iterable[str]) -> Traces:
    """Erase what can be; tell what was and what is left. *phone* as ``agent.phone.normalise`` gives it, *calls* his. Raises ``OSError``."""
    stands = _finder(phone, calls)
    damaged = [path for path in directory.glob(f"*{DAMAGED}") if stands(path.read_bytes())]
    for path in damaged:
        path.unlink(missing_ok=True)
    letters = directory / DEAD_LETTERS
    return Traces(
        spool=sum(stands(path.read_bytes()) for path in directory.glob(f"*{SUFFIX}")),
        ledger=sum(stands(path.read_bytes()) for path in (directory / LEDGER).glob(f"*{SUFFIX}")),
        live=sum(stands(path.read_bytes()) for path in (directory / LIVE).glob("*") if path.is_file()),
        dead_letters=rewrite(letters, lambda entry: not stands(_said(entry))) if letters.exists() else 0,
        damaged=len(damaged),
    )


def _said(letter: dict[str, Any]) -> bytes:
    """A record that no version understood is kept as its bytes."""
    return base64.b64decode(letter["payload"]) if "payload" in letter else msgspec.json.encode(letter)


def _finder(phone: str, calls: Iterable[str]) -> Callable[[bytes], bool]:
    either = re.compile("|".join([pattern(phone), *map(re.escape, calls)]))
    return lambda data: either.search(data.decode("utf-8", "replace")) is not None
