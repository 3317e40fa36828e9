"""Asterisk's words into a call's: one message about a caller or a leg, one event or none. Pure; what it means is the machine's business."""

from __future__ import annotations

from controller.ari import messages as ari
from controller.call import events as seen


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
        case ari.Dial(dialstatus="ANSWER"):
            return seen.OperatorAnswered()
        case ari.ChannelUserevent():
            return _wish(message)
        case _:
            return None


def returned(args: list[str]) -> seen.CallReturned:
    """From the dialplan: ``Stasis(app,returned,<call id>,<QUEUESTATUS>)``; anything else was sent to us by somebody."""
    status = args[2] if len(args) > 2 and args[0] == "returned" else ""
    return seen.CallReturned(queue_status=status)


def about_leg(message: ari.Event, leg_id: str) -> seen.LineLost | None:
    """*message* names the channel of this media leg."""
    match message:
        case ari.StasisEnd() | ari.ChannelDestroyed() | ari.ChannelHangupRequest():
            return seen.LineLost(leg_id=leg_id, why=type(message).__name__)
        case _:
            return None


def _wish(message: ari.ChannelUserevent) -> seen.AnyEvent | None:
    """``POST /events/user/{transfer,hangup}?source=channel:<id>`` by a supervisor; what he gives along is data, of any type and length."""
    given = {key: str(message.userevent.get(key, ""))[:500] for key in ("reason", "summary")}
    match message.eventname:
        case "transfer":
            return seen.TransferRequested(by="supervisor", reason=given["reason"][:100], summary=given["summary"])
        case "hangup":
            return seen.HangUpRequested(by="supervisor", reason=given["reason"][:100])
        case _:
            return None
