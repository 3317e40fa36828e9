"""The page that turns a one-time link, or a token that is pasted, into a session.

The link's code stands behind ``#``: browsers do not send that, so it is in nobody's log, and a preview of the link does not use it up. The
page's script posts it.
"""

from __future__ import annotations

from importlib import resources

from fastapi import APIRouter, Response

from controller.api.tokens import Profile, TokenBook

PATH = "/login"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
_FILES = {"": ("login.html", "text/html"), "/login.css": ("login.css", "text/css"), "/login.js": ("login.js", "text/javascript")}


def make_router() -> APIRouter:
    routes = APIRouter(prefix=PATH, include_in_schema=False)
    pages = resources.files(__package__).joinpath("pages")
    for path, (name, media_type) in _FILES.items():
        _serve(routes, path, pages.joinpath(name).read_bytes(), media_type)
    return routes


def _serve(routes: APIRouter, path: str, content: bytes, media_type: str) -> None:
    @routes.get(path)
    async def page() -> Response:
        return Response(content, media_type=media_type, headers={"Content-Security-Policy": _POLICY})


async def one_time_link(book: TokenBook, base_url: str, profile: Profile) -> str:
    """An address that logs *profile* in, once, within an hour. Raises ``DatabaseAway``."""
    made = await book.create_link(profile)
    return f"{base_url.rstrip('/')}{PATH}#{made.secret}"
