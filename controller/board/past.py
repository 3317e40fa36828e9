"""Calls that are over, as the console shows them: a page of them, and one with its turns.

    page = await past_page(reader, PastWish(since=..., until=..., q="не ті шини"))
    call = await past_call(reader, call_id, q="не ті шини")

Nothing is masked here: ``Sight.see`` does it for who asks. Both raise what ``Reader.fetch`` raises: psycopg.Error, TimeoutError.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, Protocol

from controller.reader import Rows

PAGE = 50
PAGE_MAX = 200


class Asked(Protocol):
    """``controller.reader.Reader``."""

    async def fetch(self, statement: LiteralString, parameters: Mapping[str, object], *, timeout_s: float) -> Rows: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWish:
    """Calls that started in [*since*, *until*), newest first."""

    since: datetime
    until: datetime
    q: str = ""  # words, all of which occur in the talk, the name or the number, however inflected they are written
    caller: str = ""  # a telephone number, in any form
    outcome: str = ""  # one of ``outcome.OUTCOMES``
    trouble: bool = False  # only calls that had some
    cursor: str = ""  # ``next`` of the page before
    limit: int = PAGE
    numbers: bool = False  # whether parts of numbers may be searched for: who does not see them must not find them out


async def past_page(reader: Asked, wish: PastWish) -> dict[str, Any]:
    """{"items": [{"id", "at", "caller", "topic", "outcome", "dur_s", "p95_ms", "trouble"}], "total", "with_trouble", "next"}.

    *at* is Unix time in ms; *trouble* is null or {"level", "code", "args"}, the gravest; *next* is null on the last page.
    Raises ``ValueError`` for a cursor that is none of ours.
    """
    raise NotImplementedError


async def past_call(reader: Asked, call_id: uuid.UUID, *, q: str = "") -> dict[str, Any] | None:
    """A Call with *turns*, *summary*, *facts* and *hits*; None if there is none.

    A hit is {"n", "at", "who", "text", "marks": [[from, to], ...]} in characters of *text*; without *q* hits are key moments, unmarked.
    """
    raise NotImplementedError
