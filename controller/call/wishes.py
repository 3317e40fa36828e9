"""What each row of the table does with what people wish: supervisors, and ourselves when we drain. As in ``steps.py``.

Whoever wishes is answered here and nowhere else: granted, or why not. A refusal changes nothing.
"""

from __future__ import annotations

from controller.call import commands as order
from controller.call import events as seen
from controller.call.draft import SUPERVISOR_LEFT, Draft
from controller.call.state import State

_REFUSALS: dict[State, str] = {
    State.NEW: "call_unknown",
    State.CONNECTING: "connecting",
    State.LEAVING: "transferring",
    State.QUEUED: "transferring",
    State.OPERATOR: "with_operator",
    State.SUPERVISED: "with_supervisor",
    State.MOVED: "with_operator",
    State.ENDING: "ending",
    State.ENDED: "call_ended",
}


def refuse(d: Draft, e: seen.Wish) -> None:
    """say why not"""
    call = d.call
    if isinstance(e, seen.GiveBackRequested) and call.state not in {State.NEW, State.ENDING, State.ENDED}:
        d.answer(e, "not_taken")
    elif call.state is State.ANNOUNCING:
        d.answer(e, "transferring" if call.leaves_next else "ending")
    elif call.state in {State.OPERATOR, State.SUPERVISED} and call.operator:
        d.answer(e, _REFUSALS[call.state], who=call.operator)
    else:
        d.answer(e, _REFUSALS[call.state])


# Transfer


def transfer(d: Draft, e: seen.TransferRequested) -> None:
    """tell him, then the queue"""
    if _may_leave(d, e):
        d.announce("transfer", leaves_next=True)


def redirect(d: Draft, e: seen.TransferRequested) -> None:
    """the queue after all, unless he is on the way there"""
    if d.call.leaves_next:
        refuse(d, e)
    elif _may_leave(d, e):
        d.become(leaves_next=True)


def pass_on(d: Draft, e: seen.TransferRequested) -> None:
    """whoever has him sends him on: the queue"""
    if e.by == "supervisor" and e.who != d.call.phone_who:
        refuse(d, e)
    elif _may_leave(d, e):
        d.leave()


def _may_leave(d: Draft, e: seen.TransferRequested) -> bool:
    """Whether there is such a queue; then the wish is granted and what it says of the way noted."""
    known = d.call.limits.queues
    if e.queue and e.queue not in known:
        d.answer(e, "queue_unknown", queue=e.queue, known=list(known))
        return False
    d.answer(e)
    d.become(transfer_reason=e.reason or e.by, summary=e.summary or d.call.summary, queue=e.queue, target=e.operator, warm=e.warm)
    return True


# Hang up


def hang_up(d: Draft, e: seen.HangUpRequested) -> None:
    """hang up; with a goodbye: tell him first"""
    d.answer(e)
    if e.goodbye:
        d.become(outcome="hung_up", ended_by=e.by, ended_who=e.who)
        d.announce("goodbye", leaves_next=False)
    else:
        d.hang_up("hung_up", e.by, e.who)


def hang_up_at_once(d: Draft, e: seen.HangUpRequested) -> None:
    """hang up; he is where no goodbye of ours would be heard"""
    d.answer(e)
    d.hang_up("hung_up", e.by, e.who)


def hang_up_after_all(d: Draft, e: seen.HangUpRequested) -> None:
    """hang up; with a goodbye: that instead of what he is being told"""
    if not e.goodbye:
        hang_up(d, e)
    elif d.call.leaves_next:
        if d.call.leg is not None:
            d.order(order.Hush(leg_id=d.call.leg))
        hang_up(d, e)
    else:
        d.answer(e)  # he is being told goodbye


def hang_up_transferred(d: Draft, e: seen.HangUpRequested) -> None:
    """hang up"""
    d.answer(e)
    d.hang_up("transferred", e.by, e.who)


def hang_up_moved(d: Draft, e: seen.HangUpRequested) -> None:
    """hang up"""
    d.answer(e)
    d.hang_up("moved", e.by, e.who)


# Say


def say(d: Draft, e: seen.SayRequested) -> None:
    """the agent says it"""
    limit = d.call.limits.say_chars
    if not e.text.strip():
        d.answer(e, "text_missing")
    elif len(e.text) > limit:
        d.answer(e, "text_too_long", limit=limit)
    else:
        d.answer(e)
        d.order(order.Say(run=d.call.agent_runs, text=e.text, who=e.who, cut=e.cut))


# Take over, give back


def ring(d: Draft, e: seen.TakeOverRequested) -> None:
    """his telephone rings, if nobody else's does"""
    if not e.telephone:
        d.answer(e, "no_telephone")
    elif d.call.phone is not None:
        d.answer(e, "with_supervisor", who=d.call.phone_who)
    else:
        d.answer(e)
        d.ring_phone(e.telephone, e.who)


def stop_ringing(d: Draft, e: seen.GiveBackRequested) -> None:
    """his telephone, if it rings, stops"""
    if d.call.phone is None or d.call.phone_who != e.who:
        refuse(d, e)
    else:
        d.answer(e)
        d.release_phone()


def give_back(d: Draft, e: seen.GiveBackRequested) -> None:
    """whoever has him leaves: the agent again, same history"""
    if e.who != d.call.phone_who:
        d.answer(e, "not_taken", who=d.call.phone_who)
    else:
        d.answer(e)
        d.release_phone()
        d.resume(SUPERVISOR_LEFT)
