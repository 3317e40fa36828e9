"""Tokens that admins make and take away, and the audit trail that they read."""

from __future__ import annotations

import hashlib

from controller.api.bearer import TOKEN, is_secret
from tests.integration.api.house import House, keyed


async def test_a_token_is_shown_once_and_kept_as_a_hash(house: House) -> None:
    admin = await house.as_("admin", "Andrii")
    body = {"person": "Olha", "role": "supervisor", "telephone": "PJSIP/sup1", "numbers": True, "days": 30}
    made = (await admin.post("/api/v1/tokens", json=body)).json()
    assert is_secret(made["token"], TOKEN)
    me = (await house.client(made["token"]).get("/api/v1/me")).json()
    assert (me["person"], me["role"], me["telephone"], me["numbers"], me["csrf"]) == ("Olha", "supervisor", "PJSIP/sup1", True, None)
    listed = await admin.get("/api/v1/tokens")
    assert made["token"] not in listed.text
    (kept,) = await house.rows("SELECT hash, telephone FROM api_tokens WHERE id = %s", made["id"])
    assert kept == (hashlib.sha256(made["token"].encode()).digest(), "PJSIP/sup1")
    audited = await house.rows(
        "SELECT actor, arguments::text FROM audit WHERE action = 'token.create' AND arguments->>'token' = %s", made["id"]
    )
    assert audited[0][0] == "Andrii"
    assert made["token"] not in audited[0][1]


async def test_a_telephone_that_is_more_than_a_telephone_is_refused(house: House) -> None:
    admin = await house.as_("admin")
    for telephone in ("PJSIP/sup1&PJSIP/sup2", "Local/s@evil,30,U(x)", "sup1", "PJSIP/sup1\n", "PJSIP/${X}"):
        answer = await admin.post("/api/v1/tokens", json={"person": "X", "role": "viewer", "telephone": telephone})
        assert answer.status_code == 422, telephone


async def test_the_audit_trail_is_paged_without_missing_or_repeating(house: House) -> None:
    admin, pavlo, call = await house.as_("admin"), await house.as_("supervisor", "Pavlo"), house.control.begin()
    for _ in range(5):
        await pavlo.post(f"/api/v1/calls/{call.id}/say", json={"text": "Так."}, headers=keyed())
    await house.rows("SELECT 1")
    seen, cursor = [], ""
    while True:
        page = (await admin.get("/api/v1/audit", params={"person": "Pavlo", "limit": 2, "cursor": cursor})).json()
        seen += [line["id"] for line in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 5
    about = (await admin.get("/api/v1/audit", params={"call": call.id, "action": "say"})).json()["items"]
    assert [line["id"] for line in about] == seen
    assert about[0]["arguments"] == {"text": "Так.", "cut": False}
    assert (await admin.get("/api/v1/audit", params={"cursor": "x' OR 1"})).json()["code"] == "cursor_invalid"
