"""``callctl token``: who may use our API and the console. Whoever may write to the database may do this; it is in the audit trail."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.table import Table

from controller.settings import ApiSettings, DatabaseSettings
from controller.terminal import LOOK_AT_DATABASE, audited, err, fail, group, in_loop, out

T = TypeVar("T")

token_app = typer.Typer(help="Tokens of the API and the console: create, list, revoke.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person, as the audit trail and the console call him.")]
RoleName = Annotated[str, typer.Option("--role", help="viewer, developer, supervisor or admin; each includes the former.")]
Telephone = Annotated[str, typer.Option(help="What Asterisk dials to reach him, such as PJSIP/sup1: to listen in and to take over.")]
Numbers = Annotated[bool, typer.Option("--numbers", help="He sees callers' numbers in full.")]


@token_app.command()
def create(
    name: Name,
    role: RoleName,
    telephone: Telephone = "",
    numbers: Numbers = False,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long it is good; without it until it is revoked.")] = None,
) -> None:
    """Make a token and show it, this once."""
    from controller.api.tokens import TokenBook

    profile = _profile(name, role, telephone, numbers)

    async def make(book: TokenBook) -> Any:
        return await book.create(profile, None if days is None else timedelta(days=days))

    made = _with_book(make, "token.create", _told(profile))
    out.print(made.secret, markup=False, highlight=False)
    told = f"The token of {name}, {role}. It is not shown again; callctl token revoke {made.held.id} ends it."
    err.print(told, markup=False, highlight=False)  # beside what a script reads from stdout


@token_app.command()
def link(name: Name, role: RoleName, telephone: Telephone = "", numbers: Numbers = False) -> None:
    """Make a link that logs somebody in to the console, once, within an hour."""
    from controller.api.links import address_of
    from controller.api.tokens import TokenBook

    profile, api = _profile(name, role, telephone, numbers), group(ApiSettings)

    async def make(book: TokenBook) -> str:
        return address_of(api.address, await book.create_link(profile))

    out.print(_with_book(make, "token.link", _told(profile)), markup=False, highlight=False)


@token_app.command("list")
def list_tokens(revoked: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False) -> None:
    """Whose tokens there are."""
    from datetime import UTC, datetime

    from controller.api.tokens import TokenBook

    async def ask(book: TokenBook) -> list[dict[str, Any]]:
        return await book.listed()

    now = datetime.now(UTC)
    table = Table("id", "person", "role", "telephone", "numbers", "created", "good until", "browsers", box=None, header_style="bold")
    for row in _with_book(ask):
        over = row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now)
        if over and not revoked:
            continue
        table.add_row(
            str(row["id"]),
            escape(row["person"]) + (" (link)" if row["once"] else ""),
            row["role"],
            escape(row["telephone"] or ""),
            "full" if row["numbers"] else "masked",
            _day(row["created_at"]),
            _until(row),
            str(row["sessions"]),
        )
    out.print(table)


@token_app.command()
def revoke(token: Annotated[str, typer.Argument(metavar="ID", help="As callctl token list shows it.")]) -> None:
    """End a token and the browsers' sessions that were opened with it: within five seconds everywhere."""
    from controller.api.tokens import TokenBook

    try:
        id_ = str(uuid.UUID(token))
    except ValueError:
        fail("That is not the id of a token; callctl token list shows them")

    async def end(book: TokenBook) -> bool:
        return await book.revoke(id_)

    if not _with_book(end, "token.revoke", {"token": id_}):
        fail(f"There is no token {id_}; callctl token list shows them")
    out.print(f"{id_} is revoked.", highlight=False)


def _profile(name: str, role: str, telephone: str, numbers: bool) -> Any:
    from controller.api.identity import Role
    from controller.api.tokens import PERSON, TELEPHONE, Profile

    if role not in list(Role):
        fail(f"{role!r} is no role: {', '.join(Role)}")
    if not re.fullmatch(PERSON, name):
        fail("A name has 1 to 60 characters, all printable")
    if not re.fullmatch(TELEPHONE, telephone):
        fail(f"{telephone!r} is no telephone: technology and resource, as in PJSIP/sup1")
    return Profile(person=name, role=Role(role), telephone=telephone, numbers=numbers)


def _told(profile: Any) -> dict[str, Any]:
    return {"person": profile.person, "role": profile.role.value, "telephone": profile.telephone, "numbers": profile.numbers}


def _with_book(ask: Callable[[Any], Awaitable[T]], action: str = "", arguments: dict[str, Any] | None = None) -> T:
    """What *ask* makes of the tokens in the database; *action* is written down with what came of it."""
    from controller.api.database import QUERIES, Pool
    from controller.api.problems import DatabaseAway
    from controller.api.tokens import TokenBook

    async def work() -> T:
        async with Pool.open(group(DatabaseSettings).url.get_secret_value(), "callctl-token", connections=1) as database:
            found = await ask(TokenBook(database))
            if action and found is not False:
                await database.fetch(QUERIES["note_command"], audited(action, arguments or {}))
            return found

    try:
        return in_loop(work())
    except DatabaseAway as error:
        fail(f"PostgreSQL: {str(error).splitlines()[0]}. {LOOK_AT_DATABASE}")


def _until(row: dict[str, Any]) -> str:
    if row["revoked_at"] is not None:
        return "used" if row["once"] else "revoked"
    return _day(row["expires_at"]) or "it is revoked"


def _day(at: Any) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"
