"""What an editor is told about texts that are still being typed: plain data for a script. Pure.

Lines and columns count from 1, columns in characters as people count them; a script that counts otherwise converts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from webapp.manifests.plan import Plan
from webapp.manifests.presenting import changed_names
from webapp.manifests.problems import Fix, Problem, SourceLines, in_order

SHOWN_MAX = 200

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')
_KEY = re.compile(r"[\w.$/-]+(?=\s*:(?:\s|$))")
_PLAIN = re.compile(r"(?=\S)(?:(?!\s+#|:\s).)+")
_PLAIN_IN_FLOW = re.compile(r"(?=\S)(?:(?!\s+#|:\s)[^,\[\]{}])+")
_OPENS_FLOW = re.compile(r"[:\-,\[{]\s*[\[{]|^\s*[\[{]")


def told(plan: Plan, names: Sequence[str]) -> dict[str, Any]:
    """Return everything to show about a plan, without anything that was typed but for the edits of fixes.

    Args:
        plan: what applying the texts would do.
        names: of its sources; a problem names its source by the place in this list.
    """
    notices = (notice for item in plan.items for notice in item.notices)
    return shape(in_order(chain(plan.all_problems, notices)), plan.texts, names, summary(plan))


def shape(
    problems: Iterable[Problem], texts: Mapping[str, SourceLines], names: Sequence[str], words: str
) -> dict[str, Any]:
    """Return problems as plain data, the errors counted and the first `SHOWN_MAX` of all listed.

    Args:
        problems: in the order in which they are listed.
        texts: by source name, for where each problem ends.
        names: of the sources.
        words: what would happen to the documents, in a few words.
    """
    found = list(problems)
    places = {name: place for place, name in enumerate(names)}
    errors = sum(problem.severity == "error" for problem in found)
    return {
        "errors": errors,
        "notices": len(found) - errors,
        "summary": "" if errors else words,
        "problems": [
            _problem(problem, places.get(problem.source), texts.get(problem.source))
            for problem in found[:SHOWN_MAX]
        ],
    }


def summary(plan: Plan) -> str:
    """Return what applying a plan would do: "Plugin sales: updated, 2 fields: tags, version"."""
    if len(plan.items) != 1:
        counts = ", ".join(f"{count:,} {action}" for action, count in plan.counts.items())
        return f"{len(plan.items):,} documents: {counts}"
    item = plan.items[0]
    if item.action == "update":
        count = f"{len(item.changes)} {'field' if len(item.changes) == 1 else 'fields'}"
        return f"{item.kind} {item.name}: update, {count}: {changed_names(item)}"
    return f"{item.kind} {item.name}: {item.action}"


def end_of(line: str, column: int) -> int:
    """Return the column after the key or value that begins at a column of a line; both count from 1."""
    start = column - 1
    if not 0 <= start < len(line):
        return column
    in_flow = _OPENS_FLOW.search(line[:start])
    for pattern in (_QUOTED, _KEY, _PLAIN_IN_FLOW if in_flow else _PLAIN):
        match = pattern.match(line, start)
        if match:
            return column + len(match[0].rstrip())
    return column + 1


def _problem(problem: Problem, source: int | None, lines: SourceLines | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "source": source,
        "document": problem.document,
        "line": problem.line,
        "column": problem.column,
        "end": end_of(lines.line(problem.line), problem.column) if lines and problem.line else problem.column,
        "severity": problem.severity,
        "path": problem.shown_path,
        "message": problem.message,
        "hint": problem.hint,
    }
    if problem.fix is not None:
        told["fix"] = _fix(problem.fix)
    return told


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "label": fix.label,
        "line": fix.line,
        "column": fix.column,
        "endLine": fix.end_line,
        "endColumn": fix.end_column,
        "text": fix.replacement,
    }
