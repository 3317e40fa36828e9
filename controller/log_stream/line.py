"""One line of the log as readers get it, encoded once. Pure.

The JSON is one object:

    call   id of the call                  app, pos  the line's place: unique, and growing within its app
    seq    1, 2, ... within the call       src       ari, rtp, vad, stt, llm, tts, tool, ctl
    ts     Unix time in ms                 lvl       "", warn, err
    at     ms since the call's start       name, text, data   what happened; of a step of the machine data is {"event", "commands"}
    state  of the machine after a step; of other lines null
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import structlog

from controller.journal.codec import map_texts
from controller.journal.ids import call_uuid, unix_ms
from controller.journal.records import Logged, MachineStepped

STEP_SOURCE = "ctl"

log = structlog.get_logger(__name__)


class Ev(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    call: str
    app: str
    pos: int
    seq: int
    ts: int
    at: int
    src: str
    lvl: str
    name: str
    text: str
    data: dict[str, Any]
    state: str | None = None


class Line(msgspec.Struct, kw_only=True, gc=False, array_like=True):
    """What the tape holds; also what travels between workers.

    A *gap* says that the lines of its app up to ``position`` are missing; an *end*, that its call's record is closed.
    """

    app: str
    position: int
    call: str
    source: str
    level: str
    json: bytes
    kind: Literal["line", "gap", "end"] = "line"


_encoder = msgspec.json.Encoder(enc_hook=str)


def ev_of(record: MachineStepped | Logged, app: str) -> Ev:
    try:
        started_at_ms = unix_ms(call_uuid(record.call_id))
    except ValueError:  # a stranger's id: he has no start
        started_at_ms = record.at_ms
    if isinstance(record, Logged):
        src, lvl, name, text, data = (record.source, record.level, record.name, record.text, record.data)
        state = None
    else:
        src, lvl, name, text = (STEP_SOURCE, "", step_name(record.event), record.state)
        data, state = {"event": record.event, "commands": record.commands}, record.state
    return Ev(
        call=record.call_id,
        app=app,
        pos=record.position,
        seq=record.sequence,
        ts=record.at_ms,
        at=record.at_ms - started_at_ms,
        src=src,
        lvl=lvl,
        name=name,
        text=text,
        data=data,
        state=state,
    )


def step_name(event: dict[str, Any]) -> str:
    """``line_opened`` of ``{"type": "line_opened.1"}``."""
    return str(event.get("type", "")).partition(".")[0]


def line_of(record: MachineStepped | Logged, app: str) -> Line:
    """Never raises: of a line that JSON cannot hold everything but its data is kept."""
    ev = ev_of(record, app)
    return Line(app=app, position=ev.pos, call=ev.call, source=ev.src, level=ev.lvl, json=_encode(ev))


def _encode(ev: Ev) -> bytes:
    try:
        return _encoder.encode(ev)
    except UnicodeEncodeError:  # half a surrogate pair, as a model's JSON may bring
        plain = map_texts(msgspec.to_builtins(ev, enc_hook=str), lambda text: text.encode("utf-8", "replace").decode())
        return _encoder.encode(plain)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        log.error("log_line_unreadable", call_id=ev.call, name=ev.name, reason=repr(error))
        return _encoder.encode(msgspec.structs.replace(ev, data={"unreadable": repr(error)}))


def gap(app: str, after: int, until: int, why: str) -> Line:
    """The lines of *app* behind position *after* up to *until* could not be had."""
    told = {"app": app, "after": after, "until": until, "why": why}
    return Line(app=app, position=until, call="", source="", level="", json=_encoder.encode(told), kind="gap")


def end(app: str, position: int, call: str) -> Line:
    """The record of *call* is closed; *position* is that of the line before."""
    return Line(app=app, position=position, call=call, source="", level="", json=_encoder.encode({"call": call}), kind="end")
