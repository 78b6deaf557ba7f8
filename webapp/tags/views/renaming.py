"""Renaming a tag: the form with the records that would change, and the act."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
from webapp.core.errors import Conflict, InvalidInput, PermissionDenied, Unavailable
from webapp.db.session import current_session
from webapp.tags import service
from webapp.tags.forms import RenameForm
from webapp.tags.queries.reach import find_named, get_tag
from webapp.tags.values import TagView
from webapp.tags.views import bp
from webapp.tags.views.list_context import plugins_url
from webapp.tags.views.preview import changed_plugins, preview_of, say_done
from webapp.web.csrf import keeps_input, token_failed
from webapp.web.editing import explain
from webapp.web.rendering import render

MOVED = "What carries this tag has changed since this page was shown, so nothing was renamed. Look again and rename it."


@bp.route("/tags/<locator>/rename", methods=["GET", "POST"])
@keeps_input
def rename(locator: str) -> BaseResponse:
    """Show what another name would change, or give the tag that name."""
    viewer = get_viewer()
    tag = get_tag(current_session(), viewer, locator)
    if request.method != "POST":
        return _show(tag, RenameForm(formdata=None, data={"name": tag.name, "keep_alias": True}))
    service.require_right(current_session(), viewer, [tag.id])
    form = RenameForm()
    if not form.validate():
        return _show(tag, form, 400 if token_failed() else 422)
    try:
        writer = replace(viewer, reason=form.reason.data or "")
        done = service.rename_tag(
            writer, tag.id, form.name.data, keep_alias=form.keep_alias.data, seen=form.seen.data or ""
        )
    except service.Moved:
        return _show_moved(locator, form)
    except PermissionDenied as error:
        form.form_errors.append(error.message)
        return _show(tag, form, 403)
    except (InvalidInput, Conflict, Unavailable) as error:
        return _show(tag, form, explain(form, error))
    here = url_for("tags.tag", locator=locator)
    say_done(f"Renamed tag {tag.name} to {done.name}{changed_plugins(done)}", done, here)
    return redirect(here, 303)


def _show_moved(locator: str, form: RenameForm) -> Response:
    """Return the page once more with what there is now; a tag that has gone meanwhile is not found."""
    tag = get_tag(current_session(), get_viewer(), locator)
    return _show(tag, form, 409, moved=MOVED)


def _show(tag: TagView, form: RenameForm, status: int = 200, *, moved: str = "") -> Response:
    session, viewer = current_session(), get_viewer()
    preview = preview_of(session, viewer, [tag.id])
    form.seen.data = preview.seen
    taken = None
    if any(getattr(error, "code", "") == "unique" for error in form.name.errors):
        taken = find_named(session, tag.account_id, form.name.data)
    return render(
        "tags/rename.html",
        status,
        tag=tag,
        form=form,
        preview=preview,
        moved=moved,
        taken=taken,
        merge_url=url_for("tags.merge", tag=[tag.locator, taken.locator], into=taken.locator)
        if taken
        else "",
        plugins_url=plugins_url(viewer, tag.account_id, tag.name),
    )
