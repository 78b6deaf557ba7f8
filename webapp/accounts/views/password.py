"""Changing one's own password."""

from __future__ import annotations

from flask import Response, url_for

from webapp.accounts import service
from webapp.accounts.forms import PasswordForm
from webapp.accounts.passwords import HINT
from webapp.accounts.service import WrongCredentials
from webapp.accounts.signin import get_viewer, remember_viewer
from webapp.accounts.views import bp
from webapp.accounts.views.answers import (
    get_throttle,
    remote_address,
    see_other,
    too_many,
    user_agent,
    wait_message,
)
from webapp.core.errors import FieldError, InvalidInput
from webapp.web.csrf import keeps_input
from webapp.web.editing import refused_status
from webapp.web.rendering import render
from webapp.web.toasts import say


@bp.get("/account/password")
def password() -> Response:
    """Show the form for another password."""
    return render("accounts/password.html", form=PasswordForm(formdata=None), hint=HINT)


@bp.post("/account/password", endpoint="change_password")
@keeps_input
def change_password() -> Response:
    """Give the viewer another password and end their other login sessions."""
    viewer, form = get_viewer(), PasswordForm()
    if not form.validate():
        return _password_form(form, refused_status())
    throttle, address = get_throttle(), remote_address()
    if wait := throttle.count(viewer.username, address):
        form.form_errors.append(wait_message(wait))
        return too_many(_password_form(form, 429), wait)
    try:
        viewer = service.change_password(
            viewer, form.current_password.data, form.new_password.data, user_agent()
        )
    except WrongCredentials:
        message = "This is not your current password. Try again."
        form.add_errors({"current_password": [FieldError(message, "wrong")]})
        return _password_form(form, 422)
    except InvalidInput as error:
        throttle.forgive(viewer.username, address)
        form.add_errors({"new_password": error.errors["password"]})
        return _password_form(form, 422)
    throttle.forgive(viewer.username, address)
    remember_viewer(viewer)
    say("Your password is changed. You are signed out everywhere else.")
    return see_other(url_for("accounts.password"))


def _password_form(form: PasswordForm, status: int) -> Response:
    return render("accounts/password.html", status, form=form, hint=HINT)
