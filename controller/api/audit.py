"""Who did what, and what came of it: through the journal, so that it is kept also while PostgreSQL is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from uuid_utils.compat import uuid7

from controller.api.identity import Identity
from controller.control import ACCEPTED
from controller.journal.records import Audited

log = structlog.get_logger(__name__)


class Audit:
    """*append* is the journal's."""

    def __init__(self, append: Callable[[Audited], None], clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._append = append
        self._clock_ms = clock_ms

    def note(
        self,
        who: Identity,
        action: str,
        *,
        call_id: str = "",
        why: str = "",
        arguments: Mapping[str, Any] | None = None,
        result: str = ACCEPTED,
    ) -> None:
        """*call_id* is a UUID or empty; *arguments* hold no secret; *result* is ``accepted`` or the code of the refusal."""
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        log.info("person_acted", person=who.person, role=who.role.value, action=action, call_id=call_id or None, result=result)
        self._append(
            Audited(
                id=str(uuid7()),
                at_ms=self._clock_ms(),
                actor=who.person,
                role=who.role.value,
                action=action,
                call_id=call_id,
                why=why,
                arguments=dict(arguments or {}),
                result=result,
                request_id=request_id,
            )
        )
