from __future__ import annotations

from agent.ports import Article
from agent.tools.knowledge import search_knowledge_base, shortened
from tests.fakes.desk import FakeKnowledge, a_desk

RETURNS = Article("Повернення", "Шини можна повернути протягом 14 днів. Доставка назад коштує від 1 500 грн.", "faq")


async def test_an_answer_is_read_from_the_shops_articles_and_its_sums_are_known() -> None:
    desk = a_desk(knowledge=FakeKnowledge([RETURNS]))
    result = await search_knowledge_base.use({"question": "чи можна повернути шини", "category": "faq"}, desk)
    assert result.content == {"found": 1, "articles": [{"title": RETURNS.title, "text": RETURNS.text}]}
    assert desk.case.amounts_uah == {1500}


async def test_no_answer_is_told_as_none_so_that_none_is_invented() -> None:
    result = await search_knowledge_base.use({"question": "погода"}, a_desk())
    assert result.success
    assert "оператора" in result.content["note"]


async def test_articles_out_of_reach_are_told_as_such() -> None:
    result = await search_knowledge_base.use({"question": "повернути"}, a_desk(knowledge=FakeKnowledge(fails=True)))
    assert not result.success
    assert "недоступна" in result.content["error"]


def test_a_long_article_is_cut_where_a_sentence_ends() -> None:
    text = "Перше речення. " * 100
    short = shortened(text)
    assert short.endswith("Перше речення.")
    assert 300 < len(short) <= 400


def test_a_text_without_sentences_is_cut_between_words() -> None:
    short = shortened("слово " * 200)
    assert short.endswith("слово…")
    assert len(short) <= 401
