"""What a document changes, as lines with a sign in front, like other tools of the terminal show differences."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from webapp.manifests.diff import FieldChange
from webapp.manifests.emit import dump_yaml, scalar
from webapp.manifests.judgement import Judgement
from webapp.manifests.plan import PlanItem
from webapp.manifests.problems import visible
from webapp.manifests.pruning import PruneItem
from webapp.plugins.cli.terminal import Line

CONTEXT = 2
# Texts with more lines than this are shown whole, before and after: to compare them costs more than to read them.
LINES_MAX = 2_000

SIGNS = {"create": "+", "update": "~", "delete": "-", "refused": "!", "unchanged": " ", "keep": " "}
STYLES = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "refused": "bold red",
    "unchanged": "dim",
    "skip": "dim",
}
_LINE_STYLES = {"-": "red", "+": "green"}


def change_lines(items: Iterable[PlanItem], pruned: Iterable[PruneItem[Any]] = ()) -> Iterator[Line]:
    """Yield what a plan would change: a heading for each record, and below it each field before and after.

    Values of secrets are masked in the plan already.
    """
    for item in items:
        if item.writes:
            yield _heading(item.action, item.kind, item.name, item.version_before, item.version)
            if item.judgement:
                yield Line(visible(f"    {_judged(item.judgement)}"), "dim")
            for change in item.changes:
                yield from _field(change)
    for deleted in pruned:
        if deleted.action == "delete":
            left = deleted.leftover
            yield _heading("delete", left.kind, left.name, left.version, left.version)


def _judged(judgement: Judgement) -> str:
    asked = f" It asks for version {judgement.suggested}." if judgement.asks_for_more else ""
    return f"{judgement.label.capitalize()}: {judgement.because}.{asked}"


def _heading(action: str, kind: str, name: str, before: str, after: str) -> Line:
    version = after if before in ("", after) else f"{before} \u2192 {after}"
    return Line(visible(f"{SIGNS[action]} {action} {kind} {name} {version}"), f"bold {STYLES[action]}")


def _field(change: FieldChange) -> Iterator[Line]:
    yield Line(f"    {visible(change.path)}", "bold")
    before = [] if change.kind == "added" else _text(change.before)
    after = [] if change.kind == "removed" else _text(change.after)
    for sign, text in _compared(before, after):
        yield Line(f"      {sign} {visible(text)}".rstrip(), _LINE_STYLES.get(sign, ""))


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the lines of two texts: what is gone, what is new, and a little of what stands around it."""
    if len(before) + len(after) > LINES_MAX:
        yield from (("-", line) for line in before)
        yield from (("+", line) for line in after)
        return
    # The first two lines name the files, which have no names here.
    for number, line in enumerate(difflib.unified_diff(before, after, n=CONTEXT, lineterm="")):
        if line.startswith("@@"):
            if number > 2:
                yield " ", "\u2026"
        elif number > 1:
            yield line[0], line[1:]


def _text(value: object) -> list[str]:
    """Return a value as one reads it, line by line: text as it is, everything else as YAML."""
    if isinstance(value, str):
        return value.split("\n")
    if isinstance(value, Mapping) and value:
        return dump_yaml(cast("Mapping[str, object]", value)).rstrip("\n").split("\n")
    if isinstance(value, list | tuple) and value:
        body = dump_yaml({"list": list(value)}).partition("\n")[2]
        return textwrap.dedent(body).rstrip("\n").split("\n")
    return [scalar(value) if not isinstance(value, Mapping | list | tuple) else "empty"]
