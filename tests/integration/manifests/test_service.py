"""Plan and apply: what would happen, and exactly that, all or nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import count_statements
from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.manifests.conftest import Applier, Planner
from webapp.connections.models import ApiConnection, Secret, SqlConnection
from webapp.core.errors import InvalidInput, PermissionDenied, Unavailable
from webapp.extensions import db
from webapp.history.models import Revision
from webapp.manifests import service
from webapp.manifests.plan import Plan, PlanItem, PlanMoved, PlanRefused
from webapp.manifests.registry import Registry
from webapp.manifests.sources import Limits, Source
from webapp.plugins.models import PluginDataApi, PluginMeta, bulk_rows
from webapp.plugins.queries.bulk import find_by_names

CANARY = "plugh-canary-value"
MODELS: tuple[Any, ...] = (PluginMeta, SqlConnection, ApiConnection, Secret, Revision)


def _rows(session: Session) -> int:
    session.rollback()
    return sum(session.scalar(select(func.count()).select_from(model)) or 0 for model in MODELS)


def _only(plan: Plan) -> PlanItem:
    assert len(plan.items) == 1
    return plan.items[0]


def _words(item: PlanItem) -> list[str]:
    return [problem.message for problem in (*item.problems, *item.notices)]


def _plugin(session: Session, person: Person, name: str) -> PluginMeta:
    session.rollback()
    return find_by_names(session, person.account.id, [name])[name]


def test_the_same_name_again_is_an_update(plan: Planner, apply: Applier, member: Person) -> None:
    apply(member, samples.static())
    again = _only(plan(member, samples.static(**{"41 m": "MODIFIED", "1.2.0": "1.3.0"})))
    assert (again.action, again.version_before, again.version) == ("update", "1.2.0", "1.3.0")
    assert [change.path for change in again.changes] == ["metadata.version", "spec.data.staticData.height"]


def test_a_version_that_goes_down_is_noticed(plan: Planner, apply: Applier, member: Person) -> None:
    apply(member, samples.static())
    lower = _only(plan(member, samples.static(**{"1.2.0": "1.2.0-rc.1"})))
    assert _words(lower) == ["The version goes down from 1.2.0 to 1.2.0-rc.1."]
    assert lower.action == "update"


def test_unchanged_records_get_no_revision(apply: Applier, member: Person, session: Session) -> None:
    texts = (samples.static(), samples.sql(), samples.api(), samples.sql_connection(), samples.secret())
    apply(member, *texts)
    rows = _rows(session)
    again = apply(member, *texts)
    assert {item.action for item in again.items} == {"unchanged"}
    assert _rows(session) == rows


def test_status_is_ignored(plan: Planner, apply: Applier, member: Person) -> None:
    apply(member, samples.static())
    assert _only(plan(member, samples.static() + "status:\n  anything: [1, {a: b}]\n")).action == "unchanged"


def test_true_is_another_value_than_1(plan: Planner, apply: Applier, member: Person) -> None:
    apply(member, samples.static(**{"41 m": "1"}))
    for value in ("true", "1.0", "1"):
        assert _only(plan(member, samples.static(**{"41 m": value}))).action == "update"
        apply(member, samples.static(**{"41 m": value}))
        assert _only(plan(member, samples.static(**{"41 m": value}))).action == "unchanged"


def test_another_order_of_keys_is_a_change_and_is_stored(
    plan: Planner, apply: Applier, member: Person, session: Session
) -> None:
    apply(
        member,
        samples.static(**{"height: 41 m": "{a: 1, b: 2}"}).replace("staticData:\n      ", "staticData: "),
    )
    other = samples.static(**{"height: 41 m": "{b: 2, a: 1}"}).replace("staticData:\n      ", "staticData: ")
    item = _only(plan(member, other))
    assert [change.path for change in item.changes] == ["spec.data.staticData"]
    apply(member, other)
    assert _only(plan(member, other)).action == "unchanged"
    assert "b: 2\n      a: 1" in _export(session, member, "lighthouse")


def test_headers_and_bodies_of_an_api_plugin_keep_their_types(
    apply: Applier, member: Person, session: Session
) -> None:
    apply(member, samples.api())
    data = _plugin(session, member, "tide").data
    assert isinstance(data, PluginDataApi)
    assert [header["value"] for header in data.headers] == ["true", "12345"]
    assert data.body == ["a", 2]


def test_one_refused_document_keeps_all_from_being_written(
    plan: Planner, apply: Applier, member: Person, session: Session
) -> None:
    rows = _rows(session)
    texts = (samples.static("one"), samples.BROKEN, samples.secret())
    assert [item.action for item in plan(member, *texts).items] == ["create", "refused", "create"]
    with pytest.raises(PlanRefused, match="Nothing was written"):
        apply(member, *texts)
    assert _rows(session) == rows


def test_every_problem_of_all_documents_comes_at_once(plan: Planner, member: Person) -> None:
    found = plan(member, samples.BROKEN, samples.UNREADABLE, "just a text")
    assert [len(item.problems) for item in found.items] == [3, 1, 1]
    assert [(problem.document, problem.line) for problem in found.all_problems] == [
        (1, 6), (1, 7), (1, 15), (2, 5), (3, 1),
    ]  # fmt: skip


def test_an_obsolete_shape_is_refused_with_the_reason(plan: Planner, member: Person) -> None:
    item = _only(plan(member, '{"id": 1, "meta_data": {"name": "X"}, "plugin_data": {}}'))
    assert item.action == "refused"
    assert "before manifests" in item.problems[0].message


@pytest.mark.parametrize("kind", ["sql", "api"])
def test_a_missing_connection_is_a_notice_and_arrives_later(
    plan: Planner, apply: Applier, member: Person, session: Session, kind: str
) -> None:
    text, connection, secret = {
        "sql": (samples.sql(), samples.sql_connection(), samples.secret()),
        "api": (samples.api(), samples.api_connection(), samples.secret("tides_key")),
    }[kind]
    name, missing = {"sql": ("ships_by_port", "ships_db"), "api": ("tide", "tides_api")}[kind]
    item = _only(plan(member, text))
    assert _words(item) == [f"{name} will be Not ready until the connection {missing} exists."]
    assert item.notices[0].path == "spec.connection"
    apply(member, text)
    assert _plugin(session, member, name).readiness == "not_ready"
    applied = apply(member, connection)
    assert "will be Not ready until the secret" in _words(applied.items[0])[0]
    assert _plugin(session, member, name).readiness == "not_ready"
    apply(member, secret)
    ready = _plugin(session, member, name)
    assert ready.readiness == "ready"
    assert ready.revision == 1


def test_the_order_of_documents_does_not_matter(apply: Applier, member: Person, session: Session) -> None:
    applied = apply(member, samples.sql(), samples.sql_connection(), samples.secret())
    assert [_words(item) for item in applied.items] == [[], [], []]
    assert _plugin(session, member, "ships_by_port").readiness == "ready"
    connection = session.scalars(select(SqlConnection)).one()
    assert connection.password_id == session.scalars(select(Secret.id)).one()


def test_two_documents_for_one_record_are_refused_and_name_each_other(plan: Planner, member: Person) -> None:
    found = plan(member, samples.documents(samples.static(), samples.secret()), samples.sql("lighthouse"))
    first, other, second = found.items
    assert other.action == "create"
    assert _words(first) == ["lighthouse is described by document 3 (file2.yaml) too."]
    assert _words(second)[0] == "lighthouse is described by document 1 (file1.yaml) too."


def test_two_spellings_of_one_name_are_one_record(plan: Planner, member: Person) -> None:
    found = plan(member, samples.documents(samples.static("fog_horn"), samples.static("fogHorn")))
    assert [item.action for item in found.items] == ["refused", "refused"]


def test_a_converted_name_is_reported(
    plan: Planner, apply: Applier, member: Person, session: Session
) -> None:
    item = _only(plan(member, samples.static("everlastingLight")))
    assert (item.name, _words(item)) == ("everlasting_light", ["The name is stored as everlasting_light."])
    apply(member, samples.static("everlastingLight"))
    assert _only(plan(member, samples.static("everlasting_light"))).action == "unchanged"


def test_an_imported_name_may_begin_with_a_digit(apply: Applier, member: Person) -> None:
    assert apply(member, samples.static("2025_report")).items[0].action == "create"


def test_a_plugin_may_change_its_class_and_the_plan_says_so(
    plan: Planner, apply: Applier, member: Person, session: Session
) -> None:
    apply(member, samples.static("ships_by_port"))
    item = _only(plan(member, samples.sql()))
    assert item.action == "update"
    assert "The plugin changes from Plugin to SqlPlugin; its data is replaced." in _words(item)
    apply(member, samples.sql())
    assert _plugin(session, member, "ships_by_port").plugin_class == "sql"


def test_a_connection_of_each_kind_may_have_one_name(apply: Applier, member: Person) -> None:
    applied = apply(member, samples.sql_connection("shared"), samples.api_connection("shared"))
    assert [item.action for item in applied.items] == ["create", "create"]


class TestOwners:
    def test_a_colleagues_record_is_refused_and_its_owner_named(
        self, plan: Planner, apply: Applier, member: Person, colleague: Person
    ) -> None:
        for text in (samples.static(), samples.sql_connection(), samples.secret()):
            apply(colleague, text)
            item = _only(plan(member, text))
            assert item.action == "refused"
            assert "belongs to Caspar, and you may not change it." in item.problems[0].message
            assert item.problems[0].path == "metadata.name"
            assert item.changes == ()

    def test_staff_change_the_records_of_their_account_and_the_owner_stays(
        self, plan: Planner, apply: Applier, member: Person, session: Session
    ) -> None:
        apply(member, samples.static())
        staff = factories.person(role="staff", of=member.account)
        apply(staff, samples.static(**{"41 m": "42 m"}))
        assert _plugin(session, member, "lighthouse").user_profile_id == member.profile_id

    def test_whoever_uploads_owns_what_is_new(self, apply: Applier, member: Person, session: Session) -> None:
        apply(member, samples.static(), samples.sql_connection(), samples.api_connection(), samples.secret())
        for model in MODELS[:4]:
            assert session.scalars(select(model.user_profile_id)).all() == [member.profile_id]

    def test_names_of_other_accounts_and_of_the_platform_are_free(
        self, plan: Planner, apply: Applier, member: Person
    ) -> None:
        for other in (factories.person(), factories.person(of=factories.platform(), role="staff")):
            apply(other, samples.static(), samples.sql_connection(), samples.secret())
        found = plan(member, samples.static(), samples.sql_connection(), samples.secret())
        assert [item.action for item in found.items] == ["create"] * 3

    def test_a_connection_of_another_account_is_as_if_it_did_not_exist(
        self, plan: Planner, apply: Applier, member: Person, session: Session
    ) -> None:
        apply(factories.person(), samples.sql_connection(), samples.secret())
        assert "will be Not ready" in _words(_only(plan(member, samples.sql())))[0]
        apply(member, samples.sql())
        assert _plugin(session, member, "ships_by_port").readiness == "not_ready"

    def test_a_secret_of_another_account_is_as_if_it_did_not_exist(
        self, apply: Applier, member: Person, session: Session
    ) -> None:
        apply(factories.person(), samples.secret())
        apply(member, samples.sql_connection())
        assert session.scalars(select(SqlConnection)).one().password_id is None

    def test_a_superuser_writes_into_the_account_they_act_in(
        self, plan: Planner, apply: Applier, member: Person
    ) -> None:
        apply(member, samples.static())
        root = factories.person(role="superuser")
        assert _only(plan(root, samples.static())).action == "create"


class TestSecrets:
    def test_a_new_secret_needs_its_value(self, plan: Planner, member: Person) -> None:
        for text in (
            samples.secret(value='"********"'),
            samples.secret().replace("value: anchors aweigh", "{}"),
        ):
            assert _words(_only(plan(member, text)))[0] == "A new secret needs its value."

    def test_a_masked_or_absent_value_keeps_what_is_stored(
        self, plan: Planner, apply: Applier, member: Person, session: Session
    ) -> None:
        apply(member, samples.secret())
        before = session.scalars(select(Secret.encrypted_value)).one()
        masked = samples.secret(value='"********"')
        assert _only(plan(member, masked)).action == "unchanged"
        described = masked.replace("A key.", "Another key.")
        assert apply(member, described).items[0].action == "update"
        session.rollback()
        assert session.scalars(select(Secret.encrypted_value)).one() == before

    def test_the_same_value_is_unchanged_and_another_is_an_update_that_shows_neither(
        self, plan: Planner, apply: Applier, member: Person, kinds: Registry[Any], session: Session
    ) -> None:
        apply(member, samples.secret(value=CANARY))
        assert _only(plan(member, samples.secret(value=CANARY))).action == "unchanged"
        item = _only(plan(member, samples.secret(value="another-" + CANARY)))
        assert [(change.path, change.before) for change in item.changes] == [
            ("spec.config.value", "********")
        ]
        assert CANARY not in repr(item)
        assert CANARY not in repr(item.changes)
        apply(member, samples.secret(value="another-" + CANARY))
        session.rollback()
        assert session.scalars(select(Secret.revision)).one() == 2

    def test_history_and_logs_never_hold_a_value(
        self, apply: Applier, member: Person, session: Session, caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        apply(member, samples.secret(value=CANARY), samples.static())
        apply(member, samples.secret(value=CANARY + "2"))
        session.rollback()
        kept = session.scalars(select(Revision).where(Revision.record_kind == "secret")).all()
        assert [row.changed for row in kept] == [[], ["value"]]
        assert CANARY not in repr([row.snapshot for row in session.scalars(select(Revision))])
        output = capfd.readouterr()
        assert CANARY not in caplog.text + output.out + output.err

    def test_the_digest_does_not_depend_on_a_value(self, plan: Planner, member: Person) -> None:
        one, other = (plan(member, samples.secret(value=value)).digest for value in ("one", "other"))
        assert one == other


class TestMovedPlans:
    def test_a_record_that_changed_in_between_is_not_overwritten(
        self, plan: Planner, apply: Applier, kinds: Registry[Any], member: Person, session: Session
    ) -> None:
        apply(member, samples.static())
        viewer = factories.viewer_of(member)
        made = plan(member, samples.static(**{"41 m": "42 m"}), samples.secret())
        apply(member, samples.static(**{"41 m": "43 m"}))
        rows = _rows(session)
        with pytest.raises(PlanMoved):
            service.apply(viewer, made, kinds)
        assert _rows(session) == rows

    def test_a_name_that_was_taken_in_between_stops_the_plan(
        self, plan: Planner, kinds: Registry[Any], member: Person, colleague: Person, session: Session
    ) -> None:
        made = plan(member, samples.secret(), samples.static())
        factories.plugin(colleague, name="lighthouse")
        rows = _rows(session)
        with pytest.raises(PlanMoved):
            service.apply(factories.viewer_of(member), made, kinds)
        assert _rows(session) == rows

    def test_an_unchanged_record_that_moved_stops_the_plan_too(
        self, plan: Planner, apply: Applier, kinds: Registry[Any], member: Person
    ) -> None:
        apply(member, samples.static())
        made = plan(member, samples.static(), samples.secret())
        apply(member, samples.static(**{"41 m": "42 m"}))
        with pytest.raises(PlanMoved):
            service.apply(factories.viewer_of(member), made, kinds)

    def test_a_revoked_right_stops_the_plan(
        self, plan: Planner, apply: Applier, kinds: Registry[Any], member: Person, colleague: Person
    ) -> None:
        staff = factories.person(role="staff", of=member.account)
        apply(member, samples.static())
        made = plan(staff, samples.static(**{"41 m": "42 m"}))
        with pytest.raises(PermissionDenied):
            service.apply(factories.viewer_of(colleague), made, kinds)


def test_a_failure_in_the_middle_leaves_nothing(
    apply: Applier, member: Person, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows(session)
    real, calls = bulk_rows.insert_rows, 0

    def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(bulk_rows, "insert_rows", failing)
    with pytest.raises(KeyboardInterrupt):
        apply(member, samples.secret(), *(samples.static(f"p_{number}") for number in range(5)))
    assert calls == 3
    assert _rows(session) == rows


def test_two_imports_of_the_same_records_at_once_end_without_an_error(
    app: Flask, apply: Applier, member: Person, kinds: Registry[Any], session: Session
) -> None:
    names = [f"p_{number}" for number in range(12)]
    apply(member, *(samples.static(name, harbour=f"tag {name}") for name in names))
    viewer = factories.viewer_of(member)
    session.rollback()
    started = threading.Barrier(2)

    def run(order: list[str], height: str) -> str:
        with app.app_context():
            text = samples.documents(
                *(samples.static(name, **{"41 m": height, "harbour": f"new {name}"}) for name in order)
            )
            made = service.plan(viewer, [Source("a", text)], kinds)
            started.wait(60)
            try:
                service.apply(viewer, made, kinds)
            except (PlanMoved, Unavailable) as error:
                return type(error).__name__
            finally:
                db.session.remove()
            return height

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(run, names, "1 m")
        other = pool.submit(run, names[::-1], "2 m")
        ends = {one.result(), other.result()}
    won = ends - {"PlanMoved", "Unavailable"}
    assert len(won) == 1
    stored = find_by_names(session, member.account.id, names)
    heights = {getattr(plugin.data, "static_data", {})["height"] for plugin in stored.values()}
    assert heights == won


def test_what_a_service_refuses_is_a_problem_of_its_document(
    apply: Applier, member: Person, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*args: Any, **kwargs: Any) -> Any:
        raise InvalidInput.of("version", "Write three numbers.", "semver")

    monkeypatch.setattr(bulk_rows, "clean", refusing)
    with pytest.raises(PlanRefused) as refused:
        apply(member, samples.secret(), samples.static())
    assert [item.action for item in refused.value.plan.items] == ["create", "refused"]
    assert "Write three numbers." in refused.value.plan.items[1].problems[0].message
    assert _rows(session) == 0


def test_limits_refuse_the_import_as_a_whole(kinds: Registry[Any], member: Person) -> None:
    viewer = factories.viewer_of(member)
    text = samples.documents(samples.static("one"), samples.static("two"))
    found = service.plan(viewer, [Source("a", text)], kinds, Limits(max_documents=1))
    assert found.items == ()
    assert "more than 1 documents" in found.all_problems[0].message
    assert found.refused


def test_the_digest_is_the_same_for_the_same_plan_and_another_for_another(
    plan: Planner, apply: Applier, member: Person
) -> None:
    one = plan(member, samples.static())
    assert one.digest == plan(member, "# a comment\n" + samples.static()).digest
    assert one.digest != plan(member, samples.static(**{"41 m": "42 m"})).digest
    apply(member, samples.static())
    assert one.digest != plan(member, samples.static()).digest


def test_history_says_that_it_was_a_manifest(apply: Applier, member: Person, session: Session) -> None:
    apply(member, samples.static())
    row = session.scalars(select(Revision)).one()
    assert (row.origin, row.actor_name, row.action) == ("manifest", "Marina", "create")


def test_planning_thousands_of_documents_asks_few_questions(
    plan: Planner, apply: Applier, member: Person
) -> None:
    apply(member, samples.documents(*(samples.static(f"p_{number}") for number in range(0, 2_000, 40))))
    text = samples.documents(*(samples.static(f"p_{number}") for number in range(2_000)))
    with count_statements() as statements:
        assert plan(member, text).counts == {"create": 1_950, "unchanged": 50}
    # The person (2), and for every 500 names the plugins with their data and tags, and whose aliases the tags are.
    assert len(statements) <= 2 + 4 * 4


def test_the_work_of_applying_grows_with_the_number_of_documents_only(
    plan: Planner, kinds: Registry[Any], member: Person
) -> None:
    viewer = factories.viewer_of(member)
    costs = []
    for start, count in ((0, 10), (100, 100)):
        made = plan(member, samples.documents(*(samples.static(f"p_{start + i}") for i in range(count))))
        with count_statements() as statements:
            service.apply(viewer, made, kinds)
        costs.append(len(statements) / count)
    assert costs[1] <= costs[0] <= 25


def _export(session: Session, person: Person, name: str) -> str:
    from webapp.plugins.manifest import export_yaml

    return export_yaml(_plugin(session, person, name).to_values())
