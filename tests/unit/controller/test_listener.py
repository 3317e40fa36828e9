from __future__ import annotations

import itertools

import pytest

from controller import listener as pure
from controller.listener import Listener, Stage

EVENTS: tuple[pure.Event, ...] = (pure.Picked(), pure.SnoopStarted(), pure.Gone("x"), pure.Failed("no"), pure.Ended("stopped"))


def new() -> Listener:
    return Listener.new("call", "1700000000.1", "olha", "PJSIP/sup1")


def test_the_bridge_is_made_when_the_telephone_is_picked_up_and_both_join_when_the_snoop_is_there() -> None:
    listener, commands = pure.begin(new())
    assert commands == (pure.Ring(),)
    listener, commands = pure.receive(listener, pure.Picked())
    assert commands == (pure.CreateBridge(), pure.Snoop())
    listener, commands = pure.receive(listener, pure.SnoopStarted())
    assert commands == (pure.Join(),)
    assert listener.state is Stage.LISTENING


@pytest.mark.parametrize("length", range(1, 6))
def test_whatever_happens_in_whatever_order_what_was_taken_is_released_once(length: int) -> None:
    for events in itertools.product(EVENTS, repeat=length):
        listener, commands = pure.begin(new())
        all_commands = list(commands)
        for event in (*events, pure.Ended("at last")):
            listener, commands = pure.receive(listener, event)
            all_commands += commands
        released = [command.name for command in all_commands if isinstance(command, pure.Release)]
        taken = {listener.phone} | ({listener.bridge, listener.snoop} if pure.Snoop() in all_commands else set())
        assert sorted(released) == sorted(taken)
        assert listener.state is Stage.OVER
        after_the_end = all_commands[all_commands.index(pure.Release(released[0])) :]
        assert all(isinstance(command, pure.Release) for command in after_the_end)
