"""What the page of a secret or connection shows: lines of what is written, references with links. No HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer, initials
from webapp.connections import kinds
from webapp.connections.forms import FORM_NAMES, FORMS, SECRET_FIELDS, DescribedForm
from webapp.connections.queries.pages import RecordView, SecretLink, find_secrets
from webapp.connections.values import Described, SecretValues
from webapp.core.clock import utcnow
from webapp.manifests.shown_annotations import show_annotations
from webapp.web.fields import CheckField, ChoiceField, ProseField
from webapp.web.sharing import share_url

SOON = dt.timedelta(days=14)
_DESCRIBED = frozenset(item.name for item in fields(Described))


@dataclass(frozen=True)
class Fact:
    """One line of what is written on a record.

    Args:
        label: the name of the field, as the form has it.
        text: what it says; "" for nothing.
        note: a word after it.
        code: whether it is shown as code.
        href: where it leads.
        create: where a secret that does not exist yet can be created.
        warning: what is wrong with it.
    """

    label: str
    text: str
    note: str = ""
    code: bool = False
    href: str | None = None
    create: str | None = None
    warning: str = ""


@dataclass(frozen=True)
class Expiry:
    """When a secret expires, and what that means now: `ok`, `warn` for soon, `bad` for over."""

    moment: dt.datetime
    state: str
    word: str


def frame(record: RecordView) -> dict[str, Any]:
    """Return what the head of every page of a record needs."""
    return {
        "record": record,
        "values": record.values,
        "share_url": share_url(record.locator),
        "owner_initials": initials(record.owner_name),
        "expiry": expiry_of(record.values),
    }


def overview(session: Session, viewer: Viewer, record: RecordView) -> dict[str, Any]:
    """Return what the record says, line by line, and its annotations."""
    texts: Mapping[str, Any] = FORMS[record.kind.key].to_texts(record.values)
    names = [texts[name] for name in SECRET_FIELDS & texts.keys() if texts[name]]
    secrets = find_secrets(session, record.account_id, names)
    may_create = record.account_id == viewer.account_id
    facts = list(_facts(record, texts, secrets, may_create=may_create))
    form = FORMS[record.kind.key]
    usual = form.to_texts(form.values_class(name=""))
    return {
        "facts": [fact for name, fact in facts if name not in form.advanced],
        "rare_facts": [fact for name, fact in facts if name in form.advanced and texts[name] != usual[name]],
        "annotations": show_annotations(record.values.annotations),
    }


def expiry_of(values: Described) -> Expiry | None:
    """Return when a secret expires; None for other records and for a secret that does not."""
    moment = values.expires_at if isinstance(values, SecretValues) else None
    if moment is None:
        return None
    left = moment - utcnow()
    if left <= dt.timedelta():
        return Expiry(moment, "bad", "Expired")
    return Expiry(moment, "warn", "Expires soon") if left <= SOON else Expiry(moment, "ok", "Valid")


def create_url(kind: kinds.Kind, name: str = "") -> str:
    """Return the address of the form for a new record of the kind."""
    return url_for("connections.new", kind=kind.key, name=name or None)


def _facts(
    record: RecordView, texts: Mapping[str, Any], secrets: Mapping[str, SecretLink], *, may_create: bool
) -> Iterator[tuple[str, Fact]]:
    if record.kind is kinds.SECRET:
        return
    form: DescribedForm = FORMS[record.kind.key].show(record.values)
    for item in fields(record.values):
        if item.name in _DESCRIBED:
            continue
        name = FORM_NAMES.get(item.name, item.name)
        field, text = form[name], texts[name]
        if name in SECRET_FIELDS:
            yield name, _reference(field.label.text, secrets.get(text), may_create=may_create)
        elif isinstance(field, CheckField):
            yield name, Fact(field.label.text, "Yes" if text else "No")
        elif isinstance(field, ProseField):
            # Keys are among these texts, and nobody reads a certificate: the manifest has them.
            yield name, Fact(field.label.text, f"Set, {len(text):,} characters" if text else "")
        elif isinstance(field, ChoiceField):
            yield name, Fact(field.label.text, field.label_of(text) if text else "")
        else:
            note = "seconds" if name == "timeout" else ""
            yield (
                name,
                Fact(field.label.text, text, note, code=name not in ("timeout", "pool_size", "max_overflow")),
            )


def _reference(label: str, secret: SecretLink | None, *, may_create: bool) -> Fact:
    if secret is None:
        return Fact(label, "")
    if secret.locator is None:
        create = create_url(kinds.SECRET, secret.name) if may_create else None
        return Fact(label, secret.name, code=True, create=create, warning="does not exist yet")
    href = url_for("connections.record", locator=secret.locator)
    return Fact(label, secret.name, code=True, href=href, warning="has expired" if secret.is_expired else "")
