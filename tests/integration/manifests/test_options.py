"""What a plan may do: only create, only update, skip, rename, and whose the records become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.manifests.conftest import Sender
from tests.pages import PageClient, sign_in, tree
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.history.models import Revision, Unit
from webapp.manifests import service
from webapp.manifests.options import PlanOptions
from webapp.manifests.plan import Plan, PlanMoved
from webapp.manifests.registry import Registry
from webapp.manifests.sources import Source
from webapp.plugins.models import PluginMeta

Make = Callable[..., Plan]
ALL = (samples.static(), samples.sql(), samples.sql_connection(), samples.secret())
CHANGED = (
    samples.static(**{"41 m": "42 m"}),
    samples.sql(newest="oldest"),
    samples.sql_connection().replace("The register", "A register"),
    samples.secret().replace("A key", "Another key"),
)


@pytest.fixture
def make(kinds: Registry[Any]) -> Make:
    """Return a function that plans texts with options."""

    def plan(person: Person, *texts: str, **options: Any) -> Plan:
        sources = [Source(f"f{number}", text) for number, text in enumerate(texts)]
        viewer = factories.viewer_of(person, origin="manifest")
        return service.plan(viewer, sources, kinds, options=PlanOptions(**options))

    return plan


@pytest.fixture
def do(kinds: Registry[Any], make: Make) -> Callable[..., Plan]:
    """Return a function that plans texts with options and applies the plan."""

    def apply(person: Person, *texts: str, **options: Any) -> Plan:
        made = make(person, *texts, **options)
        service.apply(factories.viewer_of(person, origin="manifest"), made, kinds)
        return made

    return apply


def _actions(plan: Plan) -> list[str]:
    return [item.action for item in plan.items]


def _names(session: Session, model: Any) -> set[str]:
    session.rollback()
    return set(session.scalars(select(model.name)))


def test_only_new_records_are_created(do: Make, make: Make, member: Person, session: Session) -> None:
    do(member, *ALL)
    plan = do(member, *CHANGED, samples.static("buoy"), mode="create")
    assert _actions(plan) == ["skip"] * 4 + ["create"]
    assert plan.counts == {"create": 1, "skip": 4}
    assert plan.items[0].reason == "lighthouse exists, and only new records are created."
    assert _names(session, PluginMeta) == {"lighthouse", "ships_by_port", "buoy"}
    assert make(member, *ALL).counts == {"unchanged": 4}


def test_only_existing_records_are_updated(do: Make, member: Person, session: Session) -> None:
    do(member, *ALL)
    plan = do(member, *CHANGED, samples.static("buoy"), mode="update")
    assert _actions(plan) == ["update"] * 4 + ["skip"]
    assert plan.items[4].reason == "buoy does not exist, and only existing records are updated."
    assert "buoy" not in _names(session, PluginMeta)


def test_what_is_skipped_is_not_there_for_others(make: Make, member: Person) -> None:
    plan = make(member, samples.sql(), samples.sql_connection(), mode="update")
    assert _actions(plan) == ["skip", "skip"]
    assert plan.items[0].notices == ()


def test_a_record_of_somebody_else_can_be_skipped(
    do: Make, make: Make, member: Person, colleague: Person
) -> None:
    do(colleague, samples.static())
    assert _actions(make(member, *CHANGED[:1])) == ["refused"]
    skipped = make(member, *CHANGED[:1], samples.static("buoy"), taken="skip")
    assert _actions(skipped) == ["skip", "create"]
    assert skipped.items[0].changes == ()


def test_a_taken_name_is_replaced_by_a_free_one(
    do: Make, make: Make, member: Person, session: Session
) -> None:
    do(member, samples.static(), samples.static("lighthouse_2"))
    texts = (samples.static(**{"41 m": "42 m"}), samples.static("lighthouse_3"))
    plan = do(member, *texts, taken="rename")
    first = plan.items[0]
    assert (first.action, first.name, first.renamed_from) == ("create", "lighthouse_4", "lighthouse")
    assert [notice.message for notice in first.notices] == [
        "lighthouse is taken, so this one becomes lighthouse_4."
    ]
    assert _names(session, PluginMeta) == {"lighthouse", "lighthouse_2", "lighthouse_3", "lighthouse_4"}
    # What is there already, under whichever name, is not copied again by the same words under the same name.
    assert make(member, samples.static(), taken="rename").counts == {"unchanged": 1}


def test_the_free_name_is_the_same_every_time(do: Make, make: Make, member: Person) -> None:
    do(member, samples.static())
    texts = (samples.static(**{"41 m": "42 m"}), samples.static("lighthouse_2"))
    first, second = (make(member, *texts, taken="rename") for _ in range(2))
    assert first.digest == second.digest
    assert first.items[0].name == "lighthouse_3"


def test_what_refers_to_a_renamed_record_follows_it(do: Make, member: Person, session: Session) -> None:
    do(member, *ALL)
    plan = do(member, *CHANGED, taken="rename")
    assert [item.name for item in plan.items] == [
        "lighthouse_2", "ships_by_port_2", "ships_db_2", "ships_password_2",
    ]  # fmt: skip
    assert "This means ships_db_2 here, because ships_db is taken." in [
        notice.message for notice in plan.items[1].notices
    ]
    session.rollback()
    connection = session.scalars(select(SqlConnection).where(SqlConnection.name == "ships_db_2")).one()
    assert connection.password_name == "ships_password_2"
    plugin = session.scalars(select(PluginMeta).where(PluginMeta.name == "ships_by_port_2")).one()
    assert plugin.data is not None
    assert plugin.data.connection_id == connection.id  # type: ignore[attr-defined]


def test_a_record_that_says_the_same_follows_a_renamed_one_too(do: Make, member: Person) -> None:
    do(member, *ALL)
    plan = do(member, samples.sql(), CHANGED[2], taken="rename")
    assert [(item.action, item.name) for item in plan.items] == [
        ("create", "ships_by_port_2"), ("create", "ships_db_2"),
    ]  # fmt: skip


def test_a_long_name_is_cut_before_its_number(do: Make, make: Make, member: Person) -> None:
    name = "a" * 64
    do(member, samples.static(name))
    plan = make(member, samples.static(name, **{"41 m": "42 m"}), taken="rename")
    assert plan.items[0].name == f"{'a' * 62}_2"


def test_a_name_that_was_taken_meanwhile_stops_a_renaming_plan(
    do: Make, make: Make, member: Person, kinds: Registry[Any]
) -> None:
    do(member, samples.static())
    plan = make(member, *CHANGED[:1], taken="rename")
    factories.plugin(member, name="lighthouse_2")
    with pytest.raises(PlanMoved):
        service.apply(factories.viewer_of(member), plan, kinds)


class TestOwner:
    def test_new_records_go_to_the_owner_that_is_chosen(
        self, do: Make, member: Person, session: Session
    ) -> None:
        staff = factories.person("rita", role="staff", of=member.account)
        texts = (*ALL, samples.api_connection("tides_api", "ships_password"))
        plan = do(staff, *texts, owner="Marina")
        assert {item.owner.username for item in plan.items if item.owner} == {"marina"}
        session.rollback()
        for model in (PluginMeta, SqlConnection, ApiConnection, Secret):
            assert set(session.scalars(select(model.user_profile_id))) == {member.profile_id}
            assert set(session.scalars(select(model.revision))) == {1}
        assert {row.actor_name for row in session.scalars(select(Revision))} == {"Rita"}

    def test_existing_records_keep_their_owner_unless_that_is_chosen(
        self, do: Make, make: Make, member: Person, colleague: Person, session: Session
    ) -> None:
        staff = factories.person("rita", role="staff", of=member.account)
        do(colleague, *ALL)
        assert make(staff, *ALL, owner="marina").counts == {"unchanged": 4}
        plan = do(staff, *ALL, owner="marina", owner_of_existing=True)
        assert plan.counts == {"update": 4}
        change = plan.items[0].changes[0]
        assert (change.path, change.before, change.after) == ("owner", "Caspar", "Marina")
        assert plan.items[0].judgement is None
        session.rollback()
        for model in (PluginMeta, SqlConnection, Secret):
            assert set(session.scalars(select(model.user_profile_id))) == {member.profile_id}
        kept = session.scalars(select(Revision).where(Revision.revision == 2)).all()
        assert {tuple(row.changed) for row in kept} == {("owner",)}
        assert {row.snapshot["owner"]["to"]["username"] for row in kept} == {"marina"}
        assert make(staff, *ALL, owner="marina", owner_of_existing=True).counts == {"unchanged": 4}

    def test_undoing_the_import_gives_everything_back(
        self,
        make: Make,
        do: Make,
        colleague: Person,
        member: Person,
        session: Session,
        client: PageClient,
        app: Flask,
    ) -> None:
        staff = factories.person("rita", role="staff", of=member.account)
        do(colleague, *ALL)
        do(staff, *CHANGED, owner="marina", owner_of_existing=True)
        session.rollback()
        unit = session.scalars(select(Unit).order_by(Unit.id.desc())).first()
        assert unit is not None
        sign_in(client, staff)
        with app.test_request_context():
            button = app.extensions["undo_of_unit"](unit.id)
        assert client.post(button.url, data={"confirmed": "1"}).status_code == 303
        session.rollback()
        for model in (PluginMeta, SqlConnection, Secret):
            assert set(session.scalars(select(model.user_profile_id))) == {colleague.profile_id}
        assert make(colleague, *ALL).counts == {"unchanged": 4}

    @pytest.mark.parametrize("username", ["nobody", "caspar", "stranger", "gone", "x" * 500, "\0"])
    def test_nothing_is_given_to_whom_one_may_not_give(
        self, make: Make, member: Person, colleague: Person, username: str, session: Session
    ) -> None:
        factories.person("stranger")
        plan = make(member, samples.static(), owner=username)
        assert plan.refused
        assert "Nothing can be given to" in plan.problems[0].message

    def test_a_member_may_choose_themselves(self, make: Make, member: Person) -> None:
        assert make(member, samples.static(), owner="marina").counts == {"create": 1}


class TestPage:
    def test_options_are_remembered(self, send: Sender) -> None:
        page = tree(send("check", text=samples.static(), mode="update", taken="skip"))
        chosen = [item["value"] for item in page.all("option") if "selected" in item.attrs]
        assert chosen == ["update", "skip"]
        assert "open" in page.one("details", class_="options").attrs
        assert [item.text for item in page.all("span", class_="badge")] == ["Skip"]
        assert "lighthouse does not exist, and only existing records are updated." in page.text
        assert "Nothing is left to write." in page.text

    def test_a_new_name_and_an_owner_stand_in_the_row(self, send: Sender, session: Session) -> None:
        send(text=samples.static())
        page = tree(send("check", text=CHANGED[0], taken="rename", owner="marina"))
        row = page.one("ol", class_="plan").one("summary").text
        assert "lighthouse_2 in place of lighthouse, which is taken, for Marina" in row
        assert "rename what exists, for marina" in page.one("details", class_="options").text

    def test_an_unknown_option_is_refused_and_nothing_lost(self, send: Sender, session: Session) -> None:
        answer = send(text=samples.static(), mode="destroy")
        assert answer.status_code == 422
        assert "One of the options is not known" in tree(answer).text
        assert not _names(session, PluginMeta)

    def test_an_unknown_owner_is_refused_and_stays_in_the_form(self, send: Sender) -> None:
        answer = send(text=samples.static(), owner="nobody")
        assert answer.status_code == 422
        page = tree(answer)
        assert "Nothing can be given to nobody." in page.one(id="problems").text

    def test_staff_choose_among_the_people_of_their_account(
        self, client: PageClient, member: Person, session: Session
    ) -> None:
        staff = factories.person("rita", role="staff", of=member.account)
        factories.person("stranger")
        sign_in(client, staff)
        page = client.page("/manifests/")
        assert [item["value"] for item in page.one("select", id="owner").all("option")] == ["", "marina"]
        answer = client.submit(
            page, {"text": samples.static(), "owner": "marina"}, path="/manifests/", button="Apply"
        )
        assert answer.status_code == 200
        assert session.scalars(select(PluginMeta.user_profile_id)).all() == [member.profile_id]

    def test_a_member_is_asked_for_no_owner(self, client: PageClient, member: Person) -> None:
        sign_in(client, member)
        assert not client.page("/manifests/").all("select", id="owner")
