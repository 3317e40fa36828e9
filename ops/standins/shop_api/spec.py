"""What FastAPI cannot say by itself on the OpenAPI page (/openapi.json): the headers that every answer carries."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

REQUEST_ID = {"description": "As sent by the client, or made here", "required": True, "schema": {"type": "string"}}
RETRY_AFTER = {"description": "Seconds to wait", "schema": {"type": "number", "minimum": 0}}


def complete(app: FastAPI) -> None:
    """Let *app*'s page be whole; it is made once, when first asked for."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            page = generated()
            for operations in page["paths"].values():
                for operation in operations.values():
                    for status, response in operation["responses"].items():
                        headers = response.setdefault("headers", {})
                        headers["X-Request-Id"] = REQUEST_ID
                        if status in ("429", "503"):
                            headers["Retry-After"] = RETRY_AFTER
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way of extending the page
