"""What each row of the table does when a successor takes the call over from a process that died. As in ``steps.py``.

Dead with it: its agent, its timers, orders that were under way. Alive in Asterisk: the caller, the bridge, telephones that ring, and the
media leg if somebody kept its socket. So whatever the machine believes of the former is dropped first, without an order: nobody is
left to obey it. Nothing is ordered that stands: with fifty callers each request delays the others' first word. (Events of all their
channels are asked for at once, by ``recovery.py``.)
"""

from __future__ import annotations

from controller.call import commands as order
from controller.call import events as seen
from controller.call.draft import Draft
from controller.call.endings import enter_queue, let_go
from controller.call.state import State
from controller.call.supervision import mend_bridge_with_phone

ADOPTED = "adopted"
"""What the agent opens with, before he goes on where he was heard last."""


def adopt_talk(d: Draft, e: seen.Adopted) -> None:
    """the agent again, on the leg that was kept, else on a new one; same history"""
    if not _begin(d, e):
        return
    connecting = d.call.state is State.CONNECTING
    opening = d.call.opening if connecting else ADOPTED  # who was still being connected has heard nothing
    if connecting:
        d.order(order.Answer(channel_id=d.call.channel_id))  # he may still be ringing
    if e.leg_kept and e.bridge and not connecting:
        d.resume(opening)
    else:
        d.release_leg()
        d.connect(opening, bridge_stands=e.bridge)


def adopt_announcement(d: Draft, e: seen.Adopted) -> None:
    """say it again on the leg that was kept; else go on without it"""
    if not _begin(d, e):
        return
    if e.leg_kept and e.bridge and d.call.announcing:
        d.announce(d.call.announcing, leaves_next=d.call.leaves_next)
    else:
        d.release_leg()
        d.go_on()


def adopt_leaving(d: Draft, e: seen.Adopted) -> None:
    """order it again; he has left: he is in the queue"""
    if _begin(d, e):
        d.leave()


def adopt_supervised(d: Draft, e: seen.Adopted) -> None:
    """the two talk on"""
    if _begin(d, e) and not e.bridge:
        mend_bridge_with_phone(d, seen.BridgeLost())


def adopt_elsewhere(d: Draft, e: seen.Adopted) -> None:
    """he is with others; we follow"""
    _forget_the_dead(d)


def adopt_ending(d: Draft, e: seen.Adopted) -> None:
    """wait for the channel's end, as before"""
    _forget_the_dead(d)
    d.arm("gone", d.call.limits.gone_s)


def _begin(d: Draft, e: seen.Adopted) -> bool:
    """False: he is not with us any more, or we had better not go on with him."""
    _forget_the_dead(d)
    if not e.here:
        leaving = d.call.state is State.LEAVING
        (enter_queue if leaving else let_go)(d, seen.LeftStasis())
        return False
    if not e.leg_kept:
        d.release_leg()
    if e.in_vain:
        d.leave("adopted_in_vain")
        return False
    if d.call.phone is not None and not d.call.phone_up:
        d.arm("ring", d.call.limits.ring_s)
    return True


def _forget_the_dead(d: Draft) -> None:
    d.become(agent_on=False, deadlines=())
