from __future__ import annotations

import pytest

from controller.api.bearer import LINK, SESSION, TOKEN, csrf_of, digest, is_secret, new_secret, same
from controller.api.rates import network
from controller.masking import Masking


@pytest.mark.parametrize("kind", [TOKEN, SESSION, LINK])
def test_a_secret_is_known_by_its_kind_and_hidden_in_logs(kind: str) -> None:
    secret = new_secret(kind)
    assert is_secret(secret, kind)
    assert not any(is_secret(secret, other) for other in {TOKEN, SESSION, LINK} - {kind})
    assert Masking().text(f"GET /x?t={secret} from {secret}.") == "GET /x?t=*** from ***."


def test_what_only_looks_like_one_is_none() -> None:
    for text in ("", "cc_", TOKEN + "x" * 42, TOKEN + "x" * 44, TOKEN + "x" * 42 + "\n", TOKEN + "ї" * 43):
        assert not is_secret(text, TOKEN), text


def test_no_two_are_the_same_and_neither_hash_nor_csrf_lead_back() -> None:
    one, other = new_secret(SESSION), new_secret(SESSION)
    assert one != other
    assert digest(one) != digest(other)
    assert csrf_of(one) != csrf_of(other)
    assert csrf_of(one) not in one
    assert same(csrf_of(one), csrf_of(one))
    assert not same("ключ", csrf_of(one))


def test_an_address_counts_as_what_one_person_has_of_them() -> None:
    assert network("192.0.2.7") == "192.0.2.7" == network("::ffff:192.0.2.7")
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("testclient") == "testclient"
