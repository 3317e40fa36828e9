"""Calls that are over: a page of them, by time, caller, outcome and words; and one with what was said."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from controller.api.access import Viewer
from controller.api.database import Asked
from controller.api.openapi import API
from controller.api.problems import Problem, told
from controller.api.shapes import PastCall, PastPage
from controller.board.past import PAGE, PAGE_MAX, PastWish, past_call, past_page
from controller.board.sight import Sight

DEFAULT = timedelta(days=7)
LONGEST = timedelta(days=93)
"""What one search may look through."""
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt]")  # pydantic would take bare numbers too


def _iso(value: Any) -> Any:
    if isinstance(value, str) and not _ISO.match(value):
        raise ValueError("must be as in 2026-11-26T09:00:00Z")
    return value


Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Moment = Annotated[AwareDatetime, BeforeValidator(_iso)] | Annotated[int, Field(ge=946_684_800_000, le=4_102_444_800_000)] | None
"""ISO 8601 with its zone, or Unix time in ms."""


def moment(given: datetime | int | None, default: datetime) -> datetime:
    """Within sensible bounds."""
    if given is None:
        return default
    return max(_FIRST, min(datetime.fromtimestamp(given / 1000, UTC) if isinstance(given, int) else given, _LAST))


def presently() -> datetime:
    """The end of what has begun by now; clocks differ a little."""
    return datetime.now(UTC) + timedelta(minutes=1)


def make_router(database: Asked) -> APIRouter:
    routes = APIRouter(prefix=f"{API}/past", tags=["past calls"])

    @routes.get("", name="past_list", responses={200: {"model": PastPage}, **told("invalid", "cursor_invalid")})
    async def page(
        who: Viewer,
        q: Annotated[Words, Query(description="words, all of which occur in the talk, the name or the number")] = "",
        caller: Annotated[Words, Query(description="a telephone number, in any form")] = "",
        from_: Annotated[Moment, Query(alias="from", description="began at or after; default: a week before `to`")] = None,
        to: Annotated[Moment, Query(description="began before; default: now")] = None,
        outcome: Annotated[Words, Query(description="only those that ended so", examples=["hung_up"])] = "",
        trouble: Annotated[Literal["0", "1"], Query(description="1: only those with trouble")] = "0",
        cursor: Annotated[Words, Query(description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE,
    ) -> JSONResponse:
        """Newest first. Who does not see numbers in full cannot search for parts of them either."""
        until = moment(to, presently())
        since = moment(from_, until - DEFAULT)
        if not timedelta() <= until - since <= LONGEST:
            raise Problem("invalid", f"from must be before to, by at most {LONGEST.days} days", days=LONGEST.days)
        wish = PastWish(
            since=since,
            until=until,
            q=q,
            caller=caller,
            outcome=outcome,
            trouble=trouble == "1",
            cursor=cursor,
            limit=limit,
            numbers=who.numbers,
        )
        try:
            found = await past_page(database, wish)
        except ValueError:
            raise Problem("cursor_invalid") from None
        return JSONResponse(Sight.of(who).see(found))

    @routes.get("/{call_id}", name="past_one", responses={200: {"model": PastCall}, **told("call_unknown")})
    async def one(
        call_id: uuid.UUID, who: Viewer, q: Annotated[Words, Query(description="whose places in the talk to mark")] = ""
    ) -> JSONResponse:
        """One call with its turns, its summary, and where the words of the search are."""
        found: dict[str, Any] | None = await past_call(database, call_id, q=q, numbers=who.numbers) if call_id.version == 7 else None
        if found is None:
            raise Problem("call_unknown")
        return JSONResponse(Sight.of(who).see(found))

    return routes
