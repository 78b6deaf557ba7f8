"""Taking an act back: all its records in one transaction, which is an act itself; what cannot be is reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.activity.kinds import Kinds
from webapp.activity.queries.acts import Span, get_unit, list_spans
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from webapp.db.session import transaction
from webapp.history import service as history

AT_ONCE = 1_000
"""Records that one press takes back one by one: nobody else can write on SQLite meanwhile."""
CREATED_AT_ONCE = 20_000
"""Records that one press looks at; those that were created go by bulk statements."""
GONE = "It is not there any more, or you may not see it."
UNDID, REDID = "Undid: ", "Redid: "

Outcome = Literal["undone", "same", "refused"]


@dataclass(frozen=True)
class Result:
    """What became of one record; `message` says why it was refused."""

    span: Span
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True)
class Report:
    """What was taken back and what was not; `left` counts the records that wait for another press."""

    title: str
    undo_id: int | None
    results: Sequence[Result]
    left: int

    def of(self, outcome: Outcome) -> list[Result]:
        """Return the results of one outcome."""
        return [result for result in self.results if result.outcome == outcome]

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left to be taken back."""
        return not self.left and not self.of("refused")


def undo_unit(viewer: Viewer, key: str, kinds: Kinds, *, at_once: int = AT_ONCE) -> Report:
    """Take back what an act did, record by record; others' later changes of other fields stay.

    A record that cannot be taken back stays as it is and is reported; everything else is written in one transaction.

    Raises:
        NotFound: there is no such act in the viewer's sight.
        Conflict: another request wrote at the same moment.
        Unavailable: the database was busy for too long.
    """
    with transaction() as session:
        # Two presses at once wait for each other, and the second one finds nothing left.
        unit = get_unit(session, viewer, key, lock=True)
        spans, left = list_spans(session, viewer, unit, max(at_once, CREATED_AT_ONCE))
        title = undo_title(unit.title)
        results: list[Result] = []
        with history.one_unit(
            session, viewer.actor, account_id=unit.account_id, title=title, undoes=unit.id
        ) as undoing:
            first = [span for span in spans if (kind := kinds.get(span.record_kind)) and kind.writes_others]
            results += (_try_to_take_back(session, viewer, span, kinds) for span in first)
            if first:
                # What followed them has been written, and needs nothing more.
                rest, left = list_spans(session, viewer, unit, max(at_once, CREATED_AT_ONCE))
                spans = [span for span in spans if span not in first]
                results += (Result(span, "undone") for span in spans if span not in set(rest))
                spans = [span for span in rest if span not in first]
            created = _take_back_created(viewer, spans, kinds)
            results += (Result(span, "undone") for span in spans if span in created)
            others = [span for span in spans if span not in created]
            results += (_try_to_take_back(session, viewer, span, kinds) for span in others[:at_once])
        undo_id = undoing.id if any(result.outcome == "undone" for result in results) else None
        return Report(title, undo_id, results, left + len(others[at_once:]))


def undo_title(title: str) -> str:
    """Return what the feed calls the undoing of an act, and the undoing of that."""
    if title.startswith(UNDID):
        return f"{REDID}{title.removeprefix(UNDID)}"
    return f"{UNDID}{title.removeprefix(REDID)}"


def _take_back_created(viewer: Viewer, spans: Sequence[Span], kinds: Kinds) -> set[Span]:
    """Take back what was only created, many at once; return which."""
    created: dict[str, dict[int, Span]] = defaultdict(dict)
    for span in spans:
        if span.first == 1:
            created[span.record_kind][span.record_id] = span
    done: set[Span] = set()
    for name, by_id in created.items():
        if kind := kinds.get(name):
            lasts = {record_id: span.last for record_id, span in by_id.items()}
            done |= {by_id[record_id] for record_id in kind.take_back_created(viewer, lasts)}
    return done


def _try_to_take_back(session: Session, viewer: Viewer, span: Span, kinds: Kinds) -> Result:
    try:
        with session.begin_nested():
            return _take_back(viewer, span, kinds)
    except NotFound:
        return Result(span, "refused", GONE)
    except (PermissionDenied, Conflict, InvalidInput) as error:
        return Result(span, "refused", error.message)


def _take_back(viewer: Viewer, span: Span, kinds: Kinds) -> Result:
    kind = kinds.get(span.record_kind)
    if kind is None:
        return Result(span, "refused", "Records of this kind cannot be taken back.")
    done = kind.take_back(viewer, span.record_id, span.first, span.last)
    return Result(span, "undone" if done else "same")
