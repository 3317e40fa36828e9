"""Being rung back: after nobody was free, outside hours, or because he asks for it."""

from __future__ import annotations

import re

from ops.standins.anthropic_api.brain.asking import Ask
from ops.standins.anthropic_api.brain.blocks import Block, Tools, ask, use
from ops.standins.anthropic_api.brain.intents import Intent
from ops.standins.anthropic_api.brain.moments import day_in, time_in
from ops.standins.anthropic_api.brain.situation import Situation
from ops.standins.anthropic_api.brain.world import Result

CLOSED = "не працюють"  # of the agent's own announcement, as "усі оператори" of the other
TOOL = "request_callback"


def wanted(now: Situation) -> bool:
    """He asks for it, agrees to it, or has typed the number for it."""
    agrees = now.asked is Ask.CALL_BACK and Intent.YES in now.intents
    return Intent.CALL_BACK in now.intents or agrees or bool(_typed(now))


def request(now: Situation, tools: Tools) -> list[Block]:
    about = f"Абонента цікавить {now.offer.name}." if now.offer else "Абонент просив з'єднати з оператором."
    arguments = {"about": about, "when": _when(now), "customer_name": now.wishes.name, "phone": _typed(now)}
    return use(now, tools, TOOL, arguments, "Записую.")


def tell_closed(now: Situation) -> list[Block]:
    """The transfer was not made: nobody is at work."""
    return ask(Ask.CALL_BACK, "На жаль, оператори зараз не працюють.")


def tell(now: Situation, result: Result) -> list[Block]:
    if not result.failed:
        return ask(Ask.ANYTHING_ELSE, f"Записала, ми вам передзвонимо: {result.content['when']}.")
    if "клавіатурі" in result.error:
        return ask(Ask.TYPE_NUMBER)
    if "«так»" in result.error:
        return ask(Ask.CALL_BACK)
    return ask(Ask.HUMAN, "Перепрошую, записати не вдалося.")


def _when(now: Situation) -> str | None:
    """A day and an hour as the tool wants them; a day alone in his words."""
    day, time = day_in(now.said, now.today), time_in(now.said, asked=False)
    if day and time:
        return f"{day.isoformat()}T{time:%H:%M}"
    return now.said if day else None


def _typed(now: Situation) -> str | None:
    return now.said if now.asked is Ask.TYPE_NUMBER and re.fullmatch(r"\d{9,15}", now.said) else None
