"""What a caller wants of the conversation, apart from facts about tyres: one pattern an intent, the first that fits counts."""

from __future__ import annotations

import enum
import re

from ops.standins.anthropic_api.brain.numbers import plain


class Intent(enum.Enum):
    DISCLOSE = r"інструкці|инструкци|промпт|prompt|систем\w+ повідомл|забудь|ігноруй|игнорируй|твої правила"
    OPERATOR = (
        r"оператор|з менеджер|с менеджер|консультант|жив\w+ (?:людин|чолов|челов)|з людиною|с человеком|"
        r"(?:з'єднай|з'єднат|соедини|переключ\w+)(?! ще раз| ещ)"
    )
    CALL_BACK = r"передзвон|перезвон|наберіть мене|зателефонуйте мені|набер[иі]те меня"
    TRY_AGAIN = r"ще раз|ещ[её] раз|зачекаю|почекаю|подожду"
    REPEAT = r"повтор|не розч|не почу|не зрозум|не рас?слыш|не понял|що ви сказали|как вы сказали"
    CHEAPER = r"дешевш|дешевл|подешевш|бюджетн|дорого|дорогув"
    SERVICE = r"замовлен|заказ|достав|шиномонтаж|запиш|запис|працю|работает|графік|адрес|гаранті|оплат|зберіганн"
    SET_PRICE = r"комплект|(?:скільки|скіки|сколько)\b.*(?:кошту|стої|стоит|4|чотири|четыре)|за (?:4|всі|все) "
    ORDER = r"замов(?:ити|ляю|лю|имо)|оформ|заказа(?:ть|ю)|куп(?:ити|лю|ить)|беру\b|візьму|возьму"
    STOCK = r"наявн|наличи|на склад|є в вас зараз|чи є вони|есть ли они"
    GOODBYE = r"до побачен|до свидан|на все добре|всього найкращ|всього доброго|бувайте|це все|это вс[её]|прощава|\bпока\b"
    THANKS = r"дяку|спасиб|вдячн"
    STOP = r"\bстоп\b|зачекайте|почекайте|подождите|хвилинку|секунд"
    GREETING = r"добр\w+ (?:день|ранок|вечір|вечор)|доброго дня|вітаю|здравств|алло|чуєте|слышите|привіт|привет"
    NO = r"\bні\b|\bнет\b|не треба|не надо|не потрібно|не нужно"
    YES = r"\bтак\b|\bда\b|звичайно|конечно|авжеж|давайте|добре|хорошо|гаразд|ладно|підходить|\bок\b|окей"
    BACKCHANNEL = r"\bага\b|\bугу\b|\bмгм\b|зрозуміл|понятно|ясно"
    TYRES = r"\bшин|р[еє]з[иі]н|колес|скат(?:и|ів)|протектор|радіус|розмір|размер"


_PATTERNS = tuple((intent, re.compile(intent.value)) for intent in Intent)
_CHOICE = re.compile(r"\b([123]) (?:варіант|вариант)|(?:варіант|вариант|номер) ([123])\b|^(?:так )?(?:, )?(?:давайте )?([123])$")


def intents_in(text: str) -> list[Intent]:
    """All intents that show, the most telling first; empty when none does."""
    said = plain(text)
    return [intent for intent, pattern in _PATTERNS if pattern.search(said)]


def choice_in(text: str) -> int | None:
    """Which of several offers he means, from 1: "давайте перший варіант"."""
    found = _CHOICE.search(plain(text).strip(" ."))
    return int(found[1] or found[2] or found[3]) if found else None
