"""A credential is for one socket and one call, and its time is short."""

from __future__ import annotations

import pytest

from controller.web_calls.guests import CREDENTIAL_S, WAITING_MAX, Full, Guests, is_user, user_of_channel


def channel_of(user: str) -> str:
    return f"PJSIP/{user}-0000002a"


def test_names_are_told_from_others() -> None:
    guest = Guests(1).admit(0.0)
    assert is_user(guest.user)
    assert user_of_channel(channel_of(guest.user)) == guest.user
    for other in ("trunk", "web-1", f"{guest.user}x", "web-0123456789AB"):
        assert not is_user(other)
        assert user_of_channel(channel_of(other)) is None
    assert user_of_channel("Local/s@park-00000001;1") is None


def test_secrets_are_not_shown() -> None:
    guest = Guests(1).admit(0.0)
    assert guest.password not in repr(guest)
    assert guest.token not in repr(guest)
    assert guest.password != guest.token


def test_a_token_opens_one_socket_and_only_in_time() -> None:
    guests = Guests(5)
    guest, late = guests.admit(0.0), guests.admit(0.0)
    assert guests.connect("", 1.0) is None
    assert guests.connect(guest.token, 1.0) is guest
    assert guests.connect(guest.token, 1.0) is None
    assert guests.connect(late.token, CREDENTIAL_S) is None


def test_who_does_not_call_in_time_is_over_connected_or_not() -> None:
    guests = Guests(5)
    guest, connected = guests.admit(0.0), guests.admit(0.0)
    guests.connect(connected.token, 1.0)
    assert guests.over(CREDENTIAL_S - 1) == []
    assert guests.over(CREDENTIAL_S) == [guest, connected]


def test_who_loses_his_socket_before_he_calls_is_over_at_once() -> None:
    guests = Guests(5)
    guest = guests.admit(0.0)
    guests.connect(guest.token, 1.0)
    guest.connected = False
    assert guests.over(1.0) == [guest]


def test_a_call_outlives_the_credentials_time_and_then_he_is_over() -> None:
    guests = Guests(5)
    guest = guests.admit(0.0)
    guests.connect(guest.token, 1.0)
    assert guests.started(channel_of(guest.user), "c1") is guest
    assert guests.started(channel_of(guest.user), "c2") is None, "his second channel is not his call"
    assert guests.over(CREDENTIAL_S * 10) == []
    assert guests.ended("c2") is None
    assert guests.ended("c1") is guest
    assert guests.over(2.0) == [guest]
    guests.forget(guest)
    assert guest.user not in guests
    assert guests.started(channel_of(guest.user), "c3") is None


def test_nobody_is_admitted_while_as_many_talk_as_may() -> None:
    guests = Guests(1)
    guest = guests.admit(0.0)
    guests.admit(0.0)  # whoever only waits does not count as talking
    guests.started(channel_of(guest.user), "c1")
    with pytest.raises(Full):
        guests.admit(0.0)
    guests.ended("c1")
    guests.admit(0.0)


def test_only_so_many_wait() -> None:
    guests = Guests(WAITING_MAX * 2)
    for _ in range(WAITING_MAX):
        guests.admit(0.0)
    with pytest.raises(Full):
        guests.admit(0.0)


def test_whom_a_predecessor_admitted_is_over_when_his_channel_is_gone() -> None:
    guests = Guests(5)
    talking, idle = guests.adopt("web-0123456789ab", "c1"), guests.adopt("web-ba9876543210", "")
    assert guests.connect(talking.token, 0.0) is None
    assert guests.over(0.0) == [idle]
    guests.ended("c1")
    assert guests.over(0.0) == [talking, idle]
