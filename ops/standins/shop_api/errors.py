"""The API's one error shape: ``{"error": {"code", "message", "request_id"}}``."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ops.standins.shop_api.spec import methods_at

CODES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    422: "validation_error",
    429: "rate_limited",
    500: "internal_error",
    503: "service_unavailable",
}


EVERYWHERE = (401, 422, 429, 500, 503)
MEANINGS = {
    400: "The request cannot be read: malformed JSON, a header that is missing or wrong",
    401: "The API key is missing or wrong",
    404: "There is no such thing",
    422: "A value is wrong (validation_error), or one of the shop's rules refuses (a code of its own)",
    429: "Too many requests; Retry-After says in how many seconds to come again",
    500: "A fault of the shop",
    503: "Out of order for a moment; Retry-After says in how many seconds to come again",
}


class ApiError(Exception):
    """An answer other than 2xx, raised anywhere in a router. *code* says more than the status where the shop's own rules refuse."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def error_response(status: int, message: str, request_id: str, retry_after_s: float | None = None, code: str | None = None) -> JSONResponse:
    body = {"error": {"code": code or CODES.get(status, "error"), "message": message, "request_id": request_id}}
    headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
    return JSONResponse(body, status, headers)


def shape_errors(app: FastAPI) -> None:
    """Give every error of *app*, the framework's own too, the API's shape. Needs ``request.state.request_id``."""

    @app.exception_handler(ApiError)
    async def refused(request: Request, error: ApiError) -> JSONResponse:
        return error_response(error.status, str(error), request.state.request_id, code=error.code)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        told = "; ".join(f"{'.'.join(str(p) for p in e['loc'][1:])}: {e['msg']}" for e in error.errors())
        malformed = any(e["type"] == "json_invalid" or e["loc"][0] == "header" for e in error.errors())
        return error_response(400 if malformed else 422, told, request.state.request_id)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> JSONResponse:
        response = error_response(error.status_code, str(error.detail), request.state.request_id)
        response.headers.update(error.headers or {})
        if error.status_code == 405 and (methods := methods_at(app, request.url.path)):
            response.headers["Allow"] = ", ".join(methods)  # the framework names only those of the first route of this path
        return response


class Error(BaseModel):
    code: str
    message: str
    request_id: str


class ErrorBody(BaseModel):
    error: Error


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI page: what an operation may answer besides success; what every one may is added to them."""
    return {status: {"model": ErrorBody, "description": MEANINGS[status]} for status in sorted({*statuses, *EVERYWHERE})}
