"""A world that obeys the machine's commands and breaks as soon as one of them makes no sense in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.call import commands as order
from controller.call import events as seen
from controller.call.commands import AnyCommand
from controller.call.events import AnyEvent
from controller.call.machine import DEADLINES
from controller.call.state import Call, State


@dataclass
class World:
    """What Asterisk, the agent and the clock hold for one call."""

    legs: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    bridge: bool = False
    run: int | None = None
    runs: set[int] = field(default_factory=set)
    timers: dict[str, int] = field(default_factory=dict)
    closed: bool = False
    hung_up: bool = False

    def obey(self, commands: tuple[AnyCommand, ...]) -> None:
        for command in commands:
            assert not self.closed or isinstance(command, order.Acknowledge), f"{command} after the record was closed"
            self._obey(command)

    def _obey(self, command: AnyCommand) -> None:
        match command:
            case order.OpenLine(leg_id=leg):
                assert not self.legs, "two legs at once"
                assert leg not in self.released, "a leg's id was used twice"
                self.legs.add(leg)
            case order.Join(leg_id=leg):
                assert leg in self.legs
                assert self.bridge
            case order.Announce(leg_id=leg):
                assert leg in self.legs
                assert self.run is None, "the agent talks into the announcement"
            case order.ReleaseLeg(leg_id=leg):
                self.legs.remove(leg)  # KeyError: released twice
                self.released.add(leg)
            case order.RingPhone(phone_id=phone):
                assert not self.phones, "two telephones at once"
                assert phone not in self.released, "a telephone's id was used twice"
                self.phones.add(phone)
            case order.JoinPhone(phone_id=phone):
                assert phone in self.phones
                assert self.bridge
                assert self.run is None, "the agent talks into the supervisor's talk"
            case order.DropPhone(phone_id=phone):
                self.phones.remove(phone)  # KeyError: dropped twice
                self.released.add(phone)
            case order.Say(run=run) | order.HoldAgent(run=run):
                assert self.run == run, "an agent is told something who does not run"
            case order.Hush(leg_id=leg):
                assert leg in self.legs
            case order.CreateBridge():
                self.bridge = True
            case order.DestroyBridge(only_if_empty=False):
                assert self.bridge, "destroyed twice"
                self.bridge = False
            case order.StartAgent(run=run):
                assert self.run is None, "two agents at once"
                assert run not in self.runs, "a run's number was used twice"
                assert self.legs, "an agent without a line"
                self.run = run
                self.runs.add(run)
            case order.StopAgent(run=run):
                assert self.run == run, "stopped an agent that does not run"
                self.run = None
            case order.Deadline(name=name, generation=generation):
                assert generation > self.timers.get(name, 0)
                self.timers[name] = generation
            case order.CancelDeadline(name=name):
                del self.timers[name]  # KeyError: nothing to cancel
            case order.HangUp():
                self.hung_up = True
            case order.CloseRecord():
                self.closed = True

    def happen(self, event: AnyEvent) -> None:
        """What *event* itself did to the world before the machine heard of it."""
        match event:
            case seen.Adopted() if not self.closed:
                self.run, self.timers = None, {}
            case seen.AgentFinished(run=run) | seen.AgentFailed(run=run) if run == self.run:
                self.run = None
            case seen.DeadlinePassed(name=name, generation=generation) if self.timers.get(name) == generation:
                del self.timers[name]

    def check(self, call: Call) -> None:
        """The call believes exactly what is the case."""
        assert self.legs == ({call.leg} if call.leg else set())
        assert self.phones == ({call.phone} if call.phone else set())
        assert self.bridge == call.bridge
        assert (self.run is not None) == call.agent_on
        assert self.timers == {armed.name: armed.generation for armed in call.deadlines}
        assert all(call.state in DEADLINES[name] for name in self.timers)
        assert self.closed == (call.state is State.ENDED)
        if self.closed:
            assert not self.legs
            assert not self.phones
            assert not self.bridge
            assert self.run is None
            assert not self.timers
