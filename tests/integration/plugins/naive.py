"""The list done the slow and obvious way, over plain records in Python, to compare the real one with."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from tests.factories import Person, viewer_of
from webapp.accounts.identity import Viewer
from webapp.accounts.models import User, UserProfile
from webapp.core import semver
from webapp.core.semver import SemVer
from webapp.core.text import fold
from webapp.db.session import touch_account, transaction
from webapp.plugins.models import (
    PluginAnnotation,
    PluginMeta,
    PluginSearch,
    PluginTag,
    PluginTally,
    Star,
    Tag,
)
from webapp.plugins.models.bookkeeping import annotation_rows, find_tags, search_scope
from webapp.plugins.queries.criteria import Criteria

MOMENTS = [datetime(2026, 1, day, 12, tzinfo=UTC) + timedelta(microseconds=day) for day in range(1, 8)]
VERSIONS = (
    "1.0.0",
    "1.0.0+build",
    "1.0.0-rc.1",
    "1.0.0-rc.2",
    "1.0.0-rc.10",
    "2.0.0",
    "0.9.9",
    "10.0.0",
    "9.1.0",
)
WORDS = (
    "candy",
    "Größe",
    "50%",
    "snake_case",
    'say "hi"',
    "o'clock",
    "ﬁnance",
    "naïve",
    "日本語",
    "back\\slash",
    "a",
    "İ",
)
TAGS = ("Sales", "sales support", "100%", "a_b", "ﬁnance", "HR", "Ünder", "x")


@dataclass(frozen=True)
class Record:
    """What the list knows of a plugin."""

    id: int
    account_id: int
    profile_id: int
    username_key: str
    name: str
    description: str
    version: str
    plugin_class: str
    readiness: str
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...]
    annotations: tuple[tuple[str, str], ...]
    starred_by: frozenset[int]

    @property
    def body(self) -> str:
        """Return what a search looks in."""
        return fold("\n".join([self.name, self.description, *self.tags]))


def fill(session: Session, rng: random.Random, owner: Person, count: int) -> None:
    """Give somebody plugins with few different values, so that sorts have ties and filters have hits."""
    models = (PluginMeta, PluginSearch, PluginTag, PluginAnnotation)
    meta, search, carried, annotated = (_table(model) for model in models)
    with transaction():
        for number in range(count):
            version = rng.choice(VERSIONS)
            tags = rng.sample(TAGS, rng.randint(0, 4))
            first, second = rng.choice(("candy", "order", "a", "zebra")), rng.choice(("x", "map", "list"))
            name = f"{first}_{second}_{owner.profile_id}_{number}"
            description = " ".join(rng.choices(WORDS, k=rng.randint(0, 5)))
            plugin_class, readiness = (
                rng.choice(("static", "sql", "api")),
                rng.choice(("ready", "ready", "attention", "not_ready")),
            )
            annotations: list[dict[str, Any]] = (
                [{"team": "growth" if number % 2 else "sales"}] if number % 3 else []
            )
            annotations += [{"team": "growth"}, {"review/due": {"by": [1, True]}}] if number % 11 == 0 else []
            values = {
                "account_id": owner.account.id,
                "user_profile_id": owner.profile_id,
                "owner_key": fold(owner.username),
                "name": name,
                "description": description,
                "version": version,
                "version_key": semver.sort_key(version),
                "annotations": annotations,
                "plugin_class": plugin_class,
                "readiness": readiness,
                "revision": 1,
                "created_at": rng.choice(MOMENTS),
                "updated_at": rng.choice(MOMENTS),
            }
            plugin_id = session.scalars(insert(meta).values(**values).returning(meta.c.id)).one()
            for annotation in annotation_rows(plugin_id, owner.account.id, annotations):
                session.execute(insert(annotated).values(annotation))
            found = find_tags(session, owner.account.id, tags)
            for position, tag in enumerate(tags):
                row = found[fold(tag)]
                session.execute(
                    insert(carried).values(
                        plugin_id=plugin_id, tag_id=row.id, account_id=owner.account.id, position=position
                    )
                )
                session.execute(update(Tag).where(Tag.id == row.id).values(uses=Tag.uses + 1))
            body = fold("\n".join([name, description, *(found[fold(tag)].name for tag in tags)]))
            session.execute(
                insert(search).values(
                    plugin_id=plugin_id,
                    account_id=owner.account.id,
                    scope=search_scope(owner.account.id),
                    body=body,
                )
            )
        recount(session)
        touch_account(session, owner.account.id)


def recount(session: Session) -> None:
    """Write the tallies anew from the records."""
    table = _table(PluginTally)
    session.execute(table.delete())
    cells: dict[tuple[Any, ...], int] = {}
    for row in session.execute(
        select(
            PluginMeta.account_id, PluginMeta.user_profile_id, PluginMeta.plugin_class, PluginMeta.readiness
        ).where(PluginMeta.deleted_at.is_(None))
    ):
        cells[tuple(row)] = cells.get(tuple(row), 0) + 1
    for cell, records in cells.items():
        names = ("account_id", "user_profile_id", "plugin_class", "readiness")
        session.execute(insert(table).values(**dict(zip(names, cell, strict=True)), records=records))


def load_records(session: Session) -> list[Record]:
    """Return every live plugin of the database."""
    rows = session.execute(
        select(PluginMeta, User.username_key)
        .join(UserProfile, UserProfile.id == PluginMeta.user_profile_id)
        .join(User, User.id == UserProfile.user_id)
        .where(PluginMeta.deleted_at.is_(None))
        .execution_options(populate_existing=True)
    ).all()
    stars = session.execute(select(Star.plugin_id, Star.user_profile_id)).all()
    return [
        Record(
            plugin.id,
            plugin.account_id,
            plugin.user_profile_id,
            username_key,
            plugin.name,
            plugin.description,
            plugin.version,
            plugin.plugin_class,
            plugin.readiness,
            plugin.created_at,
            plugin.updated_at,
            tuple(plugin.tags_list),
            tuple((key, spelled(value)) for entry in plugin.annotations for key, value in entry.items()),
            frozenset(profile_id for plugin_id, profile_id in stars if plugin_id == plugin.id),
        )
        for plugin, username_key in rows
    ]


def spelled(value: Any) -> str:
    """Return the text that a filter names a value by."""
    return value.strip() if isinstance(value, str) else json.dumps(value)


def visible(records: Iterable[Record], viewer: Viewer, scope: str) -> list[Record]:
    """Return what a scope holds for a viewer."""
    readable = [
        record
        for record in records
        if viewer.is_superuser or record.account_id in (viewer.account_id, viewer.platform_account_id)
    ]
    choose: dict[str, Callable[[Record], bool]] = {
        "all": lambda _: True,
        "mine": lambda record: record.profile_id == viewer.profile_id,
        "account": lambda record: record.account_id == viewer.account_id,
        "platform": lambda record: record.account_id == viewer.platform_account_id,
    }
    return [record for record in readable if choose[scope](record)]


def matching(records: Iterable[Record], viewer: Viewer, criteria: Criteria) -> list[Record]:
    """Return what the filter leaves."""
    return [
        record
        for record in visible(records, viewer, criteria.scope)
        if (not criteria.plugin_class or record.plugin_class == criteria.plugin_class)
        and (not criteria.readiness or record.readiness == criteria.readiness)
        and (not criteria.owner or record.username_key == criteria.owner)
        and set(criteria.tags) <= {fold(tag) for tag in record.tags}
        and found_in(record, fold(criteria.q).split())
        and not (criteria.untagged and record.tags)
        and (not criteria.starred or viewer.profile_id in record.starred_by)
        and all(
            any(key == wanted.key and wanted.value in (None, value) for key, value in record.annotations)
            for wanted in criteria.annotations
        )
    ]


def found_in(record: Record, words: Sequence[str]) -> bool:
    """Tell whether all words of a search match: short ones at the beginning of a word, alone only of a name or tag."""
    beside = any(len(word) >= 3 for word in words)
    beginnings = re.split(r"(?<=[\n _-])", record.body) if beside else [record.name, *map(fold, record.tags)]
    return all(
        word in record.body if len(word) >= 3 else any(text.startswith(word) for text in beginnings)
        for word in words
    )


def ordered(records: Iterable[Record], sort: str, *, descending: bool) -> list[Record]:
    """Return records in order, by the rules of SemVer itself and not by a stored key."""
    keys: dict[str, Callable[[Record], Any]] = {
        "name": lambda record: (record.name,),
        "class": lambda record: (record.plugin_class, record.name),
        "version": lambda record: (cmp_to_key(precedence)(semver.parse(record.version)),),
        "owner": lambda record: (record.username_key, record.name),
        "updated": lambda record: (record.updated_at,),
        "created": lambda record: (record.created_at,),
    }
    return sorted(records, key=lambda record: (*keys[sort](record), record.id), reverse=descending)


def precedence(left: SemVer, right: SemVer) -> int:
    """Return which version precedes the other (SemVer 2.0.0, section 11)."""
    core = (left.major, left.minor, left.patch), (right.major, right.minor, right.patch)
    if core[0] != core[1]:
        return -1 if core[0] < core[1] else 1
    if bool(left.prerelease) != bool(right.prerelease):
        return -1 if left.prerelease else 1
    for one, other in zip(left.prerelease, right.prerelease, strict=False):
        if one != other:
            first, second = _rank(one), _rank(other)
            return -1 if first < second else 1
    lengths = len(left.prerelease), len(right.prerelease)
    return (lengths[0] > lengths[1]) - (lengths[0] < lengths[1])


def _rank(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def viewers(people: Sequence[Person]) -> list[Viewer]:
    """Return the viewers of some people as they are now."""
    return [viewer_of(person) for person in people]


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
