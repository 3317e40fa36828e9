"""Details of an order or a visit in one utterance: how many, who, which number, how paid, which work."""

from __future__ import annotations

import re

from ops.standins.anthropic_api.brain.facts import SIZE
from ops.standins.anthropic_api.brain.numbers import plain

_ORDINAL = re.compile(r"\b(?:перш|друг(?:ий|у|а|ого)|трет|перв|втор)")
_PIECES = re.compile(r"\b(\d{1,7}) (?:штук|шт\b|шин|колес|колёс|коліс|покриш|резин|гум)")
_WANTED = re.compile(
    r"\b(?:беру|візьму|возьму|замов\w+|закажу|хочу|давайте|дайте|краще|лучше|лише|тільки|только|треба|надо|нужно|потрібно) "
    r"(?:мені |мне |ще |лише |тільки |только |всього )?(\d{1,7})\b(?! (?:варіант|вариант|го|грн|грив|року|год|ранк|дня))"
)
_NAMED = re.compile(
    r"(?:звати|ім'я|прізвище|запи(?:шіть|суйте|шите|сывайте) на|зовут|имя|фамилия)\s+(?:це\s+|это\s+)?"
    r"((?:[^\W\d_][\w'’ʼ-]+)(?:\s+[^\W\d_][\w'’ʼ-]+)?)",
    re.IGNORECASE,
)
_NO_NAME = {
    "так", "да", "ні", "нет", "добре", "хорошо", "ну", "це", "это", "я", "мене", "меня", "звати", "зовут", "на", "будь", "ласка",
    "пожалуйста", "запишіть", "запишите", "оформлюйте", "оформіть", "дякую", "спасибо", "ім'я", "имя", "прізвище", "а", "й", "і", "то",
}  # fmt: skip
_PHONE = re.compile(r"(?:\+? ?38)?0\d{9}")
_SERVICES = (
    ("balancing", r"балансув|балансир"),
    ("alignment", r"розвал|развал|сходжен"),
    ("storage", r"зберіган|хранен"),
    (
        "tire_change",
        r"шиномонтаж|перев?з[уi]|переобу|перекид|перебор|"
        r"(?:замін\w+|зам[еі]нити|пом[іе]н[яи]\w+) (?:шин|гум|колес|резин)",
    ),
)


def quantity_in(text: str, *, asked: bool) -> int | None:
    """How many tyres; a set is four. A bare number counts only when *asked*."""
    said = plain(text)
    size = SIZE.search(said)
    rest = said.replace(size[0], " ") if size else said
    if found := _PIECES.search(rest):
        return int(found[1])
    if re.search(r"\bкомплект", rest) and (asked or re.search(r"беру|візьму|возьму|замов|закаж|хочу|давайте", rest)):
        return 4
    if re.search(r"\b(?:пару|парочку)\b", rest):
        return 2
    if _ORDINAL.search(text.casefold()):
        return None
    if found := _WANTED.search(rest):
        return int(found[1])
    bare = re.search(r"\b(\d{1,7})\b", rest) if asked else None
    return int(bare[1]) if bare else None


def name_in(text: str, *, asked: bool) -> str | None:
    """Who he is: "мене звати Олена Коваль"; the first words of an answer when *asked*."""
    if found := _NAMED.search(text):
        return _proper(found[1].split())
    if not asked:
        return None
    words = [word for word in re.findall(r"[^\W\d_][\w'’ʼ-]*", text) if word.casefold() not in _NO_NAME]
    return _proper(words[:2]) if 1 <= len(words) <= 4 else None


def _proper(words: list[str]) -> str | None:
    kept = [word for word in words if word.casefold() not in _NO_NAME]
    return " ".join(word[:1].upper() + word[1:] for word in kept) or None


def number_in(text: str) -> str | None:
    """An order's number, spoken or typed: digits that stand together, also in groups; None when fewer than four.

    "сто двадцять три чотириста п'ятдесят шість" and "1 2 3 4 5 6" are the same number, 123456.
    """
    runs = re.findall(r"\d+(?: ?-? ?\d+)*", plain(text))
    numbers = [re.sub(r"\D", "", run) for run in runs]
    return next((number for number in sorted(numbers, key=len, reverse=True) if 4 <= len(number) <= 12), None)


def phone_in(text: str) -> str | None:
    found = _PHONE.search(re.sub(r"[\s()-]", "", plain(text)))
    return found[0] if found else None


def payment_in(text: str) -> str | None:
    said = plain(text)
    if re.search(r"накладен|налож|при отриман|при получен|готівк|наличк|наличными", said):
        return "cod"
    return "online" if re.search(r"онлайн|карт(?:к|о)|переказ|на сайт", said) else None


def delivery_in(text: str) -> str | None:
    """ "courier" or "pickup"."""
    said = plain(text)
    if re.search(r"самов[иі]в|самовыв|забер[уе]|заб[еи]рат|пункт", said):
        return "pickup"
    return "courier" if re.search(r"достав|кур'?[єеь]р|курьер|привез|привіз|надішл|відправ|пошт|почт|адрес", said) else None


def service_in(text: str) -> str | None:
    said = plain(text)
    return next((service for service, pattern in _SERVICES if re.search(pattern, said)), None)


def diameter_in(text: str, *, asked: bool) -> int | None:
    """The wheels' diameter in inches, alone or in a size."""
    said = plain(text)
    if size := SIZE.search(said):
        return int(size[3])
    found = re.search(r"(?:радіус\w*|радиус\w*|діаметр\w*|диаметр\w*|\br|\bр|на) ?(1[2-9]|2[0-4])\b(?! ?(?::|годин|час|\d))", said)
    found = found or (re.search(r"\b(1[2-9]|2[0-4])\b", said) if asked else None)
    return int(found[1]) if found else None
