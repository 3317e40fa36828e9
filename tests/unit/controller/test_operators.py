from __future__ import annotations

from zoneinfo import ZoneInfo

from controller.call.state import Call, State
from controller.journal.records import CallRevised
from controller.operators import Desk, Member, Seen, members, question, seen, state_of
from controller.operators_watch import OperatorsWatch
from tests.fakes.ari import FakeAsterisk

QUEUES = ("operators", "service")
OP1, OP2 = Member("operators", "Local/op1@ops/n"), Member("operators", "Local/op2@ops/n")
NAMES = {"op1": "Олена"}
NOON_MS = 1_795_687_200_000


def desk() -> Desk:
    return Desk(QUEUES, ZoneInfo("Europe/Kyiv"))


def look(one: Desk, device: str = "NOT_INUSE", *calls: Call, paused: bool = False, at_s: float = 0) -> dict[str, object]:
    """What the desk shows of op1."""
    one.look([Seen(OP1, device, paused)], calls, NAMES, NOON_MS + round(at_s * 1000))
    (shown,) = one.operators()
    return shown


def call(state: State, id_: str = "c1", operator: str = "op1", queue: str = "") -> Call:
    return Call(call_id=id_, state=state, operator=operator, queue=queue)


def test_asterisk_is_asked_for_the_members_and_then_for_what_each_does() -> None:
    assert question(QUEUES) == "EVAL(${QUEUE_MEMBER_LIST(operators)}|${QUEUE_MEMBER_LIST(service)})"
    found = members(QUEUES, "Local/op2@ops/n,Local/op1@ops/n|PJSIP/op3")
    assert found == (OP1, OP2, Member("service", "PJSIP/op3"))
    assert [(one.id, one.device) for one in found] == [("op1", "Custom:op1"), ("op2", "Custom:op2"), ("op3", "PJSIP/op3")]
    assert state_of(found[:1]) == "EVAL(${DEVICE_STATE(Custom:op1)},${QUEUE_MEMBER(operators,paused,Local/op1@ops/n)})"
    assert seen(found[:2], "INUSE,0|NOT_INUSE,1") == (Seen(OP1, "INUSE", False), Seen(OP2, "NOT_INUSE", True))


def test_a_queue_that_is_empty_or_unknown_has_no_members() -> None:
    assert members(QUEUES, "|") == ()
    assert members(QUEUES, "") == ()


def test_an_interface_that_would_be_a_function_is_not_asked_for() -> None:
    assert members(("operators",), "Local/op1@ops/n,${SHELL(x)}") == (OP1,)


def test_an_operators_state_is_told_in_the_consoles_words() -> None:
    assert look(desk())["state"] == "free"
    assert look(desk(), "INUSE")["state"] == "call"
    assert look(desk(), "RINGING")["state"] == "call"
    assert look(desk(), "UNAVAILABLE", paused=True)["state"] == "off"
    assert look(desk(), paused=True)["state"] == "pause"


def test_since_when_is_kept_while_nothing_changes_and_his_call_is_named() -> None:
    one = desk()
    look(one)
    shown = look(one, "INUSE", call(State.OPERATOR), at_s=10)
    assert (shown["state"], shown["call"], shown["since"], shown["name"]) == ("call", "c1", NOON_MS + 10_000, "Олена")
    assert look(one, "INUSE", call(State.OPERATOR), at_s=20)["since"] == NOON_MS + 10_000


def test_after_his_talk_he_has_a_moment_and_his_talks_are_counted() -> None:
    one = desk()
    look(one, "INUSE", call(State.OPERATOR))
    assert look(one, at_s=60)["state"] == "wrap"
    assert look(one, at_s=61)["state"] == "wrap"
    shown = look(one, at_s=65)
    assert (shown["state"], shown["today"], shown["avg_s"]) == ("free", 1, 60)
    assert look(one, at_s=24 * 3600)["today"] == 0, "a new day"


def test_who_waits_is_told_by_queue_in_the_order_of_coming() -> None:
    one = desk()
    first, second = call(State.QUEUED, "c1", ""), call(State.LEAVING, "c2", "")
    one.calls([first], NOON_MS)
    one.calls([second, first, call(State.QUEUED, "c3", "", "service"), call(State.TALKING, "c4", "")], NOON_MS + 1)
    assert [(item["call"], item["queue"], item["pos"]) for item in one.waiting()] == [
        ("c1", "operators", 1),
        ("c2", "operators", 2),
        ("c3", "service", 1),
    ]
    one.calls([second], NOON_MS + 2)
    assert [(item["call"], item["pos"], item["since"]) for item in one.waiting()] == [("c2", 1, NOON_MS + 1)]


def test_one_who_is_in_two_queues_is_one_operator() -> None:
    one = desk()
    one.look([Seen(OP2, "NOT_INUSE", False), Seen(Member("service", OP2.interface), "NOT_INUSE", True)], [], {}, NOON_MS)
    (shown,) = one.operators()
    assert (shown["id"], shown["queues"], shown["state"]) == ("op2", ["operators", "service"], "free")


async def test_asterisk_is_asked_when_a_call_comes_to_the_desk_or_leaves_it_and_not_for_each_word_of_the_agents() -> None:
    one = OperatorsWatch(FakeAsterisk(), QUEUES, zone=ZoneInfo("Europe/Kyiv"), calls=tuple)  # type: ignore[arg-type]  # not asked here
    asked = list[bool]()
    for state in ("listening", "thinking", "transferring", "operator", "ended", "ended"):
        one._moved.clear()
        one.append(CallRevised(call_id="c1", revision=1, caller_id="", app="", channel_id="", state=state))
        asked.append(one._moved.is_set())
    assert asked == [False, False, True, True, True, False]
