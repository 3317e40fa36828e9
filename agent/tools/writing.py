"""What the tools that write have in common: who writes, and which write it is.

A caller may change his mind and change it back: to Kyiv, to Lviv, to Kyiv again. The third wish has the words of the first one but is not
its repetition. So such writes carry how many of their kind were done before, and a tool first looks whether what is wanted is already so.
"""

from __future__ import annotations

from typing import Any

from agent.once import Write
from agent.tools.tool import Desk

NO_NUMBER = "Номер абонента приховано, тож знайти його записи не можна. Запропонуй з'єднати з оператором."


def write_of(desk: Desk, intent: str, *, number: str | None = None, **arguments: Any) -> Write:
    """*arguments* are canonical: what makes it the same write, and nothing else. *number*: on whose account, the caller's if not given."""
    return Write(desk.call_id, desk.caller_number if number is None else number, intent, arguments)


def done_so_far(desk: Desk, *intents: str, **result: Any) -> int:
    """How many writes of these kinds, with these parts of their result, this call has behind it."""
    done = [one for one in desk.once.ledger.entries(call_id=desk.call_id) if one.stage == "done" and one.intent in intents]
    return sum(all(one.result.get(name) == value for name, value in result.items()) for one in done)


def changed(desk: Desk, what: str) -> None:
    """*what* is the id of an order or booking: from here on the caller has to hear it again before he can agree to it."""
    desk.case.changed[what] = len(desk.said)
