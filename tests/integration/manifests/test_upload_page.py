"""The upload page: what a person sees when they choose, paste, check, correct and apply."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.manifests.conftest import Sender
from tests.markup import Element
from tests.pages import PageClient, sign_in, tree
from webapp.connections.models import Secret
from webapp.core.errors import Unavailable
from webapp.manifests import pages, service
from webapp.plugins.models import PluginMeta

CANARY = "xyzzy-canary-value"


def _textarea(page: Element, element_id: str) -> str:
    raw = "".join(child for child in page.one("textarea", id=element_id).children if isinstance(child, str))
    return raw.removeprefix("\n")


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(PluginMeta)) or 0


def test_pasted_text_is_applied_and_the_page_links_to_the_record(send: Sender, session: Session) -> None:
    page = tree(send(text=samples.static()))
    assert "1 document applied" in page.text
    assert page.one("span", class_="badge").text == "Created"
    plugin = session.scalars(select(PluginMeta)).one()
    assert page.one("a", text="Open lighthouse")["href"] == f"/plugins/{plugin.record_locator}/"
    assert _textarea(page, "text").strip() == ""


def test_the_link_of_an_applied_document_leads_to_its_page(send: Sender, client: PageClient) -> None:
    page = tree(send(text=samples.static()))
    assert client.page(page.one("a", text="Open lighthouse")["href"]).one("h1").text == "lighthouse"


def test_several_files_and_pasted_text_are_one_import(send: Sender, session: Session) -> None:
    chosen = samples.files(
        a__yaml=samples.static("one"),
        b__yaml=samples.documents(samples.static("two"), samples.static("three")),
    )
    page = tree(send(text=samples.static("four"), **chosen))
    assert "4 documents applied" in page.text
    assert set(session.scalars(select(PluginMeta.name))) == {"one", "two", "three", "four"}


def test_an_update_shows_the_fields_that_changed(send: Sender, client: PageClient, session: Session) -> None:
    send(text=samples.static())
    page = tree(send(text=samples.static().replace("1.2.0", "1.2.1").replace("41 m", "42 m")))
    # What changes a record is never applied unseen.
    assert "Records that exist would change, so here is the plan first." in page.text
    assert "open" in page.one("ol", class_="plan").all("details")[0].attrs
    assert session.scalars(select(PluginMeta)).one().revision == 1
    page = tree(client.submit(page, path="/manifests/", button="Apply 1 change"))
    assert page.one("span", class_="badge").text == "Updated"
    assert "1.2.0 → 1.2.1" in page.text
    table = page.one("table", class_="diff")
    assert [row.text for row in table.all("th")] == ["version", "data.staticData.height"]
    assert table.all("ins")[-1].text == "42"
    assert table.all("del")[-1].text == "41"


def test_what_is_stored_already_is_unchanged_and_makes_no_revision(send: Sender, session: Session) -> None:
    send(text=samples.static())
    assert "Checked. There is nothing to write." in tree(send("check", text=samples.static())).text
    page = tree(send(text=samples.static()))
    assert page.one("span", class_="badge").text == "Unchanged"
    assert session.scalars(select(PluginMeta)).one().revision == 1


def test_check_only_writes_nothing(send: Sender, session: Session) -> None:
    page = tree(send("check", text=samples.static()))
    assert "Nothing is written yet" in page.text
    assert page.one("span", class_="badge").text == "Create"
    assert _count(session) == 0
    assert _textarea(page, "text") == samples.static()


def test_enter_in_the_form_only_checks(send: Sender, session: Session) -> None:
    form = tree(send("check", text=samples.static())).one("form", enctype="multipart/form-data")
    first = form.all("button", type="submit")[0]
    assert (first["name"], first["value"]) == ("do", "check")


def test_every_problem_of_every_document_is_shown_with_its_place(send: Sender, session: Session) -> None:
    chosen = samples.files(horn__yaml=samples.BROKEN, gauges__yaml=samples.UNREADABLE)
    response = send(text=samples.static(), **chosen)
    assert response.status_code == 422
    page = tree(response)
    listed = [item.text for item in page.one(id="problems").all("li")]
    assert len(listed) == 4
    assert listed[0].startswith(
        "horn.yaml, document 2, line 6, column 12: metadata.version This is read as the number 1.1."
    )
    assert "horn.yaml, document 2, line 7, column 3: metadata.tagz" in listed[1]
    assert "gauges.yaml, document 3, line 5" in listed[3]
    assert [item.text for item in page.all("span", class_="badge")] == ["Create", "Refused", "Refused"]
    carets = [item.text for item in page.all("span", class_="caret")]
    assert len(carets) == 4
    assert _count(session) == 0


def test_a_refused_upload_loses_no_text(send: Sender) -> None:
    chosen = samples.files(horn__yaml=samples.BROKEN, one__yaml=samples.static("one"))
    page = tree(send(text=samples.static("two"), **chosen))
    assert _textarea(page, "text") == samples.static("two")
    assert _textarea(page, "source-1") == samples.BROKEN
    assert _textarea(page, "source-2") == samples.static("one")
    assert [item["value"] for item in page.all("input", name="source_name")] == ["horn.yaml", "one.yaml"]


def test_a_text_that_begins_with_empty_lines_comes_back_as_it_was(send: Sender) -> None:
    text = "\n\n" + samples.BROKEN
    assert _textarea(tree(send(text=text)), "text") == text


def test_corrected_texts_are_applied_from_the_page(
    send: Sender, client: PageClient, session: Session
) -> None:
    page = tree(send(**samples.files(horn__yaml=samples.BROKEN)))
    text = samples.BROKEN.replace("1.1", '"1.1.0"').replace("tagz", "tags").replace('"a text"', "{a: text}")
    answer = client.submit(page, {"source_text": text}, path="/manifests/", button="Apply")
    assert answer.status_code == 200
    assert session.scalars(select(PluginMeta.name)).all() == ["fog_horn"]


@pytest.mark.parametrize("where", ["text", "file"])
def test_a_fix_button_edits_the_text_and_checks_again(send: Sender, client: PageClient, where: str) -> None:
    page = tree(
        send(text=samples.BROKEN) if where == "text" else send(**samples.files(horn__yaml=samples.BROKEN))
    )
    page = tree(client.submit(page, path="/manifests/", button='Write "1.1.0"'))
    page = tree(client.submit(page, path="/manifests/", button="Rename to tags"))
    text = _textarea(page, "text" if where == "text" else "source-1")
    assert 'version: "1.1.0"' in text
    assert "  tags:" in text
    assert len(page.one(id="problems").all("li")) == 1


def test_a_fix_for_a_text_that_was_changed_meanwhile_edits_nothing(send: Sender, client: PageClient) -> None:
    page = tree(send(text=samples.BROKEN))
    changed = "# a line more\n" + samples.BROKEN
    page = tree(client.submit(page, {"text": changed}, path="/manifests/", button="Rename to tags"))
    assert "nothing was edited" in page.text
    assert _textarea(page, "text") == changed


def test_a_document_can_be_left_out_without_being_lost(
    send: Sender, client: PageClient, session: Session
) -> None:
    text = samples.documents(samples.static("one"), samples.BROKEN, samples.static("two"))
    page = tree(send(text=text))
    page = tree(client.submit(page, path="/manifests/", button="Leave document 2 out"))
    assert "# kind: Plugin" in _textarea(page, "text")
    assert "#   name: fog_horn" in _textarea(page, "text")
    assert client.submit(page, path="/manifests/", button="Apply 2 changes").status_code == 200
    assert set(session.scalars(select(PluginMeta.name))) == {"one", "two"}


def test_a_file_can_be_left_out(send: Sender, client: PageClient, session: Session) -> None:
    page = tree(send(**samples.files(horn__yaml=samples.BROKEN, one__yaml=samples.static("one"))))
    page = tree(client.submit(page, path="/manifests/", button="Leave horn.yaml out"))
    assert client.submit(page, path="/manifests/", button="Apply 1 change").status_code == 200
    assert session.scalars(select(PluginMeta.name)).all() == ["one"]


def test_a_file_that_is_chosen_again_takes_the_place_of_its_text(send: Sender, session: Session) -> None:
    carried = {"source_name": "a.yaml", "source_text": samples.BROKEN}
    assert send(**carried, **samples.files(a__yaml=samples.static("one"))).status_code == 200
    assert session.scalars(select(PluginMeta.name)).all() == ["one"]


def test_two_files_of_one_name_are_two_files(send: Sender, session: Session) -> None:
    both = (
        samples.files(x__yaml=samples.static("one"))["files"]
        + samples.files(x__yaml=samples.static("two"))["files"]
    )
    assert send(files=both).status_code == 200
    assert set(session.scalars(select(PluginMeta.name))) == {"one", "two"}


def test_a_file_that_is_no_text_is_refused_by_name(send: Sender) -> None:
    page = tree(send(**samples.files(photo__png=b"\x89PNG\r\n\x1a\n\0\0")))
    assert "photo.png, document 1" in page.one(id="problems").text
    assert "PNG image" in page.text


def test_nothing_at_all_is_refused_with_the_next_step(send: Sender) -> None:
    response = send(text="  \n")
    assert response.status_code == 422
    assert "There is no manifest here. Choose a file or paste a manifest." in tree(response).text


def test_a_failed_token_keeps_everything_and_writes_nothing(
    client: PageClient, member: Person, session: Session
) -> None:
    sign_in(client, member)
    answer = client.post(
        "/manifests/",
        data={"do": "apply", "text": samples.static(), **samples.files(a__yaml=samples.static("one"))},
        content_type="multipart/form-data",
        csrf=False,
    )
    assert answer.status_code == 400
    page = tree(answer)
    assert "nothing was saved" in page.text
    assert _textarea(page, "text") == samples.static()
    assert _textarea(page, "source-1") == samples.static("one")
    assert _count(session) == 0


def test_an_example_fills_the_text_and_can_be_applied_at_once(
    client: PageClient, member: Person, session: Session
) -> None:
    sign_in(client, member)
    links = [item["href"] for item in client.page("/manifests/").all("a") if "example=" in item["href"]]
    assert len(links) == 6
    for link in links:
        page = client.page(link)
        assert client.submit(page, path="/manifests/", button="Apply").status_code == 200, link


def test_an_unknown_example_is_a_page_that_names_it(client: PageClient, member: Person) -> None:
    sign_in(client, member)
    assert "example" in client.page("/manifests/?example=Rocket", 400).text


def test_file_names_and_problems_show_markup_as_text(send: Sender) -> None:
    evil = "<img src=x onerror=alert(1)>.yaml"
    broken = samples.BROKEN.replace("tagz", '"<script>alert(2)</script>"').replace("fog_horn", "<b>x</b>")
    page = tree(send(files=[(samples.files(x=broken)["files"][0][0], evil)]))
    assert evil in page.text
    assert not page.all("img")
    assert not [item for item in page.all("script") if "src" not in item]


def test_a_file_name_with_a_path_is_only_a_name(send: Sender) -> None:
    page = tree(send(files=[(samples.files(x=samples.BROKEN)["files"][0][0], "../../etc/passwd")]))
    assert "../../etc/passwd, document 1" in page.text


def test_an_import_may_be_larger_than_other_requests(
    client: PageClient, member: Person, session: Session
) -> None:
    sign_in(client, member)
    text = samples.static().replace("41 m", "x" * 3_000_000)
    assert client.post("/manifests/", data={"do": "apply", "text": text}).status_code == 200
    assert _count(session) == 1


def test_texts_that_are_too_large_for_the_page_are_not_carried(
    send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "CARRY_MAX", 100)
    page = tree(send(**samples.files(a__yaml=samples.BROKEN)))
    assert "choose them again" in page.text
    assert not page.all("textarea", name="source_text")


def test_a_larger_request_than_the_limit_is_a_413_page(make_app: object, member: Person) -> None:
    app = make_app(max_import_bytes=100_000)  # type: ignore[operator]
    client = app.test_client()
    sign_in(client, member)
    answer = client.post("/manifests/", data={"do": "apply", "text": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "too large" in tree(answer).text


def test_somebody_who_is_not_signed_in_may_not_send_a_large_request(client: PageClient) -> None:
    assert client.post("/manifests/", data={"text": "x" * 2_000_000}).status_code == 413


def test_a_secret_is_never_shown_and_not_lost_when_another_document_is_refused(
    send: Sender, client: PageClient, session: Session
) -> None:
    text = samples.documents(samples.secret("key", CANARY), samples.BROKEN)
    answer = send(text=text)
    assert answer.status_code == 422
    assert CANARY not in answer.get_data(as_text=True)
    page = tree(answer)
    assert '    value: "********"\n' in _textarea(page, "text")
    answer = client.submit(page, path="/manifests/", button="Leave document 2 out")
    assert CANARY not in answer.get_data(as_text=True)
    answer = client.submit(tree(answer), path="/manifests/", button="Apply 1 change")
    assert answer.status_code == 200
    assert CANARY not in answer.get_data(as_text=True)
    stored = session.scalars(select(Secret)).one()
    vault = client.application.extensions["vault"]
    assert vault.decrypt(stored.encrypted_value) == CANARY


def test_a_sealed_secret_is_of_no_use_to_somebody_else(
    send: Sender, client: PageClient, session: Session, member: Person
) -> None:
    page = tree(send(text=samples.documents(samples.secret("key", CANARY), samples.BROKEN)))
    sealed = page.one("input", name="sealed")["value"]
    other = client.application.test_client()
    sign_in(other, factories.person("thief"))
    text = samples.secret("key", '"********"')
    answer = other.post("/manifests/", data={"do": "apply", "text": text, "sealed": sealed})
    assert answer.status_code == 422
    assert "A new secret needs its value." in tree(answer).text


def test_a_plan_that_moved_is_a_409_with_the_new_plan(
    send: Sender, session: Session, monkeypatch: pytest.MonkeyPatch, member: Person
) -> None:
    real = service.apply

    def late(viewer: object, plan: object, registry: object) -> object:
        monkeypatch.setattr(service, "apply", real)
        factories.plugin(member, name="lighthouse")
        return real(viewer, plan, registry)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "apply", late)
    answer = send(text=samples.static())
    assert answer.status_code == 409
    page = tree(answer)
    assert "check the new plan" in page.text
    assert page.one("span", class_="badge").text == "Update"
    assert _textarea(page, "text") == samples.static()


def test_a_busy_database_keeps_the_text(
    send: Sender, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    def busy(*args: object) -> None:
        raise Unavailable("The database is busy. Nothing was saved; try again in a moment.")

    monkeypatch.setattr(service, "apply", busy)
    answer = send(text=samples.static())
    assert answer.status_code == 503
    assert "The database is busy." in tree(answer).text
    assert _textarea(tree(answer), "text") == samples.static()


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(
    client: PageClient, member: Person
) -> None:
    answer = client.post("/manifests/", data={"do": "apply", "text": samples.static()})
    assert answer.status_code == 401
    answer = client.submit(
        tree(answer),
        {"username": member.username, "password": member.password},
        path="/login",
        button="Sign in",
    )
    assert _textarea(client.page(answer.location), "text") == samples.static()


def test_files_that_were_chosen_when_the_session_ended_are_there_too(
    client: PageClient, member: Person
) -> None:
    files = [
        (io.BytesIO(samples.static().encode()), "a.yaml"),
        (io.BytesIO(samples.static("buoy").encode("utf-8-sig")), "b.yaml"),
        (io.BytesIO(b"PK\x03\x04\xff"), "c.zip"),
    ]
    data = {"do": "check", "source_name": "a.yaml", "source_text": samples.BROKEN, "files": files}
    answer = client.submit(
        tree(client.post("/manifests/", data=data, content_type="multipart/form-data")),
        {"username": member.username, "password": member.password},
        path="/login",
        button="Sign in",
    )
    page = client.page(answer.location)
    assert [field["value"] for field in page.all("input", name="source_name")] == ["a.yaml", "b.yaml"]
    assert _textarea(page, "source-1") == samples.static()
    assert _textarea(page, "source-2") == samples.static("buoy")


def test_files_and_options_of_a_session_that_ended_are_there_too(client: PageClient, member: Person) -> None:
    fields = {"source_name": "a.yaml", "source_text": samples.static(), "mode": "create", "do": "apply"}
    answer = client.submit(
        tree(client.post("/manifests/", data=fields)),
        {"username": member.username, "password": member.password},
        path="/login",
        button="Sign in",
    )
    page = client.page(answer.location)
    assert "This is what you had typed before. Nothing is written yet." in page.text
    assert _textarea(page, "source-1") == samples.static()
    assert "open" in page.one("details", class_="options").attrs
    assert "1 document applied" in tree(client.submit(page, path="/manifests/", button="Apply 1 change")).text


def test_a_large_plan_shows_refused_documents_first(send: Sender) -> None:
    text = samples.documents(*(samples.static(f"p_{number}") for number in range(150)), samples.BROKEN)
    page = tree(send(text=text))
    first = page.all("ol", class_="plan")[0]
    assert [item.text for item in first.all("span", class_="badge")] == ["Refused"]
    assert "150 documents without problems" in page.text
