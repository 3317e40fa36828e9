"""What Asterisk is told of a guest: one endpoint and one password, by ARI's dynamic configuration. Pure.

Each option closes a way to make money or trouble with a credential that anybody can ask for: docs/web-calls.md, and
tests/integration/test_web_calls_fraud.py, which tries them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from controller.web_calls.guests import Guest

TARGET = "100"
"""The one extension of [webcall]."""
CALLER_NAME, CALLER_NUMBER = "Browser", "web"
"""No digit in it: to the agent the caller's number is withheld."""


class SipObjects(Protocol):
    """``controller.ari.rest.AriRest`` is it; each raises ``AriError``."""

    async def put_sip_object(self, kind: str, name: str, fields: Mapping[str, str]) -> None: ...

    async def sip_object(self, kind: str, name: str) -> dict[str, str]: ...

    async def delete_sip_object(self, kind: str, name: str) -> None: ...

    async def sip_endpoints(self) -> dict[str, list[str]]: ...

    async def running_modules(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    app: str  # our Stasis application
    proxy_address: str  # where our proxy connects from
    media_address: str = ""  # of Asterisk's, where it takes browsers' audio; "" = any


def auth_fields(guest: Guest) -> dict[str, str]:
    return {"auth_type": "userpass", "username": guest.user, "password": guest.password}


def endpoint_fields(guest: Guest, place: Place, modules: Collection[str]) -> dict[str, str]:
    """*modules* are Asterisk's running ones: without a transcoder for opus the browser is offered g722."""
    opus = any(name.startswith("codec_opus") for name in modules)
    fields = {
        "auth": guest.user,
        "context": "webcall",
        "callerid": f'"{CALLER_NAME}" <{CALLER_NUMBER}>',
        "trust_id_inbound": "no",
        "disallow": "all",
        "allow": "opus,ulaw" if opus else "g722,ulaw",
        "webrtc": "yes",
        "identify_by": "username",
        # The credential is of no use to anybody who does not come through our proxy.
        "deny": "0.0.0.0/0.0.0.0",
        "permit": f"{place.proxy_address}/255.255.255.255",
        # Audio passes through Asterisk, and nothing but this one call comes of it.
        "direct_media": "no",
        "allow_transfer": "no",
        "allow_subscribe": "no",
        "message_context": "nowhere",
        "send_connected_line": "no",
        # A browser sends all the time, muted or not: one that froze or lost its network ends soon.
        "rtp_timeout": "5",
        "rtp_timeout_hold": "60",
        # The call comes to whoever admitted its guest; and at the next start he knows the endpoint as his.
        "set_var": f"WEB_APP={place.app}",
        "accountcode": place.app,
    }
    if place.media_address:
        fields |= {"media_address": place.media_address, "bind_rtp_to_media_address": "yes"}
    return fields
