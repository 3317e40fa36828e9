"""A supervisor listens in, takes the caller over and gives him back, through our API; the agent is the real one."""

from __future__ import annotations

import itertools
import time

import httpx

from agent.prompt.phrases import PHRASES
from audiosocket.audio import SLIN16
from controller.api.database import Pool
from controller.api.identity import Role
from controller.api.tokens import Profile, TokenBook
from ops.caller.desk_phone import DeskPhone
from ops.caller.ear import PAUSE_S
from ops.caller.telephone import Telephone
from ops.standins.phrasebook import phrase
from tests.acceptance.floor import Floor, eventually, speeches
from tests.waiting import until

_keys = itertools.count(1)


class Api:
    """Our API as *person*, who has a telephone on his desk."""

    def __init__(self, floor: Floor, call_id: str, secret: str, phone: DeskPhone) -> None:
        self._url = f"{floor.system.controller.api_url}/api/v1/calls/{call_id}"
        self._login = {"Authorization": f"Bearer {secret}"}
        self.phone = phone

    async def act(self, action: str, *, method: str = "POST") -> tuple[int, str]:
        headers = {**self._login, "Idempotency-Key": f"take-over-{next(_keys)}"}
        async with httpx.AsyncClient(headers=headers) as http:
            answer = await http.request(method, f"{self._url}/{action}")
        return answer.status_code, answer.json()["code"]


async def supervisor(floor: Floor, person: str, telephone: Telephone) -> Api:
    """*person*'s API for *telephone*'s call."""
    record = await floor.live_record(telephone.number)
    assert record is not None
    phone = floor.exchange.desk_phone()
    async with Pool.open(floor.system.stack.postgres.dsn) as database:
        profile = Profile(person=person, role=Role.SUPERVISOR, telephone=phone.endpoint)
        token = await TokenBook(database).create(profile, None)
    return Api(floor, str(record.call["id"]), token.secret, phone)


async def test_a_supervisor_takes_a_caller_over_and_gives_him_back_to_an_agent_who_knows(floor: Floor) -> None:
    telephone = await floor.dial()
    await floor.state_is("greeting")
    olha, petro = await supervisor(floor, "Olha", telephone), await supervisor(floor, "Petro", telephone)
    assert await olha.act("release") == (409, "not_taken")
    assert await olha.act("take") == (202, "accepted")
    await olha.phone.picked_up()
    assert (await floor.state_is("operator")).call["operator"] == "Olha"
    assert await petro.act("take") == (409, "with_supervisor")

    await until(lambda: telephone.ear.quiet_s(time.monotonic()) > PAUSE_S)
    began_s = time.monotonic()
    olha.phone.say(phrase("yes").pcm(SLIN16))
    await until(lambda: telephone.ear.first_voiced_after(began_s))
    began_s = time.monotonic()
    await telephone.say(phrase("yes").pcm(SLIN16))
    await until(lambda: olha.phone.ear.first_voiced_after(began_s))

    assert await olha.act("release") == (202, "accepted")
    await until(lambda: olha.phone.gone)

    async def back() -> bool:
        record = await floor.live_record()
        return record is not None and PHRASES["supervisor_left"] in [turn["text"] for turn in speeches(record, "agent")]

    await eventually(back, "the agent's word that he is back", 20.0)
    await telephone.hang_up()
    record = await floor.record()
    assert (record.call["outcome"], record.call["operator"]) == ("hung_up", "Olha")
    assert not [turn for turn in speeches(record, "caller") if turn["text"] == phrase("yes").text], (
        "what people said to each other is theirs"
    )
    petro.phone.put_down()


async def test_a_supervisors_telephone_that_dies_costs_the_caller_nothing(floor: Floor) -> None:
    telephone = await floor.dial()
    await floor.state_is("greeting")
    olha = await supervisor(floor, "Olha", telephone)
    assert await olha.act("take") == (202, "accepted")
    await olha.phone.picked_up()
    await floor.state_is("operator")
    olha.phone.put_down()
    await floor.state_is("listening")
    assert not telephone.gone
    await telephone.hang_up()
    assert (await floor.record()).call["ended_by"] == "caller"
