"""What Asterisk tells of itself: the parts of ARI's models that we read; unknown fields are skipped.

Source: Asterisk 22's api-docs (channels.json, bridges.json, applications.json, asterisk.json).
"""

from __future__ import annotations

import msgspec


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Base of ARI's objects."""


class CallerId(Resource, frozen=True):
    name: str = ""
    number: str = ""


class DialplanPlace(Resource, frozen=True):
    context: str = ""
    exten: str = ""
    priority: int = 0
    app_name: str = ""  # "Stasis" while an application holds the channel
    app_data: str = ""  # "callctl,incoming,..."


class Channel(Resource, frozen=True):
    id: str
    name: str = ""
    state: str = ""  # Down, Ring, Ringing, Up, ...
    caller: CallerId = CallerId()
    connected: CallerId = CallerId()
    dialplan: DialplanPlace = DialplanPlace()
    creationtime: str = ""  # "2026-01-31T10:00:00.000+0000"
    language: str = ""
    channelvars: dict[str, str] = {}  # those that ari.conf's channelvars names


class Bridge(Resource, frozen=True):
    id: str
    technology: str = ""  # simple_bridge with two parties, softmix with more
    bridge_type: str = ""
    bridge_class: str = ""
    name: str = ""
    channels: list[str] = []


class Application(Resource, frozen=True):
    """A Stasis application and what it is subscribed to."""

    name: str
    channel_ids: list[str] = []
    bridge_ids: list[str] = []
    endpoint_ids: list[str] = []
    device_names: list[str] = []


class Build(Resource, frozen=True):
    os: str = ""
    kernel: str = ""
    machine: str = ""
    options: str = ""
    date: str = ""


class System(Resource, frozen=True):
    version: str = ""  # "22.10.1~dfsg-..."
    entity_id: str = ""


class Status(Resource, frozen=True):
    startup_time: str = ""
    last_reload_time: str = ""


class AsteriskInfo(Resource, frozen=True):
    build: Build = Build()
    system: System = System()
    status: Status = Status()


class Module(Resource, frozen=True):
    name: str  # "res_ari_channels.so"
    status: str = ""  # "Running"
    support_level: str = ""
    use_count: int = 0


class Variable(Resource, frozen=True):
    value: str = ""


class Endpoint(Resource, frozen=True):
    """A SIP account, as Asterisk lists it."""

    technology: str = ""
    resource: str = ""  # its name
    channel_ids: list[str] = []


class ConfigTuple(Resource, frozen=True):
    """One option of an object that was configured over ARI."""

    attribute: str
    value: str = ""
