"""Handing over everything that somebody owns in the account, for its staff."""

from __future__ import annotations

from flask import Response, current_app, url_for

from webapp.accounts import belongings
from webapp.accounts.belongings import in_words
from webapp.accounts.forms import HandOverForm
from webapp.accounts.identity import Viewer, parse_profile_key
from webapp.accounts.queries.people import PersonRow, get_person, list_active_people
from webapp.accounts.service import people as service
from webapp.accounts.views import bp
from webapp.accounts.views.answers import get_staff, see_other
from webapp.core.errors import InvalidInput
from webapp.db.session import current_session
from webapp.web.rendering import render
from webapp.web.toasts import say


@bp.get("/account/people/<key>/hand-over")
def hand_over(key: str) -> Response:
    """Say what the person owns, and ask who gets it."""
    viewer = get_staff()
    person = get_person(current_session(), viewer, key)
    return _show(viewer, person, HandOverForm(formdata=None))


@bp.post("/account/people/<key>/hand-over", endpoint="give")
def give(key: str) -> Response:
    """Let all of it change its owner."""
    viewer, form = get_staff(), HandOverForm()
    person = get_person(current_session(), viewer, key)
    try:
        receiver_id = parse_profile_key(form.receiver.data or "") or 0
        done = service.hand_over(viewer, person.profile_id, receiver_id)
    except InvalidInput as error:
        form.add_errors(error.errors)
        return _show(viewer, person, form, 422)
    if done.amounts:
        # The feed lies above this package; the composition root lends its button.
        undo = current_app.extensions["undo_of_unit"](done.unit_id) if done.unit_id else None
        say(f"{in_words(done.amounts)} of {done.giver} belong to {done.receiver} now", undo=undo)
    else:
        say(f"{done.giver} owns nothing here, so there was nothing to hand over")
    return see_other(url_for("accounts.people"))


def _show(viewer: Viewer, person: PersonRow, form: HandOverForm, status: int = 200) -> Response:
    session = current_session()
    others = [item for item in list_active_people(session, viewer) if item.profile_id != person.profile_id]
    form.offer([(item.key, f"{item.name} ({item.username})") for item in others])
    amounts = belongings.count_all(session, viewer.account_id, person.profile_id)
    total = sum(amount.number for amount in amounts)
    return render(
        "accounts/hand_over.html",
        status,
        person=person,
        form=form,
        amounts=amounts,
        total=total,
        others=others,
    )
