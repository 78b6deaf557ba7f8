"""One tag: who carries it, its aliases, and its end when nothing does."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
from webapp.core.errors import Conflict, InvalidInput, Unavailable
from webapp.core.rules import clean_tag
from webapp.db.session import current_session
from webapp.tags import service
from webapp.tags.forms import AliasForm
from webapp.tags.queries.listing import load_alike
from webapp.tags.queries.reach import get_tag
from webapp.tags.values import TagView, tag_locator
from webapp.tags.views import bp
from webapp.tags.views.list_context import plugins_url
from webapp.tags.views.preview import preview_of, say_done
from webapp.web.csrf import keeps_input, token_failed
from webapp.web.editing import explain, read_reason
from webapp.web.rendering import render


@bp.get("/tags/<locator>/")
def tag(locator: str) -> Response:
    """Show a tag with its plugins and aliases, and what can be done with it."""
    found = get_tag(current_session(), get_viewer(), locator)
    return _show(found, AliasForm(formdata=None))


@bp.post("/tags/<locator>/aliases")
@keeps_input
def add_alias(locator: str) -> BaseResponse:
    """Give a tag another word."""
    viewer = get_viewer()
    found = get_tag(current_session(), viewer, locator)
    service.require_right(current_session(), viewer, [found.id])
    form = AliasForm()
    if not form.validate():
        return _show(found, form, 400 if token_failed() else 422)
    try:
        done = service.add_alias(viewer, found.id, form.name.data)
    except (InvalidInput, Conflict, Unavailable) as error:
        status = explain(form, error)
        return _show(get_tag(current_session(), viewer, locator), form, status)
    # The field has the focus again, for the next one.
    here = url_for("tags.tag", locator=locator, _anchor="name")
    say_done(f"{clean_tag(form.name.data)} is an alias of {found.name} now", done, here)
    return redirect(here, 303)


@bp.post("/tags/<locator>/aliases/remove")
def remove_alias(locator: str) -> BaseResponse:
    """Let a word be no alias of a tag any more."""
    viewer = get_viewer()
    found = get_tag(current_session(), viewer, locator)
    name = request.form.get("name", "").replace("\0", "")
    done = service.remove_alias(viewer, found.id, name)
    here = url_for("tags.tag", locator=locator, _anchor="aliases")
    say_done(f"{name} is no alias of {found.name} any more", done, here)
    return redirect(here, 303)


@bp.post("/tags/<locator>/remove")
def remove(locator: str) -> BaseResponse:
    """Remove a tag that no plugin carries."""
    viewer = get_viewer()
    found = get_tag(current_session(), viewer, locator)
    try:
        done = service.remove_tag(replace(viewer, reason=read_reason()), found.id)
    except Conflict as error:
        return _show(
            get_tag(current_session(), viewer, locator), AliasForm(formdata=None), 409, error.message
        )
    here = url_for("tags.list_page")
    say_done(f"Removed the unused tag {found.name}", done, here)
    return redirect(here, 303)


def _show(found: TagView, form: AliasForm, status: int = 200, problem: str = "") -> Response:
    session, viewer = current_session(), get_viewer()
    is_own = found.account_id == viewer.account_id or viewer.is_superuser
    preview = preview_of(session, viewer, [found.id])
    groups = load_alike(session, viewer, found.account_id) if is_own else ()
    group = next((item for item in groups if found.id in {word.id for word in item.words}), None)
    alike = [word for word in group.words if word.id != found.id] if group else []
    locators = [tag_locator(word.id) for word in group.words] if group else []
    return render(
        "tags/tag.html",
        status,
        tag=found,
        form=form,
        is_own=is_own,
        preview=preview,
        problem=problem,
        plugins_url=plugins_url(viewer, found.account_id, found.name),
        alike=alike,
        merge_url=url_for("tags.merge", tag=locators, into=locators[0]) if locators else "",
    )
