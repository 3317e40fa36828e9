"""``callctl tail`` and ``callctl replay``: the calls' logs at a terminal, as they are written and long afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psycopg
import typer
from rich.text import Text

from controller.printable import printable_json
from controller.replay import Difference, NotARecording, Step, load, replay, save, steps_of_rows
from controller.settings import ApiSettings
from controller.terminal import err, fail, from_database, group, in_loop, out

ALL = 1_000
"""Of one call's lines; more than a long call has."""
FEW = 10

Call = Annotated[str, typer.Argument(metavar="[CALL]", help="Of this call alone, until it ends; without it of all calls.")]


def tail(
    call: Call = "",
    source: Annotated[str, typer.Option("--source", "-s", help="Only from these, by commas: ari rtp vad stt llm tts tool ctl.")] = "",
    level: Annotated[str, typer.Option("--level", help="At least: warn or err.")] = "",
    grep: Annotated[str, typer.Option("--grep", "-g", help="Only lines with this text in them, in any case.")] = "",
    last: Annotated[int | None, typer.Option("-n", min=0, max=ALL, help="So many lines from before: 10, of one call all.")] = None,
    since: Annotated[str, typer.Option("--since", help="From then on: 90s, 10m, 2h, 1d ago, or a time (UTC).")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, as the API sends them.")] = False,
    url: Annotated[str, typer.Option("--url", help="The controller's address; by default that of API_HOST and API_PORT.")] = "",
    token: Annotated[str, typer.Option("--token", envvar="CALLCTL_TOKEN", help="From callctl token create, role developer.")] = "",
) -> None:
    """Follow what happens in calls, live. Reconnects by itself and misses nothing. Times are UTC."""
    from controller.shown_log import gap_text, log_text
    from controller.tail import Tail, TailFailed, Wish, moment_of

    if not token:
        fail("A token is needed: callctl token create NAME --role developer makes one; give it with --token or CALLCTL_TOKEN.")
    try:
        began = moment_of(since, datetime.now(UTC)) if since else None
    except ValueError:
        fail(f"--since {since!r} is neither a stretch such as 10m nor a time such as 2026-11-26T09:30")
    wish = Wish(
        url=url.rstrip("/") or _address(group(ApiSettings)),
        token=token,
        call=str(_call_id(call)) if call else "",
        sources=source,
        level=level,
        text=grep,
        since=began,
        last=last if last is not None else (ALL if call else FEW),
    )

    def show(line: str) -> None:
        if json:
            typer.echo(printable_json(line))
        else:
            _row(log_text(msgspec.json.decode(line), call=not wish.call))

    def news(text: str) -> None:
        err.print(Text(f"--- {text}", "yellow"))

    following = Tail(wish, on_line=show, on_gap=lambda gap: err.print(gap_text(gap)), on_news=news)
    try:
        in_loop(following.follow())
    except TailFailed as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit from None
    except BrokenPipeError:  # head has seen enough
        raise typer.Exit from None
    news("The call has ended.")


def replay_call(
    recorded: Annotated[str, typer.Argument(metavar="CALL|FILE", help="A call's id, or a file: what --save or /log.jsonl gave.")],
    save_as: Annotated[Path | None, typer.Option("--save", help="Write the recording there, telephone numbers replaced.")] = None,
) -> None:
    """Run a recorded call through the machine again; exit code 1 if it would do anything else now.

    A file in tests/recordings is a test.
    """
    path = Path(recorded)
    try:
        steps = load(path) if path.is_file() else _steps_of(_call_id(recorded))
    except (NotARecording, OSError) as error:
        fail(str(error))
    if save_as is not None:
        save(save_as, steps)
        steps = load(save_as)
    differences = replay(steps)
    for text in differences_in_words(differences):
        _row(text)
    told = f"{len(steps)} steps, to the state {steps[-1].state}"
    if differences:
        fail(f"{told}: {len(differences)} differences. If the machine was meant to change, record the call anew.")
    out.print(f"{told}: the machine does what it did.", highlight=False)


def differences_in_words(differences: Sequence[Difference]) -> list[Text]:
    texts = []
    for one in differences:
        texts.append(Text(f"step {one.seq}, {one.event}: other {one.what}", "bold"))
        texts += [Text(f"  {'  ' if line in one.got else '- '}{line}", "" if line in one.got else "red") for line in one.expected]
        texts += [Text(f"  + {line}", "green") for line in one.got if line not in one.expected]
    return texts


def _steps_of(call_id: uuid.UUID) -> list[Step]:
    from controller.journal.queries import show_call

    async def ask(connection: psycopg.AsyncConnection[Any]) -> Any:
        return await show_call(connection, call_id)

    found = from_database(ask)
    if found is None:
        fail(f"there is no call {call_id}; records are kept for a limited time, and a very new one may still be on its way")
    steps = steps_of_rows(found.events)
    if not steps:
        fail(f"of the call {call_id} no step is kept any more")
    return steps


def _call_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        fail(f"{text!r} is not the id of a call; callctl calls lists them")


def _address(api: ApiSettings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(api.host, api.host)  # noqa: S104 - where it listens, not where one connects
    return f"http://[{host}]:{api.port}" if ":" in host else f"http://{host}:{api.port}"


def _row(text: Text) -> None:
    out.print(text, soft_wrap=True, highlight=False)
