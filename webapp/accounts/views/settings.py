"""The account itself, for its staff."""

from __future__ import annotations

from flask import Response, url_for

from webapp.accounts.drafts import drop_draft
from webapp.accounts.forms import AccountForm
from webapp.accounts.service.people import rename_account
from webapp.accounts.signin import find_typed
from webapp.accounts.views import bp
from webapp.accounts.views.answers import get_staff, see_other
from webapp.core.errors import Conflict, InvalidInput
from webapp.web.csrf import keeps_input
from webapp.web.editing import DRAFT_NOTE, refused_status, sent_draft
from webapp.web.rendering import render
from webapp.web.toasts import say


@bp.get("/account/settings")
def settings() -> Response:
    """Show the name and number of the account."""
    viewer = get_staff()
    if (draft := find_typed()) is not None:
        return _show(AccountForm(formdata=draft), note=DRAFT_NOTE)
    return _show(
        AccountForm(formdata=None, data={"name": viewer.account_name, "before": viewer.account_name})
    )


@bp.post("/account/settings", endpoint="save_settings")
@keeps_input
def save_settings() -> Response:
    """Give the account another name."""
    viewer, form = get_staff(), AccountForm()
    if not form.validate():
        return _show(form, refused_status())
    try:
        name = rename_account(viewer, form.before.data or "", form.name.data)
    except InvalidInput as error:
        form.add_errors(error.errors)
        return _show(form, 422)
    except Conflict as error:
        # What stands there now is in the message; saving again replaces it knowingly.
        form.before.data = viewer.account_name
        return _show(form, 409, note=error.message)
    drop_draft(viewer, sent_draft())
    say(f"The account is called {name} now" if name != viewer.account_name else "Nothing was changed")
    return see_other(url_for("accounts.settings"))


def _show(form: AccountForm, status: int = 200, *, note: str = "") -> Response:
    return render("accounts/settings.html", status, form=form, note=note, draft=sent_draft())
