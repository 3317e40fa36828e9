from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from controller.cli import app
from controller.shown_log import gap_text, log_text
from controller.tail import Wish, moment_of

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LINE = {
    "call": "0198a5f0-0000-7000-8000-0000000a1b2c",
    "ts": NOW.timestamp() * 1000 + 7,
    "seq": 12,
    "src": "llm",
    "lvl": "warn",
    "name": "Retried",
    "text": "after\n900 ms",
    "data": {"status": 529, "request": "[bold]req"},
    "state": None,
}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("10m", NOW - timedelta(minutes=10)),
        ("2h", NOW - timedelta(hours=2)),
        ("1d", NOW - timedelta(days=1)),
        ("2026-11-26T09:30", datetime(2026, 11, 26, 9, 30, tzinfo=UTC)),
        ("2026-11-26T09:30+02:00", datetime(2026, 11, 26, 7, 30, tzinfo=UTC)),
    ],
)
def test_since_is_a_stretch_or_a_time(text: str, moment: datetime) -> None:
    assert moment_of(text, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "10", "m", "-5m"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        moment_of(text, NOW)


def test_a_wish_asks_for_what_was_wished_and_nothing_else() -> None:
    assert Wish(url="http://x", token="t", last=10).query == {"tail": 10}
    wish = Wish(url="http://x", token="t", call="c", sources="ari", level="err", text="q", since=NOW, last=10)
    assert wish.query == {"src": "ari", "level": "err", "q": "q", "since": int(NOW.timestamp() * 1000)}
    assert wish.path == "http://x/api/v1/calls/c/log"


def test_a_row_is_one_line_and_what_was_said_is_no_markup() -> None:
    assert log_text(LINE).plain == "12:00:00.007 0a1b2c   12 llm  Retried              after 900 ms  status=529 request=[bold]req"


def test_a_step_shows_its_event_the_state_after_it_and_what_was_ordered() -> None:
    data = {"event": {"type": "line_joined.1", "leg_id": "x", "limits": {}}, "commands": [{"type": "start_agent.1", "run": 1}]}
    step = LINE | {"src": "ctl", "lvl": "", "name": "line_joined", "text": "talking", "data": data, "state": "talking"}
    assert log_text(step, call=False).plain.split() == [
        "12:00:00.007",
        "12",
        "ctl",
        "line_joined",
        "→",
        "talking",
        "leg_id=x",
        "orders:",
        "start_agent",
    ]


def test_a_gap_says_of_whom_and_when_lines_are_missing() -> None:
    at = int(NOW.timestamp() * 1e6)
    told = gap_text({"app": "callctl", "after": at, "until": at + 5_000_000, "why": "PostgreSQL: away"}).plain
    assert told == "--- lines of callctl are missing, 12:00:00 to 12:00:05: PostgreSQL: away"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tail"], "callctl token create"),
        (["tail", "--token", "x", "--since", "yesterday"], "--since 'yesterday'"),
        (["tail", "--token", "x", "nobody"], "'nobody' is not the id of a call"),
        (["tail", "--token", "x", "--url", "http://127.0.0.1:1"], "does not answer"),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_words(arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLCTL_TOKEN", raising=False)
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.output
