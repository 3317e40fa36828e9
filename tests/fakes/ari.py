"""An Asterisk that behaves, for the life of a call: channels, bridges, a queue, events in Asterisk's order, legs that really dial in.

As seen on Asterisk 22 (a leg enters a bridge only after its StasisStart: 422; who is not there: 404; not in the application: 409; no
ChannelDestroyed without a subscription). Satisfies ``controller.ari.port.Asterisk``.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from audiosocket.frames import Kind, Message, encode
from controller.ari import messages as ari
from controller.ari.errors import AriError, AriNotFound, AriRefused
from controller.ari.resources import Application, AsteriskInfo, Bridge, CallerId, Channel, DialplanPlace, Status

APP = "callctl"
FRONT = "callctl-front"
"""Where a caller may have entered who was then moved to us: his place tells it for ever."""


@dataclass
class _Channel:
    id: str
    number: str = ""
    state: str = "Ring"
    app_name: str = "Stasis"
    app_data: str = ""
    context: str = ""  # where it continued
    subscribed: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    socket: asyncio.Task[None] | None = None
    snoops: list[str] = field(default_factory=list)

    def told(self) -> Channel:
        return Channel(
            id=self.id,
            state=self.state,
            caller=CallerId(number=self.number),
            dialplan=DialplanPlace(app_name=self.app_name, app_data=self.app_data),
            channelvars={name: self.variables.get(f"__{name}", "") for name in ("CALL_ID", "CALL_APP")},
        )

    @property
    def in_stasis(self) -> bool:
        return self.app_name == "Stasis"


class FakeAsterisk:
    """*on_event* is the switchboard's ``handle``; it is called from the event loop, never from within an operation."""

    def __init__(self) -> None:
        self.on_event: Callable[[ari.Event], None] = lambda event: None
        self.calls: dict[str, _Channel] = {}
        self.mixing: dict[str, list[str]] = {}
        self.bridge_names: dict[str, str] = {}
        self.done: list[tuple[str, str]] = []  # operation, its first argument
        self.faults: dict[str, list[AriError]] = defaultdict(list)  # the next uses of an operation fail with these
        self.stuck: Counter[str] = Counter()  # the next n uses of an operation never answer
        self.deaf = False  # events are lost
        self.silent_legs = False  # legs are made and never dial in
        self.started_at = "2026-01-01T00:00:00"

    # What people do

    def call_in(self, channel_id: str, number: str = "380671234567", *args: str) -> None:
        args = args or ("inbound", "100")
        self.calls[channel_id] = _Channel(channel_id, number, app_data=",".join((APP, *args)))
        self._emit(ari.StasisStart(channel=self.calls[channel_id].told(), args=list(args)))

    def caller_hangs_up(self, channel_id: str) -> None:
        self._emit(ari.ChannelHangupRequest(channel=self.calls[channel_id].told(), cause=16))
        self._end(channel_id)

    def press(self, channel_id: str, digit: str) -> None:
        self._emit(ari.ChannelDtmfReceived(channel=self.calls[channel_id].told(), digit=digit))

    def operator_answers(self, channel_id: str) -> None:
        bridge = str(uuid.uuid4())
        self.mixing[bridge] = [channel_id]
        self._emit(ari.Dial(peer=Channel(id="operator"), caller=self.calls[channel_id].told(), dialstatus="ANSWER"))

    def operator_hangs_up(self, channel_id: str) -> None:
        self._emit(ari.ChannelHangupRequest(channel=self.calls[channel_id].told(), cause=16, soft=True))  # the dialplan's end
        self._end(channel_id)

    def queue_gives_up(self, channel_id: str, status: str) -> None:
        channel = self.calls[channel_id]
        channel.app_name, channel.app_data = "Stasis", f"{APP},returned,{channel.variables.get('__CALL_ID', '')},{status}"
        self._emit(ari.StasisStart(channel=channel.told(), args=channel.app_data.split(",")[1:]))

    def move_elsewhere(self, channel_id: str, *, still_in_bridge: bool = False) -> None:
        channel = self.calls[channel_id]
        channel.app_name, channel.app_data = ("Stasis", "other") if still_in_bridge else ("Playback", "hello")
        if not still_in_bridge:
            self._leave_bridges(channel_id)
        self._emit(ari.StasisEnd(channel=channel.told()))

    def somebody_destroys_bridge(self, bridge_id: str) -> None:
        self._destroy(bridge_id)

    def somebody_hangs_up(self, channel_id: str) -> None:
        self._emit(ari.ChannelHangupRequest(channel=self.calls[channel_id].told(), cause=32, soft=True))
        self._end(channel_id)

    def pick_up(self, phone_id: str) -> None:
        """A telephone that we ring."""
        phone = self.calls[phone_id]
        phone.state = "Up"
        self._emit(ari.StasisStart(channel=phone.told(), args=phone.app_data.split(",")[1:]))

    def put_down(self, phone_id: str) -> None:
        self.caller_hangs_up(phone_id)

    def supervisor_wishes(self, channel_id: str, name: str, **given: object) -> None:
        """``POST /events/user/<name>?source=channel:<id>``."""
        self._emit(ari.ChannelUserevent(eventname=name, userevent=given, channel=self.calls[channel_id].told()))

    def hold(self, channel_id: str, *, on: bool) -> None:
        channel = self.calls[channel_id].told()
        self._emit(ari.ChannelHold(channel=channel) if on else ari.ChannelUnhold(channel=channel))

    def restart(self) -> None:
        """Everybody is gone, and nobody is told."""
        self.deaf = True
        for channel_id in list(self.calls):
            if channel_id in self.calls:  # a snoop went with its caller
                self._end(channel_id)
        self.mixing.clear()
        self.deaf = False
        self.started_at = "2026-01-02T00:00:00"

    @property
    def phones(self) -> list[str]:
        return [channel_id for channel_id in self.calls if channel_id.startswith("s-")]

    @property
    def snoops(self) -> list[str]:
        return [channel_id for channel_id in self.calls if channel_id.startswith("n-")]

    @property
    def legs(self) -> list[str]:
        return [channel_id for channel_id in self.calls if channel_id.startswith("m-")]

    # Orders

    async def answer(self, channel_id: str) -> None:
        await self._operate("answer", channel_id)
        self._stasis(channel_id).state = "Up"

    async def hang_up(self, channel_id: str) -> None:
        await self._operate("hang_up", channel_id)
        self._find(channel_id)
        self.somebody_hangs_up(channel_id)

    async def continue_in_dialplan(
        self, channel_id: str, *, context: str | None = None, extension: str | None = None, priority: int | None = None
    ) -> None:
        await self._operate("continue_in_dialplan", channel_id)
        channel = self._stasis(channel_id)
        place = ("Queue", "operators") if context else ("", "")  # behind Stasis(): whatever the dialplan does there
        (channel.app_name, channel.app_data), channel.context = place, context or ""
        self._leave_bridges(channel_id)
        self._emit(ari.StasisEnd(channel=channel.told()))

    async def set_variables(self, channel_id: str, variables: Mapping[str, str]) -> None:
        await self._operate("set_variables", channel_id)
        self._find(channel_id).variables.update(variables)

    async def get_variable(self, channel_id: str, variable: str) -> str:
        await self._operate("get_variable", channel_id)
        variables = self._find(channel_id).variables
        return variables.get(variable, variables.get(f"__{variable}", ""))

    async def subscribe_channel(self, channel_id: str) -> None:
        await self._operate("subscribe_channel", channel_id)
        if channel_id not in self.calls:
            raise AriRefused("subscribe", "EventSource does not exist", 422)
        self.calls[channel_id].subscribed = True

    async def subscribe_bridge(self, bridge_id: str) -> None:
        await self._operate("subscribe_bridge", bridge_id)

    async def subscribe(self, *sources: str) -> None:
        await self._operate("subscribe", ",".join(sources))
        for source in sources:
            kind, _, name = source.partition(":")
            if kind == "channel" and name in self.calls:
                self.calls[name].subscribed = True

    async def external_media(self, channel_id: str, leg_id: str, host: str) -> Channel:
        await self._operate("external_media", channel_id)
        leg = _Channel(channel_id, state="Up", app_data=f"{APP},{leg_id}", subscribed=True)
        self.calls[channel_id] = leg
        if not self.silent_legs:
            address, port = host.rsplit(":", 1)
            reader, writer = await asyncio.open_connection(address, int(port))
            writer.write(encode(Message(Kind.UUID, uuid.UUID(leg_id).bytes)))
            leg.socket = asyncio.create_task(self._listen(channel_id, reader, writer), name=f"fake-{channel_id}")
        self._emit(ari.StasisStart(channel=leg.told(), args=[leg_id]))
        return leg.told()

    async def ring(self, channel_id: str, telephone: str, *args: str, caller_id: str, timeout_s: int) -> None:
        await self._operate("ring", channel_id)
        app_data = ",".join((APP, *args))
        self.calls[channel_id] = _Channel(channel_id, caller_id, state="Ringing", app_data=app_data, subscribed=True)

    async def snoop(self, channel_id: str, snoop_id: str, *args: str) -> None:
        await self._operate("snoop", channel_id)
        self._find(channel_id).snoops.append(snoop_id)
        self.calls[snoop_id] = _Channel(snoop_id, state="Up", app_data=",".join((APP, *args)), subscribed=True)
        self._emit(ari.StasisStart(channel=self.calls[snoop_id].told(), args=list(args)))

    async def create_bridge(self, bridge_id: str) -> Bridge:
        await self._operate("create_bridge", bridge_id)
        if bridge_id in self.mixing:
            raise AriRefused("POST /bridges", "already exists", 409)
        self.mixing[bridge_id] = []
        self.bridge_names[bridge_id] = APP
        return Bridge(id=bridge_id, name=APP)

    async def destroy_bridge(self, bridge_id: str) -> None:
        await self._operate("destroy_bridge", bridge_id)
        if bridge_id not in self.mixing:
            raise AriNotFound("DELETE /bridges", "Bridge not found")
        self._destroy(bridge_id)

    async def add_to_bridge(self, bridge_id: str, *channel_ids: str) -> None:
        await self._operate("add_to_bridge", bridge_id)
        if bridge_id not in self.mixing:
            raise AriNotFound("POST /bridges/addChannel", "Bridge not found")
        for channel_id in channel_ids:
            self._stasis(channel_id)
        for channel_id in channel_ids:
            self._leave_bridges(channel_id)
            self.mixing[bridge_id].append(channel_id)
            entered = Bridge(id=bridge_id, channels=list(self.mixing[bridge_id]))
            self._emit(ari.ChannelEnteredBridge(bridge=entered, channel=self.calls[channel_id].told()))

    # The census

    async def bridge(self, bridge_id: str) -> Bridge:
        if bridge_id not in self.mixing:
            raise AriNotFound("GET /bridges", "Bridge not found")
        return Bridge(id=bridge_id, name=self.bridge_names.get(bridge_id, ""), channels=list(self.mixing[bridge_id]))

    async def bridges(self) -> list[Bridge]:
        return [await self.bridge(bridge_id) for bridge_id in list(self.mixing)]

    async def channels(self) -> list[Channel]:
        return [channel.told() for channel in self.calls.values()]

    async def application(self, name: str | None = None) -> Application:
        return Application(name=name or APP, channel_ids=list(self.calls))

    async def asterisk_info(self) -> AsteriskInfo:
        return AsteriskInfo(status=Status(startup_time=self.started_at))

    # Within

    async def _operate(self, operation: str, subject: str) -> None:
        self.done.append((operation, subject))
        await asyncio.sleep(0)
        if self.stuck[operation]:
            self.stuck[operation] -= 1
            await asyncio.Event().wait()
        if self.faults[operation]:
            raise self.faults[operation].pop(0)

    def _find(self, channel_id: str) -> _Channel:
        if channel_id not in self.calls:
            raise AriNotFound(channel_id, "Channel not found")
        return self.calls[channel_id]

    def _stasis(self, channel_id: str) -> _Channel:
        channel = self._find(channel_id)
        if not channel.in_stasis:
            raise AriRefused(channel_id, "Channel not in Stasis application", 409)
        return channel

    def _emit(self, event: ari.Event) -> None:
        if not self.deaf:
            asyncio.get_running_loop().call_soon(self.on_event, event)

    def _leave_bridges(self, channel_id: str) -> None:
        for bridge_id, members in list(self.mixing.items()):
            if channel_id in members:
                members.remove(channel_id)
                self._emit(ari.ChannelLeftBridge(bridge=Bridge(id=bridge_id), channel=self.calls[channel_id].told()))
                if not members and not bridge_id.startswith(("b-", "w-", "l-")):  # a queue's bridge is not kept by anybody
                    del self.mixing[bridge_id]

    def _destroy(self, bridge_id: str) -> None:
        for channel_id in list(self.mixing[bridge_id]):
            self._leave_bridges(channel_id)
        del self.mixing[bridge_id]
        self._emit(ari.BridgeDestroyed(bridge=Bridge(id=bridge_id)))

    def _end(self, channel_id: str) -> None:
        channel = self.calls[channel_id]
        self._leave_bridges(channel_id)
        if channel.in_stasis:
            self._emit(ari.StasisEnd(channel=channel.told()))
        if channel.subscribed:
            self._emit(ari.ChannelDestroyed(channel=channel.told(), cause=16))
        del self.calls[channel_id]
        for snoop in channel.snoops:
            if snoop in self.calls:
                self._end(snoop)
        if channel.socket is not None and channel.socket is not asyncio.current_task():
            channel.socket.cancel()

    async def _listen(self, channel_id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The leg's thread: what we say to the caller is thrown away; the end of the socket is the end of the leg."""
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
        finally:
            writer.close()
        if channel_id in self.calls:
            self._end(channel_id)
