"""What was written in each span, how many plugins there were, and which were used: against what was done."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.overview.conftest import DateBack
from webapp.core.clock import utcnow
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.history.models import Revision, Unit
from webapp.overview.periods import Period, make_period
from webapp.overview.queries import uses
from webapp.overview.queries.overview import Overview, load_overview
from webapp.overview.queries.uses import find_last_use, rank_uses
from webapp.overview.queries.writes import count_writes
from webapp.plugins import service
from webapp.plugins.models import ChatPluginUsage
from webapp.plugins.queries.criteria import branches_of
from webapp.plugins.usage_values import Use

DAY = dt.timedelta(days=1)


def month(zone: dt.tzinfo = dt.UTC) -> Period:
    return make_period(30, zone, utcnow())


def overview(session: Session, person: Person, scope: str = "account", days: int = 30) -> Overview:
    viewer = viewer_of(person)
    period = make_period(days, dt.UTC, utcnow())
    return load_overview(session, viewer, scope, period, find_last_use(session, viewer))


def test_a_write_counts_on_its_day_in_the_zone(session: Session, date_back: DateBack) -> None:
    ann = factories.person()
    saved = factories.plugin(ann)
    kathmandu = ZoneInfo("Asia/Kathmandu")
    period = month(kathmandu)
    # A quarter to midnight there is still the same evening in UTC, and a moment later the next day.
    midnight = period.spans[10].since
    date_back(saved.id, midnight - dt.timedelta(microseconds=1))
    found = count_writes(session, ann.account.id, period.spans)
    assert [place for place, span in enumerate(found) if span.actions] == [9]
    date_back(saved.id, midnight)
    session.rollback()
    found = count_writes(session, ann.account.id, period.spans)
    assert [place for place, span in enumerate(found) if span.actions] == [10]
    assert found[10].actions == {"create": 1} and found[10].growth == 1


def test_an_act_counts_what_it_did_to_each_record(session: Session) -> None:
    ann = factories.person()
    viewer = viewer_of(ann)
    old = factories.plugin(ann)
    with (
        transaction() as open_session,
        history.one_unit(open_session, viewer.actor, account_id=viewer.account_id, title="Applied x.yaml"),
    ):
        made = service.create_plugin(viewer, plugin_values())
        service.update_field(viewer, made.id, made.revision, "version", "2.0.0")
        service.delete_plugin(viewer, old.id, old.revision)
    found = count_writes(session, ann.account.id, month().spans)[-1]
    assert (found.plugins["create"], found.plugins["update"], found.plugins["delete"]) == (2, 0, 1)
    assert found.growth == 1


def test_mine_are_the_writes_of_one_person(session: Session) -> None:
    ann = factories.person()
    bob = factories.person(of=ann.account)
    factories.plugin(ann)
    factories.plugin(bob)
    factories.plugin(bob)
    spans = month().spans
    assert count_writes(session, ann.account.id, spans)[-1].actions["create"] == 3
    assert count_writes(session, ann.account.id, spans, bob.user_id)[-1].actions["create"] == 2


def test_growth_is_counted_back_from_now(session: Session, date_back: DateBack) -> None:
    ann = factories.person()
    now = utcnow()
    for days in (100, 3, 3, 0):
        saved = factories.plugin(ann)
        date_back(saved.id, now - days * DAY)
    gone = factories.plugin(ann)
    service.delete_plugin(viewer_of(ann), gone.id, gone.revision)
    with transaction() as open_session:
        of_gone = Revision.record_id == gone.id
        for action, days in (("create", 200), ("delete", 1)):
            open_session.execute(
                update(Revision).where(of_gone, Revision.action == action).values(at=now - days * DAY)
            )
    found = overview(session, ann)
    assert found.growth is not None
    assert found.began_with == 2
    assert found.growth[-5:] == (2, 4, 4, 3, 4)
    assert found.total == 4
    assert overview(session, ann, "mine").growth is None


def test_what_has_no_history_was_always_there(session: Session) -> None:
    ann = factories.person()
    factories.plugin(ann)
    with transaction() as open_session:
        open_session.query(Revision).delete()
    found = overview(session, ann)
    assert found.growth == (1,) * 30 and found.began_with == 1


def test_another_account_has_no_part_in_any_number(session: Session) -> None:
    platform = factories.person(of=factories.platform())
    ann, eve = factories.person(), factories.person()
    common = factories.plugin(platform)
    for _ in range(3):
        service.record_use(viewer_of(eve), factories.plugin(eve).id, Use())
    service.record_use(viewer_of(eve), common.id, Use())
    for scope in ("mine", "account"):
        found = overview(session, ann, scope)
        assert (found.total, found.owners, found.tags, found.waiting) == (0, (), (), ())
        assert not any(span.actions for span in found.writes) and not found.uses.recorded
    found = overview(session, ann, "platform")
    assert found.total == 1 and not found.uses.recorded
    assert overview(session, eve, "platform").uses.recorded == 4


def test_without_a_platform_account_its_overview_is_empty(session: Session) -> None:
    found = overview(session, factories.person(), "platform")
    assert (found.total, found.growth, found.uses.recorded) == (0, (0,) * 30, 0)


def test_the_most_and_the_least_used(session: Session) -> None:
    ann = factories.person()
    viewer = viewer_of(ann)
    names = ("fudge", "toffee", "humbug", "nougat", "sherbet", "liquorice", "marzipan")
    plugins = {name: factories.plugin(ann, plugin_values(name)) for name in names}
    for number, name in enumerate(names):
        for _ in range(number):
            service.record_use(viewer, plugins[name].id, Use())
    service.delete_plugin(viewer, plugins["marzipan"].id, 1)
    session.rollback()
    found = rank_uses(session, viewer, branches_of(viewer, "account"), utcnow() - DAY)
    assert [(plugin.name, plugin.uses) for plugin in found.most] == [
        ("liquorice", 5),
        ("sherbet", 4),
        ("nougat", 3),
        ("humbug", 2),
        ("toffee", 1),
    ]
    assert [(plugin.name, plugin.uses) for plugin in found.least] == [("fudge", 0)]
    assert found.recorded == 21 and not found.is_cut


def test_where_everything_is_used_the_least_are_those_with_fewest_uses(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "SHOWN", 2)
    ann = factories.person()
    viewer = viewer_of(ann)
    for number, name in enumerate(("a", "b", "c", "d"), 1):
        saved = factories.plugin(ann, plugin_values(name))
        for _ in range(number):
            service.record_use(viewer, saved.id, Use())
    found = rank_uses(session, viewer, branches_of(viewer, "account"), utcnow() - DAY)
    assert [plugin.name for plugin in found.most] == ["d", "c"]
    assert [plugin.name for plugin in found.least] == ["a", "b"]


def test_only_the_latest_uses_are_counted_and_only_those_of_the_time(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = factories.person()
    viewer = viewer_of(ann)
    saved = factories.plugin(ann)
    for _ in range(4):
        service.record_use(viewer, saved.id, Use())
    branches = branches_of(viewer, "account")
    monkeypatch.setattr(uses, "COUNTED_MAX", 3)
    found = rank_uses(session, viewer, branches, utcnow() - DAY)
    assert (found.recorded, found.is_cut) == (3, True)
    with transaction() as open_session:
        open_session.execute(update(ChatPluginUsage).values(at=utcnow() - 2 * DAY))
    assert rank_uses(session, viewer, branches, utcnow() - DAY) == uses.Uses()


def test_an_act_of_another_day_is_found_by_its_row(session: Session) -> None:
    ann = factories.person()
    viewer = viewer_of(ann)
    with (
        transaction() as open_session,
        history.one_unit(
            open_session, viewer.actor, account_id=viewer.account_id, title="Applied x.yaml"
        ) as unit,
    ):
        service.create_plugin(viewer, plugin_values())
        unit_id = unit.id
    with transaction() as open_session:
        open_session.execute(update(Unit).where(Unit.id == unit_id).values(at=utcnow() - 5 * DAY))
    found = count_writes(session, ann.account.id, month().spans)
    assert [place for place, span in enumerate(found) if span.actions] == [24]
