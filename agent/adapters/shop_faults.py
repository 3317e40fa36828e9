"""What went wrong with one request to the shop, and what follows from it.

    what happened                         done?    again?    of the shop?
    400, 401, 404, 422 ...    REFUSED     no       no        no
    429                       BUSY        no       yes       no
    503, no connection        AWAY        no       yes       yes
    500, 502, 504, too late   FAILED      maybe    never     yes
    connection lost           LOST        maybe    yes (*)   yes
    unreadable answer         UNREADABLE  maybe    no        no

*done*: whether a write may have been carried out. *again*: the shop's rules for its clients allow another try; (*) but never of a write
without an Idempotency-Key that may be done. *of the shop*: counts for the breaker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import msgspec


@dataclass(frozen=True, slots=True)
class Kind:
    maybe_done: bool
    again: bool
    of_the_shop: bool
    passing: bool = True  # it may be gone by the next time the caller asks


REFUSED = Kind(maybe_done=False, again=False, of_the_shop=False, passing=False)
BUSY = Kind(maybe_done=False, again=True, of_the_shop=False)
AWAY = Kind(maybe_done=False, again=True, of_the_shop=True)
FAILED = Kind(maybe_done=True, again=False, of_the_shop=True)
LOST = Kind(maybe_done=True, again=True, of_the_shop=True)
UNREADABLE = Kind(maybe_done=True, again=False, of_the_shop=False, passing=False)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_TOO_LATE = (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout)


class Fault(Exception):
    """One request that brought no usable answer."""

    def __init__(self, kind: Kind, why: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s


def fault_of_error(error: TimeoutError | httpx.HTTPError, timeout_s: float) -> Fault:
    """*timeout_s* is what the request was given."""
    if isinstance(error, _NEVER_SENT):
        return Fault(AWAY, f"no connection: {type(error).__name__}")
    if isinstance(error, _TOO_LATE):
        return Fault(FAILED, f"no answer within {timeout_s:g} s")
    if isinstance(error, httpx.TransportError):
        return Fault(LOST, f"connection lost: {type(error).__name__}")
    return Fault(UNREADABLE, f"the answer could not be read: {type(error).__name__}")


def fault_of_answer(response: httpx.Response, content: bytes) -> Fault | None:
    """None for an answer that is none."""
    if response.is_success:
        return None
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = BUSY
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        kind = AWAY
    else:
        kind = FAILED if response.is_server_error else REFUSED
    return Fault(kind, _said(content), status=status, retry_after_s=_retry_after_s(response))


class _ErrorText(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _ErrorBody(msgspec.Struct, frozen=True):
    error: _ErrorText


def _said(body: bytes) -> str:
    """What the shop says of its refusal; a plain word when it says it in another shape."""
    try:
        error = msgspec.json.decode(body, type=_ErrorBody).error
    except (msgspec.DecodeError, ValueError):
        return "refused without a reason"
    return f"{error.code}: {error.message}"[:300]


def _retry_after_s(response: httpx.Response) -> float | None:
    """Seconds as the shop sends them; a date or nonsense counts as absent."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None
