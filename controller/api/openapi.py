"""What FastAPI cannot say by itself on the OpenAPI page (/api/v1/openapi.json): the problems that any operation may answer, the headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from controller.api.problems import ProblemBody, told

API = "/api/v1"
REQUEST_ID = {"description": "as sent, or made here", "required": True, "schema": {"type": "string"}}
RETRY_AFTER = {"description": "seconds to wait", "required": True, "schema": {"type": "integer", "minimum": 1}}
CHALLENGE = {"required": True, "schema": {"type": "string"}}
ABOUT = """Calls on a call centre's Asterisk, live and past, and what people may do with them.

Everything but `/ping`, `/session` and `/web-calls` needs a token (`callctl token create`) or a browser's session. Roles, each includes the
former: viewer, developer, supervisor, admin. Times in answers are Unix time in ms. Every action carries an `Idempotency-Key`: sent again
with the same key it gets the answer of the first time, within a day. `If-State` is the `state_seq` that the person saw: 409 if it has
moved on."""


def operation_id(route: APIRoute) -> str:
    return route.name


def example(value: Any, description: str) -> dict[str, Any]:
    """For a route's ``responses``: what a success looks like."""
    return {"description": description, "content": {"application/json": {"example": value}}}


def describe(app: FastAPI) -> None:
    """Let *app*'s page be whole; it is made once, when first asked for."""
    generated = app.openapi
    app.description = ABOUT

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            page = generated()
            schemas = page.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = ProblemBody.model_json_schema()
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for method, operation in _operations(page):
                _complete(method, operation)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way of extending the page


def _operations(page: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operations in page["paths"].values():
        yield from operations.items()


def _complete(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    codes = ["internal"]
    if "security" in operation:
        codes += ["unauthorized", "forbidden", "rate_limited", "database_away"]
        if method != "get":
            codes += ["csrf", "cross_site"]
    if "requestBody" in operation:
        codes += ["malformed", "too_large", "invalid"]
    elif operation.get("parameters"):
        codes.append("invalid")
    for status, told_here in told(*codes).items():
        known = responses.get(str(status))
        if known is None:
            responses[str(status)] = told_here
        else:
            for media_type, content in told_here["content"].items():
                known["content"][media_type]["examples"] |= content["examples"]
            known["description"] += f"; {told_here['description']}"
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers["X-Request-ID"] = REQUEST_ID
        if status in ("429", "503"):
            headers["Retry-After"] = RETRY_AFTER
        if status == "401":
            headers["WWW-Authenticate"] = CHALLENGE
    operation["responses"] = dict(sorted(responses.items()))
