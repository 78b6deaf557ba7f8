"""History and Undo of connections and secrets; what a secret held before never comes back, and pages say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, viewer_of
from tests.integration.connections.records import API, KEY, SQL, page_of, send
from tests.integration.plugins.test_bin_pages import press, toast
from tests.markup import Element
from tests.pages import PageClient, sign_in, tree
from webapp.connections import service
from webapp.connections.crypto import Vault
from webapp.connections.kinds import API as API_KIND
from webapp.connections.kinds import SECRET
from webapp.connections.models import ApiConnection, Secret
from webapp.connections.service import Saved
from webapp.connections.undoing import undo_writes
from webapp.core.errors import NotFound, PermissionDenied
from webapp.history.models import Revision
from webapp.history.undoing import NotUndone, Overlap


@pytest.fixture
def api(owner: Person) -> Saved:
    """Return an API connection with two revisions; the second changed its address."""
    saved = factories.connection(owner, API)
    moved = replace(API, base_url="https://new.example")
    return service.update_connection(viewer_of(owner), saved.id, 1, moved)


def stored(session: Session, saved: Saved) -> ApiConnection:
    session.rollback()
    session.expire_all()
    return session.get_one(ApiConnection, saved.id)


def differences(page: Element) -> dict[str, str]:
    rows = page.one("table", class_="diff").all("tr")
    return {
        row.one("th").text.split("Restore")[0]: " ".join(line.text for line in row.one("td").all("p"))
        for row in rows
    }


def test_the_history_of_a_connection_shows_what_changed(signed_in: PageClient, api: Saved) -> None:
    page = signed_in.page(page_of("api", api, "history"))
    assert differences(page) == {"Base URL": "Removed: https://tides.example Added: https://new.example"}
    assert "Created" in page.one("ol", class_="line").text
    text = signed_in.page(page_of("api", api, "history?revision=1&view=manifest"))
    assert "https://tides.example" in text.one("pre", id="manifest").text
    assert signed_in.page(page_of("api", api, "history?revision=1&view=record"))
    assert signed_in.get(page_of("api", api, "history?revision=9")).status_code == 404
    assert signed_in.get(page_of("api", api, "history?revision=x")).status_code == 400


def test_a_revision_of_a_connection_is_restored_and_undone(
    signed_in: PageClient, session: Session, api: Saved
) -> None:
    fields = {"revision": "2", "from": "1", "reason": "Wrong server"}
    answer = signed_in.post(page_of("api", api, "history/restore"), data=fields)
    page = signed_in.page(answer.headers["Location"])
    assert stored(session, api).base_url == API.base_url
    assert "Wrong server" in page.one("ol", class_="line").text
    press(signed_in, toast(page), page_of("api", api, "undo"))
    assert stored(session, api).base_url == "https://new.example"


def test_one_field_is_restored_and_nothing_to_restore_is_said(
    signed_in: PageClient, session: Session, owner: Person, api: Saved
) -> None:
    service.update_connection(viewer_of(owner), api.id, 2, replace(API, timeout=60, description="New."))
    fields = {"revision": "3", "from": "1", "part": "timeout"}
    signed_in.post(page_of("api", api, "history/restore"), data=fields)
    assert (stored(session, api).timeout, stored(session, api).description) == (30, "New.")
    fields["revision"] = "4"
    again = signed_in.post(page_of("api", api, "history/restore"), data=fields, follow_redirects=True)
    assert "Nothing to restore" in toast(tree(again)).text
    assert (
        signed_in.post(page_of("api", api, "history/restore"), data={**fields, "part": "x"}).status_code
        == 404
    )


def test_a_stale_restore_leads_to_the_merge_page(signed_in: PageClient, owner: Person, api: Saved) -> None:
    service.update_connection(viewer_of(owner), api.id, 2, replace(API, base_url="https://third.example"))
    answer = signed_in.post(page_of("api", api, "history/restore"), data={"revision": "2", "from": "1"})
    assert answer.status_code == 409
    assert "https://third.example" in tree(answer).one("form", id="merge-form").text


def test_every_write_of_a_connection_has_its_undo(
    signed_in: PageClient, session: Session, owner: Person
) -> None:
    made = send(
        signed_in, "/connections/new?kind=api", {"name": "tides_api", "base_url": "https://a.example"}
    )
    page = signed_in.page(made.headers["Location"])
    locator = made.headers["Location"].split("/")[2]
    edited = send(
        signed_in, f"/connections/{locator}/edit", {"timeout": "60", "reason": "It is slow"}, "Save changes"
    )
    page = signed_in.page(edited.headers["Location"])
    undone = press(signed_in, toast(page), f"/connections/{locator}/undo")
    assert "tides_api is as it was before" in toast(signed_in.page(undone.headers["Location"])).text
    assert session.scalars(select(Revision.reason).where(Revision.revision == 2)).one() == "It is slow"
    gone = signed_in.post(f"/connections/{locator}/delete", data={"revision": "3"})
    page = signed_in.page(gone.headers["Location"])
    back = press(signed_in, toast(page), f"/connections/{locator}/restore")
    page = signed_in.page(back.headers["Location"])
    press(signed_in, toast(page), f"/connections/{locator}/delete")
    assert signed_in.page(f"/connections/{locator}/").one("button", text="Bring it back")


def test_a_creation_is_undone_from_its_toast(signed_in: PageClient) -> None:
    made = send(
        signed_in, "/connections/new?kind=api", {"name": "tides_api", "base_url": "https://a.example"}
    )
    page, locator = signed_in.page(made.headers["Location"]), made.headers["Location"].split("/")[2]
    press(signed_in, toast(page), f"/connections/{locator}/delete")
    assert signed_in.page(f"/connections/{locator}/").one("button", text="Bring it back")


def test_undo_keeps_what_others_changed_and_asks_where_both_did(
    signed_in: PageClient, session: Session, owner: Person, api: Saved
) -> None:
    moved = replace(API, base_url="https://new.example", timeout=60)
    service.update_connection(viewer_of(owner), api.id, 2, moved)
    signed_in.post(page_of("api", api, "undo"), data={"revision": "2"})
    assert (stored(session, api).base_url, stored(session, api).timeout) == (API.base_url, 60)
    service.update_connection(viewer_of(owner), api.id, 4, replace(moved, base_url="https://x.example"))
    answer = signed_in.post(page_of("api", api, "undo"), data={"revision": "2"})
    assert answer.status_code == 409 and tree(answer).one("form", id="merge-form")


def test_a_value_that_was_replaced_cannot_be_undone_and_the_page_says_so(
    signed_in: PageClient, session: Session, owner: Person, vault: Vault
) -> None:
    secret = service.create_secret(viewer_of(owner), KEY, vault)
    path = page_of("secret", secret, "edit")
    answer = send(signed_in, path, {"secret_value": "new value"})
    said = toast(signed_in.page(answer.headers["Location"]))
    assert "The value that it held before is not kept, so this cannot be undone" in said.text
    assert not said.all("form")
    both = send(signed_in, path, {"secret_value": "third value", "description": "New."})
    said = toast(signed_in.page(both.headers["Location"]))
    assert "Undo leaves its new value as it is" in said.text
    press(signed_in, said, page_of("secret", secret, "undo"))
    session.rollback()
    found = session.scalars(select(Secret)).one()
    assert (found.description, vault.holds(found.encrypted_value, "third value")) == ("", True)
    page = signed_in.page(page_of("secret", secret, "history?revision=2"))
    assert differences(page) == {"Value": "The stored value was replaced. History keeps no values."}
    for view in ("fields", "yaml", "record", "manifest"):
        text = signed_in.get(page_of("secret", secret, f"history?from=1&to=4&view={view}")).get_data(
            as_text=True
        )
        assert "value" not in text or not any(
            value in text for value in ("anchors aweigh", "new value", "third value")
        )


def test_the_creation_of_a_secret_is_asked_about_before_it_is_undone(signed_in: PageClient) -> None:
    made = send(signed_in, "/connections/new?kind=secret", {"name": "tides_key", "secret_value": "hush"})
    page, locator = signed_in.page(made.headers["Location"]), made.headers["Location"].split("/")[2]
    asked = press(signed_in, toast(page), f"/connections/{locator}/delete")
    assert asked.headers["Location"] == f"/connections/{locator}/removal"
    assert signed_in.get(f"/connections/{locator}/").status_code == 200


# ---- the service -----------------------------------------------------------------------------------------------


def test_a_value_alone_is_not_taken_back(session: Session, owner: Person, vault: Vault) -> None:
    viewer = viewer_of(owner)
    secret = service.create_secret(viewer, KEY, vault)
    service.update_secret(viewer, secret.id, 1, replace(KEY, value="new value"), vault)
    with pytest.raises(NotUndone, match="cannot come back"):
        undo_writes(viewer, SECRET, secret.id, 2, 2, vault)


def test_a_creation_is_taken_back_unless_it_is_in_use_or_moved(
    session: Session, owner: Person, api: Saved, vault: Vault
) -> None:
    viewer = viewer_of(owner)
    with pytest.raises(NotUndone, match="changed again since"):
        undo_writes(viewer, API_KIND, api.id, 1, 1, vault)
    factories.plugin(owner, factories.api_values("tides", connection="tides_api"))
    with pytest.raises(NotUndone, match=r"in use by now \(tides\)"):
        undo_writes(viewer, API_KIND, api.id, 1, 2, vault)


def test_a_deleted_connection_comes_back_and_a_secret_does_not(
    session: Session, owner: Person, api: Saved, vault: Vault
) -> None:
    viewer = viewer_of(owner)
    service.delete_record(viewer, API_KIND, api.id, 2)
    assert undo_writes(viewer, API_KIND, api.id, 3, 3, vault).action == "restore"
    secret = service.create_secret(viewer, KEY, vault)
    service.delete_record(viewer, SECRET, secret.id, 1)
    with pytest.raises(NotFound):
        undo_writes(viewer, SECRET, secret.id, 2, 2, vault)


def test_only_who_may_change_a_record_takes_its_writes_back(
    session: Session, owner: Person, api: Saved, vault: Vault
) -> None:
    with pytest.raises(PermissionDenied):
        undo_writes(viewer_of(factories.person(of=owner.account)), API_KIND, api.id, 2, 2, vault)
    with pytest.raises(NotFound):
        undo_writes(viewer_of(factories.person()), API_KIND, api.id, 2, 2, vault)
    service.update_connection(viewer_of(owner), api.id, 2, replace(API, base_url="https://x.example"))
    with pytest.raises(Overlap):
        undo_writes(viewer_of(owner), API_KIND, api.id, 2, 2, vault)


def test_a_stranger_finds_no_history(client: PageClient, api: Saved) -> None:
    sign_in(client, factories.person())
    assert client.get(page_of("api", api, "history")).status_code == 404
    for part in ("undo", "history/restore"):
        assert client.post(page_of("api", api, part), data={"revision": "2", "from": "1"}).status_code == 404


def test_a_database_connection_has_a_history_too(signed_in: PageClient, owner: Person) -> None:
    saved = factories.connection(owner, SQL)
    page = signed_in.page(page_of("sql", saved, "history"))
    assert differences(page)["Hostname"] == "Added: db.example"
