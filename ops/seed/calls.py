"""Ten customers ring the shop over real SIP, so that the metrics show something: some talk it out, some hang up, some while a part fails.

    phase by phase: those who do not get in each other's way, some at once ─► each one's closed record, compared

One of them gets an operator, whose telephone is registered for him alone; others who are put through give up in the queue.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from controller.journal.queries import CallShown, recent_calls, show_call
from ops.caller.script import HangUp, Listen, Press, Say, Step
from ops.caller.sip import SipTelephone, sip_call
from ops.caller.sip_operator import registered
from ops.caller.sip_place import SipPlace, place_to
from ops.caller.talk import Talk, TalkFailed
from ops.eval.customer import Customer, Expect
from ops.eval.lead import Leading, Watch
from ops.eval.scripts import chosen
from ops.seed.faults import Faults, injected
from ops.seed.people import PREFIX
from ops.seed.settings import Service, Target

FIRST_NUMBER: Final = 9001
LIMIT_S: Final = 100.0  # of one call, from dialling to the closed record
HURRIED: Final[Faults] = {"speed": 2.0}  # of the agent's speech, which is most of what a call takes
PLENTY: Final = 1_000  # calls of one day
OPERATOR: Final = "op1"
_WITHIN_S = 30.0
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Waits:
    """Until he is in the operators' queue."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Until an operator has taken him."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What the record must say."""

    outcome: str
    ended_by: str = "caller"
    transfer_reason: str | None = None
    interrupted: bool = False  # a turn of the agent was cut
    failed: bool = False  # a tool did not work
    wrote: bool = False  # an order was confirmed


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedCall:
    what: str
    talk: Customer | tuple[Step | Waits | Accepted, ...]  # a script is led from the greeting's end on
    ends: Ending
    faults: Mapping[Service, Faults] = field(default_factory=dict)  # meanwhile; a script's begin behind the greeting
    phase: int = 1  # a fault hits the next request, whoever's it is
    operator: bool = False  # his telephone is there meanwhile


def _scripted(name: str) -> Customer:
    """One of ``make eval``'s."""
    (customer,) = chosen([name])
    return customer


_GOODBYE = Ending("goodbye", "agent")
ALL: Final = (
    SimulatedCall("orders four tyres to Poltava", _scripted("delivery_to_poltava"), Ending("goodbye", "agent", wrote=True)),
    SimulatedCall("asks for something cheaper and for the stock", _scripted("camry_cheaper_and_in_stock"), _GOODBYE),
    SimulatedCall("interrupts the offer", _scripted("interrupts_for_something_cheaper"), Ending("goodbye", "agent", interrupted=True)),
    SimulatedCall("hangs up with his answer", (Say("which_size_corolla"), Listen(), HangUp()), Ending("hung_up")),
    SimulatedCall(
        "wants a human and gets him",
        (Say("operator"), Accepted(), Say("hello"), HangUp()),
        Ending("transferred", "caller", "asked"),
        operator=True,
    ),
    SimulatedCall("presses 0 and gives up in the queue", (Press("0"), Waits(), HangUp()), Ending("abandoned", "caller", "key_0"), phase=2),
    SimulatedCall(
        "the shop answers 500",
        Customer("shop_fails", says=("price_r16",), expect=Expect()),
        Ending("goodbye", "agent", failed=True),
        {"shop": {"only": "/fitting/prices", "fail_next": 1, "fail_status": 500}},
    ),
    SimulatedCall(
        "the model is slow",
        Customer("slow_model", says=("warranty",), expect=Expect()),
        _GOODBYE,
        {"anthropic": {"latency_ms": 2_500}},  # for all who talk now: they are patient
    ),
    SimulatedCall(
        "speech is not recognised any more",
        (Say("winter_tyres_camry"), Waits(), HangUp()),
        Ending("abandoned", "caller", "stt_failed"),
        {"google_stt": {"break_next": 1, "refuse_next": 5}},
        phase=2,
    ),
    SimulatedCall(
        "nothing can be said any more",
        (Say("winter_tyres_camry"), Waits(), HangUp()),
        Ending("abandoned", "caller", "tts_failed"),
        {"google_tts": {"refuse_next": 5}},
        phase=3,
    ),
)


def number_of(call: SimulatedCall) -> str:
    """Each rings from his own."""
    return f"{PREFIX}{FIRST_NUMBER + ALL.index(call):04d}"


@dataclass(frozen=True, slots=True)
class Rung:
    call: SimulatedCall
    shown: CallShown | None
    trouble: str  # empty: as expected

    @property
    def length_s(self) -> float:
        return float(self.shown.call["duration_s"] or 0) if self.shown else 0.0


def differences(shown: CallShown, ends: Ending) -> str:
    """Empty: the record says what it should."""
    call = shown.call
    found = Ending(
        call["outcome"],
        call["ended_by"],
        call["transfer_reason"],
        interrupted=any(turn["interrupted"] for turn in shown.turns) if ends.interrupted else False,
        failed=any(not tool["success"] for tool in shown.tool_calls) if ends.failed else False,
        wrote=any(write["intent"] == "confirm_order" and write["stage"] == "done" for write in shown.writes) if ends.wrote else False,
    )
    return "" if found == ends else f"expected {ends}, found {found}"


async def ring_all(target: Target, wanted: Sequence[SimulatedCall], tell: Callable[[Rung], None]) -> list[Rung]:
    """*tell* gets each when it is over. Raises ``httpx.HTTPError`` where a stand-in cannot be steered, ``OSError`` without Asterisk."""
    with TemporaryDirectory(prefix="seed-") as folder:
        place = await asyncio.to_thread(place_to, *target.seed.asterisk, Path(folder))
        turnstile = asyncio.Semaphore(target.seed.calls_at_once)

        async def one(call: SimulatedCall) -> Rung:
            async with turnstile:
                rung = await ring(target, place, call)
            tell(rung)
            return rung

        async with injected(target.seed.tts_control, HURRIED):
            rung: list[Rung] = []
            for phase in sorted({call.phase for call in wanted}):
                rung += await asyncio.gather(*(one(call) for call in wanted if call.phase == phase))
    return rung


async def ring(target: Target, place: SipPlace, call: SimulatedCall) -> Rung:
    """One call, from dialling to its closed record."""
    shown: CallShown | None = None
    try:
        async with (
            asyncio.timeout(LIMIT_S),
            await psycopg.AsyncConnection.connect(target.dsn, autocommit=True, connect_timeout=5) as connection,
        ):
            watch = Watch(connection, number_of(call))
            async with sip_call(place, number=number_of(call), extension=target.seed.extension) as telephone:
                await _lead(target, place, call, telephone, watch)
            shown = await watch.closed()
    except (TalkFailed, TimeoutError) as failed:
        return Rung(call, shown, str(failed) or f"not over within {LIMIT_S:g} s")
    return Rung(call, shown, differences(shown, call.ends))


async def _lead(target: Target, place: SipPlace, call: SimulatedCall, telephone: SipTelephone, watch: Watch) -> None:
    talk = Talk(telephone)
    if isinstance(call.talk, tuple):
        await talk.lead((Listen(),))
    async with AsyncExitStack() as meanwhile:
        for service, faults in call.faults.items():
            await meanwhile.enter_async_context(injected(target.seed.control(service), faults))
        operator = None
        if call.operator:
            operator = await meanwhile.enter_async_context(registered(place, OPERATOR, target.seed.operator_password.get_secret_value()))
        if isinstance(call.talk, Customer):
            await Leading(call.talk, telephone, watch).lead()
            return
        for step in call.talk:
            match step:
                case Waits():
                    await _shows(watch, "transferring")
                case Accepted():
                    assert operator is not None
                    await operator.accepted()
                    await _shows(watch, "operator")
                case _:
                    await talk.lead((step,))


async def _shows(watch: Watch, state: str) -> None:
    """Wait until the live record shows *state*."""
    deadline = time.monotonic() + _WITHIN_S
    while (shown := await watch.look()) is None or shown.call["state"] != state:
        if time.monotonic() > deadline:
            raise TalkFailed(f"no state {state} within {_WITHIN_S:g} s, but {shown.call['state'] if shown else 'no record'}")
        await asyncio.sleep(_LOOK_S)


async def have_rung(connection: psycopg.AsyncConnection[Any], now: datetime) -> set[SimulatedCall]:
    """Those whose record of today (of UTC) says what it should."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = await recent_calls(connection, since=midnight, until=now, limit=PLENTY)
    by_number = {number_of(call): call for call in ALL}
    rung: set[SimulatedCall] = set()
    for row in found:
        call = by_number.get(row["caller_id"])
        shown = await show_call(connection, row["id"]) if call else None
        if call and shown and not differences(shown, call.ends):
            rung.add(call)
    return rung


async def counted(controller_url: str) -> float:
    """Calls that ended, as the controller's metrics have them. Raises ``httpx.HTTPError``."""
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
        answer = await client.get(f"{controller_url}/metrics")
        answer.raise_for_status()
    families = text_string_to_metric_families(answer.text)
    return sum(sample.value for family in families for sample in family.samples if sample.name == "callctl_calls_total")


def can_ring(target: Target, call: SimulatedCall) -> bool:
    """Whether what is to fail can be made to, and who is to answer can log in."""
    return all(target.seed.control(service) for service in call.faults) and bool(
        target.seed.operator_password.get_secret_value() or not call.operator
    )
