"""What is the same in every call is made once: a conversation that begins holds up the frames of all others."""

from __future__ import annotations

from agent.conversation import warm_up_talks
from agent.guard import numbers
from agent.tools.catalogue import CATALOGUE
from agent.tools.tool import schema_of
from tests.fakes.talk import FakeTalk


async def test_a_second_conversation_reads_neither_the_prompt_nor_the_tools_anew() -> None:
    warm_up_talks()
    FakeTalk()
    words, schemas = numbers._meaning.cache_info().misses, schema_of.cache_info().misses
    FakeTalk()
    assert numbers._meaning.cache_info().misses == words
    assert schema_of.cache_info().misses == schemas


def test_warming_up_leaves_only_the_days_own_words_to_be_read() -> None:
    warm_up_talks()
    schemas = schema_of.cache_info().misses
    assert all(one.spec.schema for one in CATALOGUE)
    assert schema_of.cache_info().misses == schemas
