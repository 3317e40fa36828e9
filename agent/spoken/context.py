"""What stands around a number and decides its case and gender: a preposition before it, a noun behind it.

Pure, and a guess where Ukrainian is ambiguous: prepositions that take several cases get the one that goes with numbers in a shop's talk
("за 4690 грн", "на десяту"); a noun's ending outweighs the preposition ("з чотирма шинами").
"""

from __future__ import annotations

import re

from agent.spoken.grammar import Case, Gender

_WITH_GENITIVE = (
    "від до з із зі без для після близько біля коло протягом упродовж впродовж більше менше раніше пізніше окрім крім серед замість "
    "розмірі вище нижче дорожче дешевше старше"
)
_WITH_ACCUSATIVE = "за на через про у в по понад коштує коштують коштуватиме коштуватимуть вартує сплатити заплатити доплатити"
_WITH_INSTRUMENTAL = "між перед"
_BEFORE: dict[str, Case] = {
    **dict.fromkeys(_WITH_GENITIVE.split(), Case.GENITIVE),
    **dict.fromkeys(_WITH_ACCUSATIVE.split(), Case.ACCUSATIVE),
    **dict.fromkeys(_WITH_INSTRUMENTAL.split(), Case.INSTRUMENTAL),
}
_LAST_WORD = re.compile(r"([^\W\d_]+)\s*$")
_BETWEEN_SECOND = re.compile(r"\bміж\s+[\d\s:.]+(?:грн\s+)?(?:і|й|та)\s+$", re.IGNORECASE)
_WORD = re.compile(r"[^\S\n]+([^\W\d_]+(?:['’ʼ-][^\W\d_]+)*)")
_WORDS_AHEAD = 3
_FEMININE = re.compile(
    "(?:шин|автошин|покришк|покришок|гривн|гривень|штук|копійк|копійок|годин|хвилин|секунд|доб|тисяч|машин|послуг|позиці|пропозиці|модел|"
    "точк|точок|станці|версі|знижк|знижок|камер|літер|цифр|покупк|покупок|пар|спроб|адрес|оплат|причин|доставк|доставок)"
    "(?:|а|и|і|у|ю|я|ї|ь|й|ою|ею|єю|ей|ам|ям|ами|ями|ах|ях)"
)
_MASCULINE = re.compile(r"(?:д(?:ень|ні|ня|нів|ням|нями|нях)|рок\w*|років|місяц\w*|тиж\w+|комплект\w*|магазин\w*|склад\w*|диск\w*|раз\w*)")
_NEUTER = re.compile(r"(?:авто|місц[еяю]|замовлення|бронювання|колес[оа]|відділення|питання|євро|вікно|вікна)")
_NOT_COUNTED = (
    "на за для та або і й до є це вона він вони ще вже уже буде чи ми ви якщо лише тільки також можна треба через після коло в у з із зі "
    "по від про але а не що як"
)
_STOP = frozenset(_NOT_COUNTED.split())
_ADJECTIVE = re.compile(r"\w+(?:і|ї|их|їх|ими|а|я|у|ю|ої|е|є|ий|ого)")
_GRAMS = re.compile(r"\w*грам")


def case_before(text: str, start: int) -> Case:
    """The case that the words before *start* ask for; nominative when nothing does."""
    before = text[:start]
    if _BETWEEN_SECOND.search(before):
        return Case.INSTRUMENTAL
    word = _LAST_WORD.search(before)
    return _BEFORE.get(word.group(1).lower(), Case.NOMINATIVE) if word else Case.NOMINATIVE


def word_before(text: str, start: int) -> str:
    """The last word before *start*, in lower case; empty when a mark stands between."""
    word = _LAST_WORD.search(text[:start])
    return word.group(1).lower() if word else ""


def noun_after(text: str, end: int, number: int) -> tuple[Gender, Case | None]:
    """Gender of what is counted by *number*, and the case its ending tells."""
    gender, case = Gender.MASCULINE, None
    at = end
    for _ in range(_WORDS_AHEAD):
        match = _WORD.match(text, at)
        word = match.group(1).lower() if match else ""
        if match is None or word in _STOP:
            break
        case = case or _oblique(word)
        known = _known_gender(word)
        if known is None and number % 10 == 1 and number % 100 != 11:
            known, case = _gender_of_one(word, case)
        if known is not None:
            if known is Gender.FEMININE and number % 10 == 1 and word.endswith(("у", "ю")):
                case = case or Case.ACCUSATIVE
            return known, case
        if not _ADJECTIVE.fullmatch(word):
            break
        at = match.end()
    return gender, case


def _known_gender(word: str) -> Gender | None:
    for pattern, gender in ((_MASCULINE, Gender.MASCULINE), (_NEUTER, Gender.NEUTER), (_FEMININE, Gender.FEMININE)):
        if pattern.fullmatch(word):
            return gender
    return None


def _gender_of_one(word: str, case: Case | None) -> tuple[Gender | None, Case | None]:
    """After 1 the noun or its adjective stands in the singular and tells by its ending."""
    if len(word) < 4:
        return None, case
    if word.endswith(("ння", "ття", "о", "е")):
        return Gender.NEUTER, case
    if word.endswith(("а", "я", "ої", "ій")):
        return Gender.FEMININE, case
    if word.endswith(("у", "ю")):
        return Gender.FEMININE, case or Case.ACCUSATIVE
    return None, case


def _oblique(word: str) -> Case | None:
    if word.endswith(("ами", "ями")):
        return Case.INSTRUMENTAL
    if len(word) > 3 and word.endswith(("ах", "ях")):
        return Case.LOCATIVE
    if len(word) > 3 and word.endswith(("ам", "ям")) and not _GRAMS.fullmatch(word):
        return Case.DATIVE
    return None
