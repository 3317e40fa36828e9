"""What gives each call its conversation: metered, and with a caller we may know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from agent.conversation import Caller as AgentsCaller
from agent.conversation import Conversation, Services, warm_up_talks
from agent.cost import Meter
from agent.metering import metered
from agent.phone import normalise
from agent.prompt.rendered import warm_up
from agent.settings import AgentSettings
from agent.turn import TurnConfig
from audiosocket.audio import SLIN8, SLIN16
from controller.call_back_notes import CallBackNotes
from controller.customers import Customers
from controller.introductions import Introductions
from controller.record import CallRecord
from controller.settings import Settings
from controller.surroundings import Caller, ConversationLike
from controller.wiring.remembered import RememberedTalk, recall
from controller.wiring.stores import Stores

log = structlog.get_logger(__name__)


def make_talks(
    settings: Settings, services: Services, customers: Customers, stores: Stores
) -> Callable[[Caller, CallRecord], Awaitable[ConversationLike]]:
    turn = TurnConfig(silence_ms=round(settings.calls.silence_s * 1000))
    agent_settings = AgentSettings(turn=turn, context_tokens=settings.anthropic.context_tokens)
    prices = settings.prices.prices

    async def converse(caller: Caller, record: CallRecord) -> ConversationLike:
        number, before = normalise(caller.number), recall(caller.memory)
        meter = Meter(before.used if before else None)
        record.billed(partial(meter.cost_usd, prices))
        name = before.name if before else await customers.name_of(number)
        stores.board.met(caller.call_id, name or "")
        known = AgentsCaller(number, name, caller.call_id)
        conversation = Conversation(
            metered(services, meter),
            Introductions(record, number, customers.remember),
            known,
            agent_settings,
            call_backs=CallBackNotes(stores.records, caller.call_id),
            desk_open=caller.desk_open,
            on_objection=stores.counters.agent.objected,
            memory=before.memory if before else None,
            on_memory=caller.on_memory,
        )
        return RememberedTalk(conversation, meter, name)

    return converse


def warm_up_all() -> None:
    """Read what calls will need, so that none of them waits for the disk."""
    warm_up_talks()
    missing = warm_up(SLIN16.rate_hz, SLIN8.rate_hz)
    if missing:
        log.error("phrases_missing", phrases=missing)
