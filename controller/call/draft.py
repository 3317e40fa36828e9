"""One step being worked out: the call as it becomes and the commands so far. What is owned is released here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from controller.call import commands as order
from controller.call import events as seen
from controller.call import ids
from controller.call.commands import Phrase
from controller.call.events import By
from controller.call.state import Armed, Call, State

QUEUE_CONTEXT = "transfer-to-operator"
SUPERVISOR_LEFT = "supervisor_left"
AFTER_HOURS = "after_hours"
"""What the agent opens with when a supervisor gave the caller back, and when somebody asks for a human out of hours."""
MAX_ROUNDS = 2
"""How often a caller whom no operator took comes back to the agent; the next time he is told that nobody is free."""

WORDS: dict[type[seen.Wish], str] = {
    seen.TransferRequested: "transfer",
    seen.HangUpRequested: "hangup",
    seen.SayRequested: "say",
    seen.TakeOverRequested: "take",
    seen.GiveBackRequested: "release",
}
"""A supervisor's words for his wishes."""


class Draft:
    def __init__(self, call: Call) -> None:
        self.call = call
        self.commands: list[order.AnyCommand] = []

    def become(self, **changes: Any) -> None:
        self.call = replace(self.call, **changes)

    def order(self, *commands: order.AnyCommand) -> None:
        self.commands += commands

    # What is owned

    def make_leg(self) -> None:
        number = self.call.legs_made + 1
        leg = ids.leg_id(self.call.call_id, number)
        self.become(leg=leg, leg_open=False, legs_made=number)
        self.order(order.OpenLine(leg_id=leg))
        self.arm("line", self.call.limits.line_s)

    def release_leg(self) -> None:
        if self.call.leg is not None:
            self.order(order.ReleaseLeg(leg_id=self.call.leg))
            self.become(leg=None, leg_open=False)

    def make_bridge(self) -> None:
        self.order(order.CreateBridge(bridge_id=ids.bridge_id(self.call.call_id)))
        self.become(bridge=True)

    def ring_phone(self, telephone: str, who: str) -> None:
        call, number = self.call, self.call.phones_made + 1
        phone = ids.phone_id(call.call_id, number)
        self.become(phone=phone, phone_up=False, phone_who=who, phones_made=number)
        self.order(order.RingPhone(phone_id=phone, telephone=telephone, caller_id=call.caller_id, call_id=call.call_id))
        self.arm("ring", call.limits.ring_s)

    def release_phone(self) -> None:
        if self.call.phone is not None:
            self.order(order.DropPhone(phone_id=self.call.phone))
            self.become(phone=None, phone_up=False, phone_who="")
            self.disarm_named("ring")

    def join_phone(self, *, with_caller: bool) -> None:
        if self.call.phone is not None:
            channel, bridge = self.call.channel_id if with_caller else "", ids.bridge_id(self.call.call_id)
            self.order(order.JoinPhone(bridge_id=bridge, phone_id=self.call.phone, channel_id=channel))

    def release_bridge(self) -> None:
        if self.call.bridge:
            self.order(order.DestroyBridge(bridge_id=ids.bridge_id(self.call.call_id)))
            self.become(bridge=False)

    def join(self) -> None:
        if self.call.leg is not None and self.call.leg_open:
            bridge = ids.bridge_id(self.call.call_id)
            self.order(order.Join(bridge_id=bridge, channel_id=self.call.channel_id, leg_id=self.call.leg))

    def start_agent(self) -> None:
        run = self.call.agent_runs + 1
        self.become(agent_on=True, agent_runs=run)
        self.order(order.StartAgent(run=run, opening=self.call.opening))
        if self.call.held:
            self.order(order.HoldAgent(run=run, on=True))

    def stop_agent(self) -> None:
        if self.call.agent_on:
            self.order(order.StopAgent(run=self.call.agent_runs))
            self.become(agent_on=False)

    def withdraw(self) -> None:
        """Release whatever is ours; the caller keeps his channel."""
        self.stop_agent()
        self.release_leg()
        self.release_phone()
        self.release_bridge()

    # Time

    def arm(self, name: str, after_s: float) -> None:
        generation = self.call.generation + 1
        others = tuple(armed for armed in self.call.deadlines if armed.name != name)
        self.become(generation=generation, deadlines=(*others, Armed(name, generation)))
        self.order(order.Deadline(name=name, generation=generation, after_s=after_s))

    def disarm(self, over: Iterable[Armed]) -> None:
        for armed in tuple(over):
            self.become(deadlines=tuple(other for other in self.call.deadlines if other != armed))
            self.order(order.CancelDeadline(name=armed.name))

    def disarm_named(self, *names: str) -> None:
        self.disarm(armed for armed in self.call.deadlines if armed.name in names)

    # Who wished something

    def answer(self, wish: seen.Wish, code: str = "accepted", **args: Any) -> None:
        if wish.request:
            name = WORDS[type(wish)]
            self.order(order.Acknowledge(channel_id=self.call.channel_id, request=wish.request, event=name, code=code, args=args))

    # Where a call goes

    def connect(self, opening: str, *, bridge_stands: bool = False) -> None:
        """Give the caller a bridge and a media leg, then the agent."""
        self.become(state=State.CONNECTING, opening=opening, spare_legs=1)
        self.arm("length", self.call.limits.length_s)
        if not (bridge_stands and self.call.bridge):
            self.make_bridge()
        self.make_leg()

    def resume(self, opening: str) -> None:
        """Back to the agent, on the leg that stands, else on a new one."""
        if self.call.leg is None or not self.call.leg_open:
            self.release_leg()
            self.connect(opening)
            return
        self.become(state=State.TALKING, opening=opening, spare_legs=1)
        self.arm("length", self.call.limits.length_s)
        self.start_agent()

    def open_anew(self, opening: str) -> None:
        """The agent begins again in the same stay."""
        self.stop_agent()
        self.become(opening=opening)
        if self.call.state is State.TALKING:
            self.start_agent()

    def announce(self, phrase: Phrase, *, leaves_next: bool) -> None:
        """A fixed phrase instead of the agent, then out; without a leg it would not be heard, so at once out."""
        self.stop_agent()
        self.become(state=State.ANNOUNCING, leaves_next=leaves_next, announcing=phrase)
        if self.call.leg is None or not self.call.leg_open:
            self.go_on()
            return
        self.order(order.Announce(phrase=phrase, leg_id=self.call.leg))
        self.arm("announcement", self.call.limits.announcement_s)

    def go_on(self) -> None:
        """The announcement is over."""
        if self.call.leaves_next:
            self.leave()
        else:
            self.hang_up(self.call.outcome or "failed", self.call.ended_by or "controller", self.call.ended_who)

    def leave(self, reason: str = "", summary: str = "") -> None:
        """To the operators' queue. The caller stays in the bridge until Asterisk says that he left."""
        self.stop_agent()
        if not self.call.phone_up:
            self.release_phone()
        self.become(
            state=State.LEAVING,
            transfer_reason=reason or self.call.transfer_reason,
            summary=summary or self.call.summary,
            outcome="",
            ended_by=None,
            ended_who="",
        )
        limits, warm = self.call.limits, self.call.warm
        variables = {
            "XFER_TIMEOUT": str(round(limits.queue_s)),
            "XFER_QUEUE": self.call.queue or limits.queues[0],
            "XFER_OPERATOR": self.call.target,
            "__XFER_WARM": "1" if (limits.warm_transfer if warm is None else warm) else "0",
            "__TRANSFER_REASON": self.call.transfer_reason,  # inherited: the operator's side may want them
            "__TRANSFER_SUMMARY": self.call.summary,
        }
        self.order(order.SetVariables(channel_id=self.call.channel_id, variables=variables))
        self.continue_in_queue()

    def continue_in_queue(self) -> None:
        self.order(order.ContinueInDialplan(channel_id=self.call.channel_id, context=QUEUE_CONTEXT))
        self.arm("leave", self.call.limits.leave_s)

    def hang_up(self, outcome: str, by: By, who: str = "") -> None:
        self.stop_agent()
        self.order(order.HangUp(channel_id=self.call.channel_id))
        self.await_end(outcome, by, who)

    def await_end(self, outcome: str, by: By, who: str = "") -> None:
        """The call is over; ours goes now, the record waits for the channel's end. *who*: the person, where his name is known."""
        self.withdraw()
        self.become(state=State.ENDING, outcome=outcome, ended_by=by, ended_who=who)
        self.arm("gone", self.call.limits.gone_s)

    def close(self, outcome: str, by: By, who: str = "") -> None:
        self.withdraw()
        self.disarm(self.call.deadlines)
        self.become(state=State.ENDED, outcome=outcome, ended_by=by, ended_who=who)
        self.order(order.CloseRecord(outcome=outcome, ended_by=by, who=who))
