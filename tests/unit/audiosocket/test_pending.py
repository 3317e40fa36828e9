from __future__ import annotations

import asyncio
import uuid

import pytest

from audiosocket.errors import LineNotOpened
from audiosocket.line import Line
from audiosocket.server import AudioSocketServer
from tests.fakes.telephone import Telephone
from tests.unit.audiosocket.conftest import Log, connect, until


async def test_a_leg_that_never_dials_in_is_told_and_refused_later(server: AudioSocketServer) -> None:
    pending = server.expect(uuid.uuid4())
    with pytest.raises(LineNotOpened, match=r"did not dial in within 0\.01 s") as failure:
        await pending.line(timeout_s=0.01)
    assert failure.value.leg_id == pending.leg_id
    late = await Telephone.dial(server.port, pending.leg_id)
    await late.until_gone()
    assert not late.heard


async def test_a_line_that_nobody_claims_is_closed_with_a_warning(server: AudioSocketServer, log: Log) -> None:
    pending = server.expect(uuid.uuid4())
    telephone = await Telephone.dial(server.port, pending.leg_id)
    await telephone.until_gone()
    (closed,) = log["line_closed"]
    assert (closed["reason"], closed["log_level"]) == ("not claimed in time", "warning")
    with pytest.raises(LineNotOpened, match="not claimed in time"):
        await pending.line(timeout_s=1)


async def test_an_expectation_that_nobody_claims_or_dials_is_dropped_with_a_warning(server: AudioSocketServer, log: Log) -> None:
    pending = server.expect(uuid.uuid4())
    await until(lambda: bool(log["leg_not_claimed"]))
    assert [entry["leg"] for entry in log["leg_not_claimed"]] == [str(pending.leg_id)]
    with pytest.raises(LineNotOpened, match="not claimed in time"):
        await pending.line(timeout_s=1)


async def test_a_withdrawn_leg_is_refused_and_its_line_closed_if_it_came(server: AudioSocketServer) -> None:
    early, late = server.expect(uuid.uuid4()), server.expect(uuid.uuid4())
    came = await Telephone.dial(server.port, early.leg_id)
    await came.until_heard(1)
    early.cancel()
    late.cancel()
    comes = await Telephone.dial(server.port, late.leg_id)
    await came.until_gone()
    await comes.until_gone()
    assert not comes.heard


async def test_cancelling_who_waits_withdraws_the_leg(server: AudioSocketServer) -> None:
    pending = server.expect(uuid.uuid4())
    waiting = asyncio.create_task(pending.line(timeout_s=5))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    telephone = await Telephone.dial(server.port, pending.leg_id)
    await telephone.until_gone()
    assert not telephone.heard


async def test_a_leg_that_went_before_it_was_claimed_is_told(server: AudioSocketServer) -> None:
    pending = server.expect(uuid.uuid4())
    telephone = await Telephone.dial(server.port, pending.leg_id)
    telephone.hang_up()
    await telephone.until_gone()
    with pytest.raises(LineNotOpened, match="peer hung up"):
        await pending.line(timeout_s=1)


async def test_a_claimed_line_outlives_the_time_for_claiming_and_a_late_cancel(server: AudioSocketServer) -> None:
    leg_id = uuid.uuid4()
    pending = server.expect(leg_id)
    telephone = await Telephone.dial(server.port, leg_id)
    line = await pending.line(timeout_s=1)
    pending.cancel()
    await telephone.until_heard(15)  # 300 ms; the limit is 200
    assert line.reason is None


async def test_a_leg_cannot_be_expected_twice(server: AudioSocketServer) -> None:
    leg_id = uuid.uuid4()
    server.expect(leg_id)
    with pytest.raises(ValueError, match="expected already"):
        server.expect(leg_id)
    line, _ = await connect(server)
    assert line.reason is None


async def test_who_listens_as_the_leg_opens_hears_even_what_came_with_the_uuid(server: AudioSocketServer) -> None:
    heard: list[bytes] = []
    pending = server.expect(uuid.uuid4(), on_open=lambda line: line.listen(heard.append))
    telephone = await Telephone.dial(server.port)
    telephone.write(b"\x01\x00\x10" + pending.leg_id.bytes + b"\x12\x02\x80" + b"\x11\x22" * 320)
    await until(lambda: bool(heard))
    assert heard == [b"\x11\x22" * 320]


async def test_a_fault_of_who_waits_for_the_leg_ends_that_line_alone(server: AudioSocketServer) -> None:
    def fails(line: Line) -> None:
        raise ZeroDivisionError

    pending = server.expect(uuid.uuid4(), on_open=fails)
    telephone = await Telephone.dial(server.port, pending.leg_id)
    await telephone.until_gone()
    with pytest.raises(LineNotOpened, match="failed here: ZeroDivisionError"):
        await pending.line(timeout_s=1)
    line, _ = await connect(server)
    assert line.reason is None
