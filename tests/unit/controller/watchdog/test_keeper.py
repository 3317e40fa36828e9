"""The keeper with real sockets; the peers are Asterisk's side of AudioSocket, the servers ours or scripted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from audiosocket.apology import Apology
from audiosocket.audio import SLIN8, SLIN16
from audiosocket.frames import Kind, Message
from audiosocket.frames import encode as encode_frame
from audiosocket.handover import Have, Leave, Leg, Offer, Packet, Plea, Serve, Take, Told, Welcome, encode, receive
from audiosocket.limits import Limits
from audiosocket.line import Line
from audiosocket.server import AudioSocketServer
from controller.watchdog.keeper import Keeper
from controller.watchdog.keeper_lock import DeathLock
from tests.fakes.telephone import Telephone
from tests.waiting import until

HOLDER = """
import sys, threading
from controller.watchdog.keeper_lock import DeathLock

DeathLock(int(sys.argv[1])).acquire()
print("held", flush=True)
threading.Event().wait()
"""
LEG = Leg(uuid.UUID(int=5), Kind.SLIN16, 640)


class Kept:
    """A keeper and what it told."""

    def __init__(self, listener: socket.socket, comfort_s: float, connections_max: int) -> None:
        self.listener = listener
        self.port: int = listener.getsockname()[1]
        self.told: list[tuple[str, dict[str, object]]] = []
        self.keeper = Keeper(
            listener, comfort_s=comfort_s, connections_max=connections_max, tell=lambda event, fields: self.told.append((event, fields))
        )

    def channel(self) -> socket.socket:
        """A new server's end."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.keeper.serve_by(ours)
        return theirs


@contextmanager
def keeping(comfort_s: float = 30.0, connections_max: int = 20) -> Iterator[Kept]:
    kept = Kept(socket.create_server(("127.0.0.1", 0)), comfort_s, connections_max)
    kept.keeper.start()
    try:
        yield kept
    finally:
        kept.keeper.close()
        assert not [event for event, _ in kept.told if event == "keeper_failed"], kept.told


@pytest.fixture
def kept() -> Iterator[Kept]:
    with keeping() as kept:
        yield kept


class Scripted:
    """A server that does nothing by itself."""

    def __init__(self, kept: Kept) -> None:
        self._channel = kept.channel()
        self._channel.setblocking(False)
        self.heard: list[Packet] = []
        self.descriptors: dict[int, socket.socket] = {}

    def say(self, packet: Packet) -> None:
        self._channel.send(encode(packet))

    async def until_heard(self, packet: Packet) -> None:
        await until(lambda: packet in self.listen())

    async def taken(self, number: int) -> socket.socket:
        await until(lambda: self.listen() and number in self.descriptors)
        return self.descriptors[number]

    def die(self) -> None:
        """As by SIGKILL: the kernel closes what it had."""
        for connection in self.descriptors.values():
            connection.close()
        self._channel.close()

    def listen(self) -> list[Packet]:
        """All that it was told until now."""
        try:
            while received := receive(self._channel):
                packet, descriptor = received
                assert packet is not None
                self.heard.append(packet)
                if isinstance(packet, Take):
                    assert descriptor is not None
                    self.descriptors[packet.number] = socket.socket(fileno=descriptor)
        except BlockingIOError:
            pass
        return self.heard


async def serving(kept: Kept, telephones: int = 1, leg: Leg = LEG) -> tuple[Scripted, list[Telephone]]:
    """A server that has so many legs, numbered from 1."""
    server = Scripted(kept)
    server.say(Serve())
    await server.until_heard(Welcome(kept.port))
    phones = [await Telephone.dial(kept.port) for _ in range(telephones)]
    for number in range(1, telephones + 1):
        await server.taken(number)
        server.say(Told(number, leg))
    return server, phones


async def test_a_connection_is_given_with_its_number_and_works(kept: Kept) -> None:
    server, (telephone,) = await serving(kept)
    assert server.heard[:2] == [Welcome(kept.port), Take(1, None)]
    telephone.say(b"\x01\x02" * 320)
    connection = await server.taken(1)
    await until(lambda: len(connection.recv(1_000, socket.MSG_PEEK | socket.MSG_DONTWAIT)) == 643)
    assert connection.recv(3) == b"\x12\x02\x80"


async def test_the_keeper_is_silent_where_a_server_serves(kept: Kept) -> None:
    server, (served, waiting) = await serving(kept, 2)
    server.say(Leave())
    await served.until_heard(2)
    server.say(Serve())
    await server.until_heard(Take(1, LEG))
    server.say(Have(1))
    await Telephone.dial(kept.port)
    await server.taken(3)  # so it has read what was said before
    await waiting.until_heard(2)
    until_then = len(served.heard)
    await waiting.until_heard(5)
    assert len(served.heard) == until_then


async def test_when_the_server_dies_each_leg_gets_silence_of_its_kind_until_the_next_has_it(kept: Kept) -> None:
    eight = Leg(uuid.UUID(int=8), Kind.SLIN8, 320)
    server, (first, second) = await serving(kept, 2)
    server.say(Told(2, eight))
    server.die()
    await first.until_heard(5)
    await second.until_heard(5)
    assert first.messages[0] == Message(Kind.SLIN16, SLIN16.silence)
    assert second.messages[0] == Message(Kind.SLIN8, SLIN8.silence)

    successor = Scripted(kept)
    successor.say(Serve())
    await successor.until_heard(Welcome(kept.port))
    assert successor.heard == [Take(1, LEG), Take(2, eight), Welcome(kept.port)]
    await first.until_heard(2)  # it has not said that it has them
    successor.say(Have(1))
    (await successor.taken(1)).send(encode_frame(Message(Kind.SLIN16, b"\x07" * 640)))
    await first.until(lambda telephone: telephone.spoken == b"\x07" * 640)
    await second.until_heard(5)


async def test_a_connection_without_a_uuid_is_given_to_the_next_as_new_and_never_sent_to(kept: Kept) -> None:
    server = Scripted(kept)
    server.say(Serve())
    telephone = await Telephone.dial(kept.port)
    await server.taken(1)
    server.die()
    successor = Scripted(kept)
    successor.say(Serve())
    await successor.until_heard(Take(1, None))
    assert not telephone.messages


async def test_a_standby_is_given_nothing_before_it_says_that_it_serves(kept: Kept) -> None:
    standby = Scripted(kept)
    _, (telephone,) = await serving(kept)
    assert not standby.listen()
    standby.say(Have(1))  # it has no say
    standby.say(Leave())
    standby.say(Serve())
    await standby.until_heard(Take(1, LEG))
    await telephone.until_heard(3)


async def test_a_server_that_says_its_uuid_with_its_last_breath_is_heard(kept: Kept) -> None:
    server, successor = Scripted(kept), Scripted(kept)
    server.say(Serve())
    await Telephone.dial(kept.port)
    await server.taken(1)
    server.say(Told(1, LEG))
    server.die()
    successor.say(Serve())
    await successor.until_heard(Take(1, LEG))


@contextmanager
def mortal_server(kept: Kept) -> Iterator[tuple[socket.socket, Callable[[], None]]]:
    """The server's end of a channel that stays open, and how to kill the process whose life the keeper watches instead."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    life = DeathLock()
    argv = [sys.executable, "-c", HOLDER, str(life.fd)]
    with theirs, subprocess.Popen(argv, pass_fds=(life.fd,), stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            kept.keeper.serve_by(ours, life)
            theirs.send(encode(Serve()))
            yield theirs, holder.kill
        finally:
            holder.kill()


async def taken(theirs: socket.socket) -> None:
    """The first connection was given to the server at *theirs*."""
    theirs.setblocking(False)

    def took() -> bool:
        with suppress(BlockingIOError):
            received = receive(theirs)
            assert received is not None
            packet, descriptor = received
            if descriptor is not None:
                os.close(descriptor)
            return isinstance(packet, Take)
        return False

    await until(took)


async def test_a_death_is_seen_before_the_kernel_closes_what_the_dead_had(kept: Kept) -> None:
    with mortal_server(kept) as (theirs, kill):
        telephone = await Telephone.dial(kept.port)
        await taken(theirs)
        theirs.send(encode(Told(1, LEG)))
        kill()
        await telephone.until_heard(3)  # and its channel is open still


async def test_the_last_words_of_the_dead_are_heard_however_many_they_are(kept: Kept) -> None:
    with mortal_server(kept) as (theirs, kill):
        telephone = await Telephone.dial(kept.port)
        await taken(theirs)

        def die_after_many_words() -> None:
            for _ in range(100):
                theirs.send(encode(Have(77)))
            theirs.send(encode(Told(1, LEG)))
            kill()

        kept.keeper._loop.wish(die_after_many_words)  # in the keeper's thread, which hears nothing meanwhile
        await telephone.until_heard(3)


async def test_a_server_that_holds_nothing_is_not_taken_for_dead(kept: Kept) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept.keeper.serve_by(ours, DeathLock())
    theirs.send(encode(Serve()))
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "keeper-death"])
    telephone = await Telephone.dial(kept.port)
    await taken(theirs)
    theirs.send(encode(Told(1, LEG)))
    theirs.send(encode(Leave()))
    await telephone.until_heard(1)
    await until(lambda: [event for event, _ in kept.told if event == "server_went"] == ["server_went"])
    theirs.close()


async def test_a_connection_that_the_server_shuts_down_is_over_and_forgotten(kept: Kept) -> None:
    server, (telephone,) = await serving(kept)
    (await server.taken(1)).shutdown(socket.SHUT_RDWR)
    await telephone.until_gone()
    await until(lambda: kept.keeper.connections == 0)


async def test_a_peer_that_goes_is_forgotten_whether_somebody_serves_or_not(kept: Kept) -> None:
    server, (first, second, third) = await serving(kept, 3)
    first.drop()
    await until(lambda: kept.keeper.connections == 2)
    server.die()
    await second.until_heard(1)
    second.drop()
    await until(lambda: kept.keeper.connections == 1)
    third.finish_writing()
    await until(lambda: kept.keeper.connections == 0)


async def test_legs_that_nobody_serves_for_too_long_are_closed() -> None:
    with keeping(comfort_s=0.2) as kept:
        server, phones = await serving(kept, 3)
        nameless = await Telephone.dial(kept.port)
        server.die()
        for telephone in (*phones, nameless):
            await telephone.until_gone()
        assert kept.keeper.connections == 0
        await until(lambda: sum(int(str(told["count"])) for event, told in kept.told if event == "legs_given_up") == 4)
        assert all(len(telephone.heard) >= 5 for telephone in phones)


async def test_more_connections_than_are_allowed_are_refused_at_once() -> None:
    with keeping(connections_max=2) as kept:
        first, second = await Telephone.dial(kept.port), await Telephone.dial(kept.port)
        third = await Telephone.dial(kept.port)
        await third.until_gone()
        first.drop()
        await until(lambda: kept.keeper.connections == 1)
        await Telephone.dial(kept.port)
        await until(lambda: kept.keeper.connections == 2)
        assert not second.gone


async def test_packets_that_nobody_understands_change_nothing(kept: Kept) -> None:
    server, (telephone,) = await serving(kept)
    for raw in (b"\xff\xfe", b"sing 1", b"leg 1", b"have 77", b"leg 99 " + str(LEG.leg_id).encode() + b" 18 640"):
        server._channel.send(raw)
    server.say(Leave())
    await telephone.until_heard(3)
    assert kept.keeper.connections == 1


async def test_closing_leaves_no_descriptor_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with keeping() as kept:
        server, phones = await serving(kept, 3)
    server.die()
    for telephone in phones:
        await telephone.until_gone()
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before)


@asynccontextmanager
async def our_server(kept: Kept, limits: Limits | None = None, apology: Apology | None = None) -> AsyncIterator[AudioSocketServer]:
    channel = kept.channel()
    channel.set_inheritable(True)  # as it comes from the parent
    async with AudioSocketServer("", 0, limits=limits, keeper=channel, apology=apology) as server:
        assert not channel.get_inheritable(), "a child that has it would hide our death"
        yield server


async def test_our_server_serves_what_is_handed_to_it_as_what_it_accepted_itself(kept: Kept) -> None:
    async with our_server(kept) as server:
        assert server.port == kept.port
        leg_id = uuid.uuid4()
        pending = server.expect(leg_id)
        telephone = await Telephone.dial(server.port, leg_id)
        line = await pending.line(timeout_s=5)
        heard: list[bytes] = []
        line.listen(heard.append)
        telephone.say(b"\x05" * 640)
        line.play().feed(b"\x06" * 640)
        await telephone.until(lambda telephone: telephone.spoken == b"\x06" * 640 and bool(heard))
        stranger = await Telephone.dial(server.port, uuid.uuid4())
        await stranger.until_gone()
        line.close()
        await telephone.until_gone()
        await until(lambda: kept.keeper.connections == 0)


async def test_a_leg_goes_from_one_server_to_the_next_and_the_caller_loses_no_word(kept: Kept) -> None:
    leg_id, other_id = uuid.uuid4(), uuid.uuid4()
    async with our_server(kept) as first:
        pending, other_pending = first.expect(leg_id), first.expect(other_id)
        telephone, other = await Telephone.dial(first.port, leg_id), await Telephone.dial(first.port, other_id)
        line = await pending.line(timeout_s=5)
        await other_pending.line(timeout_s=5)
        before: list[bytes] = []
        line.listen(before.append)
        telephone.say(b"\x01" * 640)
        await until(lambda: len(before) == 1)
        assert first.leave()
        for word in (2, 3, 4, 5):
            telephone.say(bytes((word,)) * 640)
        async with our_server(kept) as second:
            assert {line.leg_id for line in second.kept} == {leg_id, other_id}
            assert second.claim(uuid.uuid4()) is None
            successor = second.claim(leg_id)
            assert successor is not None
            assert successor.kept
            assert second.claim(leg_id) is None
            after: list[bytes] = []
            await until(lambda: successor.stats.frames_received == 4)
            successor.listen(after.append)
            await until(lambda: len(after) == 4)
            telephone.say(b"\x06" * 640)
            await until(lambda: len(after) == 5)
            assert [frame[0] for frame in after] == [2, 3, 4, 5, 6]
            successor.play().feed(b"\x09" * 640)
            await telephone.until(lambda telephone: telephone.spoken == b"\x09" * 640)
            with pytest.raises(ValueError, match="was used"):
                second.expect(leg_id)
            other.drop()
            await until(lambda: not second.kept)
            assert second.claim(other_id) is None
        await telephone.until_gone()


async def test_a_kept_line_that_nobody_claims_is_closed(kept: Kept) -> None:
    leg_id = uuid.uuid4()
    async with our_server(kept) as first:
        pending = first.expect(leg_id)
        telephone = await Telephone.dial(first.port, leg_id)
        await pending.line(timeout_s=5)
        assert first.leave()
        with capture_logs() as log:
            async with our_server(kept, Limits(claim_s=0.05)) as second:
                assert [line.leg_id for line in second.kept] == [leg_id]
                await telephone.until_gone()
                assert second.kept == second.lines == ()
        assert [entry["leg"] for entry in log if entry["event"] == "leg_not_claimed"] == [str(leg_id)]


async def test_without_its_keeper_the_server_keeps_its_lines() -> None:
    with keeping() as kept:
        async with our_server(kept) as server:
            leg_id = uuid.uuid4()
            pending = server.expect(leg_id)
            telephone = await Telephone.dial(server.port, leg_id)
            line = await pending.line(timeout_s=5)
            kept.keeper.close()
            heard = len(telephone.heard)
            await telephone.until_heard(heard + 5)
            assert line.reason is None
            with pytest.raises(ConnectionRefusedError):
                await Telephone.dial(server.port)
            assert not server.leave()
            await telephone.until_heard(2)
            line.close()
            await telephone.until_gone()


async def test_without_its_keeper_a_server_that_has_the_listener_too_accepts_by_itself() -> None:
    with keeping() as kept, socket.fromfd(kept.listener.fileno(), socket.AF_INET, socket.SOCK_STREAM) as inherited:
        async with AudioSocketServer("", 0, sock=inherited, keeper=kept.channel()) as server:
            leg_id = uuid.uuid4()
            pending = server.expect(leg_id)
            await until(lambda: server.port == kept.port)
            kept.keeper.close()
            telephone = await Telephone.dial(kept.port, leg_id)
            await pending.line(timeout_s=5)
            await telephone.until_heard(2)


def die(server: AudioSocketServer) -> None:
    """As by SIGKILL, but for its memory."""
    assert server._handed is not None
    for line in server.lines:
        line.let_go()
    server._handed.close()


def words(*numbers: int) -> bytes:
    return b"".join(bytes((number,)) * 640 for number in numbers)


APOLOGY = Apology.of(SLIN16, words(*range(1, 121)), words(200, 201))


async def one_line(server: AudioSocketServer) -> tuple[Telephone, Line]:
    pending = server.expect(leg_id := uuid.uuid4())
    telephone = await Telephone.dial(server.port, leg_id)
    return telephone, await pending.line(timeout_s=5)


async def test_a_caller_is_apologised_to_at_once_and_the_next_server_goes_on_in_the_middle_of_a_word(kept: Kept) -> None:
    async with our_server(kept, apology=APOLOGY) as first:
        telephone, line = await one_line(first)
        pleading_not, _ = await one_line(first)
        line.apologise_when_lost(True)
        await until(lambda: line.stats.frames_sent > 2)
        die(first)
        await telephone.until(lambda telephone: len(telephone.spoken) > 5 * 640)
        async with our_server(kept, apology=APOLOGY) as second:
            successor = second.claim(line.leg_id)
            assert successor is not None
            await until(lambda: successor.stats.frames_spoken > 3)
            playback = successor.play()
            playback.feed(words(*range(1, 61)))
            playback.feed(words(*range(61, 121), 150))
            playback.finish()
            assert await playback.done() == 121 * 20
            await telephone.until(lambda telephone: telephone.spoken.endswith(words(150)))
            heard = [payload[0] for payload in telephone.heard if any(payload)]
            assert heard[0] == 1
            assert heard[-2:] == [120, 150]
            # Where it changed hands a frame may be said twice or left out, for the keeper and the server each have a clock.
            assert all(0 <= after - before <= 2 for before, after in pairwise(heard[:-1]))
            assert len(heard) >= 115
            assert not pleading_not.spoken


async def test_after_the_apology_there_is_a_tone_while_nobody_comes(kept: Kept) -> None:
    async with our_server(kept, apology=Apology.of(SLIN16, words(1, 2), words(200, 201))) as first:
        telephone, line = await one_line(first)
        line.apologise_when_lost(True)
        die(first)
        await telephone.until(lambda telephone: len(telephone.spoken) >= 6 * 640)
        heard = [payload[0] for payload in telephone.heard if any(payload)]
        assert heard[:2] == [1, 2]
        assert {*heard[2:]} == {200, 201}


async def test_who_leaves_for_a_successor_need_not_be_excused_unless_none_comes(kept: Kept) -> None:
    async with our_server(kept, apology=APOLOGY) as first:
        telephone, line = await one_line(first)
        line.apologise_when_lost(True)
        await until(lambda: line.stats.frames_sent > 2)
        assert first.leave()
        telephone.messages.clear()
        await telephone.until(lambda telephone: len(telephone.spoken) > 640)
        silent = next(index for index, payload in enumerate(telephone.heard) if any(payload))
        assert 10 <= silent <= 16
        assert telephone.spoken[0] == 1


async def test_an_apology_that_nobody_understands_leaves_silence(kept: Kept) -> None:
    server, (telephone,) = await serving(kept)
    broken = os.memfd_create("broken")
    os.write(broken, b"x" * 700)
    socket.send_fds(server._channel, [encode(Offer(Kind.SLIN16, 1))], [broken])
    os.close(broken)
    server.say(Plea(1, wanted=True))
    server.die()
    await telephone.until_heard(5)
    assert not telephone.spoken
    assert [event for event, _ in kept.told].count("apology_not_understood") == 1


async def test_who_takes_over_is_told_of_no_apology_that_was_not_said(kept: Kept) -> None:
    server, (telephone,) = await serving(kept)
    server.say(Plea(1, wanted=True))
    server.die()
    await telephone.until_heard(3)
    successor = Scripted(kept)
    successor.say(Serve())
    await successor.until_heard(Take(1, LEG))
