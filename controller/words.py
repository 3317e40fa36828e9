"""A question as words to look for, whatever their endings: pure.

    "Яка гарантія на шини?"  ─ fold ─►  aka garantia na wini  ─ without small words ─►  garantia, wini
                                                              ─ endings off ─────────►  garant…,  win…

Folding is what the database does to the articles (``fold_words`` of migration 002); a test holds the two together.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_QUESTION = 20  # words; what follows is talk

_LETTERS = {
    "АаЯя": "a", "Бб": "b", "Вв": "v", "ГгҐґ": "g", "Дд": "d", "ЕеЄєЁёЭэ": "e", "ЖжЗз": "z", "ИиІіЇїЙйЫы": "i", "Кк": "k",
    "Лл": "l", "Мм": "m", "Нн": "n", "Оо": "o", "Пп": "p", "Рр": "r", "Сс": "s", "Тт": "t", "УуЮю": "u", "Фф": "f", "Хх": "h",
    "ЦцЧч": "c", "ШшЩщ": "w", "ЬьЪъ'ʼ’": "",
}  # fmt: skip
_FOLD = str.maketrans({letter: folded for letters, folded in _LETTERS.items() for letter in letters})
_A_TO_Z = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})  # as lower() in the locale C

# Words that are in every question and tell nothing, in Ukrainian and Russian.
_SMALL = """
а або б би бо в вам вас ваш ваша ваше ваші ви він вона вони все всі где да де для до если есть ещё же за з зі и из или как
какая какие какой какую ко когда коли кому куда ли мені мене мне мой моя мої мою может можете можна можно мы ми на надо нам нас
не ні ну о об он она от от ось по под потрібно при про с сколько скільки скажіть скажите со та так там те то того той тоді треба
у хочу хотів хотіла хто це цей ця ці через чего чем чи чия чого чому что чтобы шо щоб що эти это этот я як яка яке який які якої
якій яку яких який-небудь є й і із їх його її будь ласка пожалуйста підкажіть подскажите розкажіть расскажите знаєте знать цікавить
"""


class Word(NamedTuple):
    whole: str
    stem: str  # without what endings may change; a prefix of the word's other forms


def fold(text: str) -> str:
    return text.translate(_FOLD).translate(_A_TO_Z)


SMALL_WORDS = frozenset(fold(_SMALL).split())


def words_of(question: str) -> list[Word]:
    """What of *question* is worth looking for, each word once."""
    found = dict.fromkeys(re.findall(r"[a-z0-9]+", fold(question)))
    return [Word(word, stem(word)) for word in found if word not in SMALL_WORDS and (len(word) > 1 or word.isdigit())][:LONGEST_QUESTION]


def stem(word: str) -> str:
    """Ukrainian words change in their last one to three letters: гаранті|я, достав|ка, всесезон|них. Numbers do not."""
    if any(letter.isdigit() for letter in word):
        return word
    cut = 0 if len(word) <= 3 else 1 if len(word) <= 5 else 2 if len(word) <= 8 else 3
    return word[: len(word) - cut]
