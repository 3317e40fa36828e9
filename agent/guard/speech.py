"""What the agent must not say aloud, whatever the model has written.

    model ─► clause ─► check(clause, told, case, before) ─► None    it may be spoken
                                                       └─► reason  "disclosure", "foreign", "profanity", "price", "too_long"

The hook (``Mouth``, per clause, through ``Dialogue.objection``): when it objects, this clause and the rest of that reply are not spoken,
the fixed phrase "cannot_say" stands for them (nothing does for "too_long"), no further tool of that reply begins, and the history keeps
what was said. *before* is what the same reply has said so far: a text that is given away in pieces is still given away.

Pure. It knows words, not meanings: it keeps the agent from saying what can do harm, the prompt keeps it from saying what is merely odd.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from agent.case import Case
from agent.guard.numbers import Number, numbers_in
from agent.guard.told import CURRENCY, FREE, PERCENT, Told

Objection = Literal["disclosure", "foreign", "profanity", "price", "too_long"]

CHARACTERS_MAX = 600  # of one reply: about 40 s of speech
_SHINGLE = 7  # words of the prompt in a row; six are sometimes just the name of a thing
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`-][^\W\d_]+)*|\d+")
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")  # in the prompt: examples of what to say
_IDENTIFIER = re.compile(
    r"\b[a-z]+_[a-z_]+\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b(?:tool_use|toolu|json|prompt|api)\b",
    re.IGNORECASE,
)
_INSTRUCTIONS = re.compile(r"(?:систем\w+|мо(?:ї|їх|я|єї))\s+(?:\w+\s+)?(?:промпт|інструкці|вказівк|налаштуван)", re.IGNORECASE)
_RUSSIAN_LETTER = re.compile(r"[ыэёъ]", re.IGNORECASE)
_RUSSIAN = re.compile(
    r"что|нет|только|можно|сейчас|спасибо|пожалуйста|здравствуйте|хорошо|есть|или|если|когда|почему|сколько|меня|тебя|него|нее|ничего|тоже|"
    r"также|очень|нужно|надо|конечно|извините|резина|зимние|летние|стоит|заказ|сегодня|вчера|хотите|могу|помочь|как(?:ой|ая|ие)|цена|рублей|"
    r"которые|чтобы"
)
_ENGLISH = re.compile(r"the|is|are|you|your|and|of|with|for|please|sorry|my|i|am|can|what|this|that|not|system|instructions")
_ENGLISH_MIN = 2
_PROFANE = re.compile(
    r"\b(?:бля(?:д|т|\b)|сук[аи]\b|сучк|(?:на|по|ні|до)?ху[йєїея]|пизд|їб[ауе]|йоб|єб[ауе]|еб[ау]т|заїб|заеб|наїб|виїб|муд[аі]к|мудил|гімн|гівн|говн|"
    r"лайн[оа]\b|курв|шлюх|дупа\b|срак|сран|пид[оа]р|підар|дебіл|ідіот|придур|довбой|засран|гандон|твар[юиь]\b|скотин|падл)",
    re.IGNORECASE,
)
_DISCOUNT = re.compile(r"знижк|скидк|дешевш", re.IGNORECASE)
_OTHER_MONEY = re.compile(r"копі[йєо]\w*|долар\w*|бакс\w*|євро\b|евро\b|рубл\w*|[$€]", re.IGNORECASE)
_PRICE_WORD = re.compile(
    r"\b(?:цін[аіоу]\w*|кошту\w+|варт[іо]ст\w*|сум[аоиу]\w*|сплат\w+|заплат\w+|знижк\w+)(?:\W+\w+)?\W*$", re.IGNORECASE
)
_BARE_PRICE_MIN_UAH = 50  # "ціна за одну": without a currency a small number is a count
_BUDGET = re.compile(r"\b(?:до|від|понад|близько|межах|бюджет\w*|(?:більш|менш|дешевш|дорожч)\w*(?:\s+(?:за|ніж|від))?)\s+$", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s*(?:%|[./:]\d|R\d|відсот|процент|шт|шин|комплект|колес|диск|д(?:ень|ні|нів|ня)\b|годин|хвилин|рок|міся|зам|дюйм|мм|км|позиц|раз|-)",
    re.IGNORECASE,
)


class SpeechGuard:
    """*secret* is the prompt's text, the same for all calls; *tools* are names that only the model needs."""

    def __init__(self, secret: str, tools: Collection[str]) -> None:
        self._shingles = _shingles(_words(_QUOTED.sub(" . ", secret)))
        self._tools = frozenset(tools)

    def check(self, clause: str, told: Told, case: Case, before: str = "") -> Objection | None:
        """The first reason not to say *clause*, or None."""
        if self._discloses(clause, case, before):
            return "disclosure"
        if _foreign(clause):
            return "foreign"
        if _PROFANE.search(clause):
            return "profanity"
        if _wrong_price(clause, told, case):
            return "price"
        return "too_long" if len(before) + len(clause) > CHARACTERS_MAX else None

    def _discloses(self, clause: str, case: Case, before: str) -> bool:
        if _IDENTIFIER.search(clause) or _INSTRUCTIONS.search(clause):
            return True
        tokens = set(re.findall(r"[\w-]+", clause))
        if tokens & self._tools or tokens & _ids(case):
            return True
        words = _words(clause)
        return bool(self._shingles & _shingles(_words(before)[-(_SHINGLE - 1) :] + words))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}


def _ids(case: Case) -> set[str]:
    """What the shop calls things and no customer does; digits alone may be a price or a size."""
    ids = {*case.offers, *case.orders, *case.bookings, *case.points} - {order.number for order in case.orders.values()}
    return {one for one in ids if not one.isdigit()}


def _foreign(clause: str) -> bool:
    """Russian by its letters or by a word that Ukrainian does not have; English by its small words, for brands are English too."""
    words = _words(clause)
    english = sum(_ENGLISH.fullmatch(word) is not None for word in words)
    return bool(_RUSSIAN_LETTER.search(clause)) or any(_RUSSIAN.fullmatch(word) for word in words) or english >= _ENGLISH_MIN


def _wrong_price(clause: str, told: Told, case: Case) -> bool:
    if FREE.search(clause) and not (told.free or 0 in case.amounts_uah):
        return True
    return any(_is_wrong(number, clause, told, case) for number in numbers_in(clause))


def _is_wrong(number: Number, clause: str, told: Told, case: Case) -> bool:
    before, behind = clause[: number.start], clause[number.end : number.end + 20]
    if _OTHER_MONEY.match(behind.lstrip()):
        return True
    if PERCENT.match(behind):
        return bool(_DISCOUNT.search(clause)) and number.value not in told.percents
    if CURRENCY.match(behind):
        return not told.may_be_a_price(number.value, case.amounts_uah, budget=_BUDGET.search(before) is not None)
    bare = _PRICE_WORD.search(before) and not _COUNTED.match(behind) and not 0 < number.value < _BARE_PRICE_MIN_UAH
    return bool(bare) and not told.may_be_a_price(number.value, case.amounts_uah)
