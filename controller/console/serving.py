"""The console's files over HTTP: what a browser may load, and nothing else.

    /                   index.html, the console
    /login              login.html, for who has no session yet
    /console/<path>     style sheets and ES modules

Every file is read once and looked up by its whole path, so no path leads out of ``page/``. A browser keeps a copy and asks each time
whether it is still the one (ETag): after an update nobody runs yesterday's modules against today's. The pages hold nothing secret; all data
come from ``/api/v1`` with a session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response

PAGE = Path(__file__).parent / "page"

MEDIA_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    body: bytes
    media_type: str
    etag: str


def read_files(folder: Path = PAGE) -> dict[str, PageFile]:
    """Path below *folder* with forward slashes -> file, for every file of a kind that a browser loads."""
    return {
        path.relative_to(folder).as_posix(): _read(path)
        for path in sorted(folder.rglob("*"))
        if path.suffix in MEDIA_TYPES and path.is_file()
    }


def make_console_router(files: Mapping[str, PageFile] | None = None) -> APIRouter:
    """The routes above; *files* as ``read_files`` gives them."""
    known = read_files() if files is None else files
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def console(request: Request) -> Response:
        return _answer(known["index.html"], request)

    @router.api_route("/login", methods=["GET", "HEAD"])
    async def login(request: Request) -> Response:
        return _answer(known["login.html"], request)

    @router.api_route("/console/{path:path}", methods=["GET", "HEAD"])
    async def file(path: str, request: Request) -> Response:
        found = None if path.endswith(".html") else known.get(path)
        if found is None:
            return Response("not found", status_code=404, media_type="text/plain", headers=HEADERS)
        return _answer(found, request)

    return router


def _read(path: Path) -> PageFile:
    body = path.read_bytes()
    return PageFile(body=body, media_type=MEDIA_TYPES[path.suffix], etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _answer(found: PageFile, request: Request) -> Response:
    headers = {**HEADERS, "ETag": found.etag}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)
