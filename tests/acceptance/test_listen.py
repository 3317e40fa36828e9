"""A supervisor listens in through our API, and the call ends under him."""

from __future__ import annotations

import time

from tests.acceptance.floor import Floor, eventually
from tests.acceptance.test_take_over import supervisor
from tests.waiting import until


async def test_a_listener_hears_the_agent_and_his_telephone_is_hung_up_with_the_call(floor: Floor) -> None:
    telephone = await floor.dial()
    await floor.state_is("greeting")
    olha, petro = await supervisor(floor, "Olha", telephone), await supervisor(floor, "Petro", telephone)
    for who in (olha, petro):
        assert await who.act("listen") == (202, "accepted")
        await who.phone.picked_up()
    assert await olha.act("listen") == (409, "already_listening")
    began_s = time.monotonic()
    await until(lambda: olha.phone.ear.first_voiced_after(began_s) and petro.phone.ear.first_voiced_after(began_s))
    assert await petro.act("listen", method="DELETE") == (202, "accepted")
    await until(lambda: petro.phone.gone)
    assert await petro.act("listen", method="DELETE") == (409, "not_listening")
    assert not olha.phone.gone
    await telephone.hang_up()
    await until(lambda: olha.phone.gone)
    await floor.record()
    await eventually(lambda: all_is_told(floor), "both listeners' coming and going in the call's log", 10.0)


async def all_is_told(floor: Floor) -> bool:
    """The last line may follow the closed record."""
    events = (await floor.record()).events
    told = sorted((line["name"], line["text"]) for line in events if line["name"].startswith("Listening"))
    return told == [(name, who) for name in ("ListeningBegan", "ListeningEnded") for who in ("Olha", "Petro")]
