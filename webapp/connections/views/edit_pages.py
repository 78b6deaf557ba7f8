"""Rendering the form of a secret or connection: the same page for a new one, a record, a refused form and a draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Response, current_app, request, url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.accounts.redirects import with_parameter
from webapp.accounts.signin import find_kept, find_typed
from webapp.connections import kinds
from webapp.connections.crypto import Vault
from webapp.connections.forms import FORMS, NUMBERS, DescribedForm, SecretForm, written_secrets
from webapp.connections.kinds import Kind
from webapp.connections.queries.pages import RecordView, SecretNames, find_values, list_secrets
from webapp.connections.views.record_context import create_url
from webapp.core.text import NAME_MAX
from webapp.web.editing import DRAFT_NOTE, OfferedDraft, draft_token, live_check, words_of_fields
from webapp.web.rendering import render

VALUE_NOTE = "The value is not kept in the page. Write it once more."
LIVE = frozenset(
    {
        *("name", "description", "version", "hostname", "database", "username", "base_url", "expires_at"),
        *("ssl_cert", "ssl_key", "ssl_ca", "ssh_known_hosts", "proxy_host", "proxy_username"),
        *NUMBERS,
    }
)
"""The fields that are checked as a person leaves them; choices, lists and rows are checked when the form is sent."""


def vault() -> Vault:
    """Return what encrypts the values of secrets."""
    return cast(Vault, current_app.extensions["vault"])


def live_attributes(kind: Kind, record: RecordView | None) -> Callable[[str], dict[str, str]]:
    """Return the function that gives the attributes by which htmx checks a field as a person leaves it."""

    def live(name: str) -> dict[str, str]:
        locator = record.locator if record else None
        return live_check(url_for("connections.check_field", kind=kind.key, field=name, record=locator))

    return live


def read_form(
    session: Session, viewer: Viewer, kind: Kind, record: RecordView | None
) -> tuple[DescribedForm, Any]:
    """Return the form as it was sent, and the record as it stood at the revision that the form was opened with."""
    form = FORMS[kind.key]
    secrets = _secrets(session, viewer, kind, record, written_secrets(kind.key, request.form))
    if record is None:
        return form.read(request.form, secrets=secrets), None
    base = find_values(session, record, form.read(request.form).based_on)
    return form.read(request.form, base=base, secrets=secrets), base


def fill_form(session: Session, record: RecordView, values: Any, base: Any, revision: int) -> DescribedForm:
    """Return the form of a record filled with values that were made from it."""
    secrets = list_secrets(session, record.account_id, getattr(values, "secrets", ()))
    return FORMS[record.kind.key].show(values, base=base, revision=revision, secrets=secrets)


def show_editor(
    form: DescribedForm,
    kind: Kind,
    *,
    record: RecordView | None = None,
    status: int = 200,
    note: str = "",
    dirty: bool = True,
    offered: OfferedDraft | None = None,
) -> Response:
    """Return the page of the form.

    Args:
        form: with what stands in the fields, and their errors.
        kind: of the record.
        record: what is edited; None for a new one.
        status: of the answer.
        note: a sentence over the form.
        dirty: whether the form already says something else than the record.
        offered: a draft that the person may go on with instead.
    """
    if isinstance(form, SecretForm) and form.forgets_value:
        note = f"{note} {VALUE_NOTE}".strip()
    return render(
        "connections/edit.html",
        status,
        form=form,
        kind=kind,
        record=record,
        action=_form_address(kind, record),
        problems=form.problems(),
        note=note,
        dirty=dirty,
        bumps=form.bumps(),
        draft=draft_token(),
        offered=offered,
        live=live_attributes(kind, record),
        new_secret_url=create_url(kinds.SECRET),
        create_secret=lambda name: create_url(kinds.SECRET, name),
    )


def show_opened(session: Session, viewer: Viewer, kind: Kind, record: RecordView | None) -> Response:
    """Return the form as it is opened: with the record, or with what a person had typed when their session ended."""
    form = FORMS[kind.key]
    draft = find_typed()
    if draft is not None:
        base = find_values(session, record, form.read(draft).based_on) if record else None
        secrets = _secrets(session, viewer, kind, record, written_secrets(kind.key, draft))
        note = f"{DRAFT_NOTE} {VALUE_NOTE}" if kind is kinds.SECRET else DRAFT_NOTE
        return show_editor(form.read(draft, base=base, secrets=secrets), kind, record=record, note=note)
    if record is not None:
        shown = fill_form(session, record, record.values, record.values, record.revision)
        return show_editor(
            shown, kind, record=record, dirty=False, offered=_offer(session, kind, record, record.values)
        )
    blank = form.values_class(name=request.args.get("name", "")[:NAME_MAX])
    secrets = _secrets(session, viewer, kind, None, ())
    offered = _offer(session, kind, None, blank)
    return show_editor(form.show(blank, secrets=secrets), kind, dirty=False, offered=offered)


def _form_address(kind: Kind, record: RecordView | None) -> str:
    return url_for("connections.edit", locator=record.locator) if record else create_url(kind)


def _offer(session: Session, kind: Kind, record: RecordView | None, shown: Any) -> OfferedDraft | None:
    """Return what the person last typed into this form and did not save; None when it says nothing new."""
    address, form = _form_address(kind, record), FORMS[kind.key]
    kept = find_kept(address)
    if kept is None:
        return None
    base = find_values(session, record, form.read(kept.fields).based_on) if record else shown
    read = form.read(kept.fields, base=base or shown)
    if not read.touched:
        return None
    words = words_of_fields([read[name].label.text for name in read.touched])
    return OfferedDraft(with_parameter(address, "draft", kept.token), kept.token, kept.saved_at, words)


def _secrets(
    session: Session, viewer: Viewer, kind: Kind, record: RecordView | None, written: tuple[str, ...]
) -> SecretNames:
    if kind is kinds.SECRET:
        return SecretNames()
    return list_secrets(session, record.account_id if record else viewer.account_id, written)
