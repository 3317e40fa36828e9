"""``python -m ops.seed.one_call``: one real call through the stack, for the smoke test. Exit code 0, or 1 with what did not happen.

It dials over SIP, hears the greeting, asks for the warranty, hears the answer, hangs up, and finds its closed record in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import structlog

from controller.settings_base import SettingsError
from ops.caller.script import HangUp, Listen, Say
from ops.caller.sip import sip_call
from ops.caller.sip_place import place_to
from ops.caller.talk import Talk, TalkFailed
from ops.eval.lead import Watch
from ops.seed.people import PREFIX
from ops.seed.settings import Target

NUMBER = f"{PREFIX}9100"
LIMIT_S = 50.0


async def ring(target: Target) -> str:
    """What happened, in a line; raises ``TalkFailed`` and what PostgreSQL and the network raise."""
    with TemporaryDirectory(prefix="call-") as folder:
        place = await asyncio.to_thread(place_to, *target.seed.asterisk, Path(folder))
        async with await psycopg.AsyncConnection.connect(target.dsn, autocommit=True, connect_timeout=5) as connection:
            watch = Watch(connection, NUMBER)
            async with sip_call(place, number=NUMBER, extension=target.seed.extension) as telephone:
                log = await Talk(telephone).lead((Listen(), Say("warranty"), Listen(), HangUp()))
            shown = await watch.closed()
    said = [turn for turn in shown.turns if turn["speaker"] == "caller"]
    answered = [turn for turn in shown.turns if turn["speaker"] == "agent" and said and turn["turn_number"] > said[0]["turn_number"]]
    if not answered:
        raise TalkFailed(f"the record {shown.call['id']} has no answer to what was asked: was it recognised?")
    if shown.call["outcome"] != "hung_up":
        raise TalkFailed(f"the record {shown.call['id']} says {shown.call['outcome']}, not hung_up")
    return f"greeting heard, answer after {log.latencies_ms[0]:.0f} ms, record {shown.call['id']} closed as {shown.call['outcome']}"


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        print(asyncio.run(asyncio.wait_for(ring(Target.load()), LIMIT_S)))
    except TimeoutError:
        print(f"not over within {LIMIT_S:g} s")
        return 1
    except (TalkFailed, SettingsError, psycopg.Error, OSError) as error:
        print(" ".join(str(error).split()) or type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
