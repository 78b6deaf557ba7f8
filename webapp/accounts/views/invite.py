"""Inviting somebody to the account, for its staff."""

from __future__ import annotations

from flask import Response, url_for

from webapp.accounts.drafts import drop_draft
from webapp.accounts.forms import InviteForm
from webapp.accounts.queries.invitations import parse_invitation_key
from webapp.accounts.service import invitations as service
from webapp.accounts.signin import find_typed
from webapp.accounts.views import bp
from webapp.accounts.views.answers import get_staff, see_other
from webapp.core.errors import InvalidInput, NotFound
from webapp.web.csrf import keeps_input
from webapp.web.editing import DRAFT_NOTE, refused_status, sent_draft
from webapp.web.rendering import render
from webapp.web.sharing import public_url
from webapp.web.toasts import say


@bp.get("/account/people/invite")
def invite() -> Response:
    """Ask for whom the link is."""
    get_staff()
    draft = find_typed()
    form = InviteForm(formdata=draft)
    return _show(form, note=DRAFT_NOTE if draft is not None else "")


@bp.post("/account/people/invite", endpoint="send_invitation")
@keeps_input
def send_invitation() -> Response:
    """Make the link and show it, this once: only its hash is stored."""
    viewer, form = get_staff(), InviteForm()
    if not form.validate():
        return _show(form, refused_status())
    try:
        token = service.invite(viewer, form.name.data, form.role.data)
    except InvalidInput as error:
        form.add_errors(error.errors)
        return _show(form, 422)
    drop_draft(viewer, sent_draft())
    link = f"{public_url()}{url_for('accounts.invitation', token=token)}"
    return render(
        "accounts/invited.html", 201, link=link, name=form.name.data.strip(), days=service.VALID_FOR.days
    )


@bp.post("/account/people/invitations/<key>/revoke")
def revoke(key: str) -> Response:
    """Let an invitation end before it is used."""
    viewer = get_staff()
    invitation_id = parse_invitation_key(key)
    if invitation_id is None:
        raise NotFound
    try:
        name = service.revoke(viewer, invitation_id)
    except NotFound:
        say("That invitation was used or had ended already", category="warning")
    else:
        say(f"The invitation for {name} is revoked; its link does not work any more")
    return see_other(url_for("accounts.people"))


def _show(form: InviteForm, status: int = 200, *, note: str = "") -> Response:
    return render("accounts/invite.html", status, form=form, note=note, draft=sent_draft())
