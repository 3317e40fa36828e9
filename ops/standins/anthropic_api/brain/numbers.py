"""Ukrainian and Russian numerals into digits, so that sizes, years and prices read alike however they were said.

"двісті п'ять на п'ятдесят п'ять, радіус шістнадцять"  ->  "205 на 55 , радіус 16"
"дві тисячі дев'ятнадцятого року"                      ->  "2019 року"
"""

from __future__ import annotations

import re

TOKEN = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]")

# Stems with the endings of cases and ordinals; the first that matches the whole token counts.
_STEMS: tuple[tuple[str, int], ...] = (
    (r"нуль|ноль|нуля", 0),
    (r"од(?:ин|на|но|ну|ного|ної)|перш\w*|один|одна|одну|перв\w*", 1),
    (r"дв(?:а|і|е|ох|ух)|друг(?:ого|ий|ої|а|у|ій)|втор(?:ого|ой|ая|ую|ый)", 2),
    (r"три|трьох|тр[её]х|трет\w*", 3),
    (r"чотир(?:и|ьох)|четверт(?:ого|ої|а|у|ій|ий)|четыре|четыр[её]х|четв[её]рт(?:ого|ой|ая|ую|ый)", 4),
    (r"п'?ят(?:ь|и|ьох|ого|ої|а|у|ій|ый|ой|ая|ую)", 5),
    (r"шіст(?:ь|ьох)|шести|шост(?:ого|ої|а|у|ій|ий)|шест(?:ь|ого|ой|ая|ую)", 6),
    (r"сім|семи|сьом(?:ого|ої|а|у|ій|ий)|семь|седьм(?:ого|ой|ая|ую)", 7),
    (r"вісім|восьми|восьм(?:ого|ої|а|у|ій|ий|ой|ая|ую)|восемь", 8),
    (r"дев'?ят(?:ь|и|ого|ої|а|у|ій|ой|ая|ую)", 9),
    (r"десят(?:ь|и|ого|ої|а|у|ій|ий|ой|ая|ую|ок)", 10),
    (r"одинадцят\w+|одиннадцат\w+", 11),
    (r"дванадцят\w+|двенадцат\w+", 12),
    (r"тринадцят\w+|тринадцат\w+", 13),
    (r"чотирнадцят\w+|четырнадцат\w+", 14),
    (r"п'?ятнадцят\w+|пятнадцат\w+", 15),
    (r"шістнадцят\w+|шестнадцат\w+", 16),
    (r"сімнадцят\w+|семнадцат\w+", 17),
    (r"вісімнадцят\w+|восемнадцат\w+", 18),
    (r"дев'?ятнадцят\w+|девятнадцат\w+", 19),
    (r"двадцят\w+|двадцат\w+", 20),
    (r"тридцят\w+|тридцат\w+", 30),
    (r"сорок(?:а|ов\w+)?", 40),
    (r"п'?ятдесят\w*|пятьдесят|пятидесяти", 50),
    (r"шістдесят\w*|шестьдесят|шестидесяти", 60),
    (r"сімдесят\w*|семьдесят|семидесяти", 70),
    (r"вісімдесят\w*|восемьдесят|восьмидесяти", 80),
    (r"дев'?яност\w*|девяност\w*", 90),
    (r"ст[оа]", 100),
    (r"двісті|двохсот|двести|двухсот", 200),
    (r"триста|трьохсот|тр[её]хсот", 300),
    (r"чотириста|чотирьохсот|четыреста|четыр[её]хсот", 400),
    (r"п'?ятсот|п'?ятисот|пятьсот|пятисот", 500),
    (r"шістсот|шестисот|шестьсот", 600),
    (r"сімсот|семисот|семьсот", 700),
    (r"вісімсот|восьмисот|восемьсот", 800),
    (r"дев'?ятсот|дев'?ятисот|девятьсот|девятисот", 900),
)
_NUMERALS = tuple((re.compile(stem), value) for stem, value in _STEMS)
_THOUSAND = re.compile(r"тисяч\w*|тыс\w*|тищ\w*")


def plain(text: str) -> str:
    """Lower case, one kind of apostrophe, numerals as digits, tokens apart by one space."""
    lowered = re.sub(r"[’ʼ`´‘]", "'", text.casefold())
    return " ".join(_Reader().read(TOKEN.findall(lowered)))


def digits(text: str) -> str:
    """*text* as it is written, its numerals as digits: "вулиця Хрещатик двадцять два" -> "вулиця Хрещатик 22"."""
    text = re.sub(r"[’ʼ`´‘]", "'", text)
    return " ".join(_Reader().read(TOKEN.findall(text)))


def _value(token: str) -> int | None:
    return next((value for pattern, value in _NUMERALS if pattern.fullmatch(token.casefold())), None)


def _size(value: int) -> int:
    """The decimal place a numeral stands in: it only joins a number that is still open there."""
    return 100 if value >= 100 else 10 if value >= 20 else 1


class _Reader:
    """Joins numerals of falling size into one number: 200 + 5, but 205 and then 50."""

    def __init__(self) -> None:
        self._read: list[str] = []
        self._thousands = 0
        self._rest = 0
        self._open = 1000  # numerals below this may still join
        self._any = False

    def read(self, tokens: list[str]) -> list[str]:
        for token in tokens:
            value = _value(token)
            if value is not None:
                self._join(value)
            elif _THOUSAND.fullmatch(token.casefold()) and not self._thousands:
                self._thousand()
            else:
                self._close()
                self._read.append(token)
        self._close()
        return self._read

    def _join(self, value: int) -> None:
        size = 10 if 10 <= value < 20 else _size(value)
        if size >= self._open:
            self._close()
        self._rest += value
        self._open = 1 if value < 20 else size
        self._any = True

    def _thousand(self) -> None:
        """ "three thousand", "3 thousand", or a thousand alone."""
        if not self._any and self._read and self._read[-1].isdigit() and len(self._read[-1]) <= 3:
            self._rest = int(self._read.pop())
        self._thousands = (self._rest or 1) * 1000
        self._rest, self._open, self._any = 0, 1000, True

    def _close(self) -> None:
        if self._any:
            self._read.append(str(self._thousands + self._rest))
        self._thousands, self._rest, self._open, self._any = 0, 0, 1000, False
