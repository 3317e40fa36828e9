from __future__ import annotations

import asyncio
import time
import uuid

import pytest

from agent import ports
from audiosocket.audio import SLIN8, SLIN16
from audiosocket.frames import Kind, Message, encode
from audiosocket.limits import Limits
from audiosocket.line import Line
from audiosocket.metronome import Metronome
from audiosocket.server import AudioSocketServer
from tests.fakes.telephone import Telephone
from tests.unit.audiosocket.conftest import Log, connect, until

FRAME = SLIN16.frame_bytes
SPEECH = b"\x11\x22" * 320  # one frame
LIMIT_S = 5.0


async def ends(line: Line) -> str:
    """Why *line* closed; it must close soon."""
    async with asyncio.timeout(LIMIT_S):
        await line.closed()
    assert line.reason is not None
    return line.reason


async def test_a_line_is_what_the_agent_asks_for(server: AudioSocketServer) -> None:
    line: ports.Line
    line, _ = await connect(server)  # mypy compares every method
    line.play().finish()


async def test_silence_flows_from_the_first_byte_and_before_the_line_is_claimed(server: AudioSocketServer) -> None:
    leg_id = uuid.uuid4()
    pending = server.expect(leg_id)
    telephone = await Telephone.dial(server.port, leg_id)
    await telephone.until_heard(3)
    line = await pending.line(timeout_s=1)
    assert telephone.messages[0] == Message(Kind.SLIN16, bytes(FRAME))
    assert not telephone.spoken
    assert line.format == SLIN16


async def test_each_message_comes_in_one_piece(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    line.play().feed(SPEECH * 100)
    await telephone.until_heard(30)
    lengths = [len(read) for _, read in telephone.reads]
    assert all(length % (3 + FRAME) == 0 for length in lengths), lengths


async def test_frames_leave_every_20_ms(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    await telephone.until_heard(51)
    (first_s, _), (last_s, _) = telephone.reads[1], telephone.reads[-1]
    frames = len(telephone.heard) - 2
    skipped = line.stats.frames_skipped
    assert (last_s - first_s) / 0.02 == pytest.approx(frames + skipped, abs=1.5)


async def test_what_is_played_is_heard_whole_and_in_order(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    first, second = line.play(), line.play()
    second.feed(b"\x03\x03" * 320)
    second.finish()
    first.feed(b"\x01\x01" * 500)
    first.feed(b"\x02\x02" * 140)
    first.finish()
    async with asyncio.timeout(LIMIT_S):
        assert await first.done() == 40
        assert await second.done() == 20
    await telephone.until(lambda telephone: len(telephone.spoken) == 3 * FRAME)
    assert telephone.spoken == b"\x01\x01" * 500 + b"\x02\x02" * 140 + b"\x03\x03" * 320


async def test_padding_is_sent_and_not_counted_as_heard(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    speech = line.play()
    speech.feed(SPEECH + b"\x01\x01" * 16)
    speech.finish()
    async with asyncio.timeout(LIMIT_S):
        assert await speech.done() == 21
    await telephone.until(lambda telephone: len(telephone.spoken) == 2 * FRAME)


async def test_hush_stops_within_one_frame_and_tells_exactly_what_was_heard(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    speech, queued = line.play(), line.play()
    speech.feed(SPEECH * 500)
    queued.feed(SPEECH)
    await telephone.until(lambda telephone: len(telephone.spoken) >= 5 * FRAME)
    line.hush()
    async with asyncio.timeout(LIMIT_S):
        heard_ms, queued_ms = await speech.done(), await queued.done()
    sent = line.stats.frames_spoken
    await telephone.until_heard(5)
    speech.feed(SPEECH)
    assert line.stats.frames_spoken == sent
    assert len(telephone.spoken) == sent * FRAME
    assert (heard_ms, queued_ms) == (sent * 20, 0)


async def test_pause_is_silence_and_resume_goes_on_exactly_there(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    pcm = b"".join(bytes((n, n)) * 320 for n in range(1, 11))
    speech = line.play()
    speech.feed(pcm)
    speech.finish()
    await telephone.until(lambda telephone: len(telephone.spoken) >= 3 * FRAME)
    line.pause()
    heard_ms = speech.heard_ms
    await telephone.until_heard(4)
    assert speech.heard_ms == heard_ms
    assert not any(telephone.heard[-1])
    line.resume()
    async with asyncio.timeout(LIMIT_S):
        assert await speech.done() == 200
    await telephone.until(lambda telephone: len(telephone.spoken) == len(pcm))
    assert telephone.spoken == pcm


async def test_the_callers_audio_is_handed_on_in_frames_of_20_ms_whatever_he_sends(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    heard: list[bytes] = []
    line.listen(heard.append)
    pcm = bytes(range(250)) * 256  # 100 frames
    for at in range(0, len(pcm), 1_000):
        telephone.say(pcm[at : at + 1_000])
    await telephone.until(lambda _: len(heard) == 100)
    assert b"".join(heard) == pcm
    assert {len(frame) for frame in heard} == {FRAME}
    assert line.stats.frames_received == 64


async def test_the_first_audio_tells_the_legs_rate(server: AudioSocketServer) -> None:
    leg_id = uuid.uuid4()
    pending = server.expect(leg_id)
    telephone = await Telephone.dial(server.port, leg_id, audio=SLIN8)
    line = await pending.line(timeout_s=1)
    heard: list[bytes] = []
    line.listen(heard.append)
    telephone.say(bytes(320))
    await telephone.until(lambda telephone: telephone.messages[-1] == Message(Kind.SLIN8, bytes(320)))
    assert line.format == SLIN8
    assert heard == [bytes(320)]


async def test_a_leg_asked_for_8_khz_is_spoken_to_in_8_khz_from_the_start(server: AudioSocketServer) -> None:
    _, telephone = await connect(server, audio=SLIN8)
    await telephone.until_heard(1)
    assert telephone.messages[0] == Message(Kind.SLIN8, bytes(320))


@pytest.mark.parametrize("played", [True, False])
async def test_a_rate_that_changes_after_it_was_settled_ends_the_line(server: AudioSocketServer, played: bool) -> None:
    line, telephone = await connect(server)
    if played:
        line.play()
    else:
        telephone.say(bytes(FRAME))
    telephone.send(Message(Kind.SLIN8, bytes(320)))
    assert await ends(line) == "leg of another rate: it speaks 8000 Hz, 16000 Hz is in use"


async def test_keys_are_counted_and_offered(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    telephone.press("5")
    await telephone.until(lambda _: line.stats.keys_received == 1)
    keys: list[str] = []
    line.listen_keys(keys.append)
    telephone.press("0")
    telephone.press("#")
    await telephone.until(lambda _: line.stats.keys_received == 3)
    assert keys == ["0", "#"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (encode(Message(Kind.HANGUP)), "peer hung up"),
        (encode(Message(Kind.ERROR, b"\x04")), "peer reported an error: 04"),
        (encode(Message(Kind.UUID, bytes(16))), "malformed: a second UUID"),
        (b"\x12\xff\xfe", "malformed: message of 65534 bytes, at most 7680 are allowed"),
        (b"HELO", "malformed: unknown kind 0x48"),
    ],
)
async def test_the_peers_ending_closes_the_line_with_its_reason(server: AudioSocketServer, log: Log, raw: bytes, reason: str) -> None:
    line, telephone = await connect(server)
    speech = line.play()
    speech.feed(SPEECH)
    telephone.write(raw)
    assert await ends(line) == reason
    assert await speech.done() == line.stats.frames_spoken * 20
    await telephone.until_gone()
    assert [entry["reason"] for entry in log["line_closed"]] == [reason]


async def test_a_connection_that_is_simply_gone_closes_the_line(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    telephone.drop()
    assert (await ends(line)).startswith(("peer closed the connection", "connection broke"))


async def test_our_own_close_hangs_up_and_whatever_is_played_afterwards_is_over_at_once(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    line.close()
    line.close()
    assert await ends(line) == "closed here"
    await telephone.until_gone()
    assert telephone.messages[-1] == Message(Kind.HANGUP)
    late = line.play()
    late.feed(SPEECH)
    async with asyncio.timeout(LIMIT_S):
        assert await late.done() == 0


async def test_a_peer_that_never_reads_is_given_up_and_nothing_it_did_not_take_counts_as_heard(server: AudioSocketServer) -> None:
    leg_id = uuid.uuid4()
    pending = server.expect(leg_id)
    telephone = await Telephone.dial(server.port, leg_id, reads=False, window_bytes=2_048)
    line = await pending.line(timeout_s=1)
    speech = line.play()
    speech.feed(SPEECH * 500)
    assert await ends(line) == "peer does not read"
    stats = line.stats
    assert stats.frames_unread >= 10
    assert stats.frames_due == stats.frames_sent + stats.frames_skipped
    assert speech.heard_ms == stats.frames_spoken * 20
    assert telephone.messages == []  # it is held until here: one that waits for nothing and nobody holds hangs up when it is collected


@pytest.mark.parametrize(("room", "all_found_it"), [(Limits().send_buffer_bytes, False), (131_072, True)])
async def test_what_a_stalled_telephone_says_late_arrives_if_its_socket_has_room_for_it(room: int, all_found_it: bool) -> None:
    stalled_s = 0.0
    metronome = Metronome(late_frames=100, clock=lambda: time.monotonic() + stalled_s)
    limits = Limits(send_buffer_bytes=room, unread_s=30)
    async with AudioSocketServer("127.0.0.1", 0, limits=limits, metronome=metronome) as server:
        leg_id = uuid.uuid4()
        pending = server.expect(leg_id)
        telephone = await Telephone.dial(server.port, leg_id, reads=False, window_bytes=2_048)
        line = await pending.line(timeout_s=LIMIT_S)
        stalled_s = 1.0
        await until(lambda: line.stats.frames_due > 50)
        assert (line.stats.frames_skipped == 0) is all_found_it
        line.close()
    assert telephone.messages == []  # held until here, as above


async def test_a_flood_of_audio_ends_the_line(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    for _ in range(300):
        telephone.say(bytes(FRAME))
    assert await ends(line) == "flood: audio far ahead of real time"
    assert line.stats.frames_received <= 252


async def test_a_flood_of_keys_ends_the_line(server: AudioSocketServer) -> None:
    line, telephone = await connect(server)
    telephone.write(encode(Message(Kind.DTMF, b"1")) * 1_100)
    assert await ends(line) == "flood: audio far ahead of real time"


async def test_a_sink_that_raises_ends_its_own_line_only_and_is_told_once(server: AudioSocketServer, log: Log) -> None:
    line, telephone = await connect(server)
    _, other = await connect(server)

    def broken(frame: bytes) -> None:
        raise ArithmeticError(len(frame))

    line.listen(broken)
    telephone.say(bytes(FRAME))
    telephone.say(bytes(FRAME))
    assert await ends(line) == "failed here: ArithmeticError"
    assert len(log["line_failed"]) == len(log["line_closed"]) == 1
    await other.until_heard(3)


async def test_a_playback_has_started_when_its_first_frame_left(server: AudioSocketServer) -> None:
    line, _ = await connect(server)
    first, empty, late = line.play(), line.play(), line.play()
    empty.finish()
    late.feed(SPEECH)
    starting = asyncio.create_task(late.started())
    first.feed(SPEECH)
    async with asyncio.timeout(LIMIT_S):
        assert await first.started()
        assert first.heard_ms == 20
        assert not starting.done()
        first.finish()
        assert not await empty.started()
        assert await starting
        unheard = line.play()
        line.hush()
        assert not await unheard.started()
        assert await late.started(), "hushed later, but it had started"


async def test_done_may_be_waited_for_by_several_and_given_up_by_one(server: AudioSocketServer) -> None:
    line, _ = await connect(server)
    speech = line.play()
    impatient, patient = asyncio.create_task(speech.done()), asyncio.create_task(speech.done())
    await asyncio.sleep(0)
    impatient.cancel()
    speech.feed(SPEECH)
    speech.finish()
    async with asyncio.timeout(LIMIT_S):
        assert await patient == 20
