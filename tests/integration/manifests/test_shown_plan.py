"""Apply means the plan that was shown: what others wrote meanwhile is merged, chosen, and never overwritten."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.manifests.conftest import Applier, Sender
from tests.markup import Element
from tests.pages import PageClient, tree
from webapp.connections.models import Secret, SqlConnection
from webapp.plugins import service as plugins
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries.bulk import find_by_names
from webapp.plugins.values import PluginValues

MINE = samples.static(**{"41 m": "42 m", "1.2.0": "1.2.1"})


@pytest.fixture
def staff(member: Person) -> Person:
    """Return who writes meanwhile."""
    return factories.person("veruca", role="staff", of=member.account)


def _press(client: PageClient, page: Element, button: str, **fields: str) -> TestResponse:
    return client.submit(page, fields, path="/manifests/", button=button)


def _text(page: Element) -> str:
    children = page.one("textarea", id="text").children
    return "".join(child for child in children if isinstance(child, str))


def _stored(session: Session, person: Person, name: str = "lighthouse") -> PluginMeta:
    session.rollback()
    return find_by_names(session, person.account.id, [name])[name]


def _values(session: Session, person: Person) -> PluginValues:
    return _stored(session, person).to_values()


def _height(session: Session, person: Person) -> Any:
    data: Any = _values(session, person).data
    return data.static_data["height"]


class TestTheSamePlan:
    def test_a_plan_that_still_holds_is_applied(
        self, send: Sender, client: PageClient, session: Session, member: Person
    ) -> None:
        page = tree(send("check", text=samples.static()))
        assert _press(client, page, "Apply 1 change").status_code == 200
        assert _stored(session, member).revision == 1

    @pytest.mark.parametrize("text", ["\n" + samples.static(), samples.static().replace("\n", "\r\n")])
    def test_line_ends_are_no_change(self, send: Sender, client: PageClient, text: str) -> None:
        page = tree(send("check", **samples.files(a__yaml=text)))
        answer = _press(client, page, "Apply 1 change")
        assert "1 document applied" in tree(answer).text

    def test_a_text_that_was_edited_gets_its_plan_first(
        self, send: Sender, client: PageClient, session: Session
    ) -> None:
        page = tree(send("check", text=samples.static()))
        answer = _press(client, page, "Apply 1 change", text=samples.static("buoy"))
        assert answer.status_code == 200
        page = tree(answer)
        assert "This is the plan for what you changed. Nothing is written yet" in page.text
        assert not session.scalars(select(PluginMeta)).all()
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        assert session.scalars(select(PluginMeta.name)).all() == ["buoy"]

    def test_another_option_gets_its_plan_first(
        self, send: Sender, client: PageClient, session: Session
    ) -> None:
        page = tree(send("check", text=samples.static()))
        page = tree(_press(client, page, "Apply 1 change", mode="update"))
        assert "Nothing is written yet" in page.text
        assert not session.scalars(select(PluginMeta)).all()

    def test_a_new_value_of_a_secret_gets_its_plan_first(
        self, send: Sender, client: PageClient, session: Session
    ) -> None:
        page = tree(send("check", text=samples.secret()))
        masked = samples.secret(value='"********"')
        page = tree(_press(client, page, "Apply 1 change", text=samples.secret(value="another")))
        assert "Nothing is written yet" in page.text
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change", text=masked)).text
        stored = session.scalars(select(Secret)).one()
        assert client.application.extensions["vault"].decrypt(stored.encrypted_value) == "another"

    def test_an_edited_text_that_is_refused_is_a_422(self, send: Sender, client: PageClient) -> None:
        page = tree(send("check", text=samples.static()))
        assert _press(client, page, "Apply 1 change", text=samples.BROKEN).status_code == 422

    def test_a_name_that_was_taken_meanwhile_is_a_409_that_says_by_whom(
        self, send: Sender, client: PageClient, staff: Person, member: Person, session: Session
    ) -> None:
        page = tree(send("check", text=samples.static()))
        factories.plugin(staff, name="lighthouse")
        answer = _press(client, page, "Apply 1 change")
        # It is somebody else's: the member may not change it.
        assert answer.status_code == 422
        page = tree(send("check", text=samples.static("buoy")))
        factories.plugin(member, name="buoy")
        answer = _press(client, page, "Apply 1 change")
        assert answer.status_code == 409
        assert "buoy: Marina created it" in tree(answer).text
        assert _stored(session, member, "buoy").revision == 1

    def test_a_record_that_was_deleted_meanwhile_is_a_409_that_says_by_whom(
        self, send: Sender, client: PageClient, staff: Person, member: Person, session: Session
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=MINE))
        stored = _stored(session, member)
        plugins.delete_plugin(factories.viewer_of(staff), stored.id, stored.revision)
        answer = _press(client, page, "Apply 1 change")
        assert answer.status_code == 409
        page = tree(answer)
        assert "lighthouse: Veruca moved it to the bin" in page.text
        assert [item.text for item in page.all("span", class_="badge")] == ["Create"]
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text

    def test_a_refused_plan_that_is_corrected_is_shown_before_it_changes_a_record(
        self, send: Sender, client: PageClient, session: Session, member: Person
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=samples.documents(MINE, samples.BROKEN)))
        page = tree(_press(client, page, "Apply", text=MINE))
        assert _height(session, member) == "41 m"
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        assert _height(session, member) == "42 m"

    def test_a_refused_plan_that_is_corrected_and_only_creates_is_applied_at_once(
        self, send: Sender, client: PageClient
    ) -> None:
        page = tree(send("check", text=samples.BROKEN))
        assert "1 document applied" in tree(_press(client, page, "Apply", text=samples.static())).text

    @pytest.mark.parametrize(
        "seen", ["", "nonsense", "pluginmeta-rMTAwMDAwMQx:1:1 x", "secret-rMTAwMDAwMQx:9:9"]
    )
    def test_a_forged_field_changes_nothing(
        self, send: Sender, client: PageClient, session: Session, member: Person, seen: str
    ) -> None:
        send(text=samples.static())
        assert send(text=MINE, seen=seen).status_code in (200, 409)
        page = tree(send("check", text=MINE))
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        assert _height(session, member) == "42 m"


class TestMerge:
    def test_what_others_wrote_elsewhere_is_kept(
        self,
        send: Sender,
        client: PageClient,
        apply: Applier,
        staff: Person,
        member: Person,
        session: Session,
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=MINE))
        apply(staff, samples.static(**{"one sentence": "two sentences"}))
        answer = _press(client, page, "Apply 1 change")
        assert answer.status_code == 409
        page = tree(answer)
        assert "lighthouse: Veruca changed the prompt" in page.text
        assert "Veruca saved first. What your document left as it was is kept as it is stored." in page.text
        assert not page.all("input", type="radio")
        assert _height(session, member) == "41 m"
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        values = _values(session, member)
        assert values.prompt is not None
        assert (values.prompt.system_role, _height(session, member)) == (
            "You answer in two sentences.",
            "42 m",
        )
        assert values.version == "1.2.1"

    def test_what_both_changed_is_chosen(
        self,
        send: Sender,
        client: PageClient,
        apply: Applier,
        staff: Person,
        member: Person,
        session: Session,
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=samples.static(visitor="sailor", **{"41 m": "42 m"})))
        apply(staff, samples.static(visitor="child", one="two"))
        page = tree(_press(client, page, "Apply 1 change"))
        radios = page.all("input", type="radio")
        assert [item["value"] for item in radios] == ["theirs", "mine"]
        assert not any("checked" in item.attrs for item in radios)
        assert "1 choice to make before this can be applied." in page.text
        answer = _press(client, page, "Apply 1 change")
        assert answer.status_code == 422
        assert "Choose a side for every field" in tree(answer).text
        assert _height(session, member) == "41 m"
        answer = _press(client, tree(answer), "Apply 1 change", **{radios[0]["name"]: "theirs"})
        assert "1 document applied" in tree(answer).text
        values = _values(session, member)
        assert values.description == "What a child asks about the lighthouse."
        assert values.prompt is not None
        assert values.prompt.system_role == "You answer in two sentence."
        assert _height(session, member) == "42 m"

    def test_my_side_can_be_chosen(
        self,
        send: Sender,
        client: PageClient,
        apply: Applier,
        staff: Person,
        member: Person,
        session: Session,
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=samples.static(visitor="sailor")))
        apply(staff, samples.static(visitor="child"))
        page = tree(_press(client, page, "Apply 1 change"))
        name = page.all("input", type="radio")[0]["name"]
        assert _press(client, page, "Apply 1 change", **{name: "mine"}).status_code == 200
        assert _values(session, member).description == "What a sailor asks about the lighthouse."

    def test_somebody_who_writes_again_is_asked_about_again(
        self,
        send: Sender,
        client: PageClient,
        apply: Applier,
        staff: Person,
        member: Person,
        session: Session,
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=samples.static(visitor="sailor")))
        apply(staff, samples.static(visitor="child"))
        page = tree(_press(client, page, "Apply 1 change"))
        name = page.all("input", type="radio")[0]["name"]
        apply(staff, samples.static(visitor="pilot"))
        answer = _press(client, page, "Apply 1 change", **{name: "theirs"})
        assert answer.status_code == 409
        page = tree(answer)
        assert "pilot" in page.text
        assert not any("checked" in item.attrs for item in page.all("input", type="radio"))

    def test_a_document_can_be_taken_as_it_is_written(
        self,
        send: Sender,
        client: PageClient,
        apply: Applier,
        staff: Person,
        member: Person,
        session: Session,
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=MINE))
        apply(staff, samples.static(visitor="child"))
        page = tree(_press(client, page, "Apply 1 change"))
        page = tree(_press(client, page, "Use document 1 as it is written"))
        assert "The document is taken as it is written." in page.text
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        assert _values(session, member).description == "What a visitor asks about the lighthouse."

    def test_nothing_typed_is_lost(
        self, send: Sender, client: PageClient, apply: Applier, staff: Person
    ) -> None:
        send(text=samples.static())
        text = "# mine\n" + MINE
        page = tree(send("check", text=text))
        apply(staff, samples.static(visitor="child"))
        page = tree(_press(client, page, "Apply 1 change"))
        assert _text(page).strip() == text.strip()

    def test_connections_merge_too(
        self, send: Sender, client: PageClient, apply: Applier, staff: Person, session: Session
    ) -> None:
        text = samples.sql_connection()
        send(text=text)
        page = tree(send("check", text=text.replace("hostname: ships", "hostname: boats")))
        apply(staff, text.replace("database: ships", "database: vessels"))
        page = tree(_press(client, page, "Apply 1 change"))
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        session.rollback()
        stored = session.scalars(select(SqlConnection)).one()
        assert (stored.hostname, stored.database) == ("boats.example.com", "vessels")

    @pytest.mark.parametrize(("side", "value"), [("theirs", "their-canary"), ("mine", "my-canary")])
    def test_two_new_values_of_a_secret_are_chosen_and_not_shown(
        self,
        send: Sender,
        client: PageClient,
        apply: Applier,
        staff: Person,
        session: Session,
        side: str,
        value: str,
    ) -> None:
        send(text=samples.secret())
        page = tree(send("check", text=samples.secret(value="my-canary")))
        apply(staff, samples.secret(value="their-canary"))
        answer = _press(client, page, "Apply 1 change")
        assert "canary" not in answer.get_data(as_text=True)
        page = tree(answer)
        name = page.all("input", type="radio")[0]["name"]
        answer = _press(client, page, "Apply 1 change", **{name: side})
        assert answer.status_code == 200
        assert "canary" not in answer.get_data(as_text=True)
        session.rollback()
        stored = session.scalars(select(Secret)).one()
        assert client.application.extensions["vault"].decrypt(stored.encrypted_value) == value

    def test_another_owner_is_nothing_to_merge(
        self, send: Sender, client: PageClient, staff: Person, member: Person, session: Session
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=MINE))
        stored = _stored(session, member)
        viewer = factories.viewer_of(staff)
        plugins.change_owner(viewer, stored.id, 1, staff.profile_id)
        plugins.change_owner(viewer, stored.id, 2, member.profile_id)
        page = tree(_press(client, page, "Apply 1 change"))
        assert "Veruca changed the owner" in page.text
        assert "saved first" not in page.text
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text

    def test_a_check_says_what_others_wrote_and_that_is_shown_then(
        self,
        send: Sender,
        client: PageClient,
        apply: Applier,
        staff: Person,
        member: Person,
        session: Session,
    ) -> None:
        send(text=samples.static())
        page = tree(send("check", text=MINE))
        apply(staff, samples.static(visitor="child"))
        page = tree(_press(client, page, "Check only"))
        assert "Somebody has changed what you saw:" in page.text
        assert "lighthouse: Veruca changed the description" in page.text
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        assert _values(session, member).description == "What a child asks about the lighthouse."
        assert _height(session, member) == "42 m"

    def test_a_merge_that_breaks_a_rule_is_refused_with_the_reason(
        self, send: Sender, client: PageClient, apply: Applier, staff: Person, member: Person
    ) -> None:
        both = samples.sql() + "      - name: size\n        type: integer\n"
        send(text=both)
        mine = both.replace("= {port}", "= {port} AND size > {size}")
        page = tree(send("check", text=mine))
        apply(staff, samples.sql())
        answer = _press(client, page, "Apply 1 change")
        assert answer.status_code == 422
        assert "ships_by_port: Veruca changed the data" in tree(answer).text
        assert "Merged with what others wrote, this breaks a rule" in tree(answer).text


class TestVersions:
    def test_the_size_of_a_change_and_a_version_for_it_are_shown(
        self, send: Sender, client: PageClient, session: Session, member: Person
    ) -> None:
        send(text=samples.static())
        changed = samples.static(**{"height: 41 m": "height: 41 m\n      colour: white"})
        page = tree(send("check", text=changed))
        assert "Minor change: colour is new in the data. The version stays 1.2.0." in page.text
        page = tree(_press(client, page, "Set version to 1.3.0"))
        assert _text(page).strip() == changed.replace("1.2.0", "1.3.0").strip()
        assert "Minor change: colour is new in the data." in page.text
        assert "The version stays" not in page.text
        assert "1 document applied" in tree(_press(client, page, "Apply 1 change")).text
        assert _values(session, member).version == "1.3.0"

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("version: 1.2.0", 'version: "1.3.0"'),
            ("version: '1.2.0'", 'version: "1.3.0"'),
            ("version: 1.2.0 # now", "version: 1.3.0 # now"),
        ],
    )
    def test_the_version_is_set_where_it_stands(
        self, send: Sender, client: PageClient, old: str, new: str
    ) -> None:
        if old == "version: 1.2.0":
            old = 'version: "1.2.0"'
        send(text=samples.static())
        changed = samples.static(
            **{"height: 41 m": "height: 41 m\n      colour: white", "version: 1.2.0": old}
        )
        page = tree(send("check", text=changed))
        page = tree(_press(client, page, "Set version to 1.3.0"))
        assert new in _text(page)

    def test_a_version_that_is_not_written_is_added(self, send: Sender, client: PageClient) -> None:
        text = samples.static().replace("  version: 1.2.0\n", "")
        send(text=text)
        page = tree(send("check", text=text.replace("41 m", "42 m")))
        page = tree(_press(client, page, "Set version to 1.0.1"))
        assert "  version: 1.0.1\n" in _text(page)

    def test_a_version_behind_an_anchor_is_left_alone(self, send: Sender) -> None:
        text = samples.static(**{"version: 1.2.0": "version: &v 1.2.0"})
        send(text=text)
        page = tree(send("check", text=text.replace("41 m", "42 m")))
        assert "Patch change" in page.text
        assert not [item for item in page.all("button") if item.text.startswith("Set version")]


class TestYaml:
    def test_the_texts_are_compared_line_by_line(self, send: Sender) -> None:
        send(text=samples.static())
        page = tree(send("check", text=samples.static(**{"41 m": "42 m"})))
        block = page.one("pre", class_="lines")
        assert [item.text for item in block.all("span", class_="del")] == ["Removed: height: 41 m"]
        assert [item.text for item in block.all("ins")] == ["42"]

    def test_the_value_of_a_secret_is_in_no_text(self, send: Sender) -> None:
        send(text=samples.secret(value="first-canary"))
        answer = send("check", text=samples.secret(value="second-canary"))
        assert "canary" not in answer.get_data(as_text=True)
        assert not tree(answer).all("pre", class_="lines")
