"""Asterisk's REST operations that we use, typed: imperative methods, plain values in and out.

The operations themselves come from aioari, which reads them from Asterisk's own api-docs at the first call.
Every method raises ``controller.ari.errors`` and ends within the timeout given to ``AriRest``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aioari
import aiohttp
import msgspec

from controller.ari.errors import AriError, AriRefused, AriUnavailable
from controller.ari.http import REGULAR_CONNECTIONS, URGENT_CONNECTIONS, Pool, basic_authorization
from controller.ari.resources import Application, AsteriskInfo, Bridge, Channel, ConfigTuple, Endpoint, Module, Variable

T = TypeVar("T")

TIMEOUT_S = 5.0
SOURCES_MAX = 40
"""In one subscription: Asterisk reads a request line of 4 KB."""
URGENT_OPERATIONS = (("channels", "hangup"), ("channels", "continueInDialplan"), ("bridges", "destroy"))


class AriRest:
    """One Asterisk. Opening does no I/O: each call connects by itself, so that we start while Asterisk is away."""

    def __init__(self, url: str, username: str, password: str, app: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url.rstrip("/")
        self.app = app
        authorization = basic_authorization(username, password)
        self._regular = Pool(self.url, authorization, connections=REGULAR_CONNECTIONS, timeout_s=timeout_s)
        self._urgent = Pool(self.url, authorization, connections=URGENT_CONNECTIONS, timeout_s=timeout_s)
        self._loading = asyncio.Lock()
        self._operations: Any = None  # aioari.Client, once the api-docs are read

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def load(self) -> None:
        """Read Asterisk's api-docs now instead of in the first call, which may be in a hurry."""
        await self._load()

    async def close(self) -> None:
        await self._regular.close()
        await self._urgent.close()

    # ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def answer(self, channel_id: str) -> None:
        await self._call("channels", "answer", channelId=channel_id)

    async def hang_up(self, channel_id: str, *, reason_code: int | None = None) -> None:
        """End a channel: a caller or a media leg. *reason_code* is a Q.850 cause; Asterisk's default is 16."""
        await self._call("channels", "hangup", channelId=channel_id, reason_code=reason_code)

    async def continue_in_dialplan(
        self, channel_id: str, *, context: str | None = None, extension: str | None = None, priority: int | None = None
    ) -> None:
        """Give the channel back to the dialplan: there, or behind its Stasis() when no place is named.

        Asterisk takes an unknown context without a word and then hangs the caller up.
        """
        await self._call("channels", "continueInDialplan", channelId=channel_id, context=context, extension=extension, priority=priority)

    async def move(self, channel_id: str, app: str, *args: str) -> None:
        """From the application that has the channel to another; where that is not registered, it stays and an event tells so."""
        await self._call("channels", "move", channelId=channel_id, app=app, appArgs=",".join(args) or None)

    async def set_variables(self, channel_id: str, variables: Mapping[str, str]) -> None:
        """Set channel variables in one request; a leading ``__`` in a name makes it inherited."""
        if not variables:
            return
        operations = await self._load()
        if operations.get_repo("channels").api.get_operation("setChannelVars") is not None:
            await self._call("channels", "setChannelVars", channelId=channel_id, variables=dict(variables))
            return
        for name, value in variables.items():  # Asterisk before 22.4
            await self._call("channels", "setChannelVar", channelId=channel_id, variable=name, value=value)

    async def get_variable(self, channel_id: str, variable: str) -> str:
        """A variable or dialplan function of the channel; "" when unset. A 404 is the channel's, not the variable's."""
        try:
            return (await self._fetch(Variable, "channels", "getChannelVar", channelId=channel_id, variable=variable)).value
        except AriRefused as error:
            if "variable" in error.message.lower():
                return ""
            raise

    async def channels(self) -> list[Channel]:
        return await self._fetch(list[Channel], "channels", "list")

    async def channel(self, channel_id: str) -> Channel:
        return await self._fetch(Channel, "channels", "get", channelId=channel_id)

    async def external_media(self, channel_id: str, leg_id: str, host: str, *, format: str = "slin16") -> Channel:  # noqa: A002
        """Let Asterisk dial our AudioSocket server at *host* ("127.0.0.1:9092"), announcing *leg_id* (a UUID).

        The leg may enter a bridge only after its own StasisStart.
        """
        return await self._fetch(
            Channel,
            "channels",
            "externalMedia",
            channelId=channel_id,
            app=self.app,
            external_host=host,
            encapsulation="audiosocket",
            transport="tcp",
            format=format,
            data=leg_id,
        )

    async def originate(
        self,
        channel_id: str,
        endpoint: str,
        *,
        context: str,
        extension: str,
        priority: int = 1,
        caller_id: str | None = None,
        timeout_s: int = 10,
        variables: Mapping[str, str] | None = None,
    ) -> Channel:
        """Make a new channel and send it into the dialplan once it answers."""
        return await self._fetch(
            Channel,
            "channels",
            "originateWithId",
            channelId=channel_id,
            endpoint=endpoint,
            context=context,
            extension=extension,
            priority=priority,
            callerId=caller_id,
            timeout=timeout_s,
            variables=dict(variables) if variables else None,
        )

    async def ring(self, channel_id: str, telephone: str, *args: str, caller_id: str, timeout_s: int) -> None:
        """Ring *telephone* ("PJSIP/sup1") as *channel_id*, showing *caller_id*; picked up, it enters our application with *args*.

        Not picked up within *timeout_s* it is destroyed, which we are told.
        """
        await self._call(
            "channels",
            "originateWithId",
            channelId=channel_id,
            endpoint=telephone,
            app=self.app,
            appArgs=",".join(args),
            callerId=caller_id or None,
            timeout=timeout_s,
        )

    async def snoop(self, channel_id: str, snoop_id: str, *args: str) -> None:
        """A new channel *snoop_id* of ours that hears both sides of *channel_id* and is not heard; it ends with it."""
        await self._call(
            "channels",
            "snoopChannelWithId",
            channelId=channel_id,
            snoopId=snoop_id,
            spy="both",
            whisper="none",
            app=self.app,
            appArgs=",".join(args),
        )

    async def create_channel(self, channel_id: str, endpoint: str, *args: str) -> Channel:
        """A channel of ours that dials nobody yet; its StasisStart carries *args*."""
        return await self._fetch(
            Channel, "channels", "create", channelId=channel_id, endpoint=endpoint, app=self.app, appArgs=",".join(args) or None
        )

    # ── bridges ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_bridge(self, bridge_id: str) -> Bridge:
        """A mixing bridge under our application's name, by which a later controller knows whose it was; no harm if it is there already."""
        return await self._fetch(Bridge, "bridges", "createWithId", bridgeId=bridge_id, type="mixing", name=self.app)

    async def destroy_bridge(self, bridge_id: str) -> None:
        await self._call("bridges", "destroy", bridgeId=bridge_id)

    async def add_to_bridge(self, bridge_id: str, *channel_ids: str) -> None:
        await self._call("bridges", "addChannel", bridgeId=bridge_id, channel=",".join(channel_ids))

    async def remove_from_bridge(self, bridge_id: str, *channel_ids: str) -> None:
        await self._call("bridges", "removeChannel", bridgeId=bridge_id, channel=",".join(channel_ids))

    async def bridges(self) -> list[Bridge]:
        return await self._fetch(list[Bridge], "bridges", "list")

    async def bridge(self, bridge_id: str) -> Bridge:
        return await self._fetch(Bridge, "bridges", "get", bridgeId=bridge_id)

    # ── our application ──────────────────────────────────────────────────────────────────────────────────────────

    async def subscribe_channel(self, channel_id: str) -> None:
        """Events of the channel wherever it is, ChannelDestroyed among them; survives StasisEnd."""
        await self._call("applications", "subscribe", applicationName=self.app, eventSource=f"channel:{channel_id}")

    async def subscribe_bridge(self, bridge_id: str) -> None:
        await self._call("applications", "subscribe", applicationName=self.app, eventSource=f"bridge:{bridge_id}")

    async def subscribe(self, *sources: str) -> None:
        """To many at once, ``channel:<id>`` and ``bridge:<id>``, in few requests; those that are gone by now are passed over."""
        for first in range(0, len(sources), SOURCES_MAX):
            batch = sources[first : first + SOURCES_MAX]
            try:
                await self._call("applications", "subscribe", applicationName=self.app, eventSource=",".join(batch))
            except AriRefused:  # one of them is gone, and Asterisk has taken none
                for source in batch:
                    with suppress(AriRefused):
                        await self._call("applications", "subscribe", applicationName=self.app, eventSource=source)

    async def unsubscribe_channel(self, channel_id: str) -> None:
        await self._call("applications", "unsubscribe", applicationName=self.app, eventSource=f"channel:{channel_id}")

    async def unsubscribe_bridge(self, bridge_id: str) -> None:
        await self._call("applications", "unsubscribe", applicationName=self.app, eventSource=f"bridge:{bridge_id}")

    async def application(self, name: str | None = None) -> Application:
        """Ours unless named. AriNotFound: nobody is connected under that name."""
        return await self._fetch(Application, "applications", "get", applicationName=name or self.app)

    async def applications(self) -> list[Application]:
        return await self._fetch(list[Application], "applications", "list")

    async def user_event(self, name: str, app: str, channel_id: str, variables: Mapping[str, Any]) -> None:
        """As a supervisor's: to *app*, about the channel ("": about none). AriNotFound: nobody is connected under that name, or no such
        channel."""
        path = f"{self.url}/ari/events/user/{quote(name, safe='')}"
        query = {"application": app} | ({"source": f"channel:{channel_id}"} if channel_id else {})
        headers = {"Content-Type": "application/json"}
        await self._regular.request("POST", path, params=query, data=msgspec.json.encode({"variables": variables}), headers=headers)

    async def set_event_filter(self, allowed: tuple[str, ...], app: str | None = None) -> None:
        """Ask for these event types alone, in ours unless named. aioari wraps bodies by name, which this operation does not understand."""
        body = msgspec.json.encode({"allowed": [{"type": name} for name in allowed]})
        headers = {"Content-Type": "application/json"}
        await self._regular.request("PUT", f"{self.url}/ari/applications/{app or self.app}/eventFilter", data=body, headers=headers)

    # ── Asterisk itself ──────────────────────────────────────────────────────────────────────────────────────────

    async def ping(self) -> None:
        await self._call("asterisk", "ping")

    async def asterisk_info(self) -> AsteriskInfo:
        return await self._fetch(AsteriskInfo, "asterisk", "getInfo")

    async def modules(self) -> list[Module]:
        return await self._fetch(list[Module], "asterisk", "listModules")

    # ── SIP objects in Asterisk's memory (sorcery.conf) ──────────────────────────────────────────────────────────

    async def put_sip_object(self, kind: str, name: str, fields: Mapping[str, str]) -> None:
        """Make or replace an "endpoint" or an "auth" that lives until it is deleted or Asterisk ends."""
        body = {"fields": [{"attribute": attribute, "value": value} for attribute, value in fields.items()]}
        headers = {"Content-Type": "application/json"}
        await self._regular.request("PUT", self._sip_object(kind, name), data=msgspec.json.encode(body), headers=headers)

    async def sip_object(self, kind: str, name: str) -> dict[str, str]:
        """Its options by name."""
        response = await self._regular.request("GET", self._sip_object(kind, name))
        return {field.attribute: field.value for field in await _decoded(response, list[ConfigTuple], f"{kind} {name}")}

    async def delete_sip_object(self, kind: str, name: str) -> None:
        await self._regular.request("DELETE", self._sip_object(kind, name))

    async def sip_endpoints(self) -> dict[str, list[str]]:
        """The ids of each endpoint's channels, by its name."""
        found = await self._fetch(list[Endpoint], "endpoints", "listByTech", tech="PJSIP")
        return {endpoint.resource: endpoint.channel_ids for endpoint in found}

    async def running_modules(self) -> frozenset[str]:
        return frozenset(module.name for module in await self.modules() if module.status == "Running")

    def _sip_object(self, kind: str, name: str) -> str:
        return f"{self.url}/ari/asterisk/config/dynamic/res_pjsip/{kind}/{name}"

    # ── global variables ─────────────────────────────────────────────────────────────────────────────────────────

    async def get_global(self, variable: str) -> str:
        """A global variable; "" when unset, and for every function: Asterisk reads those through a channel alone."""
        return (await self._fetch(Variable, "asterisk", "getGlobalVar", variable=variable)).value

    async def set_global(self, variable: str, value: str) -> None:
        """A global variable, or a dialplan function that needs no channel; this one also sets what ``get_global`` cannot read."""
        await self._call("asterisk", "setGlobalVar", variable=variable, value=value)

    # ── the way there ────────────────────────────────────────────────────────────────────────────────────────────

    async def _fetch(self, kind: type[T], resource: str, operation: str, **parameters: Any) -> T:
        return await _decoded(await self._call(resource, operation, **parameters), kind, f"{resource}.{operation}")

    async def _call(self, resource: str, operation: str, **parameters: Any) -> aiohttp.ClientResponse:
        operations = await self._load()
        described = operations.get_repo(resource)
        described = described and described.api.get_operation(operation)
        if described is None:
            raise AriError(f"{resource}.{operation}", "this Asterisk's api-docs do not list the operation; 22 or newer is needed")
        response: aiohttp.ClientResponse = await operations.run_operation(
            described, **{name: value for name, value in parameters.items() if value is not None}
        )
        return response

    async def _load(self) -> Any:
        """Read the api-docs once, in whichever call comes first."""
        if self._operations is None:
            async with self._loading:
                if self._operations is None:
                    self._operations = await self._read_api_docs()
        return self._operations

    async def _read_api_docs(self) -> Any:
        client = aioari.Client(self.url + "/", self._regular)
        try:
            await client.init()
        except (KeyError, TypeError, ValueError) as error:  # an answer, but not Asterisk's
            raise AriUnavailable("GET /api-docs", f"what answers at {self.url} is not Asterisk's REST interface ({error})") from error
        for resource, name in URGENT_OPERATIONS:
            client.get_repo(resource).api.get_operation(name).http_client = self._urgent
        return client


async def _decoded(response: aiohttp.ClientResponse, kind: type[T], operation: str) -> T:
    try:
        return msgspec.json.decode(await response.read(), type=kind)
    except msgspec.DecodeError as error:
        raise AriError(operation, f"Asterisk's answer is not understood: {error}") from error
