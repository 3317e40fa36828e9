"""What the shop wrote for its customers."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.tools.tool import Desk, ToolResult, tool
from agent.tools.tyres import TOLD_AT_ONCE
from agent.tools.wording import sums_in

_TEXT_MAX = 400  # characters: half a minute of speech, from which the model takes a sentence or two
_SENTENCE_END = re.compile(r"[.!?…](?=\s)")


class SearchKnowledgeBase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question: Annotated[str, Meta(min_length=2, max_length=200, description="Про що питає абонент, українською")]
    category: (
        Annotated[
            Literal["brands", "guides", "faq", "comparisons"],
            Meta(description="brands — виробники, guides — поради, faq — доставка, оплата, гарантія, comparisons — порівняння"),
        ]
        | None
    ) = None


@tool("Шукає відповідь у довідці магазину: виробники, поради з вибору, порівняння, умови доставки, оплати, гарантії, повернення.")
async def search_knowledge_base(wanted: SearchKnowledgeBase, desk: Desk) -> ToolResult:
    articles = await desk.knowledge.search(wanted.question, category=wanted.category, limit=TOLD_AT_ONCE)
    if not articles:
        return ToolResult({"found": 0, "note": "У довідці цього немає. Так і скажи і запропонуй оператора."})
    texts = [{"title": one.title, "text": shortened(one.text)} for one in articles[:TOLD_AT_ONCE]]
    for text in texts:
        desk.case.amounts_uah |= sums_in(text["text"])
    return ToolResult({"found": len(texts), "articles": texts})


def shortened(text: str) -> str:
    """Its first sentences, as far as they fit."""
    plain = " ".join(text.split())
    if len(plain) <= _TEXT_MAX:
        return plain
    ends = [end.end() for end in _SENTENCE_END.finditer(plain, 0, _TEXT_MAX)]
    return plain[: ends[-1]] if ends else plain[:_TEXT_MAX].rsplit(" ", 1)[0] + "…"
