"""Which records an act on many is about: those that are ticked, or all that a list or the bin shows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import request, url_for
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from webapp.accounts.identity import Viewer
from webapp.accounts.redirects import safe_next
from webapp.core.clock import utcnow
from webapp.core.errors import PlugdeckError
from webapp.core.locators import parse_locator
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.bin import is_restorable
from webapp.plugins.queries.lists import prepare
from webapp.plugins.queries.selecting import list_all_revisions, list_listed_revisions, list_revisions
from webapp.plugins.queries.visibility import is_readable
from webapp.plugins.selection import SELECTED_MAX, unpack
from webapp.plugins.views.list_state import parse_state, to_criteria
from webapp.web.listing import ListState
from webapp.web.problems import Problem

RESTORE = "restore"


class Unselected(PlugdeckError):
    """There is nothing to act on, or too much; the problem says what to do."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True)
class Selection:
    """The records at the revisions that the form shows, and the page that they were chosen on."""

    revisions: dict[int, int]
    here: str


def reach_of(viewer: Viewer, act: str) -> ColumnElement[bool]:
    """Return which records the act can be about."""
    return is_restorable(viewer, utcnow()) if act == RESTORE else is_readable(viewer)


def read_selection(session: Session, viewer: Viewer, act: str) -> Selection:
    """Return what the request names: what a form carries, else all of a list, else single records.

    Raises:
        Unselected: nothing is selected, or more than `SELECTED_MAX`.
        BadParameter: the list that it names is none.
    """
    sent = request.values
    here = _here(act)
    if "chosen" in sent:
        carried = unpack(sent["chosen"])
        if carried is None:
            raise Unselected(_nothing(here))
        return Selection(carried, here)
    where = reach_of(viewer, act)
    if "all" not in sent:
        found = list_revisions(session, where, _named(here))
    elif act == RESTORE:
        found = list_all_revisions(session, where, SELECTED_MAX + 1)
    else:
        listed = prepare(session, viewer, to_criteria(read_list()))
        found = list_listed_revisions(session, listed, SELECTED_MAX + 1)
    if not found:
        raise Unselected(_nothing(here))
    if len(found) > SELECTED_MAX:
        raise Unselected(_too_many(here))
    return Selection(found, here)


def read_list() -> ListState:
    """Return the list that the selection was made in.

    Raises:
        BadParameter: it has a parameter or a value that no list has.
    """
    return parse_state(MultiDict(parse_qsl(request.values.get("list", ""), keep_blank_values=True)))


def _named(here: str) -> set[int]:
    locators = request.values.getlist("id")
    if len(locators) > SELECTED_MAX:
        raise Unselected(_too_many(here))
    # One that is none, or is gone, is no part of the selection any more.
    return {found for text in locators if (found := parse_locator(text, LOCATOR_KIND)) is not None}


def _here(act: str) -> str:
    """Return the page that the records were chosen on."""
    said = safe_next(request.values.get("next"))
    if said:
        return said
    if act == RESTORE:
        return url_for("plugins.bin_page")
    state = read_list()
    return state.url(after=state.after, before=state.before)


def _nothing(here: str) -> Problem:
    message = "No plugin is selected, so there is nothing to do. Select some in the list."
    return Problem(422, "Nothing is selected", message, (("Go back to the list", here),))


def _too_many(here: str) -> Problem:
    message = (
        f"More than {SELECTED_MAX:,} plugins are selected. Narrow the list with a filter, or do it in several steps: "
        f"at most {SELECTED_MAX:,} are changed at once."
    )
    return Problem(422, "Too many are selected", message, (("Go back to the list", here),))
