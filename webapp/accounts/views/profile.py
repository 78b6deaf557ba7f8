"""One's own profile and preferences."""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.accounts.drafts import drop_draft
from webapp.accounts.forms import ProfileForm
from webapp.accounts.frame import keep_theme
from webapp.accounts.queries.people import get_own_user
from webapp.accounts.queries.viewers import load_viewer
from webapp.accounts.service.profile import ProfileChanged, profile_mark, read_profile, update_profile
from webapp.accounts.signin import find_typed, get_viewer
from webapp.accounts.values import ProfileValues
from webapp.accounts.views import bp
from webapp.accounts.views.answers import see_other
from webapp.accounts.zones import suggest_zone, zone_names
from webapp.core.errors import InvalidInput
from webapp.db.session import current_session
from webapp.web.csrf import keeps_input
from webapp.web.editing import DRAFT_NOTE, refused_status, sent_draft
from webapp.web.rendering import render
from webapp.web.toasts import say


@bp.get("/account/")
def profile() -> Response:
    """Show what the viewer has written about themselves and chosen."""
    stored = _stored()
    if (draft := find_typed()) is not None:
        return _show(ProfileForm(formdata=draft), note=DRAFT_NOTE, dirty=True)
    form = ProfileForm(formdata=None, data=ProfileForm.values_of(stored))
    form.mark.data = profile_mark(stored)
    return _show(form)


@bp.post("/account/", endpoint="save_profile")
@keeps_input
def save_profile() -> Response:
    """Save it; a state that another window has changed is shown beside what was typed."""
    viewer = get_viewer()
    form = ProfileForm(data={"time_zone": viewer.settings.time_zone})
    if request.form.get("use_suggestion") == "time_zone":
        form.time_zone.data = suggest_zone(form.time_zone.data or "") or form.time_zone.data
        return _show(form, dirty=True)
    if not form.validate():
        return _show(form, refused_status(), dirty=True)
    try:
        update_profile(viewer, form.mark.data or "", form.to_values())
    except InvalidInput as error:
        form.add_errors(error.errors)
        return _show(form, 422, dirty=True)
    except ProfileChanged:
        return _show_changed(form)
    drop_draft(viewer, sent_draft())
    say("Your profile is saved")
    saved = load_viewer(current_session(), viewer.token)
    return keep_theme(see_other(url_for("accounts.profile")), saved or viewer)


def _stored() -> ProfileValues:
    return read_profile(get_own_user(current_session(), get_viewer()))


def _show_changed(form: ProfileForm) -> Response:
    stored = _stored()
    typed, now = form.to_values().to_dict(), stored.to_dict()
    differing = [form[name].label.text for name in now if now[name] != typed[name]]
    form.mark.data = profile_mark(stored)
    words = ", ".join(differing)
    note = "Your profile was changed in another window since you opened this page. Nothing was saved yet. "
    note += (
        f"What you typed differs in: {words}. Save to use yours." if words else "It is the same as yours now."
    )
    return _show(form, 409, note=note, dirty=True)


def _show(form: ProfileForm, status: int = 200, *, note: str = "", dirty: bool = False) -> Response:
    return render(
        "accounts/profile.html",
        status,
        form=form,
        note=note,
        dirty=dirty,
        draft=sent_draft(),
        zones=zone_names(),
    )
