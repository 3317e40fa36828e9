"""Where: cities, and addresses within them."""

from __future__ import annotations

import re

from ops.standins.anthropic_api.brain.numbers import digits, plain

_CITIES = (
    ("Київ", r"\bки[їеє]в"),
    ("Львів", r"\bльв[іо]в"),
    ("Одеса", r"\bодес"),
    ("Дніпро", r"\bдн[іе]пр(?!од)"),
    ("Харків", r"\bхарь?к[іо]в"),
    ("Полтава", r"\bполтав"),
    ("Вінниця", r"\bв[іи]нниц"),
    ("Запоріжжя", r"\bзапор[іо]ж"),
    ("Чернігів", r"\bчерн[іи]г[іо]в"),
    ("Черкаси", r"\bчеркас"),
    ("Тернопіль", r"\bтерноп[іо]л"),
    ("Житомир", r"\bжитомир"),
    ("Рівне", r"\bр[іо]вн[еоо]м?\b"),
    ("Луцьк", r"\bлуцьк|\bлуцк"),
)
_STREET = re.compile(
    r"\b(?:вулиц\w*|вул|улиц\w*|ул|проспект\w*|просп|бульвар\w*|площ\w*|провул\w*|переул\w*|шосе|набережн\w*|"
    r"нов\w+ пошт\w*|нов\w+ почт\w*|відділенн\w*|отделени\w*)\b.*",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(?:так|да|добре|хорошо|ні|нет|на|за адресою|адреса|адрес|по адресу|доставте|це|это|[,.:\s])+\s", re.IGNORECASE)


def city_in(text: str) -> str | None:
    said = plain(text)
    return next((city for city, pattern in _CITIES if re.search(pattern, said)), None)


def address_in(text: str, *, asked: bool) -> str | None:
    """A street with its house, or a post branch; *asked* for one, anything with a number in it is an address."""
    text = digits(text).strip(" .!,")
    found = _STREET.search(text)
    if found:
        return _clean(found[0])
    if asked and re.search(r"[^\W\d_]{4,}.*\d", text):
        return _clean(_LEADING.sub("", text))
    return None


def _clean(address: str) -> str:
    return re.sub(r"\s+([,.])", r"\1", address).strip(" .,!")
