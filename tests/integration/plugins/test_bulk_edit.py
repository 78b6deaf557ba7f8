"""One act on many plugins: what is written, what stays, what is refused, and taking it back."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person, viewer_of
from tests.integration.plugins.recount import check_counts
from webapp.activity import service as acts
from webapp.activity.kinds import Kinds
from webapp.core.errors import NotFound
from webapp.history.models import Revision, Unit
from webapp.history.queries import unit_key
from webapp.plugins import service
from webapp.plugins.changes import (
    AddTags,
    Change,
    ClearAnnotation,
    RaiseVersion,
    RemoveTags,
    SetAnnotation,
    SetDescription,
    SetVersion,
)
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Outcome, Saved
from webapp.plugins.values import PluginValues


@pytest.fixture
def kinds(app: Flask) -> Kinds:
    found: Kinds = app.extensions["history_kinds"]
    return found


def some(owner: Person, *names: str, **changes: object) -> list[Saved]:
    return [factories.plugin(owner, factories.plugin_values(name), **changes) for name in names]


def seen(saved: Iterable[Saved]) -> dict[int, int]:
    return {item.id: item.revision for item in saved}


def said(session: Session, name: str) -> PluginValues:
    return plugin(session, name).to_values()


def plugin(session: Session, name: str) -> PluginMeta:
    session.rollback()
    session.expire_all()
    return session.scalars(select(PluginMeta).where(PluginMeta.name == name)).one()


def edit(person: Person, saved: Iterable[Saved], change: Change, reason: str = "") -> Outcome:
    viewer = replace(viewer_of(person), reason=reason)
    return service.edit_plugins(viewer, seen(saved), change, title="Changed many")


def undo(person: Person, outcome: Outcome, kinds: Kinds) -> acts.Report:
    assert outcome.unit_id is not None
    return acts.undo_unit(viewer_of(person), unit_key(outcome.unit_id), kinds)


def test_tags_are_added_to_many_as_one_act(session: Session) -> None:
    ann = factories.person("ann")
    saved = [*some(ann, "sherbet", "toffee"), *some(ann, "sweets", tags=("Promo", "shop"))]
    outcome = edit(ann, saved, AddTags(("promo",)), "For the sale")
    assert (outcome.changed, outcome.same, outcome.refused, outcome.gone) == (2, 1, [], 0)
    # The account has the tag already, in another spelling.
    assert said(session, "sherbet").tags == ("sweets", "shop", "Promo")
    assert said(session, "sweets").tags == ("Promo", "shop")
    unit = session.scalars(select(Unit)).one()
    assert (unit.id, unit.title, unit.records, unit.reason) == (
        outcome.unit_id,
        "Changed many",
        2,
        "For the sale",
    )
    written = session.scalars(select(Revision).where(Revision.unit_id == unit.id)).all()
    assert {(item.action, tuple(item.changed), item.reason) for item in written} == {
        ("update", ("tags",), "For the sale")
    }
    check_counts(session)


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        (RemoveTags(("SHOP",)), "tags", ("sweets",)),
        (SetDescription("Said anew, and long enough to be read."), "description", None),
        (SetVersion("3.0.0"), "version", "3.0.0"),
        (RaiseVersion("minor"), "version", "1.1.0"),
        (SetAnnotation("team", "growth"), "annotations", ({"old": 1}, {"team": "growth"})),
        (SetAnnotation("old", [1, 2]), "annotations", ({"old": [1, 2]},)),
        (ClearAnnotation("old"), "annotations", ()),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Change) else "",
)
def test_a_change_is_made_on_each_record_and_taken_back_as_one(
    session: Session, kinds: Kinds, change: Change, field: str, value: object
) -> None:
    ann = factories.person("ann")
    saved = some(ann, "sherbet", "toffee", annotations=({"old": 1},))
    before = said(session, "toffee")
    outcome = edit(ann, saved, change)
    assert outcome.changed == 2 and outcome.is_complete
    wanted = change.description if isinstance(change, SetDescription) else value
    assert getattr(said(session, "toffee"), field) == wanted
    check_counts(session)
    report = undo(ann, outcome, kinds)
    assert report.is_complete and len(report.of("undone")) == 2
    assert said(session, "toffee") == before
    last = session.scalars(select(Revision).order_by(Revision.id.desc()).limit(1)).one()
    assert (last.revision, last.restored) == (3, 1)
    check_counts(session)


def test_nothing_to_change_leaves_no_act_behind(session: Session) -> None:
    ann = factories.person("ann")
    outcome = edit(ann, some(ann, "sherbet"), AddTags(("SHOP",)))
    assert (outcome.changed, outcome.same, outcome.unit_id) == (0, 1, None)
    assert session.scalar(select(func.count()).select_from(Unit)) == 0
    assert plugin(session, "sherbet").revision == 1


def test_each_record_that_is_refused_says_why_and_the_others_are_written(session: Session) -> None:
    here, platform = factories.account(), factories.platform()
    ann, bob = factories.person("ann", of=here), factories.person("bob", of=here)
    odette, eve = factories.person("odette", of=platform, role="staff"), factories.person("eve")
    mine, theirs = some(ann, "sherbet"), some(bob, "toffee")
    shared, foreign = some(odette, "ours"), some(eve, "secret_plan")
    gone = some(ann, "gone")
    service.delete_plugin(viewer_of(ann), gone[0].id, 1)
    chosen = [*mine, *theirs, *shared, *foreign, *gone]
    outcome = edit(ann, chosen, AddTags(("promo",)))
    assert outcome.changed == 1 and outcome.gone == 2
    assert {(item.name, item.reason) for item in outcome.refused} == {
        ("toffee", "You may read it but not change it."),
        ("ours", "You may read it but not change it."),
    }
    assert "promo" not in said(session, "secret_plan").tags + said(session, "toffee").tags
    check_counts(session)


def test_staff_change_the_account_and_a_superuser_every_account(session: Session) -> None:
    here, there = factories.account(), factories.account()
    ann, boss = factories.person("ann", of=here), factories.person("boss", of=here, role="staff")
    eve, root = factories.person("eve", of=there), factories.person("root", of=here, role="superuser")
    saved = [*some(ann, "sherbet"), *some(eve, "toffee")]
    assert edit(boss, saved, AddTags(("one",))).changed == 1
    outcome = edit(root, saved, AddTags(("two",)))
    assert outcome.changed == 2 and outcome.is_complete
    assert "two" in said(session, "toffee").tags
    check_counts(session)


def test_a_rule_that_a_record_would_break_refuses_that_record_only(session: Session) -> None:
    ann = factories.person("ann")
    last = "9" * 124
    saved = [*some(ann, "sherbet"), *some(ann, "toffee", version=f"1.0.{last}")]
    outcome = edit(ann, saved, RaiseVersion("patch"))
    assert outcome.changed == 1 and [item.name for item in outcome.refused] == ["toffee"]
    assert "The next version is too long." in outcome.refused[0].reason


def test_what_somebody_wrote_since_is_not_overwritten_but_other_fields_merge(session: Session) -> None:
    ann = factories.person("ann")
    saved = some(ann, "sherbet", "toffee", "sweets")
    viewer = viewer_of(ann)
    service.update_field(viewer, saved[0].id, 1, "description", "Written by somebody else meanwhile.")
    service.update_field(viewer, saved[1].id, 1, "tags", ("new",))
    outcome = edit(ann, saved, SetDescription("Written over all of them."))
    assert outcome.changed == 2
    assert [(item.name, item.reason) for item in outcome.refused] == [
        ("sherbet", "Somebody has changed its description since you opened this.")
    ]
    assert said(session, "toffee").tags == ("new",)
    # Adding and removing tags commutes with whatever others do.
    assert edit(ann, saved, AddTags(("promo",))).changed == 3
    assert said(session, "toffee").tags == ("new", "promo")


def test_a_preview_says_what_the_act_does_and_writes_nothing(session: Session) -> None:
    here = factories.account()
    ann, bob = factories.person("ann", of=here), factories.person("bob", of=here)
    chosen = seen([*some(ann, "sherbet"), *some(ann, "toffee", tags=("promo",)), *some(bob, "sweets")])
    viewer = viewer_of(ann)
    previews = (
        service.preview_edit(session, viewer, chosen, AddTags(("promo",))),
        service.preview_bin(session, viewer, chosen),
        service.preview_owner(session, viewer, chosen, "bob"),
    )
    assert [(item.changed, item.same, len(item.refused)) for item in previews] == [
        (1, 1, 1),
        (2, 0, 1),
        (2, 0, 1),
    ]
    assert session.scalar(select(func.count()).select_from(Revision)) == 3


def test_owners_change_together_and_come_back_together(session: Session, kinds: Kinds) -> None:
    here = factories.account()
    ann, bob = factories.person("ann", of=here), factories.person("bob", of=here)
    saved = [*some(ann, "sherbet", "toffee"), *some(bob, "sweets")]
    boss = factories.person("boss", of=here, role="staff")
    outcome = service.change_owners(viewer_of(boss), seen(saved), "BOB", title="Handed over")
    assert (outcome.changed, outcome.same) == (2, 1)
    assert plugin(session, "toffee").user_profile_id == bob.profile_id
    last = session.scalars(select(Revision).order_by(Revision.id.desc()).limit(1)).one()
    assert last.changed == ["owner"] and last.snapshot["owner"]["to"] == {"username": "bob", "name": "Bob"}
    check_counts(session)
    assert undo(boss, outcome, kinds).is_complete
    assert plugin(session, "toffee").user_profile_id == ann.profile_id
    check_counts(session)
    refused = service.change_owners(viewer_of(boss), seen(saved), "nobody", title="Handed over")
    assert refused.changed == 0 and len(refused.refused) == 3


def test_a_member_who_gave_many_away_takes_them_back(session: Session, kinds: Kinds) -> None:
    here = factories.account()
    ann, bob = factories.person("ann", of=here), factories.person("bob", of=here)
    saved = some(ann, "sherbet", "toffee")
    outcome = service.change_owners(viewer_of(ann), seen(saved), "bob", title="Handed over")
    assert outcome.changed == 2
    service.update_field(viewer_of(bob), saved[1].id, 2, "description", "Mine now, and I say so.")
    report = undo(ann, outcome, kinds)
    assert [result.span.name for result in report.of("undone")] == ["sherbet"]
    assert [result.span.name for result in report.of("refused")] == ["toffee"]
    assert plugin(session, "sherbet").user_profile_id == ann.profile_id


def test_an_owner_who_changed_since_is_reported(session: Session) -> None:
    here = factories.account()
    ann, bob = factories.person("ann", of=here), factories.person("bob", of=here)
    boss = factories.person("boss", of=here, role="staff")
    saved = some(ann, "sherbet", "toffee")
    service.change_owner(viewer_of(boss), saved[0].id, 1, boss.profile_id)
    service.update_field(viewer_of(ann), saved[1].id, 1, "tags", ("new",))
    outcome = service.change_owners(viewer_of(boss), seen(saved), "bob", title="Handed over")
    assert outcome.changed == 1 and [item.name for item in outcome.refused] == ["sherbet"]
    assert plugin(session, "toffee").user_profile_id == bob.profile_id


def test_many_go_to_the_bin_and_come_back(session: Session, kinds: Kinds) -> None:
    ann = factories.person("ann")
    saved = some(ann, "sherbet", "toffee", "sweets")
    service.update_field(viewer_of(ann), saved[2].id, 1, "tags", ("new",))
    outcome = service.bin_plugins(viewer_of(ann), seen(saved), title="Moved to the bin")
    assert outcome.changed == 2
    assert [(item.name, item.reason) for item in outcome.refused] == [
        ("sweets", "Somebody has changed it since you opened this.")
    ]
    check_counts(session)
    report = undo(ann, outcome, kinds)
    assert report.is_complete and len(report.of("undone")) == 2
    assert plugin(session, "toffee").deleted_at is None and plugin(session, "toffee").revision == 3
    check_counts(session)
    # Redo is the undo of the undo.
    assert report.undo_id is not None
    again = acts.undo_unit(viewer_of(ann), unit_key(report.undo_id), kinds)
    assert len(again.of("undone")) == 2 and plugin(session, "toffee").deleted_at is not None
    check_counts(session)


def test_what_is_restored_takes_its_name_or_a_free_one(session: Session) -> None:
    here = factories.account()
    ann, bob = factories.person("ann", of=here), factories.person("bob", of=here)
    saved = [*some(ann, "sherbet", "toffee"), *some(bob, "sweets")]
    for item, who in zip(saved, (ann, ann, bob), strict=True):
        service.delete_plugin(viewer_of(who), item.id, 1)
    twin = some(ann, "toffee")[0]
    service.delete_plugin(viewer_of(ann), twin.id, 1)
    live = some(ann, "sherbet")[0]
    chosen = {item.id: 2 for item in (*saved, twin)}
    plain = service.preview_restore(session, viewer_of(ann), chosen, rename=False)
    # The second of two equal names is in the way of itself; others' records in the bin are as if they were not there.
    assert (plain.changed, len(plain.refused), plain.gone) == (1, 2, 1)
    outcome = service.restore_plugins(viewer_of(ann), chosen, rename=True, title="Restored")
    assert outcome.changed == 3 and outcome.is_complete is False
    session.rollback()
    names = set(session.scalars(select(PluginMeta.name).where(PluginMeta.deleted_at.is_(None))))
    assert names == {"sherbet", "sherbet_restored", "toffee", "toffee_restored"}
    assert plugin(session, "sherbet").id == live.id
    check_counts(session)


def test_an_undo_keeps_what_others_wrote_and_reports_what_overlaps(session: Session, kinds: Kinds) -> None:
    ann = factories.person("ann")
    saved = some(ann, "sherbet", "toffee", "sweets")
    outcome = edit(ann, saved, SetDescription("The same for all of them."))
    viewer = viewer_of(ann)
    service.update_field(viewer, saved[0].id, 2, "tags", ("kept",))
    service.update_field(viewer, saved[1].id, 2, "description", "Written by hand since then.")
    report = undo(ann, outcome, kinds)
    assert {result.span.name for result in report.of("undone")} == {"sherbet", "sweets"}
    assert [(result.span.name, result.message) for result in report.of("refused")] == [
        ("toffee", "Changed again since: Description.")
    ]
    assert said(session, "sherbet").tags == ("kept",)
    assert said(session, "sherbet").description.startswith("What a person")
    check_counts(session)


def test_an_act_of_another_account_is_not_found(session: Session, kinds: Kinds) -> None:
    ann, eve = factories.person("ann"), factories.person("eve")
    outcome = edit(ann, some(ann, "sherbet"), AddTags(("promo",)))
    assert outcome.unit_id is not None
    with pytest.raises(NotFound):
        acts.undo_unit(viewer_of(eve), unit_key(outcome.unit_id), kinds)


def test_acts_and_single_edits_at_once_lose_nothing(app: Flask, session: Session) -> None:
    ann = factories.person("ann")
    saved = some(ann, *(f"sweet_{number}" for number in range(12)))
    chosen, viewer = seen(saved), viewer_of(ann)
    session.rollback()
    gate = threading.Barrier(4)

    def work(number: int) -> object:
        with app.app_context():
            gate.wait()
            if number == 3:
                return [
                    service.update_field(viewer, item.id, 1, "description", f"Said of {item.name} by hand.")
                    for item in reversed(saved)
                ]
            return service.edit_plugins(viewer, chosen, AddTags((f"tag_{number}", "all")), title="Tagged")

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))
    assert [result.changed for result in results if isinstance(result, Outcome)] == [12, 12, 12]
    for item in saved:
        values = said(session, item.name)
        assert set(values.tags) == {"sweets", "shop", "all", "tag_0", "tag_1", "tag_2"}
        assert values.description == f"Said of {item.name} by hand."
        assert plugin(session, item.name).revision == 5
    check_counts(session)


def test_thousands_are_changed_and_taken_back_in_one_press_each(session: Session, kinds: Kinds) -> None:
    ann = factories.person("ann")
    writings = [service.PluginWriting(factories.plugin_values(f"sweet_{number}")) for number in range(2_000)]
    saved = service.write_plugins(viewer_of(ann), service.prepare_plugins(writings))
    with count_statements() as sent:
        outcome = edit(ann, saved, AddTags(("promo",)))
    assert outcome.changed == 2_000
    assert len(sent) < 200
    with count_statements() as sent:
        report = undo(ann, outcome, kinds)
    assert report.is_complete and len(report.of("undone")) == 2_000
    assert len(sent) < 250
    assert "promo" not in said(session, "sweet_1999").tags
    check_counts(session)
