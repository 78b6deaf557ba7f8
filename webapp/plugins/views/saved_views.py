"""Saved views: their page, and what the menus of the list do with them. Each act works as a plain form as well."""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.accounts.queries.saved_views import get_view, parse_view_key, view_key
from webapp.accounts.service import saved_views as service
from webapp.accounts.service.saved_views import ViewValues
from webapp.accounts.signin import get_viewer
from webapp.core.errors import InvalidInput, PermissionDenied
from webapp.db.session import current_session
from webapp.plugins.view_forms import SavedViewForm
from webapp.plugins.views import bp
from webapp.plugins.views.list_state import parse_query, query_of
from webapp.plugins.views.saved_view_context import load_views, show_view
from webapp.plugins.views.saved_view_pages import answer, refuse_saving, undo_default
from webapp.web.csrf import keeps_input
from webapp.web.editing import refused_status
from webapp.web.rendering import render
from webapp.web.toasts import Undo


@bp.get("/plugins/views")
def views_page() -> Response:
    """Show one's own views and those that colleagues share, with their filters in words."""
    return render("plugins/saved_views.html", views=load_views(current_session(), get_viewer()))


@bp.post("/plugins/views", endpoint="save_view")
@keeps_input
def save_view() -> Response:
    """Save the state of the list under a name."""
    form = SavedViewForm()
    query = query_of(parse_query(form.query.data or ""))
    if not form.validate():
        return refuse_saving(form, query, refused_status())
    try:
        saved = service.save_view(get_viewer(), ViewValues(form.name.data or "", query, form.shared.data))
    except InvalidInput as error:
        form.add_errors(error.errors)
        return refuse_saving(form, query, 422)
    undo = Undo(url_for("plugins.delete_view", key=view_key(saved.id)), {})
    return answer(f"“{saved.name}” is saved as a view", undo=undo)


@bp.get("/plugins/views/<key>", endpoint="view")
def edit_view(key: str) -> Response:
    """Ask for another name of a view, and whether it is shared."""
    view = get_view(current_session(), get_viewer(), key)
    if not view.is_own:
        raise PermissionDenied("Only who saved a view changes it. Save one of your own from it.")
    form = SavedViewForm(formdata=None, data={"name": view.name, "shared": view.is_shared})
    return render("plugins/saved_view.html", form=form, view=view, filters=show_view(view).filters)


@bp.post("/plugins/views/<key>", endpoint="change_view")
@keeps_input
def change_view(key: str) -> Response:
    """Rename a view, share it or stop that."""
    viewer, form = get_viewer(), SavedViewForm()
    view = get_view(current_session(), viewer, key)
    filters = show_view(view).filters
    if not form.validate():
        return render("plugins/saved_view.html", refused_status(), form=form, view=view, filters=filters)
    try:
        before = service.change_view(viewer, view.id, form.name.data or "", is_shared=form.shared.data)
    except InvalidInput as error:
        form.add_errors(error.errors)
        return render("plugins/saved_view.html", 422, form=form, view=view, filters=filters)
    fields = {"name": before.name, **({"shared": "y"} if before.is_shared else {})}
    words = "is saved"
    if before.is_shared != form.shared.data:
        words = f"is shared with {viewer.account_name}" if form.shared.data else "is yours alone now"
    undo = Undo(url_for("plugins.change_view", key=key), fields)
    return answer(f"“{form.name.data}” {words}", undo=undo)


@bp.post("/plugins/views/update", endpoint="update_view")
def update_view() -> Response:
    """Let a view mean what the list shows now."""
    query = query_of(parse_query(request.form.get("query", "")))
    key = request.form.get("view", "")
    before = service.update_view(get_viewer(), parse_view_key(key), query)
    undo = Undo(url_for("plugins.update_view"), {"view": key, "query": before.query})
    return answer(f"“{before.name}” means this list now", undo=undo)


@bp.post("/plugins/views/default", endpoint="choose_default_view")
def choose_default_view() -> Response:
    """Let the list begin with a view, or as the profile says."""
    key = request.form.get("view", "")
    before = service.choose_default(get_viewer(), parse_view_key(key) if key else None)
    return answer(
        "Plugins begin with this view now" if key else "Plugins begin with no view now",
        undo=undo_default(before),
    )


@bp.post("/plugins/views/<key>/delete", endpoint="delete_view")
def delete_view(key: str) -> Response:
    """Delete a view."""
    deleted = service.delete_view(get_viewer(), parse_view_key(key))
    undo = Undo(url_for("plugins.restore_view", key=key), {})
    return answer(f"The view “{deleted.name}” is deleted", undo=undo)


@bp.post("/plugins/views/<key>/restore", endpoint="restore_view")
def restore_view(key: str) -> Response:
    """Bring back a view that was deleted."""
    restored = service.restore_view(get_viewer(), parse_view_key(key))
    return answer(f"The view “{restored.name}” is back")
