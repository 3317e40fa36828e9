"""What each row of the table does with a supervisor's telephone, from its first ring to the agent's return. As in ``steps.py``.

The agent's leg stays in the bridge meanwhile, so the caller is never alone in it (docs/adr/0012).
"""

from __future__ import annotations

from controller.call import commands as order
from controller.call import events as seen
from controller.call.draft import SUPERVISOR_LEFT, Draft
from controller.call.endings import channel_is_gone
from controller.call.state import State


def take_over(d: Draft, e: seen.TakenOver) -> None:
    """the supervisor has him; the agent is silent, its leg stays"""
    if e.phone_id != d.call.phone:
        return
    unconnected = d.call.state is State.CONNECTING
    if unconnected:
        d.release_leg()
    elif d.call.state is State.ANNOUNCING and d.call.leg is not None:
        d.order(order.Hush(leg_id=d.call.leg))
    d.stop_agent()
    d.disarm_named("ring")
    d.become(
        state=State.SUPERVISED,
        phone_up=True,
        operator=d.call.phone_who,
        transferred=True,
        transfer_reason="taken_over",
        outcome="",
        ended_by=None,
        ended_who="",
    )
    d.join_phone(with_caller=unconnected)


def lose_phone(d: Draft, e: seen.PhoneGone) -> None:
    """the supervisor does not take it"""
    if e.phone_id == d.call.phone:
        d.release_phone()


def return_to_agent(d: Draft, e: seen.PhoneGone) -> None:
    """the supervisor is gone: the agent again, same history"""
    if e.phone_id == d.call.phone:
        d.release_phone()
        d.resume(SUPERVISOR_LEFT)


def mend_bridge_with_phone(d: Draft, e: seen.BridgeLost) -> None:
    """build it again, with everybody"""
    d.make_bridge()
    d.join()
    d.join_phone(with_caller=d.call.leg is None)


def fail_supervised(d: Draft, e: seen.CommandFailed) -> None:
    """the supervisor cannot be heard: the agent again"""
    if not channel_is_gone(d, e) and e.command == "JoinPhone" and e.phone_id == d.call.phone:
        d.release_phone()
        d.resume(SUPERVISOR_LEFT)


def phone_failed(d: Draft, e: seen.CommandFailed) -> bool:
    """His telephone cannot be rung."""
    mine = e.command == "RingPhone" and e.phone_id == d.call.phone
    if mine:
        d.release_phone()
    return mine
