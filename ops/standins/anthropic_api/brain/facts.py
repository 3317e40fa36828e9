"""What a caller wants of a tyre, read from one utterance in Ukrainian, Russian or a mixture of both."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace

from ops.standins.anthropic_api.brain.numbers import plain


@dataclass(frozen=True, slots=True)
class Facts:
    """Wishes known so far; None = not said."""

    season: str | None = None
    size: tuple[int, int, int] | None = None  # width mm, profile %, diameter inches
    make: str | None = None
    model: str | None = None
    year: int | None = None
    brand: str | None = None
    max_price: int | None = None  # UAH for one

    def updated(self, newer: Facts) -> Facts:
        """With what was said later; a size displaces the car and the other way round."""
        base = self
        if newer.size:
            base = replace(base, make=None, model=None, year=None)
        if newer.make and (newer.make != base.make or newer.model not in (None, base.model)):
            base = replace(base, size=None, make=None, model=None, year=None)
        return replace(base, **{f.name: value for f in fields(newer) if (value := getattr(newer, f.name)) is not None})

    @property
    def any(self) -> bool:
        return self != Facts()


_SEASONS = (
    ("all_season", r"всесезон|всесізон|круглорічн|круглогодич"),
    ("winter", r"\bзим|шипован|\bліпучк"),
    ("summer", r"\bл[іе]тн|\bна літо|\bна лето"),
)

# maker, model, how it is said
_CARS = (
    ("Toyota", "Camry", r"камр[іиы]|camry"),
    ("Toyota", "Corolla", r"корол+[ауиіоыe]|corolla"),
    ("Toyota", "RAV4", r"рав ?(?:4|чотири)|рафік|rav ?4"),
    ("Volkswagen", "Golf", r"гольф|golf"),
    ("Skoda", "Octavia", r"окт[ао]ві|октави|octavia"),
    ("Daewoo", "Lanos", r"ланос|lanos"),
    ("Renault", "Duster", r"дастер|duster"),
    ("Renault", "Logan", r"логан|logan"),
    ("Hyundai", "Tucson", r"тусс?он|туксон|tucson"),
    ("Kia", "Ceed", r"\bс[іи]д\b|ceed"),
    ("Kia", "Sportage", r"спорт[еэа]й?дж|sportage"),
)
_MAKES = (
    ("Toyota", r"тойот|toyota"),
    ("Volkswagen", r"фольксваген|volkswagen"),
    ("Skoda", r"шкод[аиуі]|skoda"),
    ("Daewoo", r"де[уо]\b|daewoo"),
    ("Renault", r"рено\b|renault"),
    ("Hyundai", r"х[юу]нда|hyundai"),
    ("Kia", r"\bк[іи]а\b|\bkia\b"),
)
_BRANDS = (
    ("Michelin", r"м[іи]шл[еє]н|michelin"),
    ("Nokian", r"нок[іи]ан|nokian|хак+апел"),
    ("Continental", r"контин[еє]нтал|continental"),
    ("Debica", r"деб[іи]ц|d[eę]bica"),
    ("Rosava", r"росав|rosava"),
    ("Matador", r"матадор|matador"),
    ("Sava", r"\bсав[аиуоы]|\bsava"),
    ("Hankook", r"ханкук|hankook"),
    ("Goodyear", r"гуд[іи]?[йє]?[ея]?р|goodyear"),
    ("Yokohama", r"[йи]окогам|[йи]окохам|yokohama"),
)
SIZE = re.compile(r"\b([1-3]\d5)\b[^\d]{1,14}\b([2-8][05])\b[^\d]{0,18}?(?:[рr]\s?|\b)(1[2-9]|2[0-4])\b")
_LIMIT = re.compile(
    r"\b(?:до|не дорожч\w*|не дороже|не більш\w*|не больше|максимум|в межах|дешевш\w* за|дешевле)(?: за| ніж| чем)? (\d{3,6})\b"
)
_YEAR = re.compile(r"\b(19[89]\d|20[0-4]\d)\b|\b(\d{1,2})(?: -)?(?: ?го)? (?:р[оі]к|год|р\b)")
_REJECTED = re.compile(r"\bне (?:зим|л[іе]тн|всесез)\w*")  # "не зимові, а літні"


def facts_in(text: str) -> Facts:
    said = _REJECTED.sub(" ", plain(text))
    make, model = _car(said)
    limit = _LIMIT.search(said)
    size = SIZE.search(said)
    rest = said
    for other in (limit, size):
        rest = rest.replace(other[0], " ") if other else rest
    return Facts(
        season=next((season for season, pattern in _SEASONS if re.search(pattern, said)), None),
        size=(int(size[1]), int(size[2]), int(size[3])) if size else None,
        make=make,
        model=model,
        year=_year(rest),
        brand=next((brand for brand, pattern in _BRANDS if re.search(pattern, said)), None),
        max_price=int(limit[1]) if limit and int(limit[1]) >= 300 else None,
    )


def _car(said: str) -> tuple[str | None, str | None]:
    for make, model, pattern in _CARS:
        if re.search(pattern, said):
            return make, model
    return next((make for make, pattern in _MAKES if re.search(pattern, said)), None), None


def _year(said: str) -> int | None:
    found = _YEAR.search(said)
    if found is None:
        return None
    if found[1]:
        return int(found[1])
    short = int(found[2])
    return 2000 + short if short < 50 else 1900 + short
