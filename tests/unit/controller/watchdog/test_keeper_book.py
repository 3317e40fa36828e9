from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from audiosocket.frames import Kind
from audiosocket.handover import Have, Leg, Take, Told
from controller.watchdog.keeper_book import KeeperBook

COMFORT_S = 30.0
LEG = Leg(uuid.UUID(int=1), Kind.SLIN16, 640)


def comforted(book: KeeperBook) -> list[int]:
    return [comforted.number for comforted in book.comforted()]


def given(book: KeeperBook) -> list[Take]:
    takes = book.to_give()
    for take in takes:
        book.gave(take.number)
    return takes


@dataclass
class Server:
    """A process, its descriptors, and what is under way between it and the keeper."""

    inbox: deque[Take] = field(default_factory=deque)
    outbox: deque[Have | Told] = field(default_factory=deque)
    nameless: set[int] = field(default_factory=set)
    sends_to: set[int] = field(default_factory=set)


class Keeping(RuleBasedStateMachine):
    """Peers, keeper and servers; packets arrive late, processes die between any two of them."""

    def __init__(self) -> None:
        super().__init__()
        self.book = KeeperBook()
        self.now_s = 0.0
        self.server: Server | None = None
        self.dead: Server | None = None  # died, and the keeper does not know it yet
        self.peers: set[int] = set()
        self.legs: set[int] = set()  # those whose UUID a server has read

    @rule()
    def a_peer_connects(self) -> None:
        self.peers.add(self.book.accepted(self.now_s))

    @precondition(lambda self: self.peers)
    @rule(data=st.data())
    def a_peer_hangs_up(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.peers)))
        self.peers.discard(number)
        self.book.forget(number)
        for server in (self.server, self.dead):
            if server:
                server.nameless.discard(number)
                server.sends_to.discard(number)

    @precondition(lambda self: not self.server)
    @rule()
    def a_server_comes(self) -> None:
        self.the_keeper_notices_the_death()
        self.server = Server()
        self.book.server_came(self.now_s)

    @precondition(lambda self: self.server)
    @rule()
    def the_keeper_gives(self) -> None:
        assert self.server
        self.server.inbox.extend(given(self.book))

    @precondition(lambda self: self.server and self.server.inbox)
    @rule()
    def the_server_takes_one(self) -> None:
        assert self.server
        take = self.server.inbox.popleft()
        if take.number not in self.peers:
            return
        if take.leg:
            self.server.sends_to.add(take.number)
            self.server.outbox.append(Have(take.number))
        else:
            self.server.nameless.add(take.number)

    @precondition(lambda self: self.server and self.server.nameless - self.legs)
    @rule()
    def the_server_reads_a_uuid(self) -> None:
        assert self.server
        number = min(self.server.nameless - self.legs)
        self.server.nameless.discard(number)
        self.legs.add(number)
        self.server.sends_to.add(number)
        self.server.outbox.append(Told(number, LEG))

    @precondition(lambda self: self.server and self.server.outbox)
    @rule()
    def the_keeper_hears_one(self) -> None:
        assert self.server
        self.hear(self.server.outbox.popleft())

    @precondition(lambda self: self.server)
    @rule()
    def the_server_dies(self) -> None:
        self.dead, self.server = self.server, None

    @precondition(lambda self: self.dead)
    @rule()
    def the_keeper_notices_the_death(self) -> None:
        if self.dead:
            for packet in self.dead.outbox:
                self.hear(packet)
            self.dead = None
            self.book.server_went(self.now_s)

    @rule(seconds=st.sampled_from([0.01, 1.0, 29.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds
        for number in self.book.alone_too_long(self.now_s - COMFORT_S):
            if self.server and number in self.server.sends_to:
                assert Have(number) in self.server.outbox, "it was given up while a server served it"
            self.a_peer_is_given_up(number)

    def a_peer_is_given_up(self, number: int) -> None:
        self.peers.discard(number)
        self.book.forget(number)
        if self.server:
            self.server.sends_to.discard(number)

    def hear(self, packet: Have | Told) -> None:
        if isinstance(packet, Told):
            self.book.told(packet.number, packet.leg)
        else:
            self.book.has(packet.number)

    @invariant()
    def each_leg_is_sent_to_by_one(self) -> None:
        if self.dead:
            return  # the one step that there may be nobody
        under_way = {packet.number for packet in self.server.outbox} if self.server else set()
        for number in self.peers:
            senders = (number in comforted(self.book)) + bool(self.server and number in self.server.sends_to)
            if number not in self.legs:
                assert senders == 0, "nobody knows its kind of audio"
            elif number in under_way:
                assert senders in (1, 2), "the keeper stops when it hears of it"
            else:
                assert senders == 1

    @invariant()
    def nothing_leaks(self) -> None:
        assert len(self.book) == len(self.peers)
        assert {take.number for take in self.book.to_give()} <= self.peers

    @invariant()
    def a_new_server_is_welcomed_when_it_was_given_everything(self) -> None:
        if self.server and not self.dead:
            assert self.book.to_welcome == (not self.book.to_give())


TestKeeping = Keeping.TestCase
TestKeeping.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)


def test_legs_are_handed_over_before_what_is_new() -> None:
    book = KeeperBook()
    book.server_came(0.0)
    first, second = book.accepted(0.0), book.accepted(0.0)
    assert [take.number for take in given(book)] == [first, second]
    book.told(second, LEG)
    book.server_came(1.0)
    assert given(book) == [Take(second, LEG), Take(first, None)]


def test_what_a_server_says_of_a_connection_that_it_was_not_given_does_not_count() -> None:
    book = KeeperBook()
    number = book.accepted(0.0)
    book.told(number, LEG)
    assert comforted(book) == []
    book.server_came(0.0)
    given(book)
    book.told(number, LEG)
    book.server_came(1.0)
    book.has(number)
    assert comforted(book) == [number]


def test_a_server_that_dies_before_it_has_a_leg_does_not_lengthen_its_time() -> None:
    book = KeeperBook()
    number = book.accepted(0.0)
    book.server_came(0.0)
    given(book)
    book.told(number, LEG)
    book.server_went(10.0)
    book.server_came(20.0)
    given(book)
    book.server_went(35.0)
    assert book.alone_too_long(9.0) == []
    assert book.alone_too_long(11.0) == [number]


def test_only_where_a_plea_was_made_is_an_apology_given_and_passed_on_to_who_takes_over() -> None:
    book = KeeperBook()
    book.server_came(0.0)
    with_plea, without, withdrawn = (book.accepted(0.0) for _ in range(3))
    given(book)
    for number in (with_plea, without, withdrawn):
        book.told(number, LEG)
    book.pleads(with_plea, wanted=True)
    book.pleads(withdrawn, wanted=True)
    book.pleads(withdrawn, wanted=False)
    book.server_went(1.0, 77)
    assert {one.number: one.apology_ns for one in book.comforted()} == {with_plea: 77, without: 0, withdrawn: 0}
    book.server_came(2.0)
    assert given(book) == [Take(with_plea, LEG, 77), Take(without, LEG), Take(withdrawn, LEG)]
    book.pleads(404, wanted=True)


def test_a_plea_counts_for_the_next_death_until_it_is_taken_back() -> None:
    book = KeeperBook()
    book.server_came(0.0)
    number = book.accepted(0.0)
    given(book)
    book.told(number, LEG)
    book.pleads(number, wanted=True)
    book.server_went(1.0, 77)
    book.server_came(1.1)
    given(book)
    book.server_went(1.2, 88)
    assert [one.apology_ns for one in book.comforted()] == [77], "the second never spoke there: the keeper still says the first one's"
    book.server_came(1.3)
    given(book)
    book.has(number)
    book.server_went(1.4, 99)
    assert [one.apology_ns for one in book.comforted()] == [99]
