"""What must not be readable in a log: telephone numbers and secrets. Pure.

A number keeps its beginning and its last four digits, enough to find a caller one already knows:
+380671234567 → +38067***4567, 067 123 45 67 → 067***4567. One that is typed, key by key, shows none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "***"
NUMBER_FIELDS = frozenset({"caller_id", "phone", "tel"})
"""What is in a field of such a name is a telephone number, also a foreign or an incomplete one that ``Masking.text`` does not know."""
KEY_LINES = ("ChannelDtmfReceived", "digit_pressed")
"""Names of the log's lines that tell of a key of somebody's telephone: a number that is typed stands in as many of them."""
KEY = "*"
SHORTEST_SECRET = 6  # shorter ones occur by chance everywhere

_PHONE = re.compile(
    r"""
      (?:\+|%2[Bb])\d{9,15}(?!\d)                                                        # +380671234567, also inside a URL
    | (?<![\w.\-])(?:\+?38[\s\-]?)?\(?0\d{2}\)?[\s\-]?\d{3}[\s\-]?\d{2}[\s\-]?\d{2}(?!\w)  # 0671234567, 067 123-45-67, +38 (067) 123 45 67
    """,
    re.VERBOSE,
)
_TOKEN = re.compile(r"\bc[cso]_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")  # of our API: controller/api/bearer.py
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@")
_SECRET_NAME = re.compile(r"password|passwd|secret|token$|api_?key|authorization|credential", re.IGNORECASE)
_PLUS = re.compile(r"(?:\+|%2[Bb])\d{9}")
_ZERO = re.compile(r"0\d{2}\)?[\s\-]?\d{3}[\s\-]?\d{2}")
"""Together they find whatever ``_PHONE`` finds, and more, in a fiftieth of the time."""


class Masking:
    """*secrets* are the values that must never appear, wherever they come from."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        literal = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, literal))) if literal else None

    def text(self, text: str) -> str:
        return _PHONE.sub(_shorten, self.without_secrets(text))

    def without_secrets(self, text: str) -> str:
        """For whoever may see numbers."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return _TOKEN.sub(HIDDEN, _PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}@", text))

    def touches(self, json: str) -> bool:
        """Whether something in *json*, which has no escapes in it, may have to be masked; False is certain, and costs microseconds."""
        if (_ZERO.search(json) or (("+" in json or "%2" in json) and _PLUS.search(json))) and _PHONE.search(json):
            return True
        low = json.lower()
        return (
            (
                "passw" in low
                or "secret" in low
                or "api" in low
                or "autho" in low
                or "credent" in low
                or 'token":' in low
                or 'token" :' in low
            )
            or ("://" in json and _PASSWORD_IN_URL.search(json) is not None)
            or (self._secrets is not None and self._secrets.search(json) is not None)
        )

    def value(self, value: Any, name: str = "") -> Any:
        """*value* with every text inside it masked; all of it hidden when *name* says that it is a secret."""
        if name and _SECRET_NAME.search(name) and value:
            return HIDDEN
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(inner, str(key)) for key, inner in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(inner) for inner in value]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return self.text(str(value))


def without_key(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """A line of the log that does not tell which key it was, if it is about one."""
    match line:
        case {"name": "ChannelDtmfReceived", "text": str()}:
            return {**line, "text": KEY}
        case {"name": "digit_pressed", "data": {"event": {"digit": str(), **event}, **data}}:
            return {**line, "data": {**data, "event": {**event, "digit": KEY}}}
        case _:
            return line


def _shorten(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0].replace("%2B", "").replace("%2b", ""))
    national = digits.startswith("0")
    return f"{'' if national else '+'}{digits[: 3 if national else 5]}{HIDDEN}{digits[-4:]}"
