"""The pages for another name and another owner: as they are opened, refused, and after somebody else was first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Response, request
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer, initials
from webapp.accounts.signin import find_typed, get_viewer
from webapp.core.errors import StaleRevision
from webapp.db.session import current_session
from webapp.history.writers import ShownWrite, shown_writes
from webapp.plugins.forms import PluginForm
from webapp.plugins.move_forms import OwnerChoiceForm, OwnerForm
from webapp.plugins.queries.owners import OWNERS_MAX, list_owners
from webapp.plugins.queries.record import Record, find_values, get_record, list_writes
from webapp.plugins.views.edit_pages import live_attributes
from webapp.plugins.views.record_context import links_words
from webapp.web.csrf import TOKEN_MESSAGE, token_failed
from webapp.web.editing import DRAFT_NOTE, opened_with_draft, sent_draft
from webapp.web.rendering import render
from webapp.web.sharing import share_url

Show = Callable[..., Response]


def rename_form(session: Session, viewer: Viewer, record: Record) -> PluginForm:
    """Return the form for a name: as it was sent, as it was typed before the session ended, or as the record is.

    It is the form of the editor, of which the page shows one field, so that both judge a name alike.
    """
    typed = request.form if request.method == "POST" else find_typed()
    if typed is None:
        return PluginForm.show(record.values, base=record.values, revision=record.revision)
    base = find_values(session, record, PluginForm.read(typed).based_on)
    return PluginForm.read(typed, base=base)


def owner_form(session: Session, viewer: Viewer, record: Record) -> OwnerForm:
    """Return the form for an owner, with a list to choose from as long as that is not too long."""
    people = list_owners(session, record.account_id) if record.manageable else []
    typed = request.form if request.method == "POST" else find_typed()
    given = {"revision": str(record.revision)}
    if len(people) > OWNERS_MAX:
        return OwnerForm(formdata=typed, data=given)
    form = OwnerChoiceForm(formdata=typed, data=given)
    others = [person for person in people if person.username != record.owner_username]
    form.owner.choices = [(person.username, f"{person.name} ({person.username})") for person in others]
    return form


def refuse_token(form: PluginForm) -> bool:
    """Tell whether the form came without a valid token, and say so on it."""
    if not token_failed():
        return False
    form.form_errors.append(TOKEN_MESSAGE)
    return True


def show_rename(
    record: Record,
    form: PluginForm,
    status: int = 200,
    *,
    writes: Sequence[ShownWrite] = (),
    stale: bool = False,
) -> Response:
    """Return the page for another name; `stale` says that the record was changed while it was open, by `writes`."""
    return render(
        "plugins/rename.html",
        status,
        record=record,
        form=form,
        live=live_attributes(record)("name"),
        share_url=share_url(record.locator),
        links_text=links_words(get_viewer(), record),
        problems=[problem for problem in form.problems() if problem.id in (None, "name", "reason")],
        draft=sent_draft(),
        note=DRAFT_NOTE if opened_with_draft() else "",
        writes=writes,
        stale=stale,
    )


def show_owner(
    record: Record,
    form: OwnerForm,
    status: int = 200,
    *,
    writes: Sequence[ShownWrite] = (),
    stale: bool = False,
) -> Response:
    """Return the page for another owner; `stale` says that the record was changed while it was open, by `writes`."""
    return render(
        "plugins/owner.html",
        status,
        record=record,
        owner_initials=initials(record.owner_name),
        form=form,
        is_list=isinstance(form, OwnerChoiceForm),
        draft=sent_draft(),
        note=DRAFT_NOTE if opened_with_draft() else "",
        writes=writes,
        stale=stale,
    )


def show_stale(
    viewer: Viewer, locator: str, form: PluginForm | OwnerForm, stale: StaleRevision, show: Show
) -> Response:
    """Return a page once more, with what was done meanwhile and ready to be sent again."""
    session = current_session()
    record = get_record(session, viewer, locator)
    form.revision.data = str(record.revision)
    writes = list_writes(session, record, stale.expected) if stale.expected else []
    return show(record, form, 409, writes=shown_writes(writes), stale=True)
