"""What the tools that write have in common: on whose account, which write it is, and what follows from it.

Reading back (``look`` of ``agent.once``) asks the shop anew each time: it also tells whether an earlier write still stands when the caller
has changed his mind and changes it back.
"""

from __future__ import annotations

from typing import Any

from agent.once import Write
from agent.tools.tool import Desk

NO_NUMBER = "Номер абонента приховано, тож знайти його записи не можна. Запропонуй з'єднати з оператором."


def write_of(desk: Desk, intent: str, *, number: str | None = None, **arguments: Any) -> Write:
    """*arguments* are canonical: what makes it the same write, and nothing else. *number*: on whose account, the caller's if not given."""
    return Write(desk.call_id, desk.caller_number if number is None else number, intent, arguments)


def changed(desk: Desk, what: str) -> None:
    """*what* is the id of an order or booking: from here on the caller has to hear it again before he can agree to it."""
    desk.case.changed[what] = len(desk.said)
