"""What Asterisk is told of a guest leaves him nothing but one call to the agent."""

from __future__ import annotations

from controller.web_calls.endpoint import CALLER_NUMBER, Place, auth_fields, endpoint_fields
from controller.web_calls.guests import Guests

PLACE = Place(app="callctl-2", proxy_address="127.0.0.2")


def test_the_password_is_the_guests_and_the_endpoint_asks_for_it() -> None:
    guest = Guests(1).admit(0.0)
    assert auth_fields(guest) == {"auth_type": "userpass", "username": guest.user, "password": guest.password}
    assert endpoint_fields(guest, PLACE, ())["auth"] == guest.user


def test_only_the_proxy_may_use_it_and_only_for_the_agent() -> None:
    fields = endpoint_fields(Guests(1).admit(0.0), PLACE, ())
    assert (fields["deny"], fields["permit"]) == ("0.0.0.0/0.0.0.0", "127.0.0.2/255.255.255.255")
    assert fields["context"] == "webcall"
    assert {fields[option] for option in ("direct_media", "allow_transfer", "allow_subscribe", "trust_id_inbound")} == {"no"}


def test_a_browser_is_offered_what_asterisk_can_turn_into_the_agents_audio() -> None:
    guest = Guests(1).admit(0.0)
    assert endpoint_fields(guest, PLACE, {"codec_opus_open_source.so"})["allow"] == "opus,ulaw"
    assert endpoint_fields(guest, PLACE, {"codec_g722.so"})["allow"] == "g722,ulaw"


def test_the_call_comes_to_whoever_admitted_its_guest() -> None:
    fields = endpoint_fields(Guests(1).admit(0.0), PLACE, ())
    assert (fields["set_var"], fields["accountcode"]) == ("WEB_APP=callctl-2", "callctl-2")


def test_audio_comes_to_the_named_address_where_one_is_named() -> None:
    guest = Guests(1).admit(0.0)
    assert "media_address" not in endpoint_fields(guest, PLACE, ())
    named = endpoint_fields(guest, Place(app="a", proxy_address="127.0.0.2", media_address="10.0.0.5"), ())
    assert (named["media_address"], named["bind_rtp_to_media_address"]) == ("10.0.0.5", "yes")


def test_to_the_agent_the_callers_number_is_withheld() -> None:
    assert not any(character.isdigit() for character in CALLER_NUMBER)
