"""Tokens, and who did what: for admins."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints
from pydantic import Field as BodyField

from controller.api.access import Access, Admin, Role
from controller.api.bearer import TOKEN
from controller.api.database import QUERIES, Asked
from controller.api.openapi import API, example
from controller.api.past import Moment, Words, moment, presently
from controller.api.problems import Problem, told
from controller.api.shapes import AuditPage, TokenList, TokenMade
from controller.api.tokens import PERSON, TELEPHONE, Profile
from controller.board.sight import Sight
from controller.journal.queries import Row

AUDIT_REACH = timedelta(days=31)
_TOKEN_ID = "6f1c2a4e-0000-4000-8000-000000000001"  # noqa: S105 - an id


class NewToken(BaseModel):
    person: Annotated[str, StringConstraints(strip_whitespace=True, pattern=f"^{PERSON}$")]
    role: Role
    telephone: Annotated[str, StringConstraints(pattern=f"^{TELEPHONE}$")] = BodyField(
        "", description="what Asterisk dials to reach the person"
    )
    numbers: StrictBool = BodyField(False, description="sees telephone numbers in full")
    days: Annotated[int, BodyField(strict=True, ge=1, le=3650)] | None = BodyField(None, description="null: until it is revoked")

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"person": "Olha", "role": "supervisor", "telephone": "PJSIP/sup1", "days": 90}]}
    )


def make_router(access: Access, database: Asked) -> APIRouter:
    routes = APIRouter(prefix=API, tags=["administration"])

    @routes.get("/tokens", name="tokens_list", responses={200: {"model": TokenList}})
    async def listed(who: Admin) -> JSONResponse:
        """Tokens and one-time links, newest first; never the secret itself."""
        return JSONResponse({"tokens": [_token(row) for row in await access.book.listed()]})

    @routes.post(
        "/tokens",
        name="tokens_create",
        status_code=201,
        response_model=TokenMade,
        responses={201: example({"id": _TOKEN_ID, "token": TOKEN + "…"}, "The token; it is shown this once")},
    )
    async def create(body: NewToken, who: Admin) -> Response:
        """A new token. Sent twice it makes two: what was shown once cannot be shown again."""
        profile = Profile(person=body.person, role=body.role, telephone=body.telephone, numbers=body.numbers)
        made = await access.book.create(profile, None if body.days is None else timedelta(days=body.days))
        access.audit.note(who, "token.create", arguments={"token": made.held.id, **body.model_dump(mode="json")})
        return JSONResponse({"id": made.held.id, "token": made.secret}, 201)

    @routes.delete("/tokens/{token_id}", name="tokens_revoke", status_code=204, responses=told("token_unknown"))
    async def revoke(token_id: uuid.UUID, who: Admin) -> Response:
        """It and its sessions: at once here, within five seconds everywhere. Twice changes nothing."""
        id_ = str(token_id)
        if not await access.book.revoke(id_):
            raise Problem("token_unknown")
        access.keyring.forget(id_)
        access.audit.note(who, "token.revoke", arguments={"token": id_})
        return Response(status_code=204)

    @routes.get("/audit", name="audit_list", responses={200: {"model": AuditPage}, **told("invalid", "cursor_invalid")})
    async def audit(
        who: Admin,
        from_: Annotated[Moment, Query(alias="from", description="default: a month before `to`")] = None,
        to: Annotated[Moment, Query(description="default: now")] = None,
        person: Annotated[Words, Query(examples=["Olha"])] = "",
        action: Annotated[Words, Query(examples=["transfer"])] = "",
        call: Annotated[uuid.UUID | None, Query(description="only about this call")] = None,
        cursor: Annotated[Words, Query(description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> JSONResponse:
        """Who did what, or was refused it; newest first."""
        until = moment(to, presently())
        rows = await database.fetch(
            QUERIES["list_audit"],
            {
                "since": moment(from_, until - AUDIT_REACH),
                "until": until,
                "before": _cursor(cursor),
                "actor": person,
                "action": action,
                "call_id": call,
                "limit": limit + 1,
            },
        )
        page = rows[:limit]
        following = str(page[-1]["id"]) if len(rows) > limit else None
        return JSONResponse(Sight.of(who).see({"items": [_line(row) for row in page], "next": following}))

    return routes


def _cursor(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Problem("cursor_invalid") from None


def _token(row: Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "person": row["person"],
        "role": row["role"],
        "telephone": row["telephone"] or "",
        "numbers": row["numbers"],
        "once": row["once"],
        "created": _ms(row["created_at"]),
        "expires": _ms(row["expires_at"]),
        "revoked": _ms(row["revoked_at"]),
        "sessions": row["sessions"],
    }


def _line(row: Row) -> dict[str, Any]:
    kept = {name: row[name] for name in ("actor", "role", "action", "why", "arguments", "result", "request_id")}
    return {"id": str(row["id"]), "at": _ms(row["at"]), "call": None if row["call_id"] is None else str(row["call_id"])} | kept


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
