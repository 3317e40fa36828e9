"""The page's pure modules, each imported in the browser and asked."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.console.fake_board import FakeBoard

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ask(page: Page, board: FakeBoard, module: str, code: str, argument: Any = None) -> Any:
    """What *code*, a function of the module and *argument*, gives."""
    await page.goto(f"{board.base}console/merge.js")
    return await page.evaluate(f"async a => ({code})(await import('/console/{module}.js'), a)", argument)


async def test_merge_patches_are_those_of_the_rfc(page: Page, board: FakeBoard) -> None:
    cases: list[Any] = [
        [{"a": "b"}, {"a": "c"}, {"a": "c"}],
        [{"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}],
        [{"a": "b"}, {"a": None}, {}],
        [{"a": "b", "b": "c"}, {"a": None}, {"b": "c"}],
        [{"a": ["b"]}, {"a": "c"}, {"a": "c"}],
        [{"a": "c"}, {"a": ["b"]}, {"a": ["b"]}],
        [{"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}],
        [{"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}],
        [["a", "b"], ["c", "d"], ["c", "d"]],
        [{"a": "b"}, ["c"], ["c"]],
        [{"a": "foo"}, None, None],
        [{"a": "foo"}, "bar", "bar"],
        [{"e": None}, {"a": 1}, {"e": None, "a": 1}],
        [[1, 2], {"a": "b", "c": None}, {"a": "b"}],
        [{}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}],
    ]
    assert await ask(page, board, "merge", "(m, cases) => cases.map(([a, p]) => m.merge(a, p))", cases) == [
        wanted for _, _, wanted in cases
    ]


async def test_the_stream_is_read_the_same_wherever_it_is_cut(page: Page, board: FakeBoard) -> None:
    text = 'retry: 1000\n\n: ping\n\nid: 7\nevent: call\ndata: {"a":\ndata: 1}\n\r\n'
    text += "data:x\r\ndata: y\r\n\r\nid: 8\rdata: ї\r\rid: 9\n\ndata: z\n\n"
    whole = [
        {"id": "7", "type": "call", "data": '{"a":\n1}'},
        {"id": "7", "type": "message", "data": "x\ny"},
        {"id": "8", "type": "message", "data": "ї"},
        {"id": "9", "type": "message", "data": "z"},
    ]
    code = """(m, text) => Array.from({length: text.length}, (_, at) => {
        const p = m.parser(); return JSON.stringify([...p.feed(text.slice(0, at)), ...p.feed(text.slice(at))]); })"""
    told = await ask(page, board, "sse", code, text)
    assert len(set(told)) == 1
    assert await page.evaluate("JSON.parse", told[0]) == whole


async def test_the_board_is_the_snapshot_and_what_came_after(page: Page, board: FakeBoard) -> None:
    code = """m => {
        const b = m.emptyBoard(); m.openCall(b, 'c1');
        const tell = (type, data) => m.receive(b, type, data);
        tell('snapshot', {calls: [{id: 'c1', state: 'listening', trouble: {level: 'warn'}}], queue: [{call: 'c9', pos: 1}],
            operators: [{id: 'o', state: 'free'}], callbacks: [], health: []});
        tell('call', {id: 'c1', patch: {state: 'thinking', trouble: null}});
        tell('call', {id: 'c2', patch: {id: 'c2', state: 'greeting'}});
        tell('call.end', {id: 'c2', outcome: 'left', ended: 5});
        tell('operator', {id: 'o', patch: {state: 'call'}});
        tell('operator', {id: 'p', name: 'whole'});
        tell('queue', {id: 'c9', patch: null});
        tell('something new', {});
        return [[...b.calls.values()], [...b.operators.values()], b.queue.size, b.open.call.state, b.lastEnd];
    }"""
    calls, operators, waiting, opened, last_end = await ask(page, board, "board", code)
    assert calls == [
        {"id": "c1", "state": "thinking"},
        {"id": "c2", "state": "ended", "outcome": "left", "ended": 5, "trouble": None, "can": []},
    ]
    assert operators == [{"id": "o", "state": "call"}, {"id": "p", "name": "whole"}]
    assert (waiting, opened, last_end) == (0, "thinking", 5)


async def test_what_came_while_the_whole_call_was_asked_for_stands_over_the_answer(page: Page, board: FakeBoard) -> None:
    code = """m => {
        const b = m.emptyBoard(); m.openCall(b, 'c'); m.expectOpen(b);
        const tell = (type, data) => m.receive(b, type, {call: 'c', ...data});
        tell('turn', {turn: {n: 2, at: 2, text: 'new'}});
        tell('heard', {n: 1, chars: 3, played_ms: 9});
        tell('interim', {n: 3, at: 3, text: 'late'});
        tell('interim', {n: 4, at: 4, text: 'live'});
        m.fillOpen(b, {id: 'c', turns: [{n: 1, at: 1, text: 'first'}, {n: 2, at: 2, text: 'old'}, {n: 3, at: 3, text: 'final'}]});
        tell('interim', {n: 3, at: 3, text: 'later'});
        return m.turnsOf(b.open);
    }"""
    assert await ask(page, board, "board", code) == [
        {"n": 1, "at": 1, "text": "first", "heard_chars": 3, "played_ms": 9},
        {"n": 2, "at": 2, "text": "new"},
        {"n": 3, "at": 3, "text": "final"},
        {"n": 4, "at": 4, "text": "live", "who": "caller", "interim": True},
    ]


async def test_the_log_keeps_its_last_two_thousand_lines_each_once(page: Page, board: FakeBoard) -> None:
    code = """m => {
        const b = m.emptyBoard(); m.openCall(b, 'c');
        const line = seq => m.receive(b, 'log', {call: 'c', ev: {seq}});
        for (let seq = 1; seq <= 2100; seq++) { line(seq); line(seq); }
        m.fillLog(b, [{seq: 100}, {seq: 101}, {seq: 102}]);
        return [b.open.log.length, b.open.log[0].seq, b.open.log.at(-1).seq];
    }"""
    assert await ask(page, board, "board", code) == [2000, 101, 2100]


async def test_the_list_is_in_order_and_holds_still_under_the_hand(page: Page, board: FakeBoard) -> None:
    code = """m => {
        const call = (id, started, level, since) => ({id, started, trouble: level ? {level, since} : undefined});
        const ids = a => a.rows.map(row => row.call.id + row.level[0]).join(' ');
        const first = [call('a', 1), call('b', 2, 'warn', 20), call('c', 3, 'alarm', 30), call('d', 4, 'alarm', 10), call('e', 5)];
        const one = m.arrange(first, null, false);
        const later = [call('a', 1, 'alarm', 40), call('b', 2, 'warn', 20), call('c', 3), call('d', 4, 'warn', 5)];
        const held = m.arrange(later, one, true);
        return [ids(one), ids(held), ids(m.arrange(later, held, false))];
    }"""
    assert await ask(page, board, "order", code) == ["da ca bw ac ec", "da ca aa bw ec", "aa dw bw cc"]
    assert await page.evaluate(
        """async () => { const {neighbour} = await import('/console/order.js');
            return [neighbour([], 'a', 1), neighbour(['a', 'b'], 'x', -1), neighbour(['a', 'b'], 'b', 1)]; }"""
    ) == [None, "a", "b"]


async def test_an_address_is_a_state_and_a_state_an_address(page: Page, board: FakeBoard) -> None:
    code = """m => ['', '#live', '#past/4117/full?q=%D0%BD%D0%B5+%D1%82%D1%96', '#nowhere/x', '#live/a%2Fb?tab=log', '#live/%E0%A4%A']
        .map(hash => [m.parse(hash), m.format(m.parse(hash))])"""
    told = await ask(page, board, "router", code)
    assert [address for _, address in told] == [
        "#live",
        "#live",
        "#past/4117/full?q=%D0%BD%D0%B5+%D1%82%D1%96",
        "#live",
        "#live/a%2Fb?tab=log",
        "#live/%25E0%25A4%25A",
    ]
    assert told[2][0] == {"view": "past", "id": "4117", "full": True, "query": {"q": "не ті"}}
    assert told[4][0] == {"view": "live", "id": "a/b", "full": False, "query": {"tab": "log"}}


async def test_a_key_means_its_place_and_nothing_in_fields_with_modifiers_or_when_held(page: Page, board: FakeBoard) -> None:
    none = {"field": False, "choice": False, "row": False, "dialog": False, "letters": True}
    cases: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [
        ({"code": "KeyT", "key": "е"}, {}, "transfer"),
        ({"code": "KeyT", "key": "t"}, {"field": True}, None),
        ({"code": "KeyT", "key": "t"}, {"letters": False}, None),
        ({"code": "KeyT", "key": "t", "ctrl": True}, {}, None),
        ({"code": "KeyT", "key": "t", "repeat": True}, {}, None),
        ({"code": "KeyJ", "key": "о", "repeat": True}, {}, "next"),
        ({"code": "Slash", "key": "."}, {}, "search"),
        ({"code": "Digit7", "key": "/"}, {}, "search"),
        ({"code": "Slash", "key": "?"}, {}, "help"),
        ({"code": "Digit3", "key": "3"}, {}, "ops"),
        ({"code": "Escape", "key": "Escape"}, {"field": True}, "escape"),
        ({"code": "Escape", "key": "Escape"}, {"dialog": True}, None),
        ({"code": "Enter", "key": "Enter"}, {}, None),
        ({"code": "Enter", "key": "Enter"}, {"choice": True}, "submit"),
        ({"code": "Enter", "key": "Enter", "ctrl": True}, {"field": True}, "submit"),
        ({"code": "Enter", "key": "Enter", "choice": True, "repeat": True}, {"choice": True}, None),
        ({"code": "ArrowDown", "key": "ArrowDown"}, {"row": True, "letters": False}, "next"),
        ({"code": "ArrowDown", "key": "ArrowDown"}, {}, None),
        ({"code": "KeyQ", "key": "q"}, {}, None),
    ]
    told = await ask(
        page,
        board,
        "keys",
        "(m, cases) => cases.map(([key, where]) => m.commandOf(key, where))",
        [[key, none | where] for key, where, _ in cases],
    )
    assert told == [command for _, _, command in cases]


async def test_words_have_their_plurals_and_numbers_their_form(page: Page, board: FakeBoard) -> None:
    code = """m => ['uk', 'en'].map(lang => {
        m.setLanguage(lang);
        return [1, 2, 5, 11, 21, 104].map(n => m.t('past.n', {n, t: 0})).concat(m.num(1234.5), m.t('no.such.key'), m.t('cut.at', {s: 1.5}));
    })"""
    ukrainian, english = await ask(page, board, "i18n", code)
    assert [words.split(",")[0] for words in ukrainian[:6]] == [
        "1 розмова",
        "2 розмови",
        "5 розмов",
        "11 розмов",
        "21 розмова",
        "104 розмови",
    ]
    assert [words.split(",")[0] for words in english[:6]] == ["1 call", "2 calls", "5 calls", "11 calls", "21 calls", "104 calls"]
    assert (ukrainian[6:], english[6:]) == (
        ["1\u00a0234,5", "no.such.key", "перебито на 1,5 с"],
        ["1,234.5", "no.such.key", "interrupted at 1.5 s"],
    )


async def test_only_the_stage_that_is_most_over_its_own_budget_is_at_fault_and_only_of_a_late_reply(page: Page, board: FakeBoard) -> None:
    replies: list[tuple[dict[str, int], int, str, str | None]] = [
        ({"stt": 900, "llm": 900, "tts": 100, "wire": 50}, 1950, "", None),
        ({"stt": 430, "llm": 1710, "tts": 410, "wire": 70}, 2620, "bad", "llm"),
        ({"stt": 900, "llm": 1100, "tts": 390, "wire": 60}, 2450, "over", "stt"),
        ({"llm": 120, "tts": 230}, 350, "", None),
        ({"hold": 1500, "stt": 300, "llm": 400, "tts": 100, "wire": 10, "total": 2310}, 2310, "over", None),
    ]
    code = "(m, lats) => lats.map(lat => [m.total(lat), m.level(m.total(lat)), m.atFault(lat)])"
    assert await ask(page, board, "latency", code, [lat for lat, *_ in replies]) == [list(wanted) for _, *wanted in replies]


async def test_numbers_are_grouped_masked_ones_too_and_characters_are_what_one_would_count(page: Page, board: FakeBoard) -> None:
    code = """m => [...['+380672143890', '+38067***3890', '100', null].map(m.telephone), m.duration(84000), m.duration(3723000),
        m.stamp(77080), m.fineStamp(77080), m.characters('ї👍🏻!').length]"""
    assert await ask(page, board, "format", code) == [
        "+380 67 214 38 90",
        "+380 67 *** 38 90",
        "100",
        "",
        "1:24",
        "1:02:03",
        "01:17",
        "01:17.080",
        4,
    ]
    parts = "m => [m.parts({text: '👍 так, добре', heard_chars: 5}), m.parts({text: 'все', heard_chars: null})]"
    assert await ask(page, board, "views/talk", parts) == [{"heard": "👍 так", "unheard": ", добре"}, {"heard": "все", "unheard": ""}]


async def test_a_call_goes_first_where_somebody_is_free_then_where_the_wait_is_shortest(page: Page, board: FakeBoard) -> None:
    code = """m => {
        const people = [['a', 'sales', 'call', 100], ['b', 'sales', 'call', 100], ['c', 'service', 'free', 60],
            ['d', 'night', 'off', 60], ['e', 'fitting', 'wrap', 0]];
        const operators = new Map(people.map(([id, queue, state, avg_s]) => [id, {id, name: id, queue, state, avg_s}]));
        const told = m.queues({operators, queue: new Map([['x', {queue: 'fitting'}]])});
        return [told.map(queue => [queue.name, queue.free.length, Math.round(Math.min(queue.waitMs, 1e6) / 1000)]),
            m.queues({operators: new Map(), queue: new Map()})[0].name];
    }"""
    order, nobody = await ask(page, board, "actions", code)
    assert order == [["service", 1, 30], ["sales", 0, 25], ["fitting", 0, 270], ["night", 0, 1000]]
    assert nobody == "operators"
