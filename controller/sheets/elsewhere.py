"""The sheet of a call whose controller died on another host: a copy of it is in Redis (``controller.livestate``)."""

from __future__ import annotations

import msgspec
import structlog

from controller.livestate import sheet_of
from controller.sheets.sheet import Sheet, decode

log = structlog.get_logger(__name__)


async def sheet_elsewhere(redis_url: str, call_id: str) -> Sheet | None:
    """None: there is none, or nobody can tell within two seconds."""
    data = await sheet_of(redis_url, call_id)
    if data is None:
        return None
    try:
        return decode(data)
    except msgspec.MsgspecError as error:
        log.error("sheet_unknown", call_id=call_id, why=str(error))
        return None
