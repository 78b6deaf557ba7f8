"""An act: its page, the texts that it applied, and taking it back with what moved since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, viewer_of
from tests.integration.activity.conftest import Apply
from tests.integration.manifests import samples
from tests.integration.plugins.recount import check_counts
from tests.integration.plugins.test_bin_pages import toast
from tests.markup import Element
from tests.pages import PARTIAL, PageClient, sign_in, tree
from webapp.accounts.identity import Viewer, profile_key
from webapp.accounts.models import Account
from webapp.activity import service as acts
from webapp.activity.kinds import Kinds
from webapp.connections.models import Secret
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.history.models import Revision, Unit
from webapp.history.queries import unit_key
from webapp.plugins import service
from webapp.plugins.history import PluginHistory
from webapp.plugins.manifest import export_yaml
from webapp.plugins.models import PluginMeta


class OneByOne(PluginHistory):
    """Plugins as a kind of which nothing is taken back at once."""

    def take_back_many(self, viewer: Viewer, revisions: Mapping[int, int]) -> Mapping[int, bool]:
        return {}


def manifests(*names: str, version: str = "1.0.0", **changes: object) -> str:
    values = [plugin_values(name, version=version, **changes) for name in names]
    return "---\n".join(export_yaml(item) for item in values)


def live(session: Session) -> list[str]:
    session.rollback()
    session.expire_all()
    statement = select(PluginMeta.name).where(PluginMeta.deleted_at.is_(None)).order_by(PluginMeta.name)
    return list(session.scalars(statement))


def plugin(session: Session, name: str) -> PluginMeta:
    session.rollback()
    session.expire_all()
    return session.scalars(select(PluginMeta).where(PluginMeta.name == name)).one()


def wrote(page: Element) -> list[str]:
    return [line.text for line in page.one("ul", class_="wrote").all("li")]


def test_the_page_of_an_act_shows_its_records_and_its_sources(
    client: PageClient, ann: Person, apply: Apply
) -> None:
    key = apply(ann, "# kept for the record\n" + manifests("sherbet", "sweets"), samples.secret())
    page = client.page(f"/activity/{key}")
    assert page.one("h1").text == "Applied 2 files"
    assert len(wrote(page)) == 3
    assert "sherbet" in wrote(page)[0] and "created" in wrote(page)[0]
    source = client.get(page.one("a", href=f"/activity/{key}/sources/1")["href"])
    assert source.get_data(as_text=True).startswith("# kept for the record\n")
    masked = client.get(f"/activity/{key}/sources/2").get_data(as_text=True)
    assert "********" in masked and "anchors aweigh" not in masked
    assert "anchors aweigh" not in client.get(f"/activity/{key}").get_data(as_text=True)
    assert client.get(f"/activity/{key}/sources/3").status_code == 404
    assert client.get(f"/activity/{key}/sources/x").status_code == 404


def test_an_act_opens_in_the_feed(client: PageClient, ann: Person, apply: Apply) -> None:
    key = apply(ann, manifests("sweets"))
    part = tree(client.get(f"/activity/{key}", headers=PARTIAL))
    assert part.find("header", class_="top") is None and part.one("ul", class_="wrote")
    assert part.one("button", text="Undo all of it")


def test_many_records_have_pages(client: PageClient, ann: Person, apply: Apply) -> None:
    key = apply(ann, manifests(*(f"sweet_{number:02}" for number in range(30))))
    page = client.page(f"/activity/{key}")
    assert len(wrote(page)) == 25
    more = client.page(page.one("a", text="More records")["href"])
    assert len(wrote(more)) == 5
    assert client.get(f"/activity/{key}?after=x").status_code == 400
    assert client.get(f"/activity/{key}?colour=red").status_code == 400


def test_an_act_is_taken_back_as_one_act_and_done_again(
    client: PageClient, session: Session, ann: Person, apply: Apply
) -> None:
    old = factories.plugin(ann, plugin_values("sweets", description="Before."))
    key = apply(ann, manifests("sherbet", "toffee") + "---\n" + manifests("sweets", description="After."))
    answer = client.post(f"/activity/{key}/undo", data={"reason": "Too early"})
    assert answer.status_code == 303
    page = client.page(answer.headers["Location"])
    assert "Undid: Applied file1.yaml, 3 plugins" in toast(page).text
    assert page.one("h1").text == "Undid: Applied file1.yaml" and "Too early" in page.text
    assert live(session) == ["sweets"]
    assert plugin(session, "sweets").description == "Before."
    assert session.scalar(select(Unit.tally).where(Unit.undoes_id.is_not(None))) == (
        "delete:pluginmeta=2 update:pluginmeta=1"
    )
    first = client.page(f"/activity/{key}")
    assert "Undone" in first.one("h1").parent.text  # type: ignore[union-attr]
    assert not [form for form in first.all("form") if form["action"].endswith("/undo")]
    again = client.post(toast(page).one("form")["action"])
    assert again.status_code == 303
    assert live(session) == ["sherbet", "sweets", "toffee"]
    assert plugin(session, "sweets").description == "After."
    assert client.page(again.headers["Location"]).one("h1").text == "Redid: Applied file1.yaml"
    assert old.id == plugin(session, "sweets").id


def test_records_that_moved_are_merged_or_reported(
    client: PageClient, session: Session, ann: Person, apply: Apply
) -> None:
    for name in ("sweets", "toffee"):
        factories.plugin(ann, plugin_values(name, description="Before."))
    key = apply(ann, manifests("sweets", "toffee", description="After.") + "---\n" + manifests("sherbet"))
    for name, fields in (
        ("sweets", {"tags": ("new",)}),
        ("toffee", {"description": "By hand."}),
        ("sherbet", {"tags": ("new",)}),
    ):
        found = plugin(session, name)
        values = replace(found.to_values(), **fields)  # type: ignore[arg-type]
        service.update_plugin(viewer_of(ann), found.id, found.revision, values)
    answer = client.post(f"/activity/{key}/undo")
    assert answer.status_code == 200
    report = tree(answer).one("main").text
    assert "1 record is as before." in report and "2 records stay as they are" in report
    assert (
        "Changed again since: Description." in report and "It was changed again since, so it stays." in report
    )
    page = client.page(f"/activity/{key}")
    assert "Undone in part" in page.one("main").text and page.one("button", text="Undo the rest")
    sweets = plugin(session, "sweets")
    assert (sweets.description, sweets.tags_list) == ("Before.", ["new"])
    assert plugin(session, "toffee").description == "By hand."
    # Once the others are out of the way, the rest is taken back.
    sherbet = plugin(session, "sherbet")
    service.delete_plugin(viewer_of(ann), sherbet.id, sherbet.revision)
    rest = client.post(f"/activity/{key}/undo", data={"confirmed": "y"})
    assert rest.status_code == 409
    assert "Nothing was undone. 1 record stays as it is" in tree(rest).one("main").text


def test_a_secret_is_asked_about_and_its_value_is_lost(
    client: PageClient, session: Session, ann: Person, apply: Apply
) -> None:
    key = apply(ann, samples.secret())
    asked = client.post(f"/activity/{key}/undo")
    assert asked.status_code == 303 and asked.headers["Location"] == f"/activity/{key}#undo"
    page = client.page(f"/activity/{key}")
    assert "Their values are kept nowhere else." in page.one("main").text
    form = page.one("form", action=f"/activity/{key}/undo")
    assert form.one("input", name="confirmed")
    assert client.post(f"/activity/{key}/undo", data={"confirmed": "y"}).status_code == 303
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Secret)) == 0


def test_only_what_one_may_change_is_taken_back(
    client: PageClient, session: Session, ann: Person, apply: Apply
) -> None:
    key = apply(ann, manifests("sweets"))
    sign_in(client, factories.person(of=ann.account))
    answer = client.post(f"/activity/{key}/undo")
    assert answer.status_code == 409
    assert "You may read this plugin but not change it." in tree(answer).one("main").text
    assert live(session) == ["sweets"]
    assert session.scalar(select(func.count()).select_from(Unit)) == 1


def test_more_than_one_press_takes_back_is_left_for_the_next(
    session: Session, ann: Person, apply: Apply, kinds: Kinds
) -> None:
    names = ("sherbet", "sweets", "toffee")
    apply(ann, manifests(*names))
    key = apply(ann, manifests(*names, version="2.0.0"))
    viewer = viewer_of(ann)
    kinds = {**kinds, "pluginmeta": OneByOne()}
    first = acts.undo_unit(viewer, key, kinds, at_once=2)
    assert (len(first.of("undone")), first.left, first.is_complete) == (2, 1, False)
    second = acts.undo_unit(viewer, key, kinds, at_once=2)
    assert (len(second.of("undone")), second.left, second.is_complete) == (1, 0, True)
    assert acts.undo_unit(viewer, key, kinds).undo_id is None
    assert {plugin(session, name).version for name in names} == {"1.0.0"}


def test_what_an_act_created_goes_to_the_bin_at_once_however_much_it_is(
    session: Session, ann: Person, apply: Apply, kinds: Kinds
) -> None:
    factories.plugin(ann, plugin_values("nougat", tags=("Sugar", "Sale")))
    names = ("humbug", "marzipan", "sherbet", "sweets", "toffee")
    key = apply(ann, manifests(*names, tags=("Sugar", "New")))
    viewer = viewer_of(ann)
    generation = session.scalar(select(Account.generation).where(Account.id == ann.account.id))
    service.update_field(viewer, plugin(session, "sherbet").id, 1, "version", "2.0.0")
    service.delete_plugin(viewer, plugin(session, "toffee").id, 1)
    report = acts.undo_unit(viewer, key, kinds, at_once=2)
    assert [result.span.name for result in report.of("refused")] == ["sherbet"]
    assert sorted(result.span.name for result in report.of("undone")) == ["humbug", "marzipan", "sweets"]
    assert [result.span.name for result in report.of("same")] == ["toffee"]
    assert live(session) == ["nougat", "sherbet"]
    check_counts(session)
    one, other = plugin(session, "humbug"), plugin(session, "toffee")
    assert (one.revision, one.deleted_by_id) == (other.revision, other.deleted_by_id) == (2, ann.user_id)
    last = {
        row.record_id: row for row in session.scalars(select(Revision).where(Revision.action == "delete"))
    }
    assert last[one.id].unit_id == report.undo_id
    assert {**last[one.id].snapshot, "name": ""} == {**last[other.id].snapshot, "name": ""}
    assert session.scalar(select(Account.generation).where(Account.id == ann.account.id)) != generation
    service.restore_plugin(viewer, one.id, 2)
    assert plugin(session, "humbug").tags_list == ["Sugar", "New"]
    check_counts(session)


def test_records_of_one_act_that_were_written_twice_go_back_to_the_beginning(
    session: Session, ann: Person, kinds: Kinds
) -> None:
    viewer = viewer_of(ann)
    with (
        transaction() as writing,
        history.one_unit(writing, viewer.actor, account_id=ann.account.id, title="Two steps") as unit,
    ):
        saved = service.create_plugin(viewer, plugin_values("sweets"))
        service.update_field(viewer, saved.id, 1, "version", "2.0.0")
        key = unit_key(unit.id)
    assert acts.undo_unit(viewer, key, kinds).is_complete
    assert live(session) == []


def test_a_record_that_an_act_wrote_twice_is_counted_once(session: Session, ann: Person) -> None:
    viewer = viewer_of(ann)
    old, gone = (
        factories.plugin(ann, plugin_values("toffee")),
        factories.plugin(ann, plugin_values("sherbet")),
    )
    with (
        transaction() as writing,
        history.one_unit(writing, viewer.actor, account_id=ann.account.id, title="Two steps") as unit,
    ):
        saved = service.create_plugin(viewer, plugin_values("sweets"))
        service.update_field(viewer, saved.id, 1, "version", "2.0.0")
        service.update_field(viewer, old.id, 1, "version", "2.0.0")
        service.update_field(viewer, old.id, 2, "version", "3.0.0")
        service.update_field(viewer, gone.id, 1, "version", "2.0.0")
        service.delete_plugin(viewer, gone.id, 2)
        key = unit.id
    stored = session.get_one(Unit, key)
    assert stored.records == 3
    assert stored.tally == "create:pluginmeta=1 delete:pluginmeta=1 update:pluginmeta=1"


def test_a_hand_over_is_one_act_with_an_undo(client: PageClient, session: Session, ann: Person) -> None:
    boss, bob = (
        factories.person("boss", of=ann.account, role="staff"),
        factories.person("bob", of=ann.account),
    )
    for name in ("sherbet", "sweets"):
        factories.plugin(ann, plugin_values(name))
    factories.secret(ann, "sweet_key")
    sign_in(client, boss)
    answer = client.post(
        f"/account/people/{profile_key(ann.profile_id)}/hand-over",
        data={"receiver": profile_key(bob.profile_id)},
    )
    page = client.page(answer.headers["Location"])
    assert "2 plugins and 1 secret of Ann Shaw belong to Bob now" in toast(page).text
    action = toast(page).one("form")["action"]
    assert client.post(action).status_code == 303
    assert plugin(session, "sweets").user_profile_id == ann.profile_id
    assert session.scalars(select(Secret.user_profile_id)).all() == [ann.profile_id]
    kinds = session.scalars(select(Revision.record_kind).where(Revision.unit_id.is_not(None)))
    assert sorted(kinds) == ["pluginmeta"] * 4 + ["secret"] * 2


def test_an_applied_upload_offers_its_undo(client: PageClient, session: Session, ann: Person) -> None:
    fields = {"do": "apply", "text": manifests("sweets"), "reason": "Spring catalogue"}
    answer = client.post("/manifests/", data=fields, content_type="multipart/form-data")
    page = tree(answer)
    assert page.one("button", text="Undo all of it")
    assert session.scalar(select(Unit.reason)) == "Spring catalogue"
    client.post(page.one("form", id="undo-act")["action"])
    assert live(session) == []


def test_a_reason_of_an_upload_that_is_too_long_is_refused(
    client: PageClient, session: Session, ann: Person
) -> None:
    fields = {"do": "apply", "text": manifests("sweets"), "reason": "x" * 501}
    answer = client.post("/manifests/", data=fields, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Use at most 500 characters." in tree(answer).one("main").text
    assert live(session) == []
