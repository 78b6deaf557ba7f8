"""`plugins apply`: manifests from files, folders and standard input, all of them or nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import click
from flask import current_app

from webapp.accounts.identity import Viewer
from webapp.accounts.queries import get_cli_viewer
from webapp.manifests import service
from webapp.manifests.models import SOURCE_MAX
from webapp.manifests.options import TAKEN, Mode, PlanOptions, Taken
from webapp.manifests.plan import Plan, PlanItem, PlanRefused
from webapp.manifests.problems import visible
from webapp.manifests.pruning import Prunable, Pruning
from webapp.manifests.sources import Limits
from webapp.plugins.cli.files import STDIN, gather
from webapp.plugins.cli.group import as_option, output_option, plugins_cli, reason_option, registry, settings
from webapp.plugins.cli.plan_output import Output, print_plan, refusal
from webapp.plugins.cli.terminal import color_option, working
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.web.filters import plural

PENDING = 3
"""The exit code of a dry run that would do something, when it is asked for."""
INTERRUPTED = 130
STOPPED = "Stopped. Nothing is applied in part; see what is left to do with --dry-run."


@dataclass(frozen=True)
class Wishes:
    """The options of the command."""

    dry_run: bool
    exit_code: bool
    diff: bool
    source: str
    prune: bool
    yes: bool
    reason: str
    color: str
    output: str
    create_only: bool
    update_only: bool
    on_conflict: Taken
    owner: str
    hand_over: bool

    @property
    def plan_options(self) -> PlanOptions:
        """Return what the plan may do."""
        mode: Mode = "create" if self.create_only else "update" if self.update_only else "both"
        return PlanOptions(mode, self.on_conflict, self.owner, self.hand_over)

    def check(self, paths: Sequence[str]) -> None:
        """Raise click.UsageError when the options do not go together."""
        if not paths:
            raise click.UsageError("Name a file, a folder, or - for standard input.")
        if self.exit_code and not self.dry_run:
            raise click.UsageError("--exit-code goes with --dry-run; without it the exit code is 0 or 1.")
        if self.create_only and self.update_only:
            raise click.UsageError("--create-only does not go with --update-only.")
        if self.hand_over and not self.owner:
            raise click.UsageError("--hand-over goes with --owner, which says to whom.")
        if self.prune and self.on_conflict == "rename":
            # The record of the old name would look like one that the source does not hold any more.
            raise click.UsageError("--prune does not go with --on-conflict rename.")
        if not self.prune or self.dry_run:
            return
        if not self.yes and (STDIN in paths or not is_answered()):
            raise click.UsageError("--prune asks before it deletes. Where nobody can answer, add --yes.")


def is_answered() -> bool:
    """Tell whether somebody is there to answer a question."""
    return sys.stdin.isatty()


def _check_source(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value is None:
        return ""
    name = value.strip()
    if not name or len(name) > SOURCE_MAX or visible(name) != name:
        raise click.BadParameter(f"Use 1 to {SOURCE_MAX} characters, such as the name of a repository.")
    return name


@plugins_cli.command("apply")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@click.option(
    "-f",
    "--filename",
    "files",
    metavar="PATH",
    multiple=True,
    type=click.Path(exists=True, allow_dash=True),
    help="A file, a folder (*.yaml, *.yml and *.json in it, at any depth), or - for standard input. Repeatable.",
)
@as_option
@click.option("--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option("--exit-code", is_flag=True, help="With --dry-run: exit with 3 when something would be done.")
@click.option("--diff", is_flag=True, help="Show each changed field, before and after.")
@click.option("--source", callback=_check_source, help="Where the manifests come from, such as a repository.")
@click.option("--prune", is_flag=True, help="Delete what --source applied last and does not hold any more.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before --prune deletes.")
@click.option("--create-only", is_flag=True, help="Only create new records.")
@click.option("--update-only", is_flag=True, help="Only update existing records.")
@click.option(
    "--on-conflict",
    type=click.Choice(TAKEN),
    default="update",
    show_default=True,
    help="What a document does whose name exists.",
)
@click.option("--owner", metavar="USERNAME", default="", help="Whose the new records become.")
@click.option("--hand-over", is_flag=True, help="Give existing records to --owner too.")
@reason_option
@color_option
@output_option("table", "yaml", "json")
@click.pass_context
def apply_command(
    context: click.Context, /, paths: tuple[str, ...], files: tuple[str, ...], username: str, **options: Any
) -> None:
    """Create or update what the manifests describe: all of it or nothing.

    Exit codes: 0 done or nothing to do, 1 refused, 2 wrong usage, 3 (only with --dry-run --exit-code) something would
    be done.
    """
    wishes = Wishes(**options)
    if wishes.prune and not wishes.source:
        raise click.UsageError("--prune deletes what one source has left behind: name it with --source.")
    wishes.check([*files, *paths])
    viewer = replace(get_cli_viewer(username), reason=wishes.reason)
    try:
        pending = _run(viewer, [*files, *paths], wishes)
    except (KeyboardInterrupt, click.Abort):
        click.echo(STOPPED, err=True)
        context.exit(INTERRUPTED)
    if pending and wishes.exit_code:
        context.exit(PENDING)


def _run(viewer: Viewer, paths: Sequence[str], wishes: Wishes) -> bool:
    """Plan, and unless it is a dry run, apply; return whether there is or was something to do."""
    limits = Limits(max_bytes=settings().max_import_bytes)
    with working("Reading"):
        given = gather(paths, limits.max_bytes)
    with working(f"Checking {plural(len(given.sources), 'file')}"):
        plan = service.plan(viewer, given.sources, registry(), limits, options=wishes.plan_options)
        pruning = _plan_pruning(viewer, plan, wishes)
    output = Output(wishes.output, wishes.color, wishes.diff, given.places)
    items: Sequence[PlanItem] = plan.items
    refused = plan.refused or bool(pruning and pruning.problems)
    asked = False
    if not refused:
        _note_taken_over(viewer, plan, wishes)
    if not wishes.dry_run and not refused:
        asked = _confirm(plan, pruning, wishes, output)
        try:
            with working(f"Applying {plural(len(plan.items), 'document')}"):
                items = service.apply(viewer, plan, registry(), source=wishes.source, pruning=pruning).items
        except PlanRefused as error:
            plan, items, refused = error.plan, error.plan.items, True
    print_plan(
        plan, items, pruning, output, done=not wishes.dry_run and not refused, again=asked and not refused
    )
    if refused:
        raise click.ClickException(refusal(plan, pruning))
    return bool(plan.writes or (pruning and pruning.deletes))


def _plan_pruning(viewer: Viewer, plan: Plan, wishes: Wishes) -> Pruning[Viewer] | None:
    if not wishes.prune or plan.refused:
        return None
    shelves = cast("Sequence[Prunable[Viewer]]", current_app.extensions["prunable"])
    return service.plan_pruning(viewer, plan, registry(), shelves, wishes.source)


def _confirm(plan: Plan, pruning: Pruning[Viewer] | None, wishes: Wishes, output: Output) -> bool:
    """Ask before something is deleted, and return whether the plan was printed for it.

    Raises:
        click.ClickException: the answer is no.
    """
    if not pruning or not pruning.deletes or wishes.yes:
        return False
    shown = wishes.output == "table"
    if shown:
        print_plan(plan, plan.items, pruning, output, done=False)
    for item in () if shown else pruning.deletes:
        click.echo(f"  delete {item.leftover.kind} {item.leftover.name} ({item.leftover.locator})", err=True)
    plugins = all(item.leftover.record_kind == LOCATOR_KIND for item in pruning.deletes)
    records = plural(len(pruning.deletes), "plugin" if plugins else "record")
    if not click.confirm(f"Delete {records} that {wishes.source} does not hold any more?", err=True):
        raise click.ClickException("Nothing is written.")
    return shown


def _note_taken_over(viewer: Viewer, plan: Plan, wishes: Wishes) -> None:
    if wishes.source:
        for name, other in service.list_taken_over(viewer, plan, wishes.source):
            click.echo(
                f"notice: {name} was last applied from {other}, and goes over to {wishes.source}.", err=True
            )
