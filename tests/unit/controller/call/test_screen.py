from __future__ import annotations

from itertools import product

import pytest

from controller.call.screen import (
    AlarmRang,
    Began,
    Broke,
    CallerGone,
    Effect,
    Event,
    Hush,
    KeyPressed,
    Open,
    Opened,
    OperatorGone,
    Screen,
    SetAlarm,
    State,
    Tell,
    Told,
    receive,
)


def after(*events: Event) -> tuple[Screen, list[Effect]]:
    screen, effects = Screen(), list[Effect]()
    for event in events:
        screen, new = receive(screen, event)
        effects += new
    return screen, effects


def silence(screen: Screen) -> AlarmRang:
    """The alarm that runs now."""
    return AlarmRang(screen.alarm)


def waiting(*more: Event) -> Screen:
    return after(Began(), Opened(), Told(), *more)[0]


def test_who_picks_up_is_connected_with_our_voice_and_told() -> None:
    screen, effects = after(Began(), Opened())
    assert effects == [Open(), SetAlarm(1, 4.0), Tell()]
    assert screen.state is State.TELLING


@pytest.mark.parametrize("before", [(Began(),), (Began(), Opened()), (Began(), Opened(), Told())])
def test_key_1_accepts_and_2_refuses_at_any_time(before: tuple[Event, ...]) -> None:
    accepted, effects = after(*before, KeyPressed("1"))
    assert (accepted.state, accepted.why) == (State.ACCEPTED, "key")
    assert effects[-1] == Hush(), "nobody talks into his first words with the caller"
    refused, _ = after(*before, KeyPressed("2"))
    assert (refused.state, refused.why) == (State.REFUSED, "key")


def test_silence_tells_him_once_more_and_then_counts_as_a_refusal() -> None:
    screen = waiting()
    screen, effects = receive(screen, silence(screen))
    assert effects == (Tell(),)
    screen, _ = receive(screen, Told())
    screen, _ = receive(screen, silence(screen))
    assert (screen.state, screen.why) == (State.REFUSED, "silence")


def test_the_star_tells_him_again_at_once_but_no_third_time() -> None:
    screen, effects = after(Began(), Opened(), KeyPressed("*"))
    assert effects[-2:] == [Hush(), Tell()]
    again, effects_again = receive(screen, KeyPressed("*"))
    assert (again, effects_again) == (screen, ())


def test_an_alarm_that_was_overtaken_rings_in_vain() -> None:
    screen = waiting(KeyPressed("*"))
    assert receive(screen, AlarmRang(2)) == (screen, ())


def test_other_keys_are_no_answer() -> None:
    screen = waiting()
    assert receive(screen, KeyPressed("5")) == (screen, ())


@pytest.mark.parametrize(
    ("event", "state", "why"),
    [
        (CallerGone(), State.REFUSED, "caller_gone"),
        (OperatorGone(), State.GONE, "hung_up"),
        (Broke("line_closed"), State.ALONE, "line_closed"),
    ],
)
def test_whoever_goes_and_whatever_breaks_there_is_a_verdict_at_once(event: Event, state: State, why: str) -> None:
    for before in ((), (Began(),), (Began(), Opened()), (Began(), Opened(), Told())):
        screen, _ = after(*before, event)
        assert (screen.state, screen.why) == (state, why)


def test_a_leg_that_does_not_come_in_time_leaves_him_to_asterisk() -> None:
    screen, _ = after(Began())
    screen, _ = receive(screen, silence(screen))
    assert (screen.state, screen.why) == (State.ALONE, "leg_late")


def test_no_sequence_of_events_leaves_a_verdict_again_or_tells_a_third_time() -> None:
    alphabet: tuple[Event | None, ...] = (
        Opened(),
        Told(),
        KeyPressed("1"),
        KeyPressed("*"),
        CallerGone(),
        OperatorGone(),
        Broke("x"),
        None,
    )
    for events in product(alphabet, repeat=5):
        screen, told = receive(Screen(), Began())[0], 0
        for event in events:
            before = screen
            screen, effects = receive(screen, event or silence(screen))
            told += effects.count(Tell())
            assert not before.over or (screen, effects) == (before, ())
        assert told <= 2
