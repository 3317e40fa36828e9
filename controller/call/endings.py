"""What each row of the table does when a call ends, by whomever and however; told truthfully. As in ``steps.py``."""

from __future__ import annotations

from controller.call import commands as order
from controller.call import events as seen
from controller.call import ids
from controller.call.draft import Draft
from controller.call.state import State

ORDERED = 32
"""The cause in the hang-up request of a channel that ARI, AMI or CLI was told to end."""


def lose_caller(d: Draft, e: seen.CallerHungUp) -> None:
    """release all that is ours"""
    d.await_end("hung_up", _hung_up_by(e))


def lose_waiting_caller(d: Draft, e: seen.CallerHungUp) -> None:
    """abandoned"""
    d.await_end("abandoned", _hung_up_by(e))


def end_operator_talk(d: Draft, e: seen.CallerHungUp) -> None:
    """the talk with the operator is over"""
    by = _hung_up_by(e)
    if e.soft and by == "caller":  # the dialplan ended: Queue() does that when the operator hangs up
        d.await_end("transferred", "operator", d.call.operator)
    else:
        d.await_end("transferred", by)


def end_supervised_talk(d: Draft, e: seen.CallerHungUp) -> None:
    """the talk with the supervisor is over"""
    d.await_end("transferred", _hung_up_by(e))


def lose_moved_caller(d: Draft, e: seen.CallerHungUp) -> None:
    """he ended it elsewhere; at once after leaving: he never was elsewhere"""
    d.await_end(_moved_or_hung_up(d), _hung_up_by(e))


def _hung_up_by(e: seen.CallerHungUp) -> seen.By:
    return "supervisor" if e.soft and e.cause == ORDERED else "caller"


def let_go(d: Draft, e: seen.LeftStasis) -> None:
    """moved by others: withdraw, never hang him up"""
    d.stop_agent()
    d.release_leg()
    d.release_phone()
    if d.call.bridge:  # still ours at the end: he may have been moved with it
        d.order(order.DestroyBridge(bridge_id=ids.bridge_id(d.call.call_id), only_if_empty=True))
    d.become(state=State.MOVED, outcome="transferred" if d.call.state is State.SUPERVISED else "")
    d.arm("settle", d.call.limits.settle_s)


def _moved_or_hung_up(d: Draft) -> str:
    """Some channels tell StasisEnd first and the hang-up a moment later."""
    return (d.call.outcome or "hung_up") if d.call.awaits("settle") else "moved"


def enter_queue(d: Draft, e: seen.LeftStasis) -> None:
    """he is in the queue: release all that is ours"""
    d.withdraw()
    d.become(state=State.QUEUED)


def meet_operator(d: Draft, e: seen.OperatorAnswered) -> None:
    """an operator has him"""
    d.withdraw()
    d.become(state=State.OPERATOR, transferred=True, operator=e.operator)


def finish(d: Draft, e: seen.ChannelGone) -> None:
    """close the record"""
    _finish(d, e.by)


def _finish(d: Draft, by: seen.By | None) -> None:
    match d.call.state:
        case State.ENDING:
            d.close(d.call.outcome, d.call.ended_by or "caller", d.call.ended_who)
        case State.LEAVING | State.QUEUED:
            d.close("failed" if by else "abandoned", by or "caller")
        case State.OPERATOR:
            d.close("transferred", by or "operator", "" if by else d.call.operator)
        case State.SUPERVISED:
            d.close("transferred", by or "caller")
        case State.MOVED:
            d.close(_moved_or_hung_up(d), by or "caller")
        case _:
            d.close("failed" if by else "hung_up", by or "caller")


def stop(d: Draft, e: seen.ControllerStopping) -> None:
    """leave him to the queue and write so"""
    if d.call.state is not State.LEAVING:
        d.leave("stopping")
    d.close("orphaned", "controller")


def sign_off(d: Draft, e: seen.ControllerStopping) -> None:
    """write down what we know; the call goes on without us"""
    outcomes = {State.QUEUED: "transferred", State.OPERATOR: "transferred", State.MOVED: "moved"}
    d.close(outcomes.get(d.call.state, d.call.outcome), d.call.ended_by or "controller", d.call.ended_who)


def settle(d: Draft, e: seen.DeadlinePassed) -> None:
    """settle: he really is elsewhere"""
    d.become(outcome="")


def hang_up_again(d: Draft, e: seen.DeadlinePassed) -> None:
    """gone: hang up again"""
    if e.name == "gone":
        d.order(order.HangUp(channel_id=d.call.channel_id))
        d.arm("gone", d.call.limits.gone_s)


def fail(d: Draft, e: seen.CommandFailed) -> None:
    """the channel does not exist: close the record"""
    channel_is_gone(d, e)


def channel_is_gone(d: Draft, e: seen.CommandFailed) -> bool:
    """An order to the caller's channel found no channel: its end was missed, or comes in a moment and finds the record closed."""
    gone = e.gone and e.command in {"Answer", "SetVariables", "ContinueInDialplan", "HangUp"}
    if gone:
        _finish(d, e.by)
    return gone
