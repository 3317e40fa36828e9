"""The page's files and the headers they go out with. They are read once; there is no build step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

HEADERS: Mapping[str, str] = {
    # Nothing but our own files and our own port; 'self' includes its WebSocket.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    media_type: str


def load_page() -> Mapping[str, File]:
    """By their path below /call/."""
    paths = [path for path in sorted(FOLDER.rglob("*")) if path.suffix in _TYPES]
    return {str(path.relative_to(FOLDER)): File(path.read_bytes(), _TYPES[path.suffix]) for path in paths}
