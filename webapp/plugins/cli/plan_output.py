"""A plan on the terminal: its problems, its table, or the same as data for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from webapp.accounts.identity import Viewer
from webapp.manifests.plan import ACTIONS, Plan, PlanItem
from webapp.manifests.presenting import changed_names
from webapp.manifests.problems import Problem, visible
from webapp.manifests.pruning import PruneItem, Pruning
from webapp.plugins.cli.changes import STYLES, change_lines
from webapp.plugins.cli.terminal import print_data, print_lines, print_table

DONE = {"create": "created", "update": "updated", "skip": "skipped", "delete": "deleted", "keep": "kept"}
HEADINGS = ("Document", "Action", "Kind", "Name", "Version", "Changes")


@dataclass(frozen=True)
class Output:
    """How a plan is printed.

    Args:
        form: table, yaml or json.
        color: auto, always or never.
        diff: whether each changed field is shown.
        places: the paths of the texts by their names.
    """

    form: str
    color: str
    diff: bool
    places: Mapping[str, str]


def print_plan(
    plan: Plan,
    items: Sequence[PlanItem],
    pruning: Pruning[Viewer] | None,
    output: Output,
    *,
    done: bool,
    again: bool = False,
) -> None:
    """Print what there is to say on standard error, and the plan on standard output.

    Args:
        plan: what was to be done.
        items: its documents, after applying as they are then.
        pruning: what is deleted besides.
        output: how to print it.
        done: whether it was applied.
        again: whether the plan stands on the terminal already, so that only its end is left to say.
    """
    pruned = pruning.items if pruning else ()
    actions = [*(item.action for item in items), *(item.action for item in pruned)]
    if not again:
        for line in _said(plan, items, pruned, output.places):
            click.echo(line, err=True)
    if output.form != "table":
        data: dict[str, Any] = {"applied": done, "documents": [_item(item, output) for item in items]}
        if pruning:
            data["pruned"] = [_pruned(item) for item in pruned]
        print_data(data, output.form)
        return
    if output.diff and not again:
        print_lines(change_lines(items, pruned), color=output.color)
    elif not again:
        print_table(
            HEADINGS,
            [*map(_row, items), *map(_pruned_row, pruned)],
            cut=("Name", "Changes"),
            color=output.color,
            styles=[STYLES.get(action, "") for action in actions],
        )
    click.echo(f"{'Applied' if done else 'Plan, nothing is written'}: {_counts(actions, done=done)}.")


def refusal(plan: Plan, pruning: Pruning[Viewer] | None) -> str:
    """Return why nothing is written."""
    count = len(plan.all_problems) + len(pruning.problems if pruning else ())
    return f"Nothing is written: {count:,} {'problem' if count == 1 else 'problems'}. Correct them and apply again."


def _said(
    plan: Plan, items: Iterable[PlanItem], pruned: Iterable[PruneItem[Viewer]], places: Mapping[str, str]
) -> Iterator[str]:
    notices = (notice for item in items for notice in item.notices)
    for problem in [*plan.all_problems, *notices]:
        yield _line(problem, places)
    for item in pruned:
        if item.problem:
            yield visible(item.problem)
        elif item.leftover.kept:
            left = item.leftover
            yield visible(f"notice: {left.kind} {left.name} ({left.locator}) is kept. {left.kept}")


def _line(problem: Problem, places: Mapping[str, str]) -> str:
    """Return a problem the way compilers write it, so that editors and CI systems can link to its place."""
    source = places.get(problem.source, problem.source)
    place = f"{source}:{problem.line}:{problem.column}: " if source else ""
    notice = "notice: " if problem.severity == "notice" else ""
    path = f"{problem.shown_path}: " if problem.path else ""
    return f"{place}{notice}{path}{problem.message}{f' {problem.hint}' if problem.hint else ''}"


def _counts(actions: Iterable[str], *, done: bool) -> str:
    found = Counter(actions)
    words = DONE if done else {}
    counted = (
        f"{found[name]:,} {words.get(name, name)}" for name in (*ACTIONS, "delete", "keep") if found[name]
    )
    return ", ".join(counted) or "no documents"


def _row(item: PlanItem) -> tuple[str, ...]:
    return (
        str(item.number),
        item.action,
        visible(item.kind),
        visible(item.name),
        item.version,
        item.reason or changed_names(item),
    )


def _pruned_row(item: PruneItem[Viewer]) -> tuple[str, ...]:
    left = item.leftover
    return ("-", item.action, left.kind, left.name, left.version, "no longer in its source")


def _item(item: PlanItem, output: Output) -> dict[str, Any]:
    found = {
        "document": item.number,
        "source": output.places.get(item.source, item.source),
        "action": item.action,
        "kind": item.kind,
        "name": item.name,
        "version": item.version,
        "locator": item.current.locator if item.current else None,
        "changed": [change.path for change in item.changes],
        "reason": item.reason,
        "level": item.judgement.level if item.judgement else None,
        "suggestedVersion": item.judgement.suggested
        if item.judgement and item.judgement.asks_for_more
        else None,
        "problems": [_problem(problem) for problem in item.problems],
        "notices": [_problem(problem) for problem in item.notices],
    }
    if output.diff:
        found["changes"] = [
            {"path": change.path, "kind": change.kind, "before": change.before, "after": change.after}
            for change in item.changes
        ]
    return found


def _pruned(item: PruneItem[Viewer]) -> dict[str, Any]:
    left = item.leftover
    return {
        "action": item.action,
        "kind": left.kind,
        "name": left.name,
        "version": left.version,
        "locator": left.locator,
        "reason": item.problem or left.kept,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
        "hint": problem.hint or "",
    }
