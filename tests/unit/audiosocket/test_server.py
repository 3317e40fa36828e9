from __future__ import annotations

import asyncio
import socket
import uuid

import pytest

from audiosocket.errors import LineNotOpened
from audiosocket.frames import Kind, Message
from audiosocket.limits import Limits
from audiosocket.server import AudioSocketServer
from tests.fakes.telephone import Telephone
from tests.unit.audiosocket.conftest import Log, connect, until


async def refused(telephone: Telephone, log: Log) -> str:
    """The reason in the latest log line that refused somebody, who must be *telephone*."""
    await telephone.until_gone()
    await until(lambda: bool(log["connection_refused"]))
    line = log["connection_refused"][-1]
    assert line["peer"] == telephone.address
    assert line["log_level"] == "warning"
    assert not telephone.heard
    return f"{line['reason']}: {line['detail']}".removesuffix(": ")


async def test_an_unknown_uuid_is_refused(server: AudioSocketServer, log: Log) -> None:
    stranger = uuid.uuid4()
    telephone = await Telephone.dial(server.port, stranger)
    assert await refused(telephone, log) == f"UUID not expected: {stranger}"
    assert server.refusals == {"UUID not expected": 1}


async def test_a_reused_uuid_is_refused_while_the_line_lives_and_afterwards(server: AudioSocketServer, log: Log) -> None:
    line, telephone = await connect(server)
    for _ in range(2):
        second = await Telephone.dial(server.port, line.leg_id)
        assert await refused(second, log) == f"UUID reused: {line.leg_id}"
        if not telephone.gone:
            await telephone.until_heard(2)
            line.close()
            await telephone.until_gone()
    with pytest.raises(ValueError, match="expected already or was used"):
        server.expect(line.leg_id)


async def test_who_tells_no_uuid_in_time_is_refused(server: AudioSocketServer, log: Log) -> None:
    assert await refused(await Telephone.dial(server.port), log) == "no UUID in time"


async def test_who_tells_his_uuid_byte_by_byte_has_no_more_time(server: AudioSocketServer, log: Log) -> None:
    telephone = await Telephone.dial(server.port)
    telephone.write(b"\x01\x00\x10" + bytes(15))
    assert await refused(telephone, log) == "no UUID in time"


async def test_who_speaks_before_his_uuid_is_refused(server: AudioSocketServer, log: Log) -> None:
    telephone = await Telephone.dial(server.port)
    telephone.say(bytes(640))
    assert await refused(telephone, log) == "UUID does not come first: SLIN16"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "malformed: unknown kind 0x47"),
        (b"\x01\xff\xff", "malformed: message of 65535 bytes, at most 7680 are allowed"),
        (b"\x01\x00\x02ab", "malformed: UUID of 2 bytes instead of 16"),
    ],
)
async def test_malformed_greetings_are_refused(server: AudioSocketServer, log: Log, raw: bytes, reason: str) -> None:
    telephone = await Telephone.dial(server.port)
    telephone.write(raw)
    assert await refused(telephone, log) == reason


async def test_a_peer_that_leaves_before_its_uuid_is_told(server: AudioSocketServer, log: Log) -> None:
    telephone = await Telephone.dial(server.port)
    telephone.finish_writing()
    assert await refused(telephone, log) == "peer closed the connection"


async def test_one_connection_too_many_is_refused_and_the_others_stay(log: Log) -> None:
    async with AudioSocketServer("127.0.0.1", 0, limits=Limits(connections=2)) as server:
        _, first = await connect(server)
        await Telephone.dial(server.port)  # without a UUID it counts as well
        third = await Telephone.dial(server.port, uuid.uuid4())
        assert await refused(third, log) == "too many connections"
        await first.until_heard(3)
        first.hang_up()
        await first.until_gone()
        _, fourth = await connect(server)
        await fourth.until_heard(3)


async def test_audio_that_comes_in_one_piece_with_the_uuid_is_not_lost(server: AudioSocketServer) -> None:
    leg_id = uuid.uuid4()
    pending = server.expect(leg_id)
    telephone = await Telephone.dial(server.port)
    telephone.write(b"\x01\x00\x10" + leg_id.bytes + b"\x03\x00\x017")
    line = await pending.line(timeout_s=1)
    await telephone.until(lambda _: line.stats.keys_received == 1)


async def test_twenty_lines_at_once_send_or_count_every_frame_that_is_due(server: AudioSocketServer) -> None:
    calls = await asyncio.gather(*(connect(server) for _ in range(20)))
    for line, _ in calls:
        line.play().feed(b"\x11\x22" * 320 * 40)
    await asyncio.gather(*(telephone.until(lambda telephone: len(telephone.spoken) == 40 * 640) for _, telephone in calls))
    for line, _ in calls:
        line.close()
    await asyncio.gather(*(telephone.until_gone() for _, telephone in calls))
    for line, telephone in calls:
        stats = line.stats
        assert stats.frames_sent + stats.frames_skipped == stats.frames_due
        assert stats.frames_due >= 40
        assert len(telephone.heard) == stats.frames_sent
        assert stats.frames_spoken == 40


async def test_draining_waits_for_the_lines_and_accepts_nobody_new(server: AudioSocketServer) -> None:
    _, telephone = await connect(server)
    draining = asyncio.create_task(server.drain(timeout_s=5))
    await telephone.until_heard(3)
    with pytest.raises(ConnectionRefusedError):
        await Telephone.dial(server.port)
    with pytest.raises(LineNotOpened, match="server is closed"):
        await server.expect(uuid.uuid4()).line(timeout_s=1)
    telephone.hang_up()
    async with asyncio.timeout(5):
        assert await draining == 0


async def test_what_does_not_end_while_draining_is_closed_and_counted(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    nameless = await Telephone.dial(server.port)
    await telephone.until_heard(1)
    assert await server.drain(timeout_s=0.01) == 1
    await telephone.until_gone()
    await nameless.until_gone()
    assert line.reason == "server is closed"
    assert server.lines == ()


async def test_a_free_port_is_told() -> None:
    async with AudioSocketServer("127.0.0.1", 0) as first, AudioSocketServer("127.0.0.1", 0) as second:
        assert 0 < first.port != second.port > 0


async def test_it_accepts_on_a_socket_that_was_bound_before() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        async with AudioSocketServer("", 0, sock=bound) as server:
            assert server.port == bound.getsockname()[1]
            _, telephone = await connect(server)
            await telephone.until_heard(2)
            assert not server.leave(), "nobody keeps the legs"
            await telephone.until_heard(2)


async def test_a_stranger_is_not_answered_with_silence(server: AudioSocketServer) -> None:
    telephone = await Telephone.dial(server.port, uuid.uuid4())
    await telephone.until_gone()
    assert telephone.messages in ([], [Message(Kind.HANGUP)])


async def test_a_socket_that_was_bound_before_is_listened_on(log: Log) -> None:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    async with AudioSocketServer("", 0, sock=bound) as server:
        assert server.port == bound.getsockname()[1]
        line, telephone = await connect(server)
        await telephone.until_heard(2)
        line.close()
        await telephone.until_gone()
