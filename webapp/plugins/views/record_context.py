"""What the pages of one plugin show: the frame of every tab, and the parts of the overview."""

from __future__ import annotations

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer, initials
from webapp.db.session import current_session
from webapp.history.queries import Write
from webapp.history.writers import ShownWrite, shown_writes
from webapp.manifests.form_text import show_list, show_value, show_yaml
from webapp.manifests.shown_annotations import show_annotations
from webapp.plugins.outline import outline
from webapp.plugins.queries.record import Record, find_connection, find_writes, judge_record
from webapp.plugins.queries.stars import load_stars
from webapp.plugins.queries.usage import PluginUse, count_links, counted
from webapp.plugins.readiness import Judgement
from webapp.plugins.values import Parameter, StaticData
from webapp.plugins.views.annotated import annotation_links
from webapp.plugins.views.copying import copies_of
from webapp.plugins.views.record_checks import shown_checks, shown_findings
from webapp.plugins.views.stars import RECORD, star_button
from webapp.plugins.views.walking import find_walk
from webapp.web.highlight import plain_lines, yaml_lines
from webapp.web.sharing import record_url, share_url

DIRECTIVE_WORDS = {
    "search_terms": "offered when a prompt contains one of these",
    "always": "offered with every prompt",
    "llm": "offered when the model chooses it",
}
FOLDED = 900
"""Characters of a text beyond which only its beginning is shown until somebody opens it."""
FOLD_AT = 500


Tab = tuple[str, str, bool, str | None]


def frame(
    session: Session,
    viewer: Viewer,
    found: Record,
    tab: str,
    judgement: Judgement | None = None,
    links: int | None = None,
) -> dict[str, Any]:
    """Return what the head of every page of a record needs.

    Args:
        session: to read with.
        viewer: who looks.
        found: the record.
        tab: the key of the page.
        judgement: of the record, where the page has it already.
        links: how many chatbots may use it, where the page knows.
    """
    judgement = judgement or judge_record(session, found)
    links = count_links(session, viewer, found.id) if links is None else links
    return {
        "record": found,
        "walk": find_walk(session, viewer, found),
        "star": star_button(found, RECORD, is_on=found.id in load_stars(session, viewer)),
        "values": found.values,
        "share_url": share_url(found.locator),
        "owner_initials": initials(found.owner_name),
        "readiness": judgement.state,
        "tab": tab,
        "tabs_of_record": _tabs(found, tab, judgement, links),
        "copies": copies_of(viewer, found),
    }


def overview(
    session: Session,
    viewer: Viewer,
    found: Record,
    use: PluginUse | None,
    judgement: Judgement | None = None,
) -> dict[str, Any]:
    """Return what the parts of the overview need that follow an edit of a single field; `use` is from `find_use`."""
    judgement = judgement or judge_record(session, found)
    findings = shown_findings(found, judgement.findings)
    writes = find_writes(session, found, {1, found.revision})
    return {
        **frame(session, viewer, found, "overview", judgement, use.links if use else 0),
        "checks": shown_checks(session, viewer, found, judgement),
        "findings": [finding for finding in findings if finding.severity != "hint"],
        "hints": sum(finding.severity == "hint" for finding in findings),
        "annotations": show_annotations(found.values.annotations),
        "annotation_links": annotation_links(found.values.annotations),
        "use": use,
        "first_write": writes.get(1),
        "last_write": _last_write(found, writes.get(found.revision)),
        "start_of": start_of,
    }


def links_words(viewer: Viewer, record: Record) -> str:
    """Return how many chatbots of the viewer's account would miss a plugin: "3", "1,000+"."""
    return counted(count_links(current_session(), viewer, record.id))


def details_of(session: Session, found: Record, judgement: Judgement) -> dict[str, Any]:
    """Return what the selector, prompt and data of a record need to be shown."""
    data = found.values.data
    static = data.static_data if isinstance(data, StaticData) else None
    locator = find_connection(session, found)
    return {
        **shown_parts(),
        "connection_url": record_url(locator) if locator else None,
        "outline": outline(static) if static is not None else None,
        "connection_notes": _connection_notes(judgement),
    }


def shown_parts() -> dict[str, Any]:
    """Return the words and functions by which selector, prompt and data are shown, now or as they were."""
    return {
        "directives": DIRECTIVE_WORDS,
        "yaml_lines": yaml_lines,
        "plain_lines": plain_lines,
        "show_value": show_value,
        "show_yaml": show_yaml,
        "allowed": _allowed,
        "start_of": start_of,
    }


def start_of(text: str) -> str:
    """Return the beginning of a long text, up to the end of a word; "" for a text that is shown whole."""
    if len(text) <= FOLDED:
        return ""
    start = text[:FOLD_AT]
    return start[: max(start.rfind(" "), start.rfind("\n"), FOLD_AT // 2)].rstrip()


def _tabs(found: Record, tab: str, judgement: Judgement, links: int) -> list[Tab]:
    """Return the pages of a record as the macro `tabs` takes them."""
    problems = len(judgement.missing) + len(judgement.warnings)
    pages = (
        ("overview", "Overview", "plugins.record", None),
        ("manifest", "Manifest", "plugins.manifest_page", None),
        ("checks", "Checks", "plugins.checks", f"{problems:,}" if problems else None),
        ("used-by", "Used by", "plugins.used_by", counted(links) if links else None),
        ("history", "History", "plugins.history", f"{found.revision:,}"),
    )
    return [
        (label, url_for(endpoint, locator=found.locator), key == tab, count)
        for key, label, endpoint, count in pages
    ]


def _last_write(found: Record, write: Write | None) -> ShownWrite | None:
    """Return the last write in words, unless it is the first one."""
    return shown_writes([write])[0] if write is not None and found.revision > 1 else None


def _connection_notes(judgement: Judgement) -> list[str]:
    """Return what is wrong with the connection that a record names, in a few words each."""
    words = {"connection": "Does not exist", "secret": "Secret is missing"}
    notes = [words[check.part] for check in judgement.missing if check.missing]
    return list(dict.fromkeys(notes + ["Secret has expired" for _ in judgement.expired]))


def _allowed(parameter: Parameter) -> str:
    return show_list(parameter.enum or ())
