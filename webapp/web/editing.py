"""What the pages of every record form do alike: buttons that save nothing, live checks, the status of a refusal."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request

from webapp.core import rules
from webapp.core.errors import Conflict, InvalidInput, Unavailable
from webapp.web.csrf import token_failed
from webapp.web.fields import ReasonField
from webapp.web.forms import Form
from webapp.web.record_forms import RecordForm, parse_revision

CHOICE = "choice:"
UNDECIDED = "Choose a side for every field that you both changed. Nothing is saved yet."
DRAFT_NOTE = "This is what you had typed before. It is not saved yet."


@dataclass(frozen=True)
class OfferedDraft:
    """What the page of a form says about a draft of it: how to get it back, when it was kept, what it changes."""

    restore_url: str
    token: str
    saved_at: dt.datetime
    words: str


def words_of_fields(labels: Sequence[str]) -> str:
    """Return the sentence that names what a draft of a form changes."""
    shown = list(labels[:4])
    if len(labels) > len(shown):
        shown.append(f"{len(labels) - len(shown)} more")
    return f"It changes {', '.join(shown[:-1])}{' and ' if shown[1:] else ''}{shown[-1]}."


def fill_in(form: RecordForm) -> bool:
    """Do what a button of the form asks for that saves nothing; tell whether there was one."""
    sent = request.form
    done = True
    if sent.get("add_row") or sent.get("remove_row"):
        form.change_rows(add=sent.get("add_row", ""), remove=sent.get("remove_row", ""))
    elif sent.get("use_suggestion"):
        form.use_suggestion(sent["use_suggestion"])
    else:
        done = sent.get("action") == "show"
    return done


def explain(form: Form, error: InvalidInput | Conflict | Unavailable) -> int:
    """Put what a service refused beside the fields of the form; return the status of the answer."""
    if isinstance(error, InvalidInput):
        form.add_errors(error.errors)
        return 422
    form.form_errors.append(error.message)
    return 503 if isinstance(error, Unavailable) else 409


def refused_status() -> int:
    """Return the status of a form that is shown again: of the token, else of its fields."""
    return 400 if token_failed() else 422


def live_check(url: str) -> dict[str, str]:
    """Return the attributes by which htmx checks a field at `url` as a person leaves it."""
    return {
        "hx-post": url,
        "hx-trigger": "change",
        "hx-target": "closest .field",
        # Morphing keeps the focus and whatever was typed while the answer was on its way.
        "hx-swap": "outerMorph show:none",
        "hx-status:4xx": "swap:none",
        "hx-status:5xx": "swap:none",
        "hx-status:401": "swap:innerHTML",
    }


def opened_with_draft() -> bool:
    """Tell whether a page is opened with what somebody had typed when their session ended."""
    return request.method == "GET" and bool(request.args.get("draft"))


def draft_token() -> str:
    """Return the token under which a form is kept while it is being filled in: the one it came with, or a new one."""
    return sent_draft() or secrets.token_urlsafe(32)


def sent_draft() -> str:
    """Return the token of the draft that the form was opened with, to be carried along."""
    return request.values.get("draft", "")[:64]


def read_revision(name: str = "revision") -> int:
    """Return the revision in a field of the request; 0, which no record has, when it does not say."""
    return parse_revision(request.form.get(name))


def read_reason() -> str:
    """Return why the person does this, from a form of which nothing else could be wrong.

    Raises:
        InvalidInput: it is too long or cannot be stored.
    """
    reason = ReasonField.clean(request.form.get("reason", ""))
    if errors := rules.check_line(reason, rules.REASON_MAX):
        raise InvalidInput({"reason": errors})
    return reason


def merge_choices() -> Mapping[str, str]:
    """Return which side was chosen on the merge page for each field, by the id of its clash."""
    return {
        name.removeprefix(CHOICE): value for name, value in request.form.items() if name.startswith(CHOICE)
    }
