"""Putting the caller through to a human, or having one ring him back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from agent.guard.ring_back import asked_or_agreed
from agent.phone import normalise
from agent.ports import CallBackWish
from agent.tools.orders import Name
from agent.tools.tool import Desk, ToolResult, no, tool
from agent.tools.wording import hour, weekday_and_day

CLOSED = (
    "Оператори зараз не працюють, з'єднати немає з ким. Скажи це і запитай, чи передзвонити в робочий час; погодиться — request_callback."
)
_TYPE_IT = (
    "Номер абонента приховано. Попроси набрати номер на клавіатурі телефону, з 380 на початку і решіткою в кінці, "
    "і виклич знову з ним у phone. Продиктований номер не годиться."
)
_OWN_NUMBER = "Передзвонити можна лише на номер, з якого телефонують: не вказуй phone."
_PAST = "Цей час уже минув або задалеко. Перепитай, коли зручно, або виклич без when."
_LATE = dt.timedelta(minutes=5)  # a moment ago is now
_AHEAD = dt.timedelta(days=30)


class TransferToOperator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200, description="Чому потрібен оператор")]
    summary: Annotated[
        str, Meta(min_length=1, max_length=600, description="Для оператора: одне-два речення, що треба абоненту і що вже з'ясовано")
    ]


class RequestCallback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: Annotated[str, Meta(min_length=1, max_length=300, description="Для оператора: про що передзвонити, що вже з'ясовано")]
    when: (
        Annotated[
            str,
            Meta(max_length=60, description="Коли зручно: РРРР-ММ-ДДTГГ:ХХ, якщо є день і година, інакше словами; без нього — якнайшвидше"),
        ]
        | None
    ) = None
    customer_name: Name | None = None
    phone: Annotated[str, Meta(max_length=20, description="Лише коли номер приховано: той, що абонент набрав на клавіатурі")] | None = None


@tool("З'єднує абонента з оператором. Спершу одним реченням скажи абоненту, що з'єднуєш. Після виклику розмова переходить до людини.")
async def transfer_to_operator(wanted: TransferToOperator, desk: Desk) -> ToolResult:
    if not desk.desk_open():
        return ToolResult({"status": "closed", "note": CLOSED})
    return ToolResult({"status": "transferring", "reason": wanted.reason}, hand_off=wanted.summary)


@tool(
    "Записує, що абоненту треба передзвонити на його номер. Лише коли він сам про це попросив або погодився. "
    "Ще один виклик змінює час чи тему, другого дзвінка не буде.",
    asked_or_agreed,
)
async def request_callback(wanted: RequestCallback, desk: Desk) -> ToolResult:
    phone, wrong = _number(wanted.phone, desk)
    if wrong:
        return no(wrong)
    when = " ".join((wanted.when or "").split())
    due = _moment(when, desk)
    if due is not None and not desk.now() - _LATE <= due <= desk.now() + _AHEAD:
        return no(_PAST)
    about = wanted.about if due is not None or not when else f"{wanted.about}; коли зручно: {when}"
    desk.call_backs.note(CallBackWish(phone, about, wanted.customer_name or "", due))
    told = f"{weekday_and_day(due)}, {hour(due.time())}" if due is not None else when or "щойно хтось звільниться"
    return ToolResult({"status": "записано, передзвонимо", "when": told, "number": "набраний" if wanted.phone else "з якого телефонують"})


def _number(given: str | None, desk: Desk) -> tuple[str, str | None]:
    """Where to ring him, or what is wrong. Not a number that he only says: anybody's could be rung so, and it may be misheard."""
    phone = normalise(given or "")
    if desk.caller_number:
        return desk.caller_number, _OWN_NUMBER if given is not None and phone != desk.caller_number else None
    typed = {normalise(one.typed) for one in desk.said if one.typed}
    return phone, None if phone and phone in typed else _TYPE_IT


def _moment(when: str, desk: Desk) -> dt.datetime | None:
    """*when* in the shop's zone if it is a day and an hour; None: only words, or a day alone."""
    if "T" not in when and ":" not in when:
        return None
    try:
        moment = dt.datetime.fromisoformat(when)
    except ValueError:
        return None
    zone = desk.now().tzinfo
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
