from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.guard.agreement import Agreement, agreement, declines

ORDER = "order"


@pytest.mark.parametrize(
    "text",
    [
        "так, оформлюйте",
        "оформляйте пожалуйста",
        "давайте оформим",
        "так так замовляю",
        "Беру!",
        "ну давайте оформлюйте будь ласка",
        "не заперечую, оформлюйте",
    ],
)
def test_who_names_what_he_agrees_to_agrees_explicitly(text: str) -> None:
    assert agreement(text, "order") is Agreement.EXPLICIT


@pytest.mark.parametrize(
    "text",
    [
        "Підтверджую.",
        "да, подтверждаю",
        "да, я согласен",
        "згодна",
        "так",
        "Так.",
        "да",
        "Да, хорошо",
        "звісно",
        "ну так",
        "добре, дякую",
        "давайте",
        "так-так",
        "все правильно",
        "конечно",
        "не проти",
        "ОК",
    ],
)
def test_a_yes_is_a_plain_agreement(text: str) -> None:
    assert agreement(text, "order") is Agreement.PLAIN


@pytest.mark.parametrize("text", ["ага", "угу", "Ну, ага."])
def test_a_murmur_is_the_weakest(text: str) -> None:
    assert agreement(text, "order") is Agreement.MURMUR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "шшш",
        "ні",
        "нет",
        "не треба",
        "так, але змініть адресу",
        "так але іншу адресу",
        "да, но подождите",
        "зачекайте",
        "почекай хвилинку",
        "стоп",
        "так?",
        "а скільки це коштує",
        "так а доставка коли",
        "это так дорого",
        "так само дорого",
        "подумаю",
        "да я подумаю",
        "мабуть так",
        "може бути",
        "якщо завтра привезете то так",
        "не підтверджую",
        "не оформлюйте",
        "краще дві",
        "скасуйте",
        "так, скасуйте все",
        "дайте оператора",
        "дякую, до побачення",
        "мене звати Олександр Петренко",
        "так мене звати Олександр Петренко",
        "так от я їду вчора по трасі і чую стукіт",
        "Алло?",
        "Хочу до трьох тисяч гривень за шину",
        "Я хочу оплатити онлайн",
        "Підкажіть статус мого замовлення",
        "давай патом",
        "так, щас передзвоню",
        "алло так",
        "Добре, я вам передзвоню",
        "Так, без доставки",
        "Оформіть самовивозом",
        "Добре, давайте завтра",
        "Можна швидше",
        "Так, слухаю",
        "Хорошо, я вам перезвоню",
        "Так, ще дві такі самі",
    ],
)
def test_anything_else_is_no_agreement(text: str) -> None:
    assert agreement(text, "order") is None


@pytest.mark.parametrize(
    ("text", "agreed"),
    [
        ("так, скасовуйте", Agreement.EXPLICIT),
        ("да, отменяйте", Agreement.EXPLICIT),
        ("відміняйте будь ласка", Agreement.EXPLICIT),
        ("так", Agreement.PLAIN),
        ("ні, не скасовуйте", None),
        ("не треба скасовувати", None),
        ("залиште", None),
        ("так, переносьте", None),
        ("краще перенесіть", None),
    ],
)
def test_to_cancel_is_agreed_to_with_words_that_otherwise_revoke(text: str, agreed: Agreement | None) -> None:
    assert agreement(text, "cancel") is agreed


@pytest.mark.parametrize("text", ["так, записуйте", "запишіть мене", "да, записывайте", "бронюйте", "так, переносьте", "я приїду"])
def test_a_booking_has_words_of_its_own(text: str) -> None:
    assert agreement(text, "booking") is Agreement.EXPLICIT


@given(st.lists(st.sampled_from(["так", "да", "оформлюйте", "підтверджую", "добре", "ага"]), max_size=4), st.data())
def test_one_word_against_it_takes_any_agreement_back(words: list[str], data: st.DataObject) -> None:
    against = data.draw(st.sampled_from(["ні", "не", "нет", "але", "зачекайте", "подождите", "передумав", "скасуйте", "скільки"]))
    words.insert(data.draw(st.integers(0, len(words))), against)
    assert agreement(" ".join(words), "order") is None


@given(st.text(max_size=40))
def test_a_question_is_never_an_agreement(text: str) -> None:
    assert agreement(f"{text}?", "order") is None
    assert agreement(f"так {text}?", "order") is None


@given(st.text(alphabet="бвгджзклмнпрст ", max_size=60))
def test_noise_is_no_agreement(text: str) -> None:
    assert agreement(text, "order") is None


@pytest.mark.parametrize(
    ("text", "no"), [("ні, дорого", True), ("а можна дешевші", True), ("а коли привезете", False), ("так", False), ("на Камрі", False)]
)
def test_a_refusal_is_recognised(text: str, no: bool) -> None:
    assert declines(text) is no
