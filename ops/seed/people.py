"""The shop's made-up customers and operators, and articles of our own. Their numbers begin with +38099000, which no real one does here.

Numbers from 9000 on are left to the customers who ring in ``calls.py``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from ops.seed.life import Person

PREFIX: Final = "+38099000"
CUSTOMERS: Final = 60
HIDDEN: Final = Person("anonymous")

_WOMEN = ("Олена", "Ірина", "Марія", "Наталія", "Оксана", "Тетяна", "Юлія", "Галина", "Світлана", "Катря")
_MEN = ("Андрій", "Олександр", "Сергій", "Іван", "Михайло", "Богдан", "Тарас", "Віктор", "Роман", "Павло")
_SURNAMES = (
    "Коваль",
    "Бондаренко",
    "Шевчук",
    "Ткаченко",
    "Мороз",
    "Лисенко",
    "Гончар",
    "Савчук",
    "Мельник",
    "Кравець",
    "Дорошенко",
    "Яременко",
)


def customers() -> tuple[Person, ...]:
    """Each second of them was known before."""
    first = [name for pair in zip(_WOMEN, _MEN, strict=True) for name in pair]
    return tuple(
        Person(f"{PREFIX}{n:04d}", f"{first[n % len(first)]} {_SURNAMES[n * 5 % len(_SURNAMES)]}", known=n % 2 == 0)
        for n in range(1, CUSTOMERS + 1)
    )


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    endpoint: str  # as in queues.conf and pjsip.conf


OPERATORS: Final = (Operator("Людмила Гаврилюк", "PJSIP/op1"), Operator("Роман Остапенко", "PJSIP/op2"))


@dataclass(frozen=True, slots=True)
class OwnArticle:
    """One that the shop has not written: without its id, so that the sync leaves it alone."""

    title: str
    content: str
    category: str = "guides"

    @property
    def id(self) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"callctl seed: {self.title}")


ARTICLES: Final = (
    OwnArticle(
        "Скільки триває заміна шин",
        "Заміна чотирьох коліс легкового авто з балансуванням триває близько сорока хвилин, позашляховика — до години. "
        "Приїдьте за п'ять хвилин до призначеного часу.",
    ),
    OwnArticle(
        "Чи можна їздити на різних шинах",
        "На одній осі мають стояти однакові шини: той самий виробник, модель, розмір і знос. Літні й зимові разом ставити не можна.",
    ),
    OwnArticle(
        "Який тиск має бути в шинах",
        "Тиск вказано на стійці водійських дверей або на кришці бака. Перевіряйте його раз на місяць на холодних шинах, "
        "узимку тримайте на нижній межі норми виробника.",
    ),
    OwnArticle(
        "Оператори та робочий час",
        "Оператори відповідають щодня з дев'ятої до дев'ятнадцятої. Поза цим часом голосовий помічник записує, кому передзвонити.",
        category="faq",
    ),
    OwnArticle(
        "Як замовити з кількох складів",
        "Шини з різних складів приїжджають одним замовленням: строк рахується від найдальшого складу, доставка платиться один раз.",
        category="faq",
    ),
)
