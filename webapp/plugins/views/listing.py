"""The list of plugins, the counts that follow it, and tags for the filter and for tag inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, current_app, jsonify, make_response, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.identity import Viewer
from webapp.accounts.kept_pages import kept_page
from webapp.accounts.reading import reading_session
from webapp.accounts.redirects import path_of_url
from webapp.accounts.signin import get_viewer
from webapp.accounts.values import COLUMNS
from webapp.caching.store import cached
from webapp.core.clock import utcnow
from webapp.core.rules import TAG_MAX, check_tag, clean_tag
from webapp.db.session import current_session
from webapp.plugins.queries import facets, lists
from webapp.plugins.queries.candidates import Count
from webapp.plugins.queries.criteria import reached_accounts
from webapp.plugins.queries.facets import Counts, come_at_once, count_starred, kept_counts, load_counts
from webapp.plugins.queries.listing import load_page
from webapp.plugins.queries.lists import PluginList, prepare
from webapp.plugins.queries.stars import load_stars
from webapp.plugins.views import bp, list_context
from webapp.plugins.views.export_links import export_links, export_url
from webapp.plugins.views.list_empty import explain_nothing
from webapp.plugins.views.list_state import (
    LOOKS_FORM,
    RESULTS,
    SEARCH_FORM,
    SORT_SELECT,
    list_etag,
    page_urls,
    parse_state,
    read_place,
    to_criteria,
)
from webapp.plugins.views.newer import newer_url
from webapp.plugins.views.resuming import find_resume
from webapp.plugins.views.rows import render_rows
from webapp.plugins.views.saved_view_context import load_views, offer_views
from webapp.plugins.views.stars import fill_in_stars
from webapp.web import htmx
from webapp.web.errors import BadParameter
from webapp.web.list_parts import list_sorts, page_title
from webapp.web.listing import ListState
from webapp.web.rendering import is_unchanged, not_modified, revalidated


@dataclass(frozen=True)
class ShownPage:
    """The rows of a page as HTML, how many they are, and the addresses of the pages beside it."""

    rows_html: str
    rows: int
    newer: str | None
    older: str | None


@bp.get("/plugins/")
def list_page() -> Response:
    """Show the plugins that the address asks for."""
    viewer, args = get_viewer(), request.args.copy()
    draft = args.pop("draft", None)
    try:
        state = parse_state(args)
    except BadParameter as error:
        raise offer_views(error, viewer) from error
    tag = None if draft else list_etag(viewer, state)
    if tag and is_unchanged(tag):
        return htmx.vary_by_source(not_modified(tag))

    def make() -> str:
        return _render_list(viewer, state, draft)

    response = make_response(kept_page(viewer.generations, tag, make) if tag else make())
    if htmx.wants_fragment():
        # Typing is one act, however many letters it has, and other looks are no other place; a link is one each.
        url = state.url(after=state.after, before=state.before)
        is_here = path_of_url(htmx.current_url(), request.host) == url
        stays = is_here or htmx.source() in (SEARCH_FORM, LOOKS_FORM, RESULTS)
        (htmx.replace_url if stays else htmx.push_url)(response, url)
    htmx.vary_by_source(response)
    return revalidated(response, tag) if tag else response


def _render_list(viewer: Viewer, state: ListState, draft: str | None) -> str:
    """Return the page or the fragment of a list."""
    session, asked_at = reading_session(viewer), utcnow()
    found = prepare(session, viewer, to_criteria(state))
    return render_template(
        "plugins/_list.html" if htmx.wants_fragment() else "plugins/list.html",
        **_list_context(session, state, found, _show_page(session, state, found)),
        newer_url=newer_url(viewer, state, asked_at),
        resume=find_resume(session, viewer, draft),
        by_search=htmx.source() == SEARCH_FORM,
        by_sort=htmx.source() == SORT_SELECT,
    )


@bp.get("/plugins/counts")
def list_counts() -> BaseResponse:
    """Bring the counts of a filter that were too slow to come with its page."""
    viewer = get_viewer()
    state = parse_state(request.args)
    if not htmx.wants_fragment():
        return redirect(state.url(after=state.after, before=state.before))
    tag = list_etag(viewer, state)
    if tag and is_unchanged(tag):
        return not_modified(tag)
    session = current_session()
    found = prepare(session, viewer, to_criteria(state))
    response = make_response(render_template("plugins/_counts.html", **counts_context(session, state, found)))
    return revalidated(response, tag) if tag else htmx.vary(response)


@bp.get("/plugins/tags")
def find_tags() -> BaseResponse:
    """Show the tags of the current result that hold a text; without htmx, add that tag to the filter."""
    viewer = get_viewer()
    args = request.args.copy()
    text = clean_tag(args.pop("find", "") or "")[:TAG_MAX]
    state = parse_state(args)
    if not htmx.wants_fragment():
        held = state.repeated["tag"]
        return redirect(state.url(tag=held if check_tag(text) else (*held, text)))
    session = current_session()
    found = prepare(session, viewer, to_criteria(state))
    tags = list_context.tag_facet(state, facets.find_tags(session, found, text))
    return htmx.vary(make_response(render_template("plugins/_tag_links.html", tags=tags, find=text)))


@bp.get("/plugins/tags.json")
def suggest_tags() -> Response:
    """Return at most 20 tags for a tag input as JSON: [{"name": …, "count": …}], with the alias that found one."""
    text = request.args.get("q", "")
    if len(text) > TAG_MAX:
        return jsonify([])
    found = lists.suggest_tags(current_session(), get_viewer(), text.replace("\0", ""))
    return jsonify(
        [
            {"name": tag.name, "count": tag.records, **({"alias": tag.alias} if tag.alias else {})}
            for tag in found
        ]
    )


def _show_page(session: Session, state: ListState, found: PluginList) -> ShownPage:
    """Return the rendered rows of a page, cached by generation: they depend on the address and the scope only."""
    viewer, build = found.viewer, current_app.config["BUILD"]
    after, before = read_place(state, "after"), read_place(state, "before")

    def load() -> ShownPage:
        page = load_page(
            session, found.reading, state.sort_key, descending=state.descending, after=after, before=before
        )
        rows_html = str(render_rows(viewer, state, page.rows))
        return ShownPage(rows_html, len(page.rows), *page_urls(state, page))

    if not found.is_cacheable:
        return load()
    parts = (build, state.pairs(), _reach(viewer, found))
    return cached("plugins.rows", viewer.generations, parts, load)


def _reach(viewer: Viewer, found: PluginList) -> tuple[object, ...]:
    stars = (viewer.profile_id, viewer.star_generation) if found.criteria.starred else None
    return reached_accounts(viewer, found.criteria.scope), found.reading.branches, stars


def counts_context(session: Session, state: ListState, found: PluginList) -> dict[str, Any]:
    """Return the counts of a filter, for the template that puts them into the page of the list."""
    counts = load_counts(session, found)
    matching = list_context.matching_count(counts.matching, 0, complete=False)
    words = list_context.count_words(matching, found.total, filtered=bool(found.criteria.filters))
    return {
        "count_text": words,
        "bulk": list_context.bulk_choice(state, matching, offered=True),
        **_facet_context(state, counts, count_starred(session, found)),
    }


def later_url(state: ListState) -> str:
    """Return the address that brings the counts of a filter."""
    return state.url().replace(state.spec.path, "/plugins/counts", 1)


def _list_context(session: Session, state: ListState, found: PluginList, shown: ShownPage) -> dict[str, Any]:
    at_once = come_at_once(found)
    stars = load_stars(session, found.viewer)
    counts = load_counts(session, found) if at_once else kept_counts(session, found)
    complete = not (state.after or state.before or shown.older)
    matching = list_context.matching_count(counts.matching, shown.rows, complete=complete)
    chips = list_context.list_chips(state, found)
    return {
        "state": state,
        "title": page_title(state, chips, "Plugins"),
        "count_text": list_context.count_words(matching, found.total, filtered=bool(found.criteria.filters)),
        "bulk": list_context.bulk_choice(state, matching, offered=not complete and bool(shown.rows)),
        "chips": chips,
        "clear_url": list_context.clear_url(state),
        "columns": list_context.list_columns(state),
        "sorts": list_sorts(state, list_context.SORT_LABELS),
        "note": list_context.search_note(state),
        "sort_note": list_context.sort_note(state, found.viewer.settings.hidden_columns),
        "here": state.url(after=state.after, before=state.before).partition("?")[2],
        "views": load_views(session, found.viewer, state),
        "view_form": None,
        "fresh": False,
        "all_columns": COLUMNS,
        "empty": None if shown.rows else explain_nothing(session, state, found, chips),
        "shown": {
            "rows_html": fill_in_stars(Markup(shown.rows_html), stars),  # noqa: S704  # Made by render_rows.
            "rows": shown.rows,
            "newer": shown.newer,
            "older": shown.older,
        },
        "exports": export_links(state),
        "export_page": export_url(state),
        "later_url": None if at_once else later_url(state),
        "manages": list_context.managed_rows(found),
        **_facet_context(state, counts, count_starred(session, found)),
    }


def _facet_context(state: ListState, counts: Counts, starred: Count | None) -> dict[str, Any]:
    tags = list_context.tag_facet(state, counts.tags)
    return {
        "state": state,
        "facets": list_context.list_facets(state, counts, starred),
        "tags": replace(tags, links=(list_context.untagged_link(state, counts.untagged), *tags.links)),
        "owners": list_context.owner_facet(state, counts),
    }
