"""Asterisk's words into a call's: one message about a caller, a leg or a telephone, one event or none. Pure; what it means is the
machine's business."""

from __future__ import annotations

import re

from controller.ari import messages as ari
from controller.call import events as seen

_GIVEN = {"reason": 100, "summary": 500, "queue": 80, "text": 2_000, "warm": 5, "goodbye": 5, "cut": 5}
"""What a user event may give along, and its longest text; the machine refuses to say one far shorter."""


def about_caller(message: ari.Event) -> seen.AnyEvent | None:
    """*message* names the channel of a known call."""
    match message:
        case ari.StasisStart(args=args):
            return returned(args)
        case ari.StasisEnd():
            return seen.LeftStasis()
        case ari.ChannelHangupRequest(cause=cause, soft=soft):
            return seen.CallerHungUp(cause=cause or 0, soft=soft)
        case ari.ChannelDestroyed():
            return seen.ChannelGone()
        case ari.ChannelDtmfReceived(digit=digit):
            return seen.DigitPressed(digit=digit)
        case ari.ChannelHold():
            return seen.CallerHeld()
        case ari.ChannelUnhold():
            return seen.CallerUnheld()
        case ari.Dial(dialstatus="ANSWER", peer=peer):
            return seen.OperatorAnswered(operator=operator_of(peer.name))
        case ari.ChannelUserevent():
            return _wish(message)
        case _:
            return None


def returned(args: list[str]) -> seen.CallReturned:
    """From the dialplan: ``Stasis(app,returned,<call id>,<QUEUESTATUS>)``; anything else was sent to us by somebody."""
    status = args[2] if len(args) > 2 and args[0] == "returned" else ""
    return seen.CallReturned(queue_status=status)


def operator_of(channel_name: str) -> str:
    """``Local/op1@ops-0000002a;1`` is op1; of any other channel nobody's."""
    found = re.match(r"Local/([\w.+-]+)@", channel_name)
    return found[1] if found else ""


def about_phone(message: ari.Event, phone_id: str) -> seen.TakenOver | seen.PhoneGone | None:
    """*message* names the channel of this supervisor's telephone."""
    match message:
        case ari.StasisStart():
            return seen.TakenOver(phone_id=phone_id)
        case ari.StasisEnd() | ari.ChannelDestroyed() | ari.ChannelHangupRequest():
            return seen.PhoneGone(phone_id=phone_id, why=type(message).__name__)
        case _:
            return None


def about_leg(message: ari.Event, leg_id: str) -> seen.LineLost | None:
    """*message* names the channel of this media leg."""
    match message:
        case ari.StasisEnd() | ari.ChannelDestroyed() | ari.ChannelHangupRequest():
            return seen.LineLost(leg_id=leg_id, why=type(message).__name__)
        case _:
            return None


def _wish(message: ari.ChannelUserevent) -> seen.AnyEvent | None:
    """``POST /events/user/{transfer,hangup,say}?source=channel:<id>``; what a supervisor gives along is data, of any type and length."""
    given = {key: str(message.userevent.get(key, ""))[:longest] for key, longest in _GIVEN.items()}
    reason, poster = given["reason"], seen.ARI
    match message.eventname:
        case "transfer":
            warm = _truth(given["warm"])
            return seen.TransferRequested(
                reason=reason, summary=given["summary"], queue=given["queue"], warm=warm, who=poster, request=poster
            )
        case "hangup":
            return seen.HangUpRequested(reason=reason, goodbye=_truth(given["goodbye"]) is True, who=poster, request=poster)
        case "say":
            return seen.SayRequested(reason=reason, text=given["text"], cut=_truth(given["cut"]) is True, who=poster, request=poster)
        case _:
            return None


def _truth(word: str) -> bool | None:
    """None: not said, or nothing we understand."""
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(word.lower())
