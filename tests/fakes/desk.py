"""A desk for tools and rules in tests: a ledger in memory, articles in a list, a day that stands still."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from agent.case import Case, Said
from agent.errors import KnowledgeFailed
from agent.once import Once
from agent.ports import Article, CallBackWish
from agent.shop import Shop
from agent.tools.tool import Desk
from tests.fakes.ledger import FakeLedger as FakeLedger
from tests.fakes.shop import FakeShop

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/Kyiv"))  # a Monday
CALLER = "+380671112233"


@dataclass
class FakeKnowledge:
    """Finds the articles that share a word with the question."""

    articles: Sequence[Article] = ()
    fails: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def search(self, question: str, *, category: str | None = None, limit: int = 3) -> Sequence[Article]:
        self.asked.append((question, category))
        if self.fails:
            raise KnowledgeFailed("the database does not answer")
        words = set(question.lower().split())
        fitting = [
            one for one in self.articles if words & set(f"{one.title} {one.text}".lower().split()) and category in (None, one.category)
        ]
        return fitting[:limit]


@dataclass
class FakeCallBacks:
    """Keeps the last wish for each number, as the database does for one call."""

    wishes: dict[str, CallBackWish] = field(default_factory=dict)

    def note(self, wish: CallBackWish) -> None:
        self.wishes[wish.phone] = wish


def heard(*texts: str) -> tuple[Said, ...]:
    """The talk: the agent begins, then by turns."""
    return tuple(Said("caller" if at % 2 else "agent", text) for at, text in enumerate(texts))


def a_desk(
    shop: Shop | None = None,
    *,
    case: Case | None = None,
    said: tuple[Said, ...] = (),
    caller_number: str = CALLER,
    ledger: FakeLedger | None = None,
    knowledge: FakeKnowledge | None = None,
    call_id: str = "call-1",
    call_backs: FakeCallBacks | None = None,
    desk_open: bool = True,
) -> Desk:
    return Desk(
        shop=shop or FakeShop(latency_s=0),
        knowledge=knowledge or FakeKnowledge(),
        once=Once(ledger or FakeLedger(), clock_ms=lambda: round(NOW.timestamp() * 1000)),
        case=case or Case(),
        said=said,
        call_id=call_id,
        caller_number=caller_number,
        request_id="r1",
        now=lambda: NOW,
        call_backs=call_backs or FakeCallBacks(),
        desk_open=lambda: desk_open,
    )
