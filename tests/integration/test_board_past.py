"""Past calls in a real PostgreSQL, and that they are told as they were while they lived."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

import migrations
from agent.records import Latencies, ToolCallRecord, TurnRecord
from controller.board.board import Board
from controller.board.past import PastWish, past_call, past_page
from controller.board.sight import Sight
from controller.journal.ids import call_uuid, unix_ms
from controller.journal.queries import QUERIES
from controller.journal.records import CallRevised, CustomerNamed, Logged, MachineStepped, Record, ToolCalled, TurnRecorded
from controller.journal.rows import inserts, row_of
from controller.reader import Reader
from ops.devstack import DevStack
from tests.fakes.recorded_calls import new_call_id

NOW = datetime.now(UTC).replace(microsecond=0)
WEEK: dict[str, Any] = {"since": NOW - timedelta(days=7), "until": NOW + timedelta(minutes=1)}
OLENA, IHOR = "+380672143890", "+380501286490"


@dataclass
class Life:
    """One call's records; each thing a second later than the one before."""

    ago_s: int
    caller_id: str = IHOR
    outcome: str = "hung_up"
    transferred: bool = False
    records: list[Record] = field(default_factory=list)
    turns: int = 0
    lines: int = 1

    def __post_init__(self) -> None:
        self.id = new_call_id(NOW.timestamp() - self.ago_s)
        self.now_ms = unix_ms(call_uuid(self.id))
        event = {"type": "call_arrived.1", "dialled": "443901212"}
        self.records += [
            MachineStepped(call_id=self.id, sequence=1, at_ms=self.tick(), state="talking", event=event, commands=[]),
            self.revision(1, "listening"),
        ]

    def tick(self) -> int:
        self.now_ms += 1_000
        return self.now_ms

    def revision(self, number: int, state: str, **fields: Any) -> CallRevised:
        return CallRevised(
            call_id=self.id, revision=number, caller_id=self.caller_id, app="callctl", channel_id="1.1", state=state, **fields
        )

    def say(self, speaker: Any, text: str, **fields: Any) -> Life:
        self.turns += 1
        turn = TurnRecord(turn_number=self.turns, speaker=speaker, text=text, started_at_ms=self.tick(), **fields)
        self.records.append(TurnRecorded(call_id=self.id, turn=turn))
        return self

    def answer(self, text: str, took_ms: int = 1_200, **fields: Any) -> Life:
        return self.say("agent", text, latencies=Latencies(answer_ms=took_ms, stt_ms=100, model_ms=900), **fields)

    def use(self, name: str, arguments: dict[str, Any], result: dict[str, Any] | None = None, *, success: bool = True) -> Life:
        made = ToolCallRecord(
            turn_number=self.turns + 1,
            tool_use_id=f"t{len(self.records)}",
            name=name,
            arguments=arguments,
            result=result or {},
            started_at_ms=self.tick(),
            duration_ms=120,
            success=success,
        )
        self.records.append(ToolCalled(call_id=self.id, call=made))
        return self

    def trouble(self, code: str, level: str, **args: Any) -> Life:
        self.lines += 1
        self.records.append(
            Logged(
                call_id=self.id,
                sequence=self.lines,
                at_ms=self.tick(),
                position=self.lines,
                source="ctl",
                name="TroubleRaised",
                level="err" if level == "alarm" else "warn",
                data={"code": code, "level": level, "args": args},
            )
        )
        return self

    def end(self) -> Life:
        closing = self.revision(2, "ended", ended_at_ms=self.tick(), outcome=self.outcome, ended_by="caller", transferred=self.transferred)
        self.records.append(closing)
        return self


def lives() -> dict[str, Life]:
    named = {"customer_name": "Олена Коваль"}
    tyres = {"season": "winter", "vehicle_make": "Toyota", "vehicle_model": "Camry", "vehicle_year": 2020}
    return {
        "order": Life(600, OLENA)
        .say("caller", "Мені потрібні зимові шини", language="uk-UA")
        .use("search_tires", tyres, {"found": 3, "tires": [{"id": "t-1"}]})
        .answer("Є три варіанти.")
        .use("create_order_draft", named, {"number": "12345"})
        .use("confirm_order", {}, {"number": "12345"})
        .answer("Замовлення 12345 прийнято.")
        .end(),
        "booked": Life(500)
        .say("caller", "Запишіть на шиномонтаж")
        .use("book_fitting", {"date": "2026-12-01"}, {"station": "Перемоги 50"})
        .answer("Записала.", 2_900)
        .end(),
        "human": Life(400, transferred=True, outcome="transferred")
        .say("caller", "Мені привезли не ті шини, з'єднайте з людиною")
        .trouble("asked_human", "warn", n=1)
        .answer("Зараз.")
        .say("caller", "Дайте живу людину, будь ласка!")
        .trouble("asked_human", "alarm", n=2)
        .end(),
        "cb": Life(300)
        .say("caller", "Передзвоніть мені на 067 214 38 90")
        .use("request_callback", {"about": "обмін шин"})
        .answer("Добре.")
        .end(),
        "info": Life(200)
        .say("caller", "До котрої ви працюєте? <b>жирно</b>")
        .answer("До шостої, без вихідних", interrupted=True, heard_text="До шостої…", heard_ms=800)
        .use("search_tires", {}, {"error": "Замало даних"}, success=False)
        .end(),
        "left": Life(100).say("agent", "Добрий день!").trouble("dead_air", "warn", s=5).end(),
        "drop": Life(50, outcome="failed").end(),
    }


@pytest.fixture(scope="module")
def dsn(stack: DevStack) -> Iterator[str]:
    dsn = stack.postgres.create_database("past")
    migrations.upgrade(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        named = CustomerNamed(phone=OLENA, name="Олена Коваль", at_ms=unix_ms(call_uuid(new_call_id())))
        write(connection, [named])
        write(connection, [record for life in LIVES.values() for record in life.records])
        write(connection, Life(20).records)  # a call that still goes on
    yield dsn
    stack.postgres.drop_database("past")


LIVES = lives()


def write(connection: psycopg.Connection[Any], records: Sequence[Record]) -> None:
    for insert in inserts(map(row_of, records)):
        connection.execute(QUERIES[insert.statement], {"rows": insert.rows})


@pytest.fixture
async def reader(dsn: str) -> AsyncIterator[Reader]:
    async with Reader.open(dsn, "test") as reader:
        yield reader


async def found(reader: Reader, **wish: Any) -> list[str]:
    page = await past_page(reader, PastWish(**(WEEK | {"numbers": True} | wish)))
    names = {life.id: name for name, life in LIVES.items()}
    return [names[item["id"]] for item in page["items"]]


async def test_a_page_is_the_calls_that_are_over_the_newest_first(reader: Reader) -> None:
    page = await past_page(reader, PastWish(**WEEK))
    assert [item["outcome"] for item in page["items"]] == ["drop", "left", "info", "cb", "human", "booked", "order"]
    assert (page["total"], page["with_trouble"], page["next"]) == (7, 2, None)
    order = page["items"][-1]
    assert order == {
        "id": LIVES["order"].id,
        "at": unix_ms(call_uuid(LIVES["order"].id)),
        "caller": {"name": "Олена Коваль", "tel": OLENA, "known": 0},
        "topic": "замовлення 12345",
        "outcome": "order",
        "dur_s": 8.0,
        "p95_ms": 1_200,
        "trouble": None,
    }
    assert page["items"][4]["trouble"] == {"level": "alarm", "code": "asked_human", "args": {"n": 2}}


async def test_it_is_told_as_it_was_while_it_lived(reader: Reader) -> None:
    board = Board()
    for life in LIVES.values():
        for record in life.records:
            board.append(record)
    for name, life in LIVES.items():
        live, past = board.call(life.id), await past_call(reader, uuid.UUID(life.id))
        assert live is not None
        assert past is not None
        assert past["turns"] == live["turns"], name
        alike = ("id", "line", "lang", "started", "ended", "state", "topic", "outcome", "lat", "can", "events_url")
        assert {field: past[field] for field in alike} == {field: live[field] for field in alike}, name
        assert past["caller"]["name"] == live["caller"]["name"], name


async def test_pages_follow_each_other_without_a_gap_or_a_repetition(reader: Reader) -> None:
    seen, cursor = [], ""
    while True:
        page = await past_page(reader, PastWish(**WEEK, limit=2, cursor=cursor))
        seen += [item["outcome"] for item in page["items"]]
        assert page["total"] == 7
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == ["drop", "left", "info", "cb", "human", "booked", "order"]
    with pytest.raises(ValueError, match="UUID"):
        await past_page(reader, PastWish(**WEEK, cursor="' OR 1=1"))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"q": "зимових шин"}, ["order"]),
        ({"q": "не ті шини"}, ["human"]),
        ({"q": "шини"}, ["cb", "human", "booked", "order"]),
        ({"q": "ЖИВА ЛЮДИНА"}, ["human"]),
        ({"q": "12345"}, ["order"]),
        ({"q": "Олена"}, ["order"]),
        ({"q": "Коваль Тойота"}, []),
        ({"q": "camry"}, ["order"]),
        ({"q": "%"}, ["drop", "left", "info", "cb", "human", "booked", "order"]),
        ({"q": "067 214 38 90"}, ["cb", "order"]),
        ({"q": "2143890"}, ["order"]),
        ({"caller": "+38 (067) 214-38-90"}, ["order"]),
        ({"caller": "3890"}, ["order"]),
        ({"caller": "нікого"}, []),
        ({"outcome": "booked"}, ["booked"]),
        ({"outcome": "goodbye"}, []),
        ({"trouble": True}, ["left", "human"]),
        ({"trouble": True, "q": "людина"}, ["human"]),
        ({"until": NOW - timedelta(seconds=450)}, ["booked", "order"]),
        ({"since": NOW + timedelta(seconds=30)}, []),
    ],
)
async def test_calls_are_found_by_words_number_outcome_trouble_and_time(reader: Reader, wish: dict[str, Any], expected: list[str]) -> None:
    assert await found(reader, **wish) == expected


@pytest.mark.parametrize("part", ["2143890", "14389", "214389", "3890", "21438"])
async def test_who_sees_no_numbers_cannot_find_them_out_piece_by_piece(reader: Reader, part: str) -> None:
    assert await found(reader, q=part, numbers=False) == []
    assert await found(reader, caller=part, numbers=False) == []


async def test_who_knows_a_whole_number_finds_its_calls(reader: Reader) -> None:
    assert await found(reader, q=OLENA, numbers=False) == ["order"]
    assert await found(reader, caller="0672143890", numbers=False) == ["order"]
    assert await found(reader, q="12345", numbers=False) == ["order"], "an order is no telephone number"


async def test_the_words_of_a_search_are_marked_in_the_talk(reader: Reader) -> None:
    call = await past_call(reader, uuid.UUID(LIVES["human"].id), q="не ті шини")
    assert call is not None
    (hit,) = call["hits"]
    assert [hit["text"][start:end] for start, end in hit["marks"]] == ["ті", "шини"]
    assert hit["who"] == "caller"


async def test_without_a_search_its_key_moments_are_told(reader: Reader) -> None:
    human, info = [await past_call(reader, uuid.UUID(LIVES[name].id)) for name in ("human", "info")]
    assert human is not None
    assert info is not None
    assert [hit["text"] for hit in human["hits"]] == ["Мені привезли не ті шини, з'єднайте з людиною", "Дайте живу людину, будь ласка!"]
    assert [hit["text"] for hit in info["hits"]] == ["До котрої ви працюєте? <b>жирно</b>", "До шостої, без вихідних"]
    assert info["facts"] == [{"name": "search_tires", "ms": 120, "error": "Замало даних"}]
    assert human["trouble"]["code"] == "asked_human"


async def test_there_is_no_call_of_an_unknown_id(reader: Reader) -> None:
    assert await past_call(reader, uuid.UUID(new_call_id())) is None


async def test_what_is_masked_of_a_live_call_is_masked_of_a_past_one(reader: Reader) -> None:
    call = await past_call(reader, uuid.UUID(LIVES["cb"].id))
    assert call is not None
    seen = Sight().see(call)
    assert seen["caller"]["tel"] == "+38050***6490"
    assert "214 38" not in str(seen)
