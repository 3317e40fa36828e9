"""The other way round, written apart from what it tests: nominative Ukrainian words into a number."""

from __future__ import annotations

_UP_TO_20 = (
    "нуль один два три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять тринадцять чотирнадцять п'ятнадцять шістнадцять "
    "сімнадцять вісімнадцять дев'ятнадцять двадцять"
)
_TENS = "тридцять сорок п'ятдесят шістдесят сімдесят вісімдесят дев'яносто"
_HUNDREDS = "сто двісті триста чотириста п'ятсот шістсот сімсот вісімсот дев'ятсот"
WORDS = {word: value for value, word in enumerate(_UP_TO_20.split())} | {"одна": 1, "одне": 1, "дві": 2}
WORDS |= {word: 30 + 10 * index for index, word in enumerate(_TENS.split())}
WORDS |= {word: 100 + 100 * index for index, word in enumerate(_HUNDREDS.split())}
SCALES = {"тисяч": 1_000, "мільйон": 1_000_000, "мільярд": 1_000_000_000}


def number_in(words: str) -> int:
    """Raises ValueError for words out of order: "сім двадцять" is no number."""
    total, group, open_below, last_scale = 0, 0, 1000, 10**12
    for word in words.split():
        scale = next((value for stem, value in SCALES.items() if word.startswith(stem)), None)
        if scale is not None:
            if scale >= last_scale:
                raise ValueError(words)
            total += (group or 1) * scale
            group, open_below, last_scale = 0, 1000, scale
            continue
        value = WORDS[word]
        if value >= open_below:
            raise ValueError(words)
        group += value
        open_below = 100 if value >= 100 else 10 if value >= 20 else 0
    return total + group
