from __future__ import annotations

import msgspec
import pytest

from controller.ari.errors import AriNotFound, AriRefused, AriTimeout, AriUnavailable
from controller.call import events as seen
from controller.call.events import Limits
from controller.call.machine import receive
from controller.call.state import Call, State
from controller.journal.records import Audited, CallBackNoted, Logged, MachineStepped
from tests.fakes.calls import House, house, until

CALLER = "1700000000.1"


async def test_a_caller_is_answered_marked_and_speaks_with_the_agent() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        assert agent.openings == ["greeting"]
        assert (agent.caller.number, agent.caller.call_id) == ("380671234567", h.session().call.call_id)
        channel = h.asterisk.calls[CALLER]
        assert channel.state == "Up"
        assert channel.variables == {"__CALL_ID": h.session().call.call_id, "__CALL_APP": "callctl"}
        assert h.asterisk.mixing == {"b-" + h.session().call.call_id: [CALLER, *h.asterisk.legs]}
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")


async def test_the_record_says_when_he_was_answered_what_he_heard_and_in_the_words_of_the_mission_where_he_is() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        assert h.session().record.shown == "greeting"
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
    revisions = h.journal.revisions
    assert [record.revision for record in revisions] == list(range(1, len(revisions) + 1))
    assert revisions[0].state == "connecting"
    last = revisions[-1]
    assert last.state == "ended"
    assert last.answered_at_ms is not None
    assert last.ended_at_ms is not None
    assert last.media["frames_due"] == last.media["frames_sent"] + last.media["frames_skipped"] > 0


async def test_the_journal_holds_enough_to_replay_the_call() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.hands_off()
        await h.state("queued")
        h.asterisk.operator_answers(CALLER)
        await h.state("operator")
        h.asterisk.operator_hangs_up(CALLER)
        await h.ended("transferred", "operator")
    call = Call()
    for step in h.journal.steps:
        call, commands = receive(call, seen.from_builtins(step.event))
        assert call.state == step.state
        assert [msgspec.to_builtins(command) for command in commands] == step.commands
    assert call.state == "ended"
    lines = [line for line in h.journal.records if isinstance(line, MachineStepped | Logged)]
    assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))


async def test_a_hand_off_leads_to_the_queue_and_an_abandoned_wait_is_told_as_such() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.hands_off()
        await h.state("queued")
        assert h.asterisk.calls[CALLER].app_name == "Queue"
        assert h.asterisk.calls[CALLER].variables["__TRANSFER_SUMMARY"] == "Хоче шини"
        await until(lambda: not h.asterisk.legs and not h.asterisk.mixing)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")


async def test_a_caller_whom_nobody_took_comes_back_to_the_same_conversation() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.hands_off()
        await h.state("queued")
        h.asterisk.queue_gives_up(CALLER, "TIMEOUT")
        await until(lambda: agent.openings == ["greeting", "nobody_free"])
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
        assert len(h.agents) == 1


async def test_a_queue_that_gives_up_in_the_same_moment_is_followed() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.hands_off()
        await until(lambda: ("continue_in_dialplan", CALLER) in h.asterisk.done and h.asterisk.calls[CALLER].app_name == "Queue")
        h.asterisk.queue_gives_up(CALLER, "JOINEMPTY")
        await until(lambda: agent.openings == ["greeting", "nobody_free"])
        await until(lambda: len(h.asterisk.mixing["b-" + h.session().call.call_id]) == 2)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")


async def test_key_0_stops_the_agent_says_so_and_leads_to_the_queue() -> None:
    said: list[str] = []
    at_once = Limits(key_0_s=0.01)
    async with house(phrase=lambda key, audio: said.append(key) or audio.silence, limits=at_once) as h:  # type: ignore[func-returns-value]
        agent = await h.talk(CALLER)
        h.asterisk.press(CALLER, "0")
        await h.state("queued")
        assert agent.cancelled == 1
        assert said == ["transfer"]
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")


async def test_an_agent_that_breaks_is_excused_and_costs_nobody_his_call() -> None:
    said: list[str] = []
    async with house(phrase=lambda key, audio: said.append(key) or audio.silence) as h:  # type: ignore[func-returns-value]
        agent = await h.talk(CALLER)
        agent.breaks()
        await h.state("queued")
        assert said == ["apology_transfer"]
        assert CALLER in h.asterisk.calls
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")


async def test_a_missing_phrase_holds_nobody_up() -> None:
    async with house(phrase=lambda key, audio: None) as h:
        agent = await h.talk(CALLER)
        agent.breaks()
        await h.state("queued")
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")


async def test_a_lost_leg_is_replaced() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        [leg] = h.asterisk.legs
        h.asterisk.somebody_hangs_up(leg)
        await until(lambda: agent.openings == ["greeting", "didnt_hear"])
        assert h.asterisk.legs != [leg]
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_leg_that_never_dials_in_leads_to_the_queue_in_the_end() -> None:
    async with house(limits=Limits(line_s=0.05)) as h:
        h.asterisk.silent_legs = True
        h.asterisk.call_in(CALLER)
        await h.state("queued")
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")
        assert [name for name, _ in h.asterisk.done].count("external_media") == 2


async def test_a_refused_leg_is_tried_again_once() -> None:
    async with house() as h:
        h.asterisk.faults["external_media"].append(AriUnavailable("POST", "no"))
        agent = await h.talk(CALLER)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


@pytest.mark.parametrize("operation", ["create_bridge", "add_to_bridge", "answer"])
async def test_one_failure_of_any_part_of_the_set_up_is_mended(operation: str) -> None:
    async with house() as h:
        h.asterisk.faults[operation].append(AriTimeout("POST", "late"))
        agent = await h.talk(CALLER)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_bridge_destroyed_by_others_is_built_again() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        bridge = "b-" + h.session().call.call_id
        h.asterisk.somebody_destroys_bridge(bridge)
        await until(lambda: len(h.asterisk.mixing.get(bridge, [])) == 2)
        assert agent.running
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_caller_moved_out_of_the_application_keeps_his_call() -> None:
    async with house(limits=Limits(settle_s=0.01)) as h:
        await h.talk(CALLER)
        h.asterisk.move_elsewhere(CALLER)
        await h.state("moved")
        await until(lambda: not h.asterisk.legs and not h.asterisk.mixing)
        assert ("hang_up", CALLER) not in h.asterisk.done
        await until(lambda: not h.session().call.deadlines)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("moved", "caller")


async def test_a_caller_moved_with_our_bridge_keeps_the_bridge_too() -> None:
    async with house(limits=Limits(settle_s=0.01)) as h:
        await h.talk(CALLER)
        bridge = "b-" + h.session().call.call_id
        h.asterisk.move_elsewhere(CALLER, still_in_bridge=True)
        await until(lambda: h.asterisk.mixing[bridge] == [CALLER])
        h.asterisk.calls[CALLER].app_name = "Playback"
        await until(lambda: not h.session().call.deadlines)
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("moved", "caller")


async def test_a_supervisors_hang_up_on_the_channel_is_his() -> None:
    async with house() as h:
        await h.talk(CALLER)
        h.asterisk.somebody_hangs_up(CALLER)
        await h.ended("hung_up", "supervisor")


async def test_our_own_hang_up_that_fails_is_repeated() -> None:
    async with house(limits=Limits(gone_s=0.02)) as h:
        agent = await h.talk(CALLER)
        h.asterisk.faults["hang_up"] += [AriTimeout("DELETE", "late"), AriUnavailable("DELETE", "away")]
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_an_order_to_leave_that_fails_is_repeated() -> None:
    async with house(limits=Limits(leave_s=0.02)) as h:
        agent = await h.talk(CALLER)
        h.asterisk.faults["continue_in_dialplan"] += [AriRefused("POST", "busy", 500), AriUnavailable("POST", "away")]
        agent.hands_off()
        await h.state("queued")
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("abandoned", "caller")


async def test_a_channel_that_is_not_there_any_more_ends_the_call_even_if_nobody_told() -> None:
    async with house() as h:
        h.asterisk.faults["answer"].append(AriNotFound("POST", "Channel not found"))
        h.asterisk.faults["external_media"].append(AriUnavailable("POST", "away"))
        h.asterisk.call_in(CALLER)
        await until(lambda: h.journal.closed)
        await h.ended("hung_up", "caller")


async def test_too_long_a_talk_is_ended_with_a_goodbye() -> None:
    said: list[str] = []
    async with house(limits=Limits(length_s=1.0), phrase=lambda key, audio: said.append(key) or audio.silence) as h:  # type: ignore[func-returns-value]
        await h.talk(CALLER)
        await h.ended("too_long", "controller")
        assert said == ["goodbye"]


async def _hang_up_in(h: House, state: str) -> None:
    if state == "connecting":
        h.asterisk.silent_legs = True
        h.asterisk.call_in(CALLER)
        await h.state("connecting")
        return
    agent = await h.talk(CALLER)
    if state == "leaving":
        h.asterisk.stuck["continue_in_dialplan"] = 1
    if state in {"leaving", "queued", "operator"}:
        agent.hands_off()
    if state == "operator":
        await h.state("queued")
        h.asterisk.operator_answers(CALLER)
    await h.state(state)


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("connecting", "hung_up"), ("talking", "hung_up"), ("leaving", "abandoned"), ("queued", "abandoned"), ("operator", "transferred")],
)
@pytest.mark.parametrize("by", ["caller", "supervisor"])
async def test_a_hang_up_from_either_side_in_any_state_leaves_nothing(
    state: str, outcome: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.session.COMMAND_S", 0.3)
    async with house() as h:
        await _hang_up_in(h, state)
        if by == "caller":
            h.asterisk.caller_hangs_up(CALLER)
        else:
            h.session().post(seen.HangUpRequested(by="supervisor"))
            outcome = "transferred" if state == "operator" else "hung_up"
        await h.ended(outcome, by)


async def test_a_caller_who_leans_on_his_keys_delays_nothing_else() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        for _ in range(10_000):
            h.session().post(seen.DigitPressed(digit="5"))
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")
        assert agent.cancelled == 1
        assert sum(step.event["type"] == "digit_pressed.1" for step in h.journal.steps) <= 64


async def test_the_agent_begins_again_only_when_its_earlier_run_has_ended() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        agent.may_end.clear()
        h.session().post(seen.LineLost(leg_id=h.session().call.leg or ""))
        await until(lambda: h.session().call.legs_made == 2 and h.session().call.state is State.TALKING)
        await until(lambda: len(h.server.lines) == 1 and agent.cancelled)
        assert agent.openings == ["greeting"], "two runs at once would write into one history"
        agent.may_end.set()
        await until(lambda: agent.openings == ["greeting", "didnt_hear"])
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_rescue_that_breaks_as_well_harms_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: object) -> None:
        raise RuntimeError("another bug")

    async with house() as h:
        await h.talk(CALLER)
        other = await h.talk("1700000000.7")
        monkeypatch.setattr("controller.session.rescue", break_down)
        h.switchboard.sessions[0].post("no event")  # type: ignore[arg-type]
        await until(lambda: len(h.switchboard.sessions) == 1)
        assert [(record.outcome, record.ended_by) for record in h.journal.closed] == [("failed", "controller")]
        assert other.running


async def test_a_fault_of_ours_costs_the_caller_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(call: Call, event: seen.AnyEvent) -> None:
        raise RuntimeError("a bug in the machine")

    async with house() as h:
        await h.talk(CALLER)
        monkeypatch.setattr("controller.session.receive", break_down)
        h.asterisk.press(CALLER, "1")
        await h.ended("failed", "controller")
        assert h.asterisk.calls[CALLER].app_name == "Queue"


# What people wish


async def test_a_user_event_is_answered_on_the_channel_in_the_log_and_in_the_audit() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        h.asterisk.supervisor_wishes(CALLER, "say", text="Зачекайте, будь ласка", reason="busy", cut=1)
        await until(lambda: agent.dictated == [("Зачекайте, будь ласка", "ari", True)])
        await until(lambda: h.asterisk.calls[CALLER].variables.get("CALLCTL_ACK") == "say:accepted")
        h.asterisk.supervisor_wishes(CALLER, "transfer", queue="nowhere")
        await until(lambda: h.asterisk.calls[CALLER].variables["CALLCTL_ACK"] == "transfer:queue_unknown")
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")
    told = [line.text for line in h.journal.logged if line.name == "Acknowledged"]
    assert told == ["say: accepted", "transfer: queue_unknown"]
    audited = [(record.actor, record.action, record.why, record.result) for record in h.journal.records if isinstance(record, Audited)]
    assert audited == [("ari", "say", "busy", "accepted"), ("ari", "transfer", "", "queue_unknown")]


async def test_on_hold_the_agent_is_told_so() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        h.asterisk.hold(CALLER, on=True)
        await until(lambda: agent.held)
        h.asterisk.hold(CALLER, on=False)
        await until(lambda: not agent.held)
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_the_agent_knows_when_the_operators_have_gone_home() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        assert agent.caller.desk_open()
        h.switchboard.set_desk(is_open=False)
        await until(lambda: not agent.caller.desk_open())
        agent.says_goodbye()
        await h.ended("goodbye", "agent")


async def test_a_promised_call_goes_into_the_journal_once() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        for _ in range(3):
            agent.hands_off()
            await h.state("queued")
            runs = len(agent.openings)
            h.asterisk.queue_gives_up(CALLER, "TIMEOUT")
            await until(lambda runs=runs: len(agent.openings) > runs or h.journal.closed)  # type: ignore[misc]
        await h.ended("nobody_free", "controller")
        [noted] = [record for record in h.journal.records if isinstance(record, CallBackNoted)]
        assert (noted.phone, noted.why, noted.call_id) == ("+380671234567", "Хоче шини", h.journal.closed[0].call_id)


async def test_the_log_tells_what_asterisk_said_what_was_ordered_and_how_the_line_was() -> None:
    async with house() as h:
        agent = await h.talk(CALLER)
        h.asterisk.press(CALLER, "5")
        agent.says_goodbye()
        await h.ended("goodbye", "agent")
    told = {(line.source, line.name) for line in h.journal.logged}
    assert {("ari", "ChannelDtmfReceived"), ("ctl", "CommandDone"), ("rtp", "LineOpened"), ("rtp", "LineClosed")} <= told
    assert next(line for line in h.journal.logged if line.name == "LineClosed").data["frames_sent"] > 0
    answered = next(line for line in h.journal.logged if line.text.startswith("Answer, "))
    assert answered.data == {"command": "Answer", "ms": answered.data["ms"]}


async def test_a_command_that_fails_is_a_red_line_with_its_reason() -> None:
    async with house() as h:
        h.asterisk.faults["external_media"].append(AriUnavailable("POST", "no"))
        await h.talk(CALLER)
        failed = next(line for line in h.journal.logged if line.name == "CommandFailed")
        assert (failed.level, failed.data["command"], failed.data["why"]) == ("err", "OpenLine", "POST: no")
        h.asterisk.caller_hangs_up(CALLER)
        await h.ended("hung_up", "caller")
