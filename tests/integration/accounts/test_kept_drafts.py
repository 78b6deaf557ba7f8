"""A long form is kept while somebody fills it in, for them alone, and offered until it is saved or discarded."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person
from tests.markup import form_fields
from tests.pages import PageClient, sign_in, tree
from webapp.accounts.drafts import PER_PERSON
from webapp.accounts.identity import profile_key
from webapp.accounts.models import Account, Draft, LoginSession
from webapp.core.clock import utcnow
from webapp.history.models import Revision

NEW = "/plugins/new"
OFFER = {"id": "draft-offer"}
SECRET = """apiVersion: smarter.sh/v1
kind: Secret
metadata: {name: sweet_key, description: Of sweets., version: 1.0.0}
spec: {config: {value: hush}}
"""


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


def keep(client: PageClient, form: str, token: str = "", status: int = 204, **fields: str) -> str:
    """Send a form as the script does while it is being filled in; return its token."""
    (shown,) = [found for found in client.page(form).all("form", None) if found["data-draft"]]
    sent = dict(form_fields(shown)) | fields
    if token:
        sent["draft"] = token
    answer = client.post(shown["data-draft"], data=sent)
    assert answer.status_code == status
    return sent["draft"]


def offered(client: PageClient, form: str) -> bool:
    return bool(client.page(form).all("form", **OFFER))


def press(client: PageClient, form: str, button: str) -> TestResponse:
    return client.submit(client.page(form), path=form, form=OFFER, button=button)


def test_what_is_kept_is_offered_restored_and_gone_when_it_is_saved(
    client: PageClient, session: Session, ann: Person
) -> None:
    token = keep(client, NEW, name="sweets", description="About sweets.", version="1.0.0")
    page = client.page(NEW)
    assert "It changes Name and Description." in page.one("form", **OFFER).text
    restored = client.page(page.one("a", text="Restore draft")["href"])
    assert restored.one("input", id="name")["value"] == "sweets"
    assert restored.one("input", name="draft")["value"] == token
    assert offered(client, NEW)  # Looking at it does not use it up.
    answer = client.submit(restored, path=NEW, form={"id": "edit-form"}, button="Create plugin")
    assert answer.status_code == 303
    assert not offered(client, NEW)


def test_what_is_typed_into_a_form_is_offered_by_a_page_that_was_kept_before(
    client: PageClient, session: Session, ann: Person
) -> None:
    form = f"/plugins/{factories.plugin(ann).locator}/edit"
    for _ in range(3):
        assert not offered(client, form)
    keep(client, form, description="Softer.")
    assert offered(client, form)
    press(client, form, "Discard draft")
    assert not offered(client, form)


def test_discarding_throws_one_away_and_twice_is_fine(
    client: PageClient, session: Session, ann: Person
) -> None:
    token = keep(client, NEW, name="sweets")
    assert press(client, NEW, "Discard draft").headers["Location"] == NEW
    assert not offered(client, NEW)
    assert client.post("/account/drafts/discard", data={"draft": token}).status_code == 303


def test_a_draft_that_says_what_the_record_says_is_not_offered(
    client: PageClient, session: Session, ann: Person
) -> None:
    saved = factories.plugin(ann, name="sweets")
    for form in (f"/plugins/{saved.locator}/edit", f"/plugins/{saved.locator}/edit/yaml", NEW, "/manifests/"):
        keep(client, form)
        assert not offered(client, form), form


@pytest.mark.parametrize("kind", ["sql", "api", "secret"])
def test_forms_of_connections_are_kept_by_kind(
    client: PageClient, session: Session, ann: Person, kind: str
) -> None:
    forms = {name: f"/connections/new?kind={name}" for name in ("sql", "api", "secret")}
    keep(client, forms[kind], name="warehouse")
    assert [name for name, form in forms.items() if offered(client, form)] == [kind]


def test_the_value_of_a_secret_is_not_kept_and_nothing_is_readable(
    client: PageClient, session: Session, ann: Person
) -> None:
    form = "/connections/new?kind=secret"
    token = keep(client, form, name="sweet_key", secret_value="hunter2-hunter2")
    restored = client.page(f"{form}&draft={token}")
    assert "hunter2" not in restored.text
    assert "The value is not kept in the page. Write it once more." in restored.text
    stored = session.scalar(select(Draft.fields).where(Draft.token == token))
    assert "sweet_key" not in str(stored)


def test_a_draft_is_one_persons_in_one_account(client: PageClient, session: Session, ann: Person) -> None:
    token = keep(client, NEW, name="sweets")
    elsewhere = factories.also_in(ann, factories.account())
    client.post("/account/switch", data={"profile": profile_key(elsewhere.profile_id)})
    assert not offered(client, NEW)
    assert client.page(f"{NEW}?draft={token}").one("input", id="name")["value"] == ""
    sign_in(client, factories.person())
    assert not offered(client, NEW)
    assert client.page(f"{NEW}?draft={token}").one("input", id="name")["value"] == ""
    keep(client, NEW, token=token, status=404, name="mine_now")
    client.post("/account/drafts/discard", data={"draft": token})
    sign_in(client, ann)
    client.post("/account/switch", data={"profile": profile_key(ann.profile_id)})
    assert offered(client, NEW)


def test_keeping_raises_no_generation_and_writes_no_history(
    client: PageClient, session: Session, ann: Person
) -> None:
    before = session.scalars(select(Account.generation).order_by(Account.id)).all()
    keep(client, NEW, name="sweets")
    assert session.scalars(select(Account.generation).order_by(Account.id)).all() == before
    assert session.scalars(select(Revision)).all() == []


def test_a_person_has_a_limited_number_of_drafts_and_a_form_of_one_page_has_one(
    client: PageClient, session: Session, ann: Person
) -> None:
    tokens = [keep(client, NEW, name=f"sweets_{number}") for number in range(PER_PERSON + 2)]
    keep(client, NEW, token=tokens[-1], name="sweets_again")
    kept = session.scalars(select(Draft.token).order_by(Draft.id)).all()
    assert kept == tokens[2:]


@pytest.mark.parametrize(
    "form",
    [
        "",
        "/nothing",
        "/plugins/",
        "//elsewhere/plugins/new",
        "https://elsewhere/plugins/new",
        "/logout?x",
        "\0",
    ],
)
def test_only_forms_of_this_application_are_kept(
    client: PageClient, session: Session, ann: Person, form: str
) -> None:
    answer = client.post(
        "/account/drafts", query_string={"form": form}, data={"draft": "x" * 43, "name": "a"}
    )
    assert answer.status_code == 400
    assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize("token", ["", "a b", "x" * 65, "ü"])
def test_a_token_that_is_none_is_not_found(
    client: PageClient, session: Session, ann: Person, token: str
) -> None:
    answer = client.post(f"/account/drafts?form={NEW}", data={"draft": token, "name": "a"})
    assert answer.status_code == 404


def test_what_is_too_long_is_refused(client: PageClient, session: Session, ann: Person) -> None:
    keep(client, "/manifests/", status=413, text="x" * 800_000)
    assert not offered(client, "/manifests/")


def test_an_applied_upload_leaves_no_draft(client: PageClient, session: Session, ann: Person) -> None:
    keep(client, "/manifests/", text=SECRET)
    assert "It has 4 lines." in client.page("/manifests/").one("form", **OFFER).text
    restored = client.page(client.page("/manifests/").one("a", text="Restore draft")["href"])
    answer = client.submit(
        restored, path="/manifests/", form={"enctype": "multipart/form-data"}, button="Apply 1 change"
    )
    assert "Manifests: applied" in tree(answer).one("title").text
    assert not offered(client, "/manifests/")


def test_a_form_that_comes_back_after_signing_in_again_is_its_only_draft(
    client: PageClient, session: Session, ann: Person
) -> None:
    token = keep(client, NEW, name="sweets")
    session.execute(update(LoginSession).values(expires_at=utcnow() - dt.timedelta(seconds=1)))
    session.commit()
    answer = client.post(NEW, data={"name": "sweets", "draft": token})
    assert answer.status_code == 401
    data = {"username": ann.username, "password": ann.password}
    answer = client.submit(tree(answer), data, path="/login", button="Sign in")
    assert client.page(answer.headers["Location"]).one("input", id="name")["value"] == "sweets"
    assert not offered(client, NEW)
