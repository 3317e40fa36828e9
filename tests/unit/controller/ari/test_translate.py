import pytest

from controller.ari import messages as ari
from controller.ari.resources import Bridge, Channel
from controller.ari.translate import about_caller, about_leg, about_phone
from controller.call import events as seen
from controller.call import ids

CALLER = Channel(id="1700000000.1")


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (ari.StasisStart(channel=CALLER, args=["returned", "some-call", "TIMEOUT"]), seen.CallReturned(queue_status="TIMEOUT")),
        (ari.StasisStart(channel=CALLER, args=["returned", "some-call", ""]), seen.CallReturned()),
        (ari.StasisStart(channel=CALLER, args=["inbound", "100"]), seen.CallReturned()),
        (ari.StasisStart(channel=CALLER, args=[]), seen.CallReturned()),
        (ari.StasisEnd(channel=CALLER), seen.LeftStasis()),
        (ari.ChannelHangupRequest(channel=CALLER, cause=16), seen.CallerHungUp(cause=16)),
        (ari.ChannelHangupRequest(channel=CALLER, cause=32, soft=True), seen.CallerHungUp(cause=32, soft=True)),
        (ari.ChannelDestroyed(channel=CALLER, cause=16), seen.ChannelGone()),
        (ari.ChannelDtmfReceived(channel=CALLER, digit="0"), seen.DigitPressed(digit="0")),
        (ari.Dial(peer=Channel(id="op"), caller=CALLER, dialstatus="ANSWER"), seen.OperatorAnswered()),
        (
            ari.Dial(peer=Channel(id="op", name="Local/op1@ops-0000002a;1"), caller=CALLER, dialstatus="ANSWER"),
            seen.OperatorAnswered(operator="op1"),
        ),
        (ari.ChannelHold(channel=CALLER), seen.CallerHeld()),
        (ari.ChannelUnhold(channel=CALLER), seen.CallerUnheld()),
        (ari.Dial(peer=Channel(id="op"), caller=CALLER, dialstatus="NOANSWER"), None),
        (ari.ChannelLeftBridge(bridge=Bridge(id="x"), channel=CALLER), None),
        (ari.ChannelVarset(variable="QUEUESTATUS", value="TIMEOUT", channel=CALLER), None),
        (
            ari.ChannelUserevent(eventname="transfer", userevent={"reason": "angry", "n": 3}, channel=CALLER),
            seen.TransferRequested(by="supervisor", reason="angry", who="ari", request="ari"),
        ),
        (
            ari.ChannelUserevent(eventname="transfer", userevent={"queue": "service", "warm": "0"}, channel=CALLER),
            seen.TransferRequested(queue="service", warm=False, who="ari", request="ari"),
        ),
        (ari.ChannelUserevent(eventname="hangup", channel=CALLER), seen.HangUpRequested(who="ari", request="ari")),
        (
            ari.ChannelUserevent(eventname="hangup", userevent={"goodbye": True}, channel=CALLER),
            seen.HangUpRequested(goodbye=True, who="ari", request="ari"),
        ),
        (
            ari.ChannelUserevent(eventname="say", userevent={"text": "Зачекайте", "cut": "yes"}, channel=CALLER),
            seen.SayRequested(text="Зачекайте", cut=True, who="ari", request="ari"),
        ),
        (ari.ChannelUserevent(eventname="dance", channel=CALLER), None),
    ],
)
def test_what_asterisk_says_of_a_caller(message: ari.Event, event: seen.AnyEvent | None) -> None:
    assert about_caller(message) == event


def test_what_a_supervisor_gives_along_is_kept_short_and_plain() -> None:
    message = ari.ChannelUserevent(eventname="transfer", userevent={"reason": ["x"] * 1000, "summary": 7}, channel=CALLER)
    wish = about_caller(message)
    assert isinstance(wish, seen.TransferRequested)
    assert len(wish.reason) == 100
    assert wish.summary == "7"


def test_a_legs_end_is_a_lost_line_and_its_beginning_is_not() -> None:
    leg = ids.leg_id(ids.new_call_id(), 1)
    channel = Channel(id=ids.leg_channel_id(leg))
    assert about_leg(ari.StasisEnd(channel=channel), leg) == seen.LineLost(leg_id=leg, why="StasisEnd")
    assert about_leg(ari.ChannelDestroyed(channel=channel), leg) == seen.LineLost(leg_id=leg, why="ChannelDestroyed")
    assert about_leg(ari.ChannelDtmfReceived(channel=channel, digit="0"), leg) is None


def test_a_supervisors_telephone_is_picked_up_and_put_down() -> None:
    phone = ids.phone_id(ids.new_call_id(), 1)
    channel = Channel(id=phone)
    assert about_phone(ari.StasisStart(channel=channel, args=["supervisor", "x", "take"]), phone) == seen.TakenOver(phone_id=phone)
    assert about_phone(ari.ChannelDestroyed(channel=channel), phone) == seen.PhoneGone(phone_id=phone, why="ChannelDestroyed")
    assert about_phone(ari.ChannelDtmfReceived(channel=channel, digit="0"), phone) is None
