import uuid

from controller.call import ids


def test_a_call_id_tells_its_start_and_sorts_by_it() -> None:
    first, second = ids.new_call_id(), ids.new_call_id()
    assert first < second
    assert uuid.UUID(first).version == 7
    assert 0 <= ids.started_at_ms(second) - ids.started_at_ms(first) < 1000


def test_each_leg_of_a_call_has_a_uuid_of_its_own_that_a_replay_finds_again() -> None:
    call = ids.new_call_id()
    legs = [ids.leg_id(call, number) for number in range(1, 50)]
    assert len(set(legs)) == len(legs)
    assert legs == [ids.leg_id(call, number) for number in range(1, 50)]
    assert {uuid.UUID(leg).version for leg in legs} == {7}
    assert {uuid.UUID(leg).variant for leg in legs} == {uuid.RFC_4122}
    assert {ids.started_at_ms(leg) for leg in legs} == {ids.started_at_ms(call)}


def test_channels_and_bridges_say_whose_they_are() -> None:
    call = ids.new_call_id()
    leg = ids.leg_id(call, 1)
    assert ids.leg_of_channel(ids.leg_channel_id(leg)) == leg
    assert ids.call_of_bridge(ids.bridge_id(call)) == call


def test_what_others_made_is_nobodys() -> None:
    assert ids.leg_of_channel("1700000000.1") is None
    assert ids.leg_of_channel("m-short") is None
    assert ids.call_of_bridge("b-b-b") is None
