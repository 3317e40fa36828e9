"""Who may use which route.

    @routes.get("/calls")
    async def calls(who: Viewer) -> ...        # 401 without a good token or session, 403 for a smaller role, 429 for too many

    Authorization: Bearer cc_...  ─┐
                                   ├─► Keyring ─► Identity ─► X-CSRF (cookie, and something changes) ─► requests a minute ─► role
    Cookie: callctl_session=cs_... ┘

A bearer token is no cookie and a session no bearer token, so that neither can be slipped in for the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from controller.api.audit import Audit
from controller.api.bearer import SESSION, TOKEN, csrf_of, is_secret, same
from controller.api.identity import Identity, Role
from controller.api.keyring import Keyring
from controller.api.problems import Problem
from controller.api.rates import Rates
from controller.api.tokens import Held, TokenBook

__all__ = ["Access", "Admin", "Developer", "Identity", "Role", "Supervisor", "Viewer", "access_of", "bearer_of", "identity_of", "require"]

COOKIE = "callctl_session"
CSRF_HEADER = "X-CSRF"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

log = structlog.get_logger(__name__)

_bearer = HTTPBearer(scheme_name="token", description="`callctl token create NAME --role ROLE`", auto_error=False)
_cookie = APIKeyCookie(
    name=COOKIE, scheme_name="session", description="from POST /api/v1/session; what changes something needs X-CSRF too", auto_error=False
)


@dataclass(frozen=True, slots=True)
class Access:
    """At ``app.state.access``."""

    book: TokenBook
    keyring: Keyring
    rates: Rates
    audit: Audit

    async def identify(self, request: Request) -> Identity:
        """Raises ``Problem``: unauthorized, csrf, rate_limited; and ``DatabaseAway``."""
        if "authorization" in request.headers:
            identity = identity_of(await self.held(request, bearer_of(request), TOKEN))
        else:
            session = request.cookies.get(COOKIE, "")
            identity = identity_of(await self.held(request, session, SESSION), csrf=csrf_of(session))
            if request.method not in SAFE and not same(request.headers.get(CSRF_HEADER, ""), identity.csrf):
                raise Problem("csrf")
        structlog.contextvars.bind_contextvars(person=identity.person)
        await self.rates.request(identity.token_id)
        return identity

    async def held(self, request: Request, secret: str, kind: str) -> Held:
        """Of *secret*, which must be of *kind*; counts failures by address."""
        address = request.client.host if request.client else ""
        if not is_secret(secret, kind):
            raise Problem("unauthorized")  # nobody had to be asked
        if not self.keyring.knows(secret):
            await self.rates.check_failures(address)
        held = await self.keyring.find(secret)
        if held is None or (held.parent is not None) is not (kind == SESSION):
            await self.failed(address)
            raise Problem("unauthorized")
        return held

    async def failed(self, address: str) -> None:
        log.warning("login_failed", address=address)
        await self.rates.failed(address)


def identity_of(held: Held, csrf: str = "") -> Identity:
    profile = held.profile
    return Identity(
        person=profile.person,
        role=profile.role,
        telephone=profile.telephone,
        numbers=profile.numbers,
        token_id=held.id,
        expires_at=held.expires_at,
        csrf=csrf,
    )


def bearer_of(request: Request) -> str:
    """What the Authorization header brings; empty if that is no bearer token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def access_of(request: Request) -> Access:
    found: Access = request.app.state.access
    return found


def require(role: Role) -> Callable[..., Awaitable[Identity]]:
    """A dependency that gives the ``Identity`` of whoever asks, and lets pass who has *role* or more."""

    async def identify(
        request: Request,
        token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
        session: Annotated[str | None, Security(_cookie)],
    ) -> Identity:
        access = access_of(request)
        who = await access.identify(request)
        request.scope["callctl.token_id"] = who.token_id  # an open stream ends when this is revoked (wire.py)
        if not who.role.includes(role):
            if request.method not in SAFE:
                access.audit.note(who, f"{request.method} {request.scope['route'].path}", result="forbidden")
            raise Problem("forbidden", role=who.role.value, needed=role.value)
        return who

    return identify


Viewer = Annotated[Identity, Depends(require(Role.VIEWER))]
Developer = Annotated[Identity, Depends(require(Role.DEVELOPER))]
Supervisor = Annotated[Identity, Depends(require(Role.SUPERVISOR))]
Admin = Annotated[Identity, Depends(require(Role.ADMIN))]
