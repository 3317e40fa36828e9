"""What FastAPI cannot say by itself on the OpenAPI page (/openapi.json): every answer's headers, and what an id in it is good for."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

REQUEST_ID = {"description": "As sent by the client, or made here", "required": True, "schema": {"type": "string"}}
RETRY_AFTER = {"description": "Seconds to wait", "schema": {"type": "number", "minimum": 0}}


LINKS = {  # what was made, and which operations take its id
    "orders_create": ("order_id", ("orders_detail", "orders_deliver")),
    "orders_deliver": ("order_id", ("orders_detail", "orders_confirm")),
    "orders_confirm": ("order_id", ("orders_detail", "orders_deliver")),
    "fitting_book": ("booking_id", ("fitting_change", "fitting_cancel")),
    "fitting_change": ("booking_id", ("fitting_change", "fitting_cancel")),
}


def operation_id(route: APIRoute) -> str:
    return "_".join(map(str, [*route.tags[:1], route.name]))


def links_of(operation_id: str) -> dict[str, Any]:
    parameter, targets = LINKS.get(operation_id, ("", ()))
    return {target: {"operationId": target, "parameters": {parameter: "$response.body#/id"}} for target in targets}


def methods_at(app: FastAPI, path: str) -> list[str]:
    """What the page knows to do with *path*."""
    pages = app.openapi()["paths"].items()
    found = [operations for template, operations in pages if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)]
    return sorted({method.upper() for operations in found for method in operations})


def complete(app: FastAPI) -> None:
    """Let *app*'s page be whole; it is made once, when first asked for."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            page = generated()
            for operations in page["paths"].values():
                for operation in operations.values():
                    made = next(response for status, response in operation["responses"].items() if status.startswith("2"))
                    if links := links_of(operation["operationId"]):
                        made["links"] = links
                    for status, response in operation["responses"].items():
                        headers = response.setdefault("headers", {})
                        headers["X-Request-Id"] = REQUEST_ID
                        if status in ("429", "503"):
                            headers["Retry-After"] = RETRY_AFTER
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way of extending the page
