"""A stale save: both versions side by side, nothing typed is lost, and the value of a secret is on no page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person
from tests.integration.connections.records import SQL, page_of, submit
from tests.pages import PageClient, tree
from webapp.connections import service
from webapp.connections.crypto import Vault
from webapp.connections.models import Secret, SqlConnection
from webapp.connections.service import Saved
from webapp.connections.values import SecretValues

MERGE = {"id": "merge-form"}


@pytest.fixture
def saved(owner: Person) -> Saved:
    return factories.connection(owner, SQL)


@pytest.fixture
def colleague(owner: Person) -> Person:
    return factories.person("veruca", role="staff", of=owner.account)


def stale(
    client: PageClient, saved: Saved, colleague: Person, mine: dict[str, str], **theirs: object
) -> TestResponse:
    """Open the form, let a colleague save first, and send it."""
    path = page_of("sql", saved, "edit")
    page = client.page(path)
    values = replace(SQL, **theirs)  # type: ignore[arg-type]
    service.update_connection(factories.viewer_of(colleague), saved.id, 1, values)
    return submit(client, page, path, mine)


def decide(client: PageClient, answer: TestResponse, button: str = "", **choices: str) -> TestResponse:
    page = tree(answer)
    fields = {f"choice:{name}": value for name, value in choices.items()}
    button = button or page.one("form", **MERGE).one("div", **{"class": "save"}).all("button")[0].text
    return client.submit(page, fields, path="", form=MERGE, button=button)


def test_what_both_changed_is_shown_with_base_and_decided(
    signed_in: PageClient, saved: Saved, colleague: Person, session: Session
) -> None:
    answer = stale(
        signed_in,
        saved,
        colleague,
        {"hostname": "mine.example", "description": "Mine."},
        hostname="theirs.example",
        timeout=5,
    )
    assert answer.status_code == 409
    page = tree(answer)
    assert page.one("h1").text == "Veruca saved first"
    clash = page.one("fieldset")
    assert clash.one("legend").text == "Host"
    for text in ("db.example", "theirs.example", "mine.example"):
        assert text in clash.text
    merged = page.one("table").text
    assert "Timeout" in merged
    assert "Mine." in merged
    undecided = decide(signed_in, answer)
    assert undecided.status_code == 422
    done = decide(signed_in, undecided, hostname="mine")
    assert done.status_code == 303
    stored = session.get_one(SqlConnection, saved.id)
    assert (stored.hostname, stored.timeout, stored.description, stored.revision) == (
        "mine.example",
        5,
        "Mine.",
        3,
    )


def test_their_side_can_be_taken_and_the_result_edited(
    signed_in: PageClient, saved: Saved, colleague: Person, session: Session
) -> None:
    answer = stale(
        signed_in, saved, colleague, {"hostname": "mine.example", "port": "1"}, hostname="theirs.example"
    )
    editor = tree(decide(signed_in, answer, "Edit the result", hostname="theirs"))
    assert editor.one("input", id="hostname")["value"] == "theirs.example"
    assert editor.one("input", id="port")["value"] == "1"
    assert "merged record" in editor.text
    done = submit(signed_in, editor, page_of("sql", saved, "edit"))
    assert done.status_code == 303
    assert session.get_one(SqlConnection, saved.id).port == 1


def test_a_third_save_in_between_asks_again(
    signed_in: PageClient, saved: Saved, colleague: Person, session: Session
) -> None:
    answer = stale(signed_in, saved, colleague, {"hostname": "mine.example"}, timeout=5)
    service.update_connection(factories.viewer_of(colleague), saved.id, 2, replace(SQL, timeout=6))
    again = decide(signed_in, answer)
    assert again.status_code == 409
    assert decide(signed_in, again).status_code == 303
    stored = session.get_one(SqlConnection, saved.id)
    assert (stored.hostname, stored.timeout) == ("mine.example", 6)


def test_the_same_change_is_no_conflict(signed_in: PageClient, saved: Saved, colleague: Person) -> None:
    answer = stale(signed_in, saved, colleague, {"timeout": "5"}, timeout=5)
    assert answer.status_code == 303
    page = signed_in.page(answer.headers["Location"])
    assert "the record says this already" in page.one("", id="toasts").text


def test_rows_and_folded_fields_travel_through_the_merge_page(
    signed_in: PageClient, owner: Person, colleague: Person, session: Session
) -> None:
    saved = factories.connection(owner, replace(SQL, name="other_db", annotations=({"team": "harbour"},)))
    path = page_of("sql", saved, "edit")
    page = signed_in.page(path)
    viewer = factories.viewer_of(colleague)
    service.update_connection(
        viewer, saved.id, 1, replace(SQL, name="other_db", annotations=({"team": "harbour"}, {"size": 3}))
    )
    answer = submit(
        signed_in, page, path, {"annotations-0-value": "port", "use_ssl": "y", "ssh_known_hosts": "a\nb"}
    )
    assert decide(signed_in, answer).status_code == 303
    stored = session.get_one(SqlConnection, saved.id)
    assert stored.annotations == [{"team": "port"}, {"size": 3}]
    assert (stored.use_ssl, stored.ssh_known_hosts) == (True, "a\nb")


class TestSecrets:
    def stale(
        self, client: PageClient, owner: Person, colleague: Person, vault: Vault, their_value: str | None
    ) -> tuple[Saved, TestResponse]:
        saved = factories.secret(owner, "tides_key", "the old value")
        path = page_of("secret", saved, "edit")
        page = client.page(path)
        theirs = SecretValues("tides_key", description="Theirs.", value=their_value)
        service.update_secret(factories.viewer_of(colleague), saved.id, 1, theirs, vault)
        return saved, submit(client, page, path, {"secret_value": "hush hush", "version": "1.0.1"})

    def test_a_value_is_written_once_more(
        self, signed_in: PageClient, owner: Person, colleague: Person, vault: Vault, session: Session
    ) -> None:
        saved, answer = self.stale(signed_in, owner, colleague, vault, "their value")
        assert answer.status_code == 409
        for value in ("hush hush", "their value", "the old value"):
            assert value not in answer.text
        page = tree(answer)
        assert "Veruca has replaced the stored one meanwhile." in page.text
        assert page.one("input", id="secret_value")["type"] == "password"
        button = page.one("form", **MERGE).one("div", **{"class": "save"}).all("button")[0].text
        done = signed_in.submit(page, {"secret_value": "hush hush"}, path="", form=MERGE, button=button)
        assert done.status_code == 303
        stored = session.get_one(Secret, saved.id)
        assert vault.decrypt(stored.encrypted_value) == "hush hush"
        assert (stored.description, stored.version) == ("Theirs.", "1.0.1")

    def test_an_empty_value_keeps_what_is_stored(
        self, signed_in: PageClient, owner: Person, colleague: Person, vault: Vault, session: Session
    ) -> None:
        saved, answer = self.stale(signed_in, owner, colleague, vault, "their value")
        assert decide(signed_in, answer).status_code == 303
        assert vault.decrypt(session.get_one(Secret, saved.id).encrypted_value) == "their value"

    def test_editing_the_result_asks_for_the_value_again(
        self, signed_in: PageClient, owner: Person, colleague: Person, vault: Vault
    ) -> None:
        _, answer = self.stale(signed_in, owner, colleague, vault, None)
        assert "has replaced" not in answer.text
        page = tree(answer)
        editor = signed_in.submit(
            page, {"secret_value": "hush hush"}, path="", form=MERGE, button="Edit the result"
        )
        assert "hush hush" not in editor.text
        assert "Write it once more" in editor.text
