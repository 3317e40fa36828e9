"""Nobody is rung back who did not ask for it or agree to it. The talk decides, not the model.

    agent: "Ми можемо вам передзвонити, або з'єднаю ще раз. Як вам зручніше?"
    caller: "краще передзвоніть"              asks: whatever was said before
    agent: "Вам передзвонити?"   caller: "так, завтра о десятій"        agrees to an offer that stood alone

Pure. The newest word about it counts: "ні, не дзвоніть" takes back what he had agreed to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agent.case import Said
from agent.guard.agreement import declines, says_yes
from agent.guard.moments import hours_in
from agent.guard.refusal import Refusal
from agent.tools.tool import Desk

_RINGS = r"(?:пере(?:дзв[оі]н|телефон)|перезв[оа]н)(?!ю\b)\w*"  # "я передзвоню": he will do it himself
_TO_HIM = r"(?:(?:по|за)?(?:дзвон[иіея]|телефону[йєв]|звон[иія])|набер(?:іть|ите|іт|и\b))\w*"
_RING = re.compile(rf"\b(?:{_RINGS}|{_TO_HIM})", re.IGNORECASE)
_OFFER = re.compile(r"\b(?:передзвон|перезвон|перетелефон|зателефонуємо|подзвонимо|наберемо)\w*", re.IGNORECASE)  # of ours
_ASKS = re.compile(
    rf"\b(?:{_RINGS}|(?:(?:по|за)?(?:дзвоніть|телефонуйте|звоните)|набер(?:іть|ите))(?=.*\b(?:мені|мне|мене|меня|нам|назад|пізніше|позже|завтра))|"
    r"(?:чека\w+|жду|замов\w+|закаж\w+|хочу)\s(?:\w+\s){0,3}(?:дзвін|звон)\w+)",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"(?:[іїи]ть|[ую]йте|перезвоните|позвоните|наберите)\b|\b(?:можете|можна|можно|прошу|хай|нехай|пусть|хочу|краще|лучше|давайте)\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:не|ні,? не|без)\s+(?:(?:треба|надо|потрібно|нужно|варто|стоит|мені|мне)\s+){0,2}$", re.IGNORECASE)
_EITHER = re.compile(r"\b(?:або|чи)\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:сьогодні|завтра|післязавтра|сегодня|послезавтра|зранку|вранці|утром|вдень|днём|днем|увечері|ввечері|вечером|після|после|"
    r"пізніше|позже|будь-коли|коли завгодно|когда угодно|в любое|у будь-який|"
    r"(?:на|у|в)\s+(?:понеділ|вівтор|серед|четвер|п['’ʼ]ятниц|субот|неділ)\w*)",
    re.IGNORECASE,
)
_ASK_FIRST = "Абонент ще не просив передзвонити і не погоджувався. Запитай: «Вам передзвонити?» Виклич знову після його «так»."


def asked_or_agreed(wanted: Any, desk: Desk) -> Refusal | None:
    """For ``request_callback``."""
    return None if wants_ring_back(desk.said) else Refusal(_ASK_FIRST)


def wants_ring_back(said: Sequence[Said]) -> bool:
    for at in range(len(said) - 1, -1, -1):
        if said[at].speaker == "caller" and (wish := _wish(said[at].text, _before(said, at))) is not None:
            return wish
    return False


def _before(said: Sequence[Said], at: int) -> str:
    """What the agent had said last."""
    return next((one.text for one in reversed(said[:at]) if one.speaker == "agent"), "")


def _wish(text: str, told: str) -> bool | None:
    """What *text*, an answer to *told*, says about ringing him back: yes, no, nothing."""
    rings = list(_RING.finditer(text))
    if any(_NOT.search(text[: ring.start()]) for ring in rings):
        return False
    if _ASKS.search(text) and ("?" not in text or _WISH.search(text)):
        return True
    if rings or not _offers(told):
        return None
    if declines(text):
        return False
    return True if says_yes(text) or _TIME.search(text) or hours_in(text) else None


def _offers(told: str) -> bool:
    """It offers to ring him back, and nothing else beside it."""
    offers = [one for one in re.split(r"(?<=[.!?…])\s+", told) if _OFFER.search(one)]
    return bool(offers) and not any(_EITHER.search(one) for one in offers)
