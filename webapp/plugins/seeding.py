"""`plugdeck seed`: synthetic accounts and plugins of a given size, for measuring, by bulk inserts.

What a save keeps true is kept true here as well: tags and their uses, tallies, searchable text, readiness, the first
revision and the generation of each account. Each chunk is a transaction of its own, so other writers wait briefly.
"""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import click
from flask.cli import with_appcontext
from sqlalchemy import Table, bindparam, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.accounts.models import PLATFORM_ACCOUNT_NUMBER, Account, User, UserProfile
from webapp.accounts.service import create_account, create_user
from webapp.connections.models import ApiConnection, SqlConnection
from webapp.core import semver
from webapp.core.clock import utcnow
from webapp.core.text import fold
from webapp.db.session import current_session, touch_account, transaction
from webapp.history.models import Revision
from webapp.plugins.models import (
    PluginAnnotation,
    PluginMeta,
    PluginPrompt,
    PluginSearch,
    PluginSelector,
    PluginTag,
    PluginTally,
    Tag,
)
from webapp.plugins.models.bookkeeping import annotation_rows, find_tags, search_row
from webapp.plugins.models.data import DATA_MODELS, PluginDataBase
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.readiness import ConnectionState, judge
from webapp.plugins.seed_texts import API_CONNECTION, SQL_CONNECTION, SeededPlugin, generate_plugins

CHUNK = 2_000
FIRST_ACCOUNT_SHARE = 0.5
FIRST_OWNER_SHARE = 0.4
PLATFORM_SHARE = 0.01

Row = dict[str, Any]


@dataclass(frozen=True)
class SeededAccount:
    """An account that was filled, the names of its people in order and how many plugins it got."""

    id: int
    number: str
    usernames: tuple[str, ...]
    plugins: int


@dataclass(frozen=True)
class _Owner:
    profile_id: int
    username: str


def seed(
    plugins: int,
    *,
    random_seed: int = 1,
    accounts: int = 5,
    people: int = 5,
    password: str | None = None,
    history: bool = True,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[SeededAccount]:
    """Fill new accounts with synthetic plugins; a hundredth of them goes to the platform account.

    The first account gets half of the rest, and its first person two fifths of that.

    Args:
        plugins: how many in all.
        random_seed: the same one gives the same plugins.
        accounts: how many accounts are made.
        people: how many people each of them gets; the first is staff.
        password: of all of them; without one nobody can sign in as them.
        history: whether each plugin gets its first revision.
        progress: called with the number of plugins stored since the last call.
    """
    password = password or secrets.token_urlsafe(24)
    shares = _shares(plugins, accounts)
    filled = []
    for place, count in enumerate(shares):
        account_id, number = _account(place, len(shares))
        usernames = _people(account_id, number, people if place < accounts else 1, password)
        owners = _owners(account_id, usernames)
        _connections(account_id, owners[0])
        generated = generate_plugins(random_seed, place, count)
        while chunk := list(itertools.islice(generated, CHUNK)):
            _store(account_id, owners, chunk, history)
            progress(len(chunk))
        filled.append(SeededAccount(account_id, number, usernames, count))
    _finish()
    return filled


def _shares(plugins: int, accounts: int) -> list[int]:
    """Return how many plugins each account gets; the last number is the platform's."""
    platform = int(plugins * PLATFORM_SHARE)
    rest = plugins - platform
    if accounts == 1:
        return [rest, platform]
    first = int(rest * FIRST_ACCOUNT_SHARE)
    others = [(rest - first) // (accounts - 1)] * (accounts - 1)
    others[0] += rest - first - sum(others)
    return [first, *others, platform]


def _account(place: int, count: int) -> tuple[int, str]:
    if place < count - 1:
        made = create_account(f"Seed {place + 1}")
        return made.id, made.number
    found = current_session().scalar(
        select(Account.id).where(Account.account_number == PLATFORM_ACCOUNT_NUMBER)
    )
    return found or create_account("Platform", PLATFORM_ACCOUNT_NUMBER).id, PLATFORM_ACCOUNT_NUMBER


def _people(account_id: int, number: str, count: int, password: str) -> tuple[str, ...]:
    # A second run adds people to the platform account again, so the names there hold a random part.
    token = f"{account_id}" if number != PLATFORM_ACCOUNT_NUMBER else f"{account_id}_{secrets.token_hex(3)}"
    usernames = tuple(f"seed{token}_person{place + 1}" for place in range(count))
    for place, username in enumerate(usernames):
        create_user(
            username, number, "member" if place else "staff", password, f"Person {place + 1} of {token}"
        )
    return usernames


def _owners(account_id: int, usernames: Sequence[str]) -> list[_Owner]:
    rows = current_session().execute(
        select(UserProfile.id, User.username_key)
        .join(User, User.id == UserProfile.user_id)
        .where(UserProfile.account_id == account_id, User.username.in_(usernames))
        .order_by(UserProfile.id)
    )
    return [_Owner(profile_id, username) for profile_id, username in rows]


def _connections(account_id: int, owner: _Owner) -> None:
    shared = {"account_id": account_id, "user_profile_id": owner.profile_id, "revision": 1, "annotations": []}
    with transaction() as session:
        for model, name, columns in (
            (SqlConnection, SQL_CONNECTION, {"db_engine": "sqlite", "hostname": "", "database": "seed"}),
            (ApiConnection, API_CONNECTION, {"base_url": "https://seed.example"}),
        ):
            table = _table(model)
            held = session.scalar(
                select(table.c.id).where(table.c.account_id == account_id, table.c.name == name)
            )
            if held is None:
                session.execute(insert(table).values(name=name, tag_names=[], **shared, **columns))
        touch_account(session, account_id)


def _store(account_id: int, owners: Sequence[_Owner], chunk: Sequence[SeededPlugin], history: bool) -> None:
    now = utcnow()
    owned = [_owner_of(owners, place) for place in range(len(chunk))]
    metas = [_meta_row(account_id, owner, plugin, now) for owner, plugin in zip(owned, chunk, strict=True)]
    with transaction() as session:
        table = _table(PluginMeta)
        ids = session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), metas).all()
        _store_parts(session, account_id, ids, chunk)
        _store_tags(session, account_id, ids, chunk)
        _store_search(session, account_id, ids, chunk)
        _store_annotations(session, account_id, ids, chunk)
        _count(session, metas)
        if history:
            _store_history(session, ids, chunk, metas)
        touch_account(session, account_id)


def _owner_of(owners: Sequence[_Owner], place: int) -> _Owner:
    # Two in five go to the first person, the others in turn to the rest.
    if len(owners) == 1 or place % 5 < 5 * FIRST_OWNER_SHARE:
        return owners[0]
    return owners[1 + place % (len(owners) - 1)]


def _meta_row(account_id: int, owner: _Owner, plugin: SeededPlugin, now: dt.datetime) -> Row:
    values = plugin.values
    names_connection = values.plugin_class != "static" and values.data is not None
    judgement = judge(values, ConnectionState(exists=True) if names_connection else None)
    return {
        "account_id": account_id,
        "user_profile_id": owner.profile_id,
        "owner_key": owner.username,
        "name": values.name,
        "description": values.description,
        "version": values.version,
        "version_key": semver.sort_key(values.version),
        "annotations": list(values.annotations),
        "plugin_class": values.plugin_class,
        "readiness": judgement.state,
        "revision": 1,
        "created_at": now - dt.timedelta(seconds=plugin.age_seconds),
        "updated_at": now - dt.timedelta(seconds=plugin.unchanged_seconds),
    }


def _store_parts(
    session: Session, account_id: int, ids: Sequence[int], chunk: Sequence[SeededPlugin]
) -> None:
    selectors, prompts = [], []
    of_class: dict[str, list[tuple[int, SeededPlugin]]] = {name: [] for name in DATA_MODELS}
    for plugin_id, plugin in zip(ids, chunk, strict=True):
        values = plugin.values
        if values.selector:
            selectors.append({"plugin_id": plugin_id, **values.to_dict()["selector"]})
        if values.prompt:
            prompts.append({"plugin_id": plugin_id, **values.to_dict()["prompt"]})
        if values.data:
            of_class[values.plugin_class].append((plugin_id, plugin))
    _insert(session, PluginSelector, selectors)
    _insert(session, PluginPrompt, prompts)
    for name, plugins in of_class.items():
        _store_data(session, account_id, name, plugins)


def _store_data(
    session: Session, account_id: int, plugin_class: str, plugins: Sequence[tuple[int, SeededPlugin]]
) -> None:
    if not plugins:
        return
    base = _table(PluginDataBase)
    data = [plugin.values.to_dict()["data"] for _, plugin in plugins]
    rows = [
        {
            "plugin_id": plugin_id,
            "account_id": account_id,
            "plugin_class": plugin_class,
            "description": item["description"],
            "parameters": item.get("parameters", []),
            "test_values": item.get("test_values", []),
        }
        for (plugin_id, _), item in zip(plugins, data, strict=True)
    ]
    ids = session.scalars(insert(base).returning(base.c.id, sort_by_parameter_order=True), rows).all()
    connection = _connection(session, account_id, plugin_class)
    own: list[Row] = []
    for row_id, item in zip(ids, data, strict=True):
        if plugin_class == "static":
            own.append({"id": row_id, "static_data": item["static_data"]})
            continue
        row = {"id": row_id, "connection_name": item["connection"], "row_limit": item["limit"]}
        row |= {"connection_id": connection, "connection_account_id": account_id}
        names = (
            ("sql_query",)
            if plugin_class == "sql"
            else ("method", "endpoint", "url_params", "headers", "body")
        )
        own.append(row | {name: item[name] for name in names})
    _insert(session, DATA_MODELS[plugin_class], own)


def _connection(session: Session, account_id: int, plugin_class: str) -> int | None:
    if plugin_class == "static":
        return None
    table = _table(SqlConnection if plugin_class == "sql" else ApiConnection)
    name = SQL_CONNECTION if plugin_class == "sql" else API_CONNECTION
    return session.scalar(select(table.c.id).where(table.c.account_id == account_id, table.c.name == name))


def _store_tags(session: Session, account_id: int, ids: Sequence[int], chunk: Sequence[SeededPlugin]) -> None:
    tags = find_tags(session, account_id, (name for plugin in chunk for name in plugin.values.tags))
    rows = [
        {
            "plugin_id": plugin_id,
            "tag_id": tags[fold(name)].id,
            "account_id": account_id,
            "position": position,
        }
        for plugin_id, plugin in zip(ids, chunk, strict=True)
        for position, name in enumerate(plugin.values.tags)
    ]
    _insert(session, PluginTag, rows)
    uses = Counter(row["tag_id"] for row in rows)
    table = _table(Tag)
    statement = (
        update(table).where(table.c.id == bindparam("tag")).values(uses=table.c.uses + bindparam("step"))
    )
    if uses:
        session.connection().execute(statement, [{"tag": tag, "step": step} for tag, step in uses.items()])


def _store_search(
    session: Session, account_id: int, ids: Sequence[int], chunk: Sequence[SeededPlugin]
) -> None:
    rows = []
    for plugin_id, plugin in zip(ids, chunk, strict=True):
        values = plugin.values
        rows.append(search_row(plugin_id, account_id, values.name, values.description, values.tags))
    _insert(session, PluginSearch, rows)


def _store_annotations(
    session: Session, account_id: int, ids: Sequence[int], chunk: Sequence[SeededPlugin]
) -> None:
    rows: list[Row] = []
    for plugin_id, plugin in zip(ids, chunk, strict=True):
        rows += annotation_rows(plugin_id, account_id, plugin.values.annotations)
    _insert(session, PluginAnnotation, rows)


def _count(session: Session, metas: Iterable[Row]) -> None:
    names = ("account_id", "user_profile_id", "plugin_class", "readiness")
    cells = Counter(tuple(meta[name] for name in names) for meta in metas)
    table = _table(PluginTally)
    build = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for cell, records in cells.items():
        session.execute(
            build(table)
            .values(**dict(zip(names, cell, strict=True)), records=records)
            .on_conflict_do_update(index_elements=names, set_={"records": table.c.records + records})
        )


def _store_history(
    session: Session, ids: Sequence[int], chunk: Sequence[SeededPlugin], metas: Sequence[Row]
) -> None:
    rows = [
        {
            "account_id": meta["account_id"],
            "record_kind": LOCATOR_KIND,
            "record_id": plugin_id,
            "revision": 1,
            "action": "create",
            "actor_name": "seed",
            "origin": "cli",
            "at": meta["created_at"],
            "snapshot": plugin.values.to_dict(),
            "changed": [],
        }
        for plugin_id, plugin, meta in zip(ids, chunk, metas, strict=True)
    ]
    _insert(session, Revision, rows)


def _insert(session: Session, model: Any, rows: Sequence[Row]) -> None:
    if rows:
        session.connection().execute(insert(_table(model)), rows)


def _table(model: Any) -> Table:
    return cast(Table, model.__table__)


def _finish() -> None:
    """Merge the parts of the trigram index on SQLite; tell PostgreSQL's planner what is there."""
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ANALYZE"))
        else:
            session.execute(text("INSERT INTO plugin_search_fts (plugin_search_fts) VALUES ('optimize')"))


@click.command("seed")
@click.option("--plugins", default=1_000, show_default=True, type=click.IntRange(1), help="How many in all.")
@click.option("--random-seed", default=1, show_default=True, help="The same one gives the same plugins.")
@click.option(
    "--accounts", default=5, show_default=True, type=click.IntRange(1, 10_000), help="How many to make."
)
@click.option(
    "--people", default=5, show_default=True, type=click.IntRange(1, 1_000), help="How many an account gets."
)
@click.option("--password-stdin", is_flag=True, help="Read the password of all of them from standard input.")
@click.option("--history/--no-history", default=True, show_default=True, help="Write each first revision.")
@with_appcontext
def seed_command(
    plugins: int, random_seed: int, accounts: int, people: int, password_stdin: bool, history: bool
) -> None:
    """Add synthetic accounts and plugins, for measuring."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with click.progressbar(length=plugins, label="Storing plugins", file=sys.stderr) as bar:
        filled = seed(
            plugins,
            random_seed=random_seed,
            accounts=accounts,
            people=people,
            password=password,
            history=history,
            progress=bar.update,
        )
    for account in filled:
        click.echo(f"{account.number}  {account.plugins:>9,} plugins  {', '.join(account.usernames[:3])}")
