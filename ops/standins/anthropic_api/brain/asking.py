"""The questions that the mind asks. A question in our last words tells how the caller's answer is to be read."""

from __future__ import annotations

import enum


class Ask(enum.Enum):
    """The value is how it ends when it is spoken, and how it is found again."""

    SEASON = "літні, зимові чи всесезонні?"
    SIZE = "розмір шин або марку й модель авто."
    MODEL = "Яка модель"
    YEAR = "Якого року ваше авто?"
    CHECK_STOCK = "Перевірити наявність на складі?"
    WHICH_OFFER = "Оформлюємо перший варіант?"
    QUANTITY = "Скільки шин вам потрібно?"
    NAME = "На яке ім'я записати?"
    PHONE = "Продиктуйте, будь ласка, ваш номер телефону."
    DELIVERY = "Доставити за адресою чи заберете самі?"
    CITY = "У якому місті?"
    ADDRESS = "На яку адресу доставити?"
    POINT = "З якого пункту вам зручно забрати?"
    CHANGE_ORDER = "Що змінити в замовленні?"
    CONFIRM_ORDER = "Підтверджуєте замовлення?"
    ORDER_NUMBER = "Назвіть, будь ласка, номер замовлення."
    STATION = "Яка станція вам зручніша?"
    DAY = "На який день вам зручно?"
    HOUR = "Яка година вам підходить?"
    DIAMETER = "Який діаметр ваших коліс?"
    WHICH_VISIT = "Який із записів ви маєте на увазі?"
    CONFIRM_VISIT = "Записуємо?"
    CONFIRM_MOVE = "Переносимо запис?"
    CONFIRM_CANCEL = "Скасувати цей запис?"
    ANYTHING_ELSE = "Чи можу ще чимось допомогти?"
    HUMAN = "З'єднати вас з оператором?"
    CALL_BACK = "Вам передзвонити?"
    TYPE_NUMBER = "Наберіть, будь ласка, свій номер на клавіатурі, з 380 на початку і решіткою в кінці."


def asked_in(told: str) -> Ask | None:
    """The last question in our words; None when they were cut before it."""
    found = [(told.rfind(ask.value), ask) for ask in Ask if ask.value in told]
    return max(found, key=lambda pair: pair[0])[1] if found else None
