"""Asterisk as browser calls need it: SIP objects in memory, channels, and failures on demand."""

from __future__ import annotations

from collections.abc import Mapping

from controller.ari.errors import AriNotFound, AriUnavailable
from controller.ari.resources import Channel


class FakeSipObjects:
    """*objects* by kind and name; *there* are the ids of channels; while *away* every request fails."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, str]] = {}
        self.there: dict[str, str] = {}  # id of a channel -> name of its endpoint
        self.away = False
        self.refuses_endpoints = False

    def names(self, kind: str) -> set[str]:
        return {name for found, name in self.objects if found == kind}

    async def put_sip_object(self, kind: str, name: str, fields: Mapping[str, str]) -> None:
        self._answer()
        if kind == "endpoint" and self.refuses_endpoints:
            raise AriUnavailable("PUT", "gone in the middle")
        self.objects[kind, name] = dict(fields)

    async def sip_object(self, kind: str, name: str) -> dict[str, str]:
        self._answer()
        try:
            return self.objects[kind, name]
        except KeyError:
            raise AriNotFound("GET", name) from None

    async def delete_sip_object(self, kind: str, name: str) -> None:
        self._answer()
        if self.objects.pop((kind, name), None) is None:
            raise AriNotFound("DELETE", name)

    async def sip_endpoints(self) -> dict[str, list[str]]:
        self._answer()
        return {name: [channel for channel, owner in self.there.items() if owner == name] for name in self.names("endpoint")}

    async def running_modules(self) -> frozenset[str]:
        self._answer()
        return frozenset({"codec_opus_open_source.so"})

    async def channels(self) -> list[Channel]:
        self._answer()
        return [Channel(id=channel) for channel in self.there]

    async def hang_up(self, channel_id: str) -> None:
        self._answer()
        if self.there.pop(channel_id, None) is None:
            raise AriNotFound("DELETE", channel_id)

    def _answer(self) -> None:
        if self.away:
            raise AriUnavailable("any", "nobody answers")
