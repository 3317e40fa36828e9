"""What an honest page sends passes, what Asterisk might read otherwise than we do does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.web_calls.signalling import LONGEST, is_keep_alive, objection

USER = "web-0123456789ab"
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\n"
DIGEST = f'Digest algorithm=MD5, username="{USER}", realm="asterisk", nonce="1", uri="sip:100@x", response="2"'


def frame(
    start: str = "INVITE sip:100@127.0.0.1 SIP/2.0",
    *,
    caller: str = f"<sip:{USER}@127.0.0.1>;tag=1",
    extra: str = "",
    body: str = "",
    length: int | None = None,
) -> str:
    content = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{start}\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nMax-Forwards: 69\r\nTo: <sip:100@127.0.0.1>\r\nFrom: {caller}\r\n"
        f"Call-ID: 1\r\nCSeq: 1 INVITE\r\n{extra}{content}Content-Length: {len(body) if length is None else length}\r\n\r\n{body}"
    )


@pytest.mark.parametrize("method", ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "INFO", "OPTIONS"])
def test_what_a_call_needs_passes(method: str) -> None:
    assert objection(frame(f"{method} sip:100@127.0.0.1 SIP/2.0"), USER) is None
    assert objection(frame(f"{method} sip:100@127.0.0.1:8088;transport=ws SIP/2.0", extra=f"Authorization: {DIGEST}\r\n"), USER) is None


def test_an_offer_of_encrypted_audio_and_an_answer_pass() -> None:
    assert objection(frame(body=SDP), USER) is None
    assert objection(frame("SIP/2.0 200 OK", caller="<sip:100@127.0.0.1>;tag=2", body=SDP), USER) is None
    assert objection(frame(caller=f'"Web guest" <sip:{USER}@127.0.0.1>;tag=1'), USER) is None


@pytest.mark.parametrize("method", ["REGISTER", "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH", "invite", "GET"])
def test_what_no_call_needs_does_not(method: str) -> None:
    assert objection(frame(f"{method} sip:100@127.0.0.1 SIP/2.0"), USER) == "a method that no call needs"


@pytest.mark.parametrize(
    "caller",
    [
        "<sip:trunk@127.0.0.1>;tag=1",
        f"<sip:{USER}0@127.0.0.1>",
        f'"{USER}" <sip:trunk@127.0.0.1>',
        f"<sip:trunk@{USER}@127.0.0.1>",
        f"sip:{USER}@127.0.0.1",
        f"<sip:{USER}@127.0.0.1> <sip:trunk@127.0.0.1>",
        "<sip:%77eb-0123456789ab@127.0.0.1>",
        "anonymous",
    ],
)
def test_nobody_calls_under_another_name(caller: str) -> None:
    assert objection(frame(caller=caller), USER) == "somebody else's name"


@pytest.mark.parametrize(
    "value", ['Digest username="trunk"', 'Digest username=trunk, username="web-0123456789ab"', "Digest realm=1", 'Digest Username="op1"']
)
def test_nobody_shows_others_credentials(value: str) -> None:
    assert objection(frame(extra=f"Authorization: {value}\r\n"), USER) == "somebody else's credentials"
    assert objection(frame(extra=f"Authorization: {DIGEST}\r\nProxy-Authorization: {value}\r\n"), USER) == "somebody else's credentials"


@pytest.mark.parametrize(
    "line",
    [
        "m=audio 9 RTP/AVP 0",
        "m=audio 9 RTP/SAVP 0",
        "m=audio 9 RTP/SAVPF 0",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "m=image 9 udptl t38",
        " m=audio 9 RTP/AVP 0",
        "M=audio 9 RTP/AVP 0",
        "m =audio 9 RTP/AVP 0",
    ],
)
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_media_that_is_not_encrypted_audio_is_refused_in_requests_and_answers(line: str, ending: str) -> None:
    body = SDP + line + ending
    assert objection(frame(body=body), USER) == "media that is not encrypted audio"
    assert objection(frame("SIP/2.0 200 OK", body=body), USER) == "media that is not encrypted audio"


def test_other_bodies_are_refused() -> None:
    multipart = frame(body=SDP).replace("application/sdp", "multipart/mixed")
    assert objection(multipart, USER) == "a body that describes no media"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (frame(length=1), "another length than it says"),
        (frame() + frame(), "another length than it says"),
        (frame().replace("Content-Length: 0\r\n", ""), "another length than it says"),
        (frame(extra="Content-Length: 0\r\n"), "a header twice"),
        (frame(extra="From: <sip:trunk@127.0.0.1>\r\n"), "a header twice"),
        (frame(extra="f: <sip:trunk@127.0.0.1>\r\n"), "a header that is folded, short or none"),
        (frame(extra="l: 5\r\n"), "a header that is folded, short or none"),
        (frame(extra="X-A: 1\r\n folded\r\n"), "a header that is folded, short or none"),
        (frame(extra="From : <sip:trunk@127.0.0.1>\r\n"), "a header that is folded, short or none"),
        (frame(extra="X-A: 1\nFrom: <sip:trunk@127.0.0.1>\r\n"), "no whole message"),
        (frame(extra="X-A: 1\rX-B: 2\r\n"), "no whole message"),
        (frame(extra="X-A: \0\r\n"), "no whole message"),
        ("\r\n" + frame(), "a header that is folded, short or none"),
        ("INVITE sip:100@127.0.0.1 SIP/2.0", "no whole message"),
        ("", "no whole message"),
        (frame(extra=f"X-A: {'x' * LONGEST}\r\n"), "too long"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: str, why: str) -> None:
    assert objection(text, USER) == why


@given(st.text(alphabet=st.sampled_from("INVITE sip:@<>;=m/\r\n\0\tаüABC019-\"'"), max_size=300))
def test_noise_is_refused_in_words_and_breaks_nothing(noise: str) -> None:
    assert objection(noise, USER)
    assert objection(frame(extra=noise + "\r\n"), USER) != ""


@given(st.text(max_size=50))
def test_whatever_name_he_gives_only_his_own_passes(name: str) -> None:
    assert (objection(frame(caller=f"<sip:{name}@127.0.0.1>"), USER) is None) == (name == USER)


def test_a_keep_alive_is_line_breaks_alone() -> None:
    assert is_keep_alive("\r\n\r\n")
    assert not is_keep_alive(frame())
