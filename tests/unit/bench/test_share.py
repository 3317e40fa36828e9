from dataclasses import replace

import pytest

from ops.bench.answers import Answer, Logs, ToolUsed
from ops.bench.share import Service, Share, first_clause, services_of
from ops.standins.control import Served

# The caller's last voiced frame is at 1,000; the turn ends at 1,550.
PLAIN = Answer(
    question="А дешевше щось є?",
    text="Так, є. Росава за 2 100.",
    sent_ms=1_620,
    hold_ms=550,
    stt_ms=0,
    model_ms=30,
    tts_ms=20,
    wire_ms=10,
    answer_ms=620,
)
# The same with a tool that ran from 1,570 to 1,600; its words came at 1,640.
WITH_TOOL = replace(PLAIN, sent_ms=1_700, answer_ms=700, tools=(ToolUsed("toolu_1", "request-1", 1_570),))


def served(arrived_ms: float, first_ms: float, ended_ms: float, **detail: object) -> Served:
    return Served("any", arrived_ms, first_ms, ended_ms, "ok", detail)


def model(arrived_ms: float, first_ms: float, ended_ms: float, **detail: object) -> Served:
    return served(arrived_ms, first_ms, ended_ms, **{"asked": PLAIN.question, "answers": [], "uses": [], **detail})


def by_kind(services: tuple[Service, ...]) -> list[tuple[str, float, int]]:
    return [(service.kind, service.ms, service.fitting) for service in services]


RECOGNISED = served(1_080, 1_080, 1_080, text=PLAIN.question)
SPOKEN = served(1_595, 1_602, 1_900, text="Так, є.")


def test_a_plain_answer_owes_its_model_until_the_first_token_and_its_voice_until_the_first_audio() -> None:
    logs = Logs(stt=[RECOGNISED], model=[model(1_555, 1_567, 1_590)], voice=[SPOKEN])
    services = services_of(PLAIN, logs)
    assert by_kind(services) == [("stt", 0, 1), ("model", 12, 1), ("voice", 7, 1)]
    assert Share(640, PLAIN.hold_ms, services).ours_ms == 640 - 550 - 12 - 7
    assert Share(640, PLAIN.hold_ms, services).matched == "exactly"


def test_recognition_costs_only_what_it_takes_beyond_the_hold() -> None:
    late = served(1_080, 1_575, 1_575, text=PLAIN.question)
    services = services_of(replace(PLAIN, stt_ms=26), Logs(stt=[late]))
    assert services[0] == Service("stt", 25, 1)


def test_with_a_tool_the_whole_first_reply_the_shop_and_the_second_reply_count() -> None:
    logs = Logs(
        stt=[RECOGNISED],
        model=[model(1_552, 1_556, 1_560, uses=["toolu_1"]), model(1_610, 1_618, 1_650, asked="", answers=["toolu_1"])],
        shop=[served(1_575, 1_580, 1_595, request_id="request-1"), served(1_575, 1_580, 1_599, request_id="another call's")],
        voice=[served(1_675, 1_680, 1_900, text="Так, є.")],
    )
    assert by_kind(services_of(WITH_TOOL, logs)) == [("stt", 0, 1), ("model", 8, 1), ("shop", 20, 1), ("model", 8, 1), ("voice", 5, 1)]


def test_a_tool_that_was_announced_in_words_comes_after_them_and_costs_the_caller_nothing() -> None:
    announced = replace(PLAIN, tools=(ToolUsed("toolu_1", "request-1", PLAIN.clause_ms - 1),))
    logs = Logs(model=[model(1_555, 1_560, 1_590, uses=["toolu_1"])], shop=[served(1_595, 1_596, 1_599, request_id="request-1")])
    assert by_kind(services_of(announced, logs)) == [("stt", 0, 0), ("model", 5, 1), ("voice", 0, 0)]


def test_a_tool_use_tells_the_first_reply_among_many_that_fit() -> None:
    many = [model(1_552, 1_556, 1_590), model(1_553, 1_560, 1_570, uses=["toolu_1"]), model(1_554, 1_555, 1_556)]
    assert services_of(WITH_TOOL, Logs(model=many))[1] == Service("model", 17, 1)


def test_of_several_requests_that_fit_the_mean_is_taken_off() -> None:
    services = services_of(PLAIN, Logs(stt=[RECOGNISED], model=[model(1_552, 1_556, 1_560), model(1_553, 1_561, 1_565)], voice=[SPOKEN]))
    assert services[1] == Service("model", 6, 2)
    assert Share(640, 550, services).matched == "by the mean"


def test_where_no_request_fits_nothing_is_taken_off() -> None:
    services = services_of(PLAIN, Logs())
    assert all(service.ms == 0 and service.fitting == 0 for service in services)
    assert Share(640, 550, services).ours_ms == 90
    assert Share(640, 550, services).matched == "in part"


@pytest.mark.parametrize("arrived_ms", [1_400, 1_700])
def test_the_same_words_at_another_time_are_another_callers(arrived_ms: float) -> None:
    assert services_of(PLAIN, Logs(model=[model(arrived_ms, arrived_ms + 5, arrived_ms + 9)]))[1].fitting == 0


def test_other_words_at_the_same_time_are_another_callers() -> None:
    logs = Logs(model=[model(1_555, 1_560, 1_590, asked="Чи є вони в наявності?")], voice=[served(1_595, 1_600, 1_700, text="Ні.")])
    assert [service.fitting for service in services_of(PLAIN, logs)] == [0, 0, 0]


def test_the_first_clause_is_what_the_voice_was_told_first() -> None:
    assert first_clause(PLAIN, [served(0, 0, 0, text="Ні."), SPOKEN]) == "Так, є."
    assert first_clause(PLAIN, [served(0, 0, 0, text="")]) is None
