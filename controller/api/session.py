"""Who am I, and a browser's session: opened with a token or a one-time link, ended by whoever has it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from controller.api.access import COOKIE, Identity, Viewer, access_of, bearer_of, identity_of
from controller.api.bearer import LINK, TOKEN, csrf_of, is_secret
from controller.api.openapi import API, example
from controller.api.problems import Problem, told
from controller.api.shapes import AT_MS, Me, Now
from controller.api.tokens import Made

_ME = {"person": "Olha", "role": "supervisor", "telephone": "PJSIP/sup1", "numbers": False, "expires": AT_MS, "csrf": "9f86d081884c7d65"}


Short = Annotated[str, StringConstraints(max_length=100)]


class Opening(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Short = Field("", description="what stands behind # in a one-time link")
    token: Short = Field("", description="a token that somebody pasted; or the Authorization header has it")


def make_router() -> APIRouter:
    routes = APIRouter(prefix=API, tags=["session"])

    @routes.get("/ping", name="ping", response_model=Now, responses={200: example({"now": AT_MS}, "We are here")})
    async def ping() -> Response:
        """Whether we answer. Needs no token."""
        return JSONResponse({"now": time.time_ns() // 1_000_000})

    @routes.get("/me", name="me", response_model=Me, responses={200: example(_ME, "You")})
    async def me(who: Viewer) -> Response:
        """Whose token or session this is; for a page also what it must send as X-CSRF."""
        return JSONResponse(_told(who))

    @routes.post(
        "/session",
        name="session_open",
        status_code=201,
        response_model=Me,
        responses={201: example(_ME, "You, and a cookie"), **told("unauthorized", "cross_site", "rate_limited", "database_away")},
        openapi_extra={"security": [{"token": []}, {}]},
    )
    async def open_session(request: Request, body: Opening) -> Response:
        """A token, or a one-time link, for a cookie that no script can read (HttpOnly, SameSite=Strict)."""
        access = access_of(request)
        made = await (_by_link(request, body.code) if body.code else _by_token(request, body.token or bearer_of(request)))
        action = "session.link" if body.code else "session.open"
        if made is None:
            raise Problem("unauthorized")
        who = identity_of(made.held, csrf_of(made.secret))
        access.audit.note(who, action, arguments={"session": made.held.id, "from": made.held.parent})
        response = JSONResponse(_told(who), 201)
        expires_at = made.held.expires_at or datetime.now(UTC)
        response.set_cookie(
            COOKIE,
            made.secret,
            max_age=max(0, int((expires_at - datetime.now(UTC)).total_seconds())),
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    @routes.delete("/session", name="session_end", status_code=204, responses={204: {"description": "Ended"}})
    async def end_session(request: Request, who: Viewer) -> Response:
        """Log out. With a bearer token there is no session to end, and nothing happens."""
        if who.csrf:
            access = access_of(request)
            await access.book.revoke(who.token_id)
            access.keyring.forget(who.token_id)
            access.audit.note(who, "session.end", arguments={"session": who.token_id})
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path="/", secure=request.url.scheme == "https", httponly=True, samesite="strict")
        return response

    return routes


async def _by_link(request: Request, link: str) -> Made | None:
    access = access_of(request)
    address = request.client.host if request.client else ""
    if not is_secret(link, LINK):
        return None
    await access.rates.check_failures(address)
    made = await access.book.use_link(link)
    if made is None:
        await access.failed(address)
    return made


async def _by_token(request: Request, token: str) -> Made | None:
    access = access_of(request)
    held = await access.held(request, token, TOKEN)
    await access.rates.request(held.id)
    return await access.book.open_session(held.id)


def _told(who: Identity) -> dict[str, object]:
    return {
        "person": who.person,
        "role": who.role.value,
        "telephone": who.telephone,
        "numbers": who.numbers,
        "expires": None if who.expires_at is None else round(who.expires_at.timestamp() * 1000),
        "csrf": who.csrf or None,
    }
