"""What our API answers when it does not do what was asked: problem details (RFC 9457) with a code and its arguments.

    {"type": "urn:callctl:problem:state_changed", "title": "The call has moved on", "status": 409,
     "detail": "", "code": "state_changed", "args": {"seen": 4, "now": 6}}

A program looks at ``code``, a person's page translates it with ``args``; ``title`` and ``detail`` are for whoever reads it raw.
Nothing that was sent comes back in a problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.routing import BaseRoute

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_S = 5
"""For what passes by itself."""


class Kind(NamedTuple):
    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "malformed": Kind(400, "The request cannot be read"),
    "unauthorized": Kind(401, "No valid token or session"),
    "forbidden": Kind(403, "Your role does not include this"),
    "csrf": Kind(403, "The X-CSRF header of this session is missing or wrong"),
    "cross_site": Kind(403, "Another site's page asks for this"),
    "not_found": Kind(404, "There is no such thing"),
    "call_unknown": Kind(404, "There is no such call"),
    "callback_unknown": Kind(404, "There is no such call back"),
    "dependency_unknown": Kind(404, "There is no such dependency"),
    "token_unknown": Kind(404, "There is no such token"),
    "web_calls_off": Kind(404, "Calls from the browser are not enabled here"),
    "method_not_allowed": Kind(405, "This cannot be done with it"),
    "state_changed": Kind(409, "The call has moved on"),
    "connecting": Kind(409, "The call has only just begun"),
    "with_operator": Kind(409, "An operator has the call"),
    "with_supervisor": Kind(409, "A supervisor has the call"),
    "transferring": Kind(409, "The call is on its way to an operator"),
    "ending": Kind(409, "The call is ending"),
    "already_listening": Kind(409, "You listen to it already"),
    "not_listening": Kind(409, "You do not listen to it"),
    "not_taken": Kind(409, "You do not have this call"),
    "no_telephone": Kind(409, "Your profile names no telephone"),
    "other_worker": Kind(409, "Another process has this call"),
    "callback_done": Kind(409, "This call back is done"),
    "no_outbound": Kind(409, "Calls to the outside are not set up"),
    "call_ended": Kind(410, "The call has ended"),
    "too_large": Kind(413, "The request is too large"),
    "invalid": Kind(422, "A value is wrong"),
    "cursor_invalid": Kind(422, "The cursor is none of ours"),
    "idempotency_mismatch": Kind(422, "This Idempotency-Key was used for another request"),
    "queue_unknown": Kind(422, "There is no such queue"),
    "text_too_long": Kind(422, "The text is too long"),
    "text_missing": Kind(422, "There is no text"),
    "too_many": Kind(429, "Too many of these at once"),
    "web_calls_full": Kind(429, "As many calls from browsers as may be are going on"),
    "rate_limited": Kind(429, "Too many requests"),
    "internal": Kind(500, "A fault of ours"),
    "too_many_readers": Kind(503, "So many watch already that one more could not be served"),
    "database_away": Kind(503, "The records cannot be read or written now"),
    "asterisk_away": Kind(503, "Asterisk does not answer"),
    "no_answer": Kind(504, "The call did not answer in time; what was asked may still happen"),
}
REFUSED_OTHERWISE = Kind(409, "It was refused")  # a code that a part of ours gave and that is not in the table
_OF_STATUS = {400: "malformed", 401: "unauthorized", 403: "forbidden", 404: "not_found", 413: "too_large"}


class Problem(HTTPException):
    """Raised anywhere on the way to an answer; *args* fill in the words that a person reads."""

    def __init__(self, code: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **args: Any) -> None:
        kind = KINDS.get(code, REFUSED_OTHERWISE)
        given = dict(headers or {})
        if kind.status in (429, 503):
            given.setdefault("Retry-After", str(RETRY_S))
        if kind.status == 401:
            given.setdefault("WWW-Authenticate", "Bearer")
        super().__init__(kind.status, detail or kind.title, given)
        self.code = code
        self.body = {
            "type": f"urn:callctl:problem:{code}",
            "title": kind.title,
            "status": kind.status,
            "detail": detail,
            "code": code,
            "args": args,
        }

    def response(self) -> JSONResponse:
        return JSONResponse(self.body, self.status_code, self.headers, media_type=MEDIA_TYPE)


class ProblemBody(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(description="urn:callctl:problem:<code>")
    title: str
    status: int
    detail: str
    code: str = Field(description="what a program looks at")
    args: dict[str, Any] = Field(description="what a translation of the code fills in")


class DatabaseAway(Exception):
    """PostgreSQL does not answer, or not in time; the text is why."""


def shape_problems(app: FastAPI, routes: Sequence[BaseRoute] = ()) -> None:
    """Every error of *app* in this shape, the framework's own too; *routes* are all that have several methods on one path."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if any(one["type"] == "json_invalid" for one in found):
            return Problem("malformed", "the body is no JSON").response()
        fields = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in found[:20]]
        told = "; ".join(f"{field['where']}: {field['what']}" for field in fields)
        return Problem("invalid", told, fields=fields).response()

    @app.exception_handler(AnyHTTPException)
    async def refused(request: Request, error: AnyHTTPException) -> JSONResponse:
        if isinstance(error, Problem):
            return error.response()
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = _methods_at(routes, request.scope["path"])
            return Problem("method_not_allowed", headers={"Allow": ", ".join(allowed)} if allowed else error.headers).response()
        code = _OF_STATUS.get(error.status_code, "internal" if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else "malformed")
        return Problem(code, headers=error.headers).response()

    @app.exception_handler(DatabaseAway)
    async def away(request: Request, error: DatabaseAway) -> JSONResponse:
        log.warning("database_away", path=request.scope["path"], why=str(error))
        return Problem("database_away").response()


def _methods_at(routes: Iterable[BaseRoute], path: str) -> list[str]:
    """What can be done with *path*; the framework knows only those of the first route that it tried."""
    found = (route for route in routes if isinstance(route, APIRoute) and route.path_regex.match(path))
    return sorted({method for route in found for method in route.methods or ()})


def told(*codes: str) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI page: the problems with which an operation may answer, an example of each."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind = KINDS[code]
        response = responses.setdefault(
            kind.status,
            {"description": "", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}}},
        )
        response["description"] = "; ".join(filter(None, (response["description"], kind.title)))
        response["content"][MEDIA_TYPE]["examples"][code] = {"value": Problem(code).body}
    return responses


def codes_of(refusals: Iterable[str]) -> list[str]:
    """In the table's order, so that the page is the same each time."""
    wanted = set(refusals)
    return [code for code in KINDS if code in wanted]
