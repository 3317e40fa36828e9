"""Case, gender and the nouns that go with numbers: the words that written text shortens to "грн", "км" or "%".

Pure. A noun after a number follows the number's end: 1 гривня, 2 гривні, 5 гривень; in the oblique cases the number's own case, but after
whole thousands the genitive plural always ("п'ятьма гривнями", "двома тисячами гривень").
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Case(enum.IntEnum):
    """In the order of every table of forms here."""

    NOMINATIVE = 0
    GENITIVE = 1
    DATIVE = 2
    ACCUSATIVE = 3
    INSTRUMENTAL = 4
    LOCATIVE = 5


class Gender(enum.IntEnum):
    MASCULINE = 0
    FEMININE = 1
    NEUTER = 2


@dataclass(frozen=True, slots=True)
class Noun:
    """*singular* and *plural* hold the six cases."""

    gender: Gender
    singular: tuple[str, ...]
    plural: tuple[str, ...]

    def after(self, number: int, case: Case) -> str:
        """Its form behind that number in that case."""
        if number and number % 1000 == 0:
            return self.plural[Case.GENITIVE]
        tens, ones = number // 10 % 10, number % 10
        if ones == 1 and tens != 1:
            return self.singular[case]
        if case not in (Case.NOMINATIVE, Case.ACCUSATIVE):
            return self.plural[case]
        few = ones in (2, 3, 4) and tens != 1
        return self.plural[Case.NOMINATIVE if few else Case.GENITIVE]


def _noun(gender: Gender, singular: str, plural: str) -> Noun:
    noun = Noun(gender, tuple(singular.split()), tuple(plural.split()))
    assert len(noun.singular) == len(noun.plural) == len(Case)
    return noun


_M, _F, _N = Gender

THOUSAND = _noun(_F, "тисяча тисячі тисячі тисячу тисячею тисячі", "тисячі тисяч тисячам тисячі тисячами тисячах")
MILLION = _noun(_M, "мільйон мільйона мільйону мільйон мільйоном мільйоні", "мільйони мільйонів мільйонам мільйони мільйонами мільйонах")
MILLIARD = _noun(_M, "мільярд мільярда мільярду мільярд мільярдом мільярді", "мільярди мільярдів мільярдам мільярди мільярдами мільярдах")
HRYVNIA = _noun(_F, "гривня гривні гривні гривню гривнею гривні", "гривні гривень гривням гривні гривнями гривнях")
KOPIYKA = _noun(_F, "копійка копійки копійці копійку копійкою копійці", "копійки копійок копійкам копійки копійками копійках")
_DOLLAR = _noun(_M, "долар долара долару долар доларом доларі", "долари доларів доларам долари доларами доларах")
_EURO = _noun(_N, " ".join(["євро"] * 6), " ".join(["євро"] * 6))
_PIECE = _noun(_F, "штука штуки штуці штуку штукою штуці", "штуки штук штукам штуки штуками штуках")
_PERCENT = _noun(_M, "відсоток відсотка відсотку відсоток відсотком відсотку", "відсотки відсотків відсоткам відсотки відсотками відсотках")
_KILOMETRE = _noun(
    _M, "кілометр кілометра кілометру кілометр кілометром кілометрі", "кілометри кілометрів кілометрам кілометри кілометрами кілометрах"
)
_METRE = _noun(_M, "метр метра метру метр метром метрі", "метри метрів метрам метри метрами метрах")
_CENTIMETRE = _noun(
    _M,
    "сантиметр сантиметра сантиметру сантиметр сантиметром сантиметрі",
    "сантиметри сантиметрів сантиметрам сантиметри сантиметрами сантиметрах",
)
_MILLIMETRE = _noun(
    _M, "міліметр міліметра міліметру міліметр міліметром міліметрі", "міліметри міліметрів міліметрам міліметри міліметрами міліметрах"
)
_INCH = _noun(_M, "дюйм дюйма дюйму дюйм дюймом дюймі", "дюйми дюймів дюймам дюйми дюймами дюймах")
_KILOGRAM = _noun(
    _M, "кілограм кілограма кілограму кілограм кілограмом кілограмі", "кілограми кілограмів кілограмам кілограми кілограмами кілограмах"
)
_LITRE = _noun(_M, "літр літра літру літр літром літрі", "літри літрів літрам літри літрами літрах")
_HOUR = _noun(_F, "година години годині годину годиною годині", "години годин годинам години годинами годинах")
_MINUTE = _noun(_F, "хвилина хвилини хвилині хвилину хвилиною хвилині", "хвилини хвилин хвилинам хвилини хвилинами хвилинах")
_SECOND = _noun(_F, "секунда секунди секунді секунду секундою секунді", "секунди секунд секундам секунди секундами секундах")
_DAY = _noun(_M, "день дня дню день днем дні", "дні днів дням дні днями днях")
_MONTH = _noun(_M, "місяць місяця місяцю місяць місяцем місяці", "місяці місяців місяцям місяці місяцями місяцях")
_DEGREE = _noun(_M, "градус градуса градусу градус градусом градусі", "градуси градусів градусам градуси градусами градусах")
_BAR = _noun(_M, "бар бара бару бар баром барі", "бари бар барам бари барами барах")
_ATMOSPHERE = _noun(
    _F, "атмосфера атмосфери атмосфері атмосферу атмосферою атмосфері", "атмосфери атмосфер атмосферам атмосфери атмосферами атмосферах"
)

MONEY: dict[str, Noun] = {
    **dict.fromkeys(("грн", "₴", "uah"), HRYVNIA),
    **dict.fromkeys(("$", "usd", "дол"), _DOLLAR),
    **dict.fromkeys(("€", "eur", "євро"), _EURO),
}
UNITS: dict[str, Noun] = {
    **dict.fromkeys(("коп",), KOPIYKA),
    **dict.fromkeys(("шт", "штук"), _PIECE),
    **dict.fromkeys(("%",), _PERCENT),
    **dict.fromkeys(("км",), _KILOMETRE),
    **dict.fromkeys(("м",), _METRE),
    **dict.fromkeys(("см",), _CENTIMETRE),
    **dict.fromkeys(("мм",), _MILLIMETRE),
    **dict.fromkeys(('"', "″"), _INCH),
    **dict.fromkeys(("кг",), _KILOGRAM),
    **dict.fromkeys(("л",), _LITRE),
    **dict.fromkeys(("год",), _HOUR),
    **dict.fromkeys(("хв",), _MINUTE),
    **dict.fromkeys(("с", "сек"), _SECOND),
    **dict.fromkeys(("дн",), _DAY),
    **dict.fromkeys(("міс",), _MONTH),
    **dict.fromkeys(("°", "°c", "°с"), _DEGREE),
    **dict.fromkeys(("бар", "bar"), _BAR),
    **dict.fromkeys(("атм",), _ATMOSPHERE),
}
SCALES: dict[str, tuple[int, Noun]] = {"тис": (1_000, THOUSAND), "млн": (1_000_000, MILLION), "млрд": (1_000_000_000, MILLIARD)}
