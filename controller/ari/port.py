"""What the life of a call needs of Asterisk; ``controller.ari.rest.AriRest`` is it, ``tests.fakes.ari`` behaves like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from controller.ari.resources import Application, AsteriskInfo, Bridge, Channel


class CallControl(Protocol):
    """Orders about one caller, leg or bridge; each raises ``controller.ari.errors.AriError`` and ends within its own time limit."""

    async def answer(self, channel_id: str) -> None: ...

    async def hang_up(self, channel_id: str) -> None: ...

    async def continue_in_dialplan(
        self, channel_id: str, *, context: str | None = None, extension: str | None = None, priority: int | None = None
    ) -> None: ...

    async def set_variables(self, channel_id: str, variables: Mapping[str, str]) -> None: ...

    async def subscribe_channel(self, channel_id: str) -> None: ...

    async def subscribe_bridge(self, bridge_id: str) -> None: ...

    async def external_media(self, channel_id: str, leg_id: str, host: str) -> Channel: ...

    async def create_bridge(self, bridge_id: str) -> Bridge: ...

    async def destroy_bridge(self, bridge_id: str) -> None: ...

    async def add_to_bridge(self, bridge_id: str, *channel_ids: str) -> None: ...

    async def bridge(self, bridge_id: str) -> Bridge: ...


class Census(Protocol):
    """What Asterisk holds now."""

    async def channels(self) -> list[Channel]: ...

    async def bridges(self) -> list[Bridge]: ...

    async def application(self, name: str | None = None) -> Application: ...

    async def asterisk_info(self) -> AsteriskInfo: ...


class Asterisk(CallControl, Census, Protocol):
    """Both."""
