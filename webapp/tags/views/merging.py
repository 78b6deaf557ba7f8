"""Merging tags: which of them stays, the records that would change, and the act. The address says which tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied, Unavailable
from webapp.db.session import current_session
from webapp.tags import service
from webapp.tags.forms import MergeForm
from webapp.tags.queries.reach import find_aliased, find_named, get_tags
from webapp.tags.values import MERGED_MAX, TagView
from webapp.tags.views import bp
from webapp.tags.views.preview import Preview, changed_plugins, preview_of, say_done
from webapp.web import htmx
from webapp.web.csrf import keeps_input, token_failed
from webapp.web.editing import explain
from webapp.web.errors import BadParameter
from webapp.web.filters import plural
from webapp.web.rendering import render_either

MOVED = (
    "The tags or what carries them have changed since this page was shown, so nothing was merged. "
    "Look again and merge them."
)


@dataclass(frozen=True)
class Merge:
    """Which tags are merged and which of them stays; None as long as nobody has chosen."""

    tags: tuple[TagView, ...]
    into: TagView | None
    problem: str = ""

    @property
    def sources(self) -> list[TagView]:
        """Return the tags that go."""
        return [tag for tag in self.tags if self.into is None or tag.id != self.into.id]


@bp.route("/tags/merge", methods=["GET", "POST"])
@keeps_input
def merge() -> BaseResponse:
    """Show what merging tags would change, or merge them."""
    viewer = get_viewer()
    asked = _read()
    if request.method != "POST":
        return _show(asked, MergeForm(formdata=None, data={"keep_alias": True}))
    form = MergeForm()
    if not form.validate():
        return _show(asked, form, 400 if token_failed() else 422)
    if asked.into is None or not asked.sources:
        return _show(asked, form, 422)
    try:
        writer = replace(viewer, reason=form.reason.data or "")
        sources = [tag.id for tag in asked.sources]
        done = service.merge_tags(
            writer, sources, asked.into.id, keep_aliases=form.keep_alias.data, seen=form.seen.data or ""
        )
    except service.Moved:
        return _show(_read(), form, 409, moved=MOVED)
    except PermissionDenied as error:
        form.form_errors.append(error.message)
        return _show(asked, form, 403)
    except (InvalidInput, Conflict, Unavailable) as error:
        return _show(asked, form, explain(form, error))
    what = f"tag {asked.sources[0].name}" if len(asked.sources) == 1 else plural(len(asked.sources), "tag")
    here = url_for("tags.tag", locator=asked.into.locator)
    say_done(f"Merged {what} into {done.name}{changed_plugins(done)}", done, here)
    return redirect(here, 303)


def _read() -> Merge:
    """Return what the request asks to merge.

    Raises:
        NotFound: one of them is no tag of the viewer's account.
        BadParameter: they are too many.
    """
    session, viewer = current_session(), get_viewer()
    locators = list(dict.fromkeys(request.values.getlist("tag")))
    if len(locators) > MERGED_MAX + 1:
        message = f"tag is given {len(locators)} times. Merge at most {MERGED_MAX + 1} tags at once."
        raise BadParameter("tag", locators[-1], message, url_for("tags.list_page"))
    wanted = request.values.get("into", "")
    typed = request.values.get("other", "").replace("\0", "").strip()
    if typed and wanted in ("", "other"):
        chosen = get_tags(session, viewer, locators)
        account_id = chosen[0].account_id if chosen else viewer.account_id
        found = find_named(session, account_id, typed) or find_aliased(session, account_id, typed)
        if found is None:
            return Merge(
                tuple(get_tags(session, viewer, locators)),
                None,
                f"There is no tag {typed}. Merge, then rename.",
            )
        wanted = found.locator
    if wanted in ("", "other"):
        return Merge(tuple(get_tags(session, viewer, locators)), None)
    if wanted not in locators:
        locators.append(wanted)
    tags = get_tags(session, viewer, locators)
    into = next((tag for tag in tags if tag.locator == wanted), None)
    if into is None:
        raise NotFound
    return Merge(tuple(tags), into)


def _show(asked: Merge, form: MergeForm, status: int = 200, *, moved: str = "") -> Response:
    session, viewer = current_session(), get_viewer()
    preview: Preview | None = None
    if asked.into is not None and asked.sources:
        preview = preview_of(session, viewer, [tag.id for tag in asked.sources], asked.into.id)
        form.seen.data = preview.seen
    response = render_either(
        "tags/merge.html",
        "tags/_merge_preview.html",
        status,
        asked=asked,
        form=form,
        preview=preview,
        moved=moved,
        kept=_kept(asked.tags),
        typed=request.values.get("other", ""),
    )
    return htmx.replace_url(response, request.full_path.rstrip("?")) if htmx.wants_fragment() else response


def _kept(tags: Sequence[TagView]) -> list[str]:
    return [tag.locator for tag in tags]
