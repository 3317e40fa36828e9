"""Whether a caller's words agree, from the words alone.

    "так, оформлюйте"  "беру"  "скасовуйте"             EXPLICIT   names what he agrees to
    "так"  "да, хорошо"  "підтверджую"                  PLAIN      an answer to what was just asked
    "ага"  "угу"                                        MURMUR     the same, but it is also said while listening
    "так, але..."  "ні"  "а скільки?"  "" noise         None

Pure. In doubt it is no agreement: to ask once more costs a moment, an order that nobody wanted costs more. Ukrainian, Russian and mixed.
"""

from __future__ import annotations

import enum
import re
from typing import Literal

from agent.guard.numbers import numbers_in

Act = Literal["order", "booking", "cancel"]


class Agreement(enum.IntEnum):
    """The stronger is the greater."""

    MURMUR = 1
    PLAIN = 2
    EXPLICIT = 3


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms))


_MURMUR = _any("ага", "угу")
_PLAIN = _any(
    *("так", "да", "ато", "добре", "гаразд", "хорошо", "ладно", "ок", "окей", "звісно", "звичайно", "конечно", "авжеж", "безумовно"),
    *("аякже", "атож", "згода", "точно", "давай", "давайте", "можна", "можно", "правильно", "вірно", "верно", "саме", "именно"),
    *(r"п[іо]дтвер\w+", r"погоджу\w+", r"соглас\w+", r"зг[оі]д(?:ен|на|ний)"),
    *("підходить", "подходит", "влаштовує", "устраивает", "обов'язково", "обязательно", "чудово", "отлично", "прекрасно", "поїхали"),
)
_EXPLICIT = {
    "order": _any(
        *(
            r"оформ\w+",
            r"замовля\w+",
            "замовити",
            "замовте",
            r"заказыва\w+",
            "закажите",
            r"бер(?:у|емо|ем|ём)",
            "купую",
            r"купу(?:ємо|емо)",
        ),
        *("покупаю", "відправляйте", "надсилайте", "отправляйте"),
    ),
    "booking": _any(
        *(r"запису\w+", r"запиш\w+", r"записыва\w+", r"бронюй?\w*", r"забронюй\w*", r"бронируй\w*", r"перенос\w+", r"перенес\w+"),
        *("приїду", "приеду"),
    ),
    "cancel": _any(r"скас\w+", r"відмін\w+", r"отмен\w+", r"анулю\w+", r"зніма\w+", "зніміть", r"снима\w+", "снимите"),
}
_NEUTRAL = _any(
    *(
        "ну",
        "будь",
        "ласка",
        "ласочка",
        "пожалуйста",
        "дякую",
        "спасибі",
        "спасибо",
        "все",
        "всё",
        "усе",
        "це",
        "это",
        "то",
        "тоді",
        "тогда",
    ),
    *("я", "ми", "мы", "вам", "його", "її", "их", "їх", "мені", "мне", "нам", "на", "і", "и", "й", "та", "вже", "уже", "о", "об", "в", "у"),
    *(r"замовлення", r"заказ", r"запис\w?", r"запись", r"прошу", r"вас", r"шин\w{0,3}", r"комплект", r"цей", "этот", "моє", "мій", "мой"),
)
_NO = _any(
    *("ні", "нє", "нет", "не", "неа", "стоп", "стій", "стойте", r"передум\w+", r"помил\w+", r"ошиб\w+", "неправильно", "невірно"),
    *(r"змін\w+", r"помін\w+", r"поменя\w+", r"замін\w+", r"измен\w+", r"інш\w+", r"друг(?:ой|ую|ое|ие|их)", "краще", "лучше", "замість"),
    *(r"дорог\w*", r"дешев\w*", "тільки", "только", "лише", "крім", "але", "но", "однак", "проте"),
)
_NOT_YET = _any(
    *(r"зачека\w+", r"почека\w+", r"чека(?:й|йте)", r"подожд\w+", r"погод(?:и|ите|іть)", r"хвилин\w+", r"минут\w+", r"секунд\w+"),
    *("пізніше", "потім", "позже", "потом", "патом", "опісля", "щас", "згодом", r"подума\w+", r"порад\w+", r"посовет\w+", r"сумніва\w+"),
    *("може", "можливо", "мабуть", "напевно", "наверно", "наверное", "возможно", "наче", "ніби", "вроде", "само", "собі", "себе"),
    *("скільки", "сколько", "коли", "когда", "як", "как", r"як(?:ий|а|е|і|у)", r"как(?:ой|ая|ое|ие)", "де", "где", "куди", "куда"),
    *("чому", "почему", "навіщо", "зачем", "хто", "кто", "що", "что", "чи", "якщо", "если", "або", "или", "а", "алло"),
    *(r"оператор\w*", r"людин\w+", r"человек\w*", r"менеджер\w*"),
    *(r"(?:пере|за|по)?(?:дзвон|телефон)\w+", r"(?:пере|по)?звон\w+", r"відклад\w+", r"отлож\w+", r"слуха\w+", r"слуша\w+", "інакше"),
    *("иначе", r"швидш\w+", r"быстр\w+", r"побыстр\w+", "ще", "еще", "ещё"),
)
_UNREAD = _any("без", r"самов[иі]в\w+", r"самовывоз\w*", "завтра", "післязавтра", "послезавтра")  # another delivery than was read out
_AWAY = _any(r"скас\w+", r"відмін\w+", r"отмен\w+", r"анулю\w+")
_REVOKED = {
    "order": re.compile(f"{_AWAY.pattern}|{_UNREAD.pattern}"),
    "booking": _AWAY,
    "cancel": _any(r"перенос\w+", r"перенес\w+", r"залиш\w+", r"остав\w+"),
}
_STRANGE_MAX = {Agreement.MURMUR: 0, Agreement.PLAIN: 0, Agreement.EXPLICIT: 3}  # other words beside it: more are another message
_AFTER_ALL = re.compile(r"\b(?:не (?:проти|заперечую|против|возражаю)|чом[уі] б?и? ?(?:й )?ні|почему бы? ?(?:и )?нет)\b")
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*|\d+")


def agreement(text: str, act: Act) -> Agreement | None:
    """How *text* agrees to *act*, or None if it does not."""
    if "?" in text:
        return None
    bare = _AFTER_ALL.sub(" так ", re.sub("[’ʼ`]", "'", text.lower()))
    words = _WORD.findall(bare)
    if any(form.fullmatch(word) for word in words for form in (_NO, _NOT_YET, _REVOKED[act])):
        return None
    found = [strength for word in words if (strength := _strength(word, act))]
    if not found:
        return None
    counted = {word for number in numbers_in(bare) for word in _WORD.findall(bare[number.start : number.end])}  # the rules compare these
    strange = sum(not _strength(word, act) and not _NEUTRAL.fullmatch(word) and word not in counted for word in words)
    strongest = max(found)
    return strongest if strange <= _STRANGE_MAX[strongest] else None


def says_yes(text: str) -> bool:
    """It has a plain yes in it, whatever else it says."""
    return any(form.fullmatch(word) for word in _WORD.findall(re.sub("[’ʼ`]", "'", text.lower())) for form in (_PLAIN, _MURMUR))


def declines(text: str) -> bool:
    """It says no, or wants something else; a question is neither."""
    return any(_NO.fullmatch(word) for word in _WORD.findall(re.sub("[’ʼ`]", "'", text.lower())))


def _strength(word: str, act: Act) -> Agreement | None:
    if _EXPLICIT[act].fullmatch(word):
        return Agreement.EXPLICIT
    if _PLAIN.fullmatch(word):
        return Agreement.PLAIN
    return Agreement.MURMUR if _MURMUR.fullmatch(word) else None
