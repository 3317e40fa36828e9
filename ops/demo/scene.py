"""The demo's scene: what the simulated customer says and does, and the operator who takes over."""

from __future__ import annotations

import asyncio

from audiosocket.audio import SLIN16
from ops.caller.script import Interrupt, Listen, Say, UntilEnd
from ops.caller.talk import Talk
from ops.caller.telephone import Exchange
from ops.demo.report import Report
from ops.standins.phrasebook import phrase
from ops.system import System

CUSTOMER = "+380671234567"
WISHES = (
    Listen(),
    Say("winter_tyres_camry"),
    Interrupt("cheaper", after_s=4.0),
    Listen(),
    Say("in_stock"),
    Listen(),
    Say("operator"),
)


async def play_scene(system: System, report: Report) -> None:
    """One call from dialling to the record; raises ``TalkFailed`` with the reason when something does not happen."""
    async with Exchange(system.stack.asterisk) as exchange:
        operator = await exchange.operator("op1")
        telephone = await exchange.dial(CUSTOMER)
        report.say(f"☎  {CUSTOMER} dials the shop")
        watching = asyncio.create_task(report.follow(CUSTOMER), name="report")
        try:
            talk = Talk(telephone, tell=report.note)
            log = await talk.lead(WISHES)
            await operator.answered()
            report.say("☎  The operator's telephone rang, he heard who calls, pressed 1 and has the customer")
            operator.say(phrase("hello").pcm(SLIN16))
            await talk.lead((Listen(), Say("thanks_bye")))
            operator.hang_up()
            await talk.lead((UntilEnd(within_s=15),))
            await report.closed(within_s=10)
        finally:
            watching.cancel()
        await report.print_record(log)
