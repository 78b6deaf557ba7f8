from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person, plugin_values, sql_values
from tests.integration.plugins.editing import edit_of, problems, stored
from tests.integration.plugins.merging import BASE, clashes, merge, merged, save, write
from tests.pages import PageClient, sign_in, tree
from webapp.db.session import transaction
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import Saved
from webapp.plugins.values import StaticData


@pytest.fixture
def ann(session: Session, client: PageClient) -> Person:
    """Return a member who is signed in."""
    person = factories.person("ann_shaw")
    sign_in(client, person)
    return person


@pytest.fixture
def veruca(session: Session, ann: Person) -> Person:
    """Return a colleague who manages the account."""
    return factories.person("veruca_salt", role="staff", of=ann.account)


@pytest.fixture
def saved(ann: Person) -> Saved:
    """Return a plugin of Ann's."""
    return factories.plugin(ann, BASE)


def test_a_stale_save_shows_both_sides_and_changes_nothing(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, description="Sales, current coupons and contacts.", version="1.0.1"))
    response = save(
        client,
        page,
        saved,
        {"description": "Sales, coupons and press contacts.", "tags": "candy, treats, seasonal"},
    )
    assert response.status_code == 409
    shown = tree(response)
    assert shown.one("h1").text == "Veruca Salt saved first"
    assert "You started from 1.0.0. Veruca Salt saved 1.0.1" in shown.text
    assert clashes(shown) == ["Description"]
    box = shown.all("fieldset")[0]
    assert box.one("div", class_="base").text.endswith("Sales, coupons and contacts.")
    assert [item.text for item in box.all("ins")] == ["current", "press"]
    assert [item["value"] for item in box.all("input")] == ["theirs", "mine"]
    assert not [item for item in box.all("input") if "checked" in item]
    assert merged(shown).keys() == {"Tags", "Version"}
    assert stored(session, ann, saved).values.description == "Sales, current coupons and contacts."


def test_the_merge_saves_what_was_chosen_and_what_did_not_overlap(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    write(
        veruca,
        saved,
        replace(
            BASE,
            description="Theirs.",
            tags=("candy", "treats", "promo"),
            annotations=({"team": "x"}, {"size": 1}),
        ),
    )
    conflict = save(
        client,
        page,
        saved,
        {"description": "Mine.", "tags": "candy, seasonal", "annotations-0-value": "y", "version": "1.1.0"},
    )
    assert clashes(tree(conflict)) == ["Description", "Annotation team"]
    response = merge(
        client, conflict, saved, {"choice:description": "theirs", "choice:annotations.team": "mine"}
    )
    assert response.status_code == 303
    assert "Saved 1.1.0" in client.page(response.headers["Location"]).one("", id="toasts").text
    record = stored(session, ann, saved)
    assert record.revision == 3
    assert record.values == replace(
        BASE,
        description="Theirs.",
        version="1.1.0",
        tags=("candy", "seasonal", "promo"),
        annotations=({"team": "y"}, {"size": 1}),
    )


def test_changes_without_overlap_still_ask_before_they_are_saved(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, data=StaticData("The sweets.", {"red": 5, "green": 2})))
    conflict = save(client, page, saved, {"static_data": "red: 1\ngreen: 2\nblue: 3\n"})
    assert conflict.status_code == 409
    shown = tree(conflict)
    assert "Nothing to decide" in shown.text
    assert clashes(shown) == []
    assert stored(session, ann, saved).revision == 2
    assert merge(client, conflict, saved).status_code == 303
    data = stored(session, ann, saved).values.data
    assert data == StaticData("The sweets.", {"red": 5, "green": 2, "blue": 3})


def test_an_undecided_field_is_asked_for_again_and_nothing_is_lost(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    write(
        veruca,
        saved,
        replace(BASE, description="Theirs.", version="1.0.1", annotations=({"team": "x"}, {"size": 1})),
    )
    conflict = save(client, page, saved, {"description": "Mine.", "annotations-0-value": "y"})
    response = merge(client, conflict, saved, {"choice:description": "mine"})
    assert response.status_code == 422
    shown = tree(response)
    assert "Choose a side" in shown.one("", id="problems").text
    assert [item["value"] for item in shown.all("input", None, type="radio") if "checked" in item] == ["mine"]
    assert stored(session, ann, saved).revision == 2
    assert merge(client, response, saved, {"choice:annotations.team": "mine"}).status_code == 303
    assert stored(session, ann, saved).values.description == "Mine."


def test_a_record_that_moves_again_is_merged_again(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    revision = write(veruca, saved, replace(BASE, description="Theirs."))
    conflict = save(client, page, saved, {"description": "Mine.", "max_tokens": "77"})
    write(veruca, saved, replace(BASE, description="Theirs, later."), revision)
    again = merge(client, conflict, saved, {"choice:description": "mine"})
    assert again.status_code == 409
    shown = tree(again)
    assert clashes(shown) == ["Description"]
    assert "Theirs, later." in shown.text
    assert stored(session, ann, saved).revision == 3
    assert merge(client, again, saved, {"choice:description": "mine"}).status_code == 303
    record = stored(session, ann, saved)
    assert (record.revision, record.values.description) == (4, "Mine.")
    assert record.values.prompt and record.values.prompt.max_tokens == 77


def test_the_result_can_be_edited_before_it_is_saved(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, description="Theirs.", tags=("candy", "treats", "promo")))
    conflict = save(client, page, saved, {"description": "Mine."})
    editor = merge(client, conflict, saved, button="Edit the result")
    assert editor.status_code == 200
    shown = tree(editor)
    assert shown.one("textarea", id="description").text == "Mine."
    assert shown.one("input", id="tags")["value"] == "candy, treats, promo"
    assert stored(session, ann, saved).revision == 2
    assert save(client, shown, saved, {"description": "Ours."}).status_code == 303
    assert stored(session, ann, saved).values.description == "Ours."


def test_discarding_leads_back_to_the_record(client: PageClient, veruca: Person, saved: Saved) -> None:
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, description="Theirs."))
    shown = tree(save(client, page, saved, {"description": "Mine."}))
    assert shown.one("a", text="Discard my changes")["href"] == f"/plugins/{saved.locator}/"


def test_my_own_other_window_is_called_so(client: PageClient, ann: Person, saved: Saved) -> None:
    page = client.page(edit_of(saved))
    write(ann, saved, replace(BASE, description="Mine, before."))
    shown = tree(save(client, page, saved, {"description": "Mine, now."}))
    assert shown.one("h1").text == "You saved this in another window"


def test_sending_the_same_form_twice_saves_once(
    client: PageClient, session: Session, ann: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    assert save(client, page, saved, {"description": "Mine."}).status_code == 303
    second = save(client, page, saved, {"description": "Mine."})
    assert second.status_code == 303
    assert "the plugin says this already" in client.page(second.headers["Location"]).text
    assert stored(session, ann, saved).revision == 2


def test_without_the_old_revision_everything_that_differs_is_decided(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, description="Theirs."))
    with transaction() as writing:
        writing.execute(delete(Revision).where(Revision.revision == 1))
    response = save(client, page, saved, {"max_tokens": "77"})
    assert response.status_code == 409
    shown = tree(response)
    assert clashes(shown) == ["Description", "Max tokens"]
    assert "is not kept any more" in shown.text
    done = merge(
        client, response, saved, {"choice:description": "theirs", "choice:prompt.max_tokens": "mine"}
    )
    assert done.status_code == 303
    assert stored(session, ann, saved).values.description == "Theirs."


@pytest.mark.parametrize("revision", ["", "0", "99", "x", "-1", "9" * 18])
def test_a_revision_that_never_was_overwrites_nothing(
    client: PageClient, session: Session, ann: Person, saved: Saved, revision: str
) -> None:
    page = client.page(edit_of(saved))
    response = save(client, page, saved, {"description": "Mine.", "revision": revision})
    assert response.status_code == 409
    assert clashes(tree(response)) == ["Description"]
    assert stored(session, ann, saved).revision == 1


@pytest.mark.parametrize("seen", ["", "0", "7", "x"])
def test_a_merge_with_a_strange_revision_overwrites_nothing(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved, seen: str
) -> None:
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, description="Theirs."))
    conflict = save(client, page, saved, {"description": "Mine."})
    response = merge(client, conflict, saved, {"merge_revision": seen, "choice:description": "mine"})
    assert response.status_code == 409
    assert stored(session, ann, saved).values.description == "Theirs."


def test_a_merge_that_does_not_fit_together_goes_back_to_the_editor(
    client: PageClient, session: Session, ann: Person, veruca: Person
) -> None:
    values = sql_values("sweets")
    saved = factories.plugin(ann, values)
    page = client.page(edit_of(saved))
    assert values.data
    write(veruca, saved, replace(values, data=replace(values.data, sql_query="SELECT 1", parameters=())))
    conflict = save(client, page, saved, {"sql_query": "SELECT {colour}, 2"})
    response = merge(client, conflict, saved, {"choice:data.sql_query": "mine"})
    assert response.status_code == 422
    assert "sql_query" in problems(response)
    assert stored(session, ann, saved).revision == 2


def test_a_merged_name_that_is_taken_goes_back_to_the_editor(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    factories.plugin(ann, plugin_values("toffees"))
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, description="Theirs."))
    conflict = save(client, page, saved, {"name": "toffees"})
    response = merge(client, conflict, saved)
    assert response.status_code == 422
    assert problems(response)["name"].endswith("This account already has a plugin of this name.")


def test_a_failed_token_on_the_merge_page_loses_nothing(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    write(veruca, saved, replace(BASE, description="Theirs."))
    conflict = save(client, page, saved, {"description": "Mine."})
    refused = merge(client, conflict, saved, {"csrf_token": "wrong", "choice:description": "mine"})
    assert refused.status_code == 400
    assert stored(session, ann, saved).revision == 2
    # The form still carries the revision that it was opened with: saving it leads to the merge again.
    assert save(client, tree(refused), saved, {}).status_code == 409


def test_what_people_wrote_stays_text_on_the_merge_page(
    client: PageClient, ann: Person, veruca: Person, saved: Saved
) -> None:
    nasty = '<img src=x onerror=alert(1)> " hx-get="/logout" {{ 7 * 191 }}'
    page = client.page(edit_of(saved))
    write(
        veruca,
        saved,
        replace(BASE, description=nasty + " theirs", tags=(nasty,), annotations=({"team": nasty},)),
    )
    response = save(client, page, saved, {"description": nasty + " mine", "annotations-0-value": nasty + "!"})
    shown = tree(response)
    assert not shown.all("img")
    assert "1337" not in shown.text
    assert nasty in shown.one("input", name="description")["value"]


def test_losing_the_right_while_editing_keeps_what_was_typed(
    client: PageClient, session: Session, ann: Person, veruca: Person, saved: Saved
) -> None:
    page = client.page(edit_of(saved))
    with transaction() as writing:
        plugin = writing.get(PluginMeta, saved.id)
        assert plugin is not None
        plugin.user_profile_id = veruca.profile_id
    response = save(client, page, saved, {"description": "Mine."})
    assert response.status_code == 403
    assert tree(response).one("input", name="description")["value"] == "Mine."
