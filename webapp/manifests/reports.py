"""A large plan in a few lines, as plain JSON: what a job leaves behind for its page.

Of thousands of documents it names the ones that somebody has to look at; the others are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from webapp.manifests.plan import Action, Plan, PlanItem
from webapp.manifests.presenting import ShownItem, ShownProblem, present

LISTED_MAX = 200
PROBLEMS_MAX = 20
ROWS_MAX = 20
_FIRST: Mapping[Action, int] = {"refused": 0, "skip": 1, "update": 2, "create": 3, "unchanged": 4}


@dataclass(frozen=True)
class PlanReport:
    """A plan, or what applying it did, as a page shows it; `items` are shaped like those of a `ShownPlan`."""

    digest: str
    counts: Mapping[str, int]
    writes: int
    total: int
    problems: int
    whole: Sequence[Mapping[str, str]]
    items: Sequence[Any]

    @property
    def more(self) -> int:
        """Return how many documents are not named."""
        return self.total - len(self.items)

    @property
    def refused(self) -> bool:
        """Tell whether anything keeps the plan from being applied."""
        return bool(self.problems)

    @property
    def shown_digest(self) -> str:
        """Return the plan's name as a person can compare it."""
        return f"{self.digest[:4]}\u00b7{self.digest[4:8]}"


def report_of(
    plan: Plan, texts: Mapping[str, str], items: Iterable[PlanItem] | None = None
) -> dict[str, Any]:
    """Return the report of a plan as plain JSON.

    Args:
        plan: what to report on.
        texts: of the sources by name, with secret values masked.
        items: the documents as they are after applying, when that has happened.
    """
    listed = sorted(
        plan.items if items is None else items, key=lambda item: (_FIRST[item.action], item.number)
    )
    shown = present(plan, texts, listed[:LISTED_MAX])
    return {
        "digest": plan.digest,
        "counts": plan.counts,
        "writes": plan.writes,
        "total": len(plan.items),
        "problems": len(plan.all_problems),
        "whole": [{"message": found.message, "hint": found.hint or ""} for found in plan.problems],
        "items": [_item(item) for item in shown.items],
    }


def read_report(report: Mapping[str, Any]) -> PlanReport:
    """Return a report that `report_of` made."""
    items = [_object(item) for item in report["items"]]
    return PlanReport(**{**report, "items": items})


def _item(shown: ShownItem) -> dict[str, Any]:
    item = shown.item
    return {
        "anchor": shown.anchor,
        "summary": shown.summary,
        "notice": shown.notice,
        "opens": shown.opens,
        "is_open": shown.is_open,
        "leave_out": "",
        "yaml": None,
        "yaml_too_long": False,
        "version_fix": "",
        "version_key": "",
        "merge": None,
        "problems": [_problem(found) for found in shown.problems[:PROBLEMS_MAX]],
        "notices": [_problem(found) for found in shown.notices[:PROBLEMS_MAX]],
        "rows": [_row(row) for row in shown.rows],
        "more_rows": [_row(row) for row in shown.more_rows[:ROWS_MAX]],
        "item": {
            "number": item.number,
            "kind": item.kind,
            "name": item.name,
            "source": item.source,
            "action": item.action,
            "version": item.version,
            "version_before": item.version_before,
            "page": item.page,
            "reason": item.reason,
            "judgement": {
                "label": item.judgement.label,
                "because": item.judgement.because,
                "sentence": item.judgement.sentence,
            }
            if item.judgement
            else None,
            "current": {"locator": item.current.locator} if item.current else None,
        },
    }


def _problem(found: ShownProblem) -> dict[str, Any]:
    problem, quote = found.problem, found.excerpt
    return {
        "place": found.place,
        # Nothing can be edited here: the files are corrected where they are.
        "fix": "",
        "fix_key": "",
        "problem": {
            "message": problem.message,
            "hint": problem.hint or "",
            "path": problem.path,
            "shown_path": problem.shown_path,
            "after_path": problem.after_path,
            "source": problem.source,
        },
        "excerpt": {
            "lines": [[list(token) for token in line] for line in quote.lines],
            "label": quote.label,
            "start": quote.start,
            "hits": list(quote.hits),
            "carets": [[line, *caret] for line, caret in quote.carets.items()],
        }
        if quote
        else None,
    }


def _row(row: Any) -> dict[str, Any]:
    lines = [{"op": line.op, "segments": [list(segment) for segment in line.segments]} for line in row.lines]
    return {"path": row.path, "lines": lines}


def _object(value: Any) -> Any:
    """Return plain JSON with attributes, as the templates of a plan read it."""
    if isinstance(value, dict):
        made = {key: _object(item) for key, item in value.items()}
        if "carets" in made:
            made["carets"] = {line: (column, words) for line, column, words in value["carets"]}
        return SimpleNamespace(**made)
    return [_object(item) for item in value] if isinstance(value, list) else value
