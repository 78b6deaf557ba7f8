"""Synthetic data keeps everything true that a save keeps true."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.integration.plugins.naive import load_records
from webapp.accounts.models import Account
from webapp.accounts.queries import get_cli_viewer
from webapp.core import semver
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta, PluginSearch, PluginTag, PluginTally, Tag
from webapp.plugins.models.bookkeeping import search_scope
from webapp.plugins.queries.visibility import get_plugin
from webapp.plugins.seeding import seed


def test_what_is_kept_beside_seeded_plugins_is_true(session: Session) -> None:
    filled = seed(300, accounts=2, people=2, random_seed=4)
    assert [account.plugins for account in filled] == [148, 149, 3]
    records = load_records(session)
    assert len(records) == 300
    cells = Counter((item.account_id, item.profile_id, item.plugin_class, item.readiness) for item in records)
    kept = session.execute(
        select(
            PluginTally.account_id,
            PluginTally.user_profile_id,
            PluginTally.plugin_class,
            PluginTally.readiness,
            PluginTally.records,
        )
    )
    assert {tuple(row[:4]): row[4] for row in kept} == dict(cells)
    counted = session.execute(select(PluginTag.tag_id, func.count()).group_by(PluginTag.tag_id))
    uses = {row[0]: row[1] for row in counted}
    assert {tag.id: tag.uses for tag in session.scalars(select(Tag))} == uses
    bodies = {row.plugin_id: row for row in session.scalars(select(PluginSearch))}
    for record in records:
        assert bodies[record.id].body == record.body
        assert bodies[record.id].scope == search_scope(record.account_id)
    for plugin in session.scalars(select(PluginMeta)):
        assert plugin.version_key == semver.sort_key(plugin.version)
        assert plugin.created_at <= plugin.updated_at
    assert session.scalar(select(func.count()).select_from(Revision)) == 300
    assert all(generation > 1 for generation in session.scalars(select(Account.generation)))


def test_the_readiness_of_a_seeded_plugin_is_what_the_record_page_says(session: Session) -> None:
    filled = seed(120, accounts=1, people=2)
    viewer = get_cli_viewer(filled[0].usernames[0])
    seen = set()
    for plugin_id in session.scalars(
        select(PluginMeta.id).where(PluginMeta.account_id == filled[0].id)
    ).all():
        plugin = get_plugin(session, viewer, plugin_id)
        assert plugin.judge().state == plugin.readiness
        assert plugin.to_values().name == plugin.name
        seen.add(plugin.readiness)
    assert seen == {"ready", "attention", "not_ready"}


def test_the_same_random_seed_gives_the_same_plugins_and_can_run_again(session: Session) -> None:
    first = seed(40, accounts=1, people=1, history=False)
    again = seed(40, accounts=1, people=1, history=False)

    def texts(account_id: int) -> list[tuple[str, str, str]]:
        rows = session.execute(
            select(PluginMeta.name, PluginMeta.description, PluginMeta.version)
            .where(PluginMeta.account_id == account_id)
            .order_by(PluginMeta.name)
        )
        return [tuple(row) for row in rows]

    assert texts(first[0].id) == texts(again[0].id)
    assert first[0].usernames != again[0].usernames
    assert session.scalar(select(func.count()).select_from(Revision)) == 0
