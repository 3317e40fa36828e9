import io

from rich.console import Console

from ops.bench.answers import Answer
from ops.bench.figures import Level, Round
from ops.bench.report import ROWS, Machine, figures, notes, raw, table
from ops.bench.share import Service, Share

ANSWER = Answer("Є?", "Так.", 620, 550, 0, 20, 10, 5, 620)


def level(**changes: object) -> Level:
    share = Share(650.0, 550.0, (Service("stt", 0.0, 1), Service("model", 12.0, 1), Service("voice", 8.0, 2)), voice_lead_ms=40.0)
    made = Round(2, shares=[share], answers=[ANSWER], connect_ms=[15.0], greet_ms=[60.0], gaps_ms=[-1.0, 0.5], late_ms=[0.2])
    made.frames.update(due=2_000, arrived=1_999, our_due=1_900, our_skipped=1)
    made.cpu_s, made.call_s, made.all_live_s = {"controller": 0.5}, 50.0, 21.0
    for name, value in changes.items():
        setattr(made, name, value)
    return Level(2, [made])


def test_each_row_has_a_figure_for_each_level() -> None:
    shown = figures([level(), Level(50, [])])
    assert list(shown) == ["2", "50"]
    assert shown["2"]["wire latency"] == "650 / 650 / 650"
    assert shown["2"]["of it our share"] == "40 / 40 / 40"
    assert shown["2"]["matched exactly / by mean / in part"] == "0 % / 100 % / 0 %"
    assert shown["2"]["frames missing of those due"] == "1 of 2000 (0.50 ‰)"
    assert shown["2"]["jitter |gap − 20 ms|, p50 / p99"] == "0.5 / 1.0"
    assert shown["50"]["wire latency"] == "– / – / –"


def test_the_table_prints_with_nothing_measured() -> None:
    out = io.StringIO()
    Console(file=out, width=120).print(table([level(), Level(50, [])]))
    assert "2 at once" in out.getvalue()
    assert "our share" in out.getvalue()
    assert table([level()]).row_count == len(ROWS)


def test_a_late_generator_and_answers_left_out_are_told() -> None:
    late = level(late_ms=[9.0])
    late.rounds[0].apart.update(misheard=2)
    told = "\n".join(notes([late]))
    assert "round 1: the generator itself was late" in told
    assert "2 misheard" in told
    assert not any(note.startswith("!") for note in notes([level()]))


def test_calls_that_failed_are_not_counted_as_done() -> None:
    assert figures([level(failures=["one broke"])])["2"]["calls led to their end"] == "1 of 2"


def test_raw_figures_name_every_service() -> None:
    (answer,) = raw([level()])
    assert answer["ours_ms"] == 40.0
    assert [service["kind"] for service in answer["services"]] == ["stt", "model", "voice"]


def test_the_machine_is_told_in_words() -> None:
    told = Machine("3.11.7", "Asterisk 22", 2, (0.5, 0.4, 0.3), 0.25, {"controller": 4.4, "valkey": 1.0}).in_words()
    assert told.startswith("Python 3.11.7 · Asterisk 22 · 0.2 of 2 cores were busy before we began (load 0.5 0.4 0.3)")
    assert told.endswith("CPU without calls, ms a second: controller 4")
