"""The command `doctor`."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp.config import Settings
from webapp.core.terminal import takes_colour
from webapp.db.session import current_session
from webapp.doctor.service import examine
from webapp.doctor.values import Finding, Severity
from webapp.extensions import db
from webapp.plugins.recount import rebuild

COLOURS: dict[Severity, str] = {"ok": "green", "unsafe": "yellow", "broken": "red"}


@click.command("doctor")
@click.option(
    "--deploy", is_flag=True, help="Exit with 1 on anything unsafe, too, not only on what is broken."
)
@click.option("--quick", is_flag=True, help="Leave out what reads the whole database.")
@click.option("--rebuild", "repairs", is_flag=True, help="First put counts, search and readiness right.")
@click.option(
    "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to print."
)
@with_appcontext
def doctor_command(deploy: bool, quick: bool, repairs: bool, output: str) -> None:
    """Name every broken or unsafe part of this installation and what to do about it.

    Exits with 1 when something is broken; with --deploy also when something is unsafe.
    """
    settings: Settings = current_app.extensions["plugdeck"]
    if repairs:
        fixed = rebuild(_report)
        click.echo(f"Put right: {fixed}.", err=True)
    findings = list(examine(settings, db.engine, current_session(), quick=quick))
    if output == "json":
        click.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        _print(findings)
    fatal = {"broken", "unsafe"} if deploy else {"broken"}
    if any(finding.severity in fatal for finding in findings):
        sys.exit(1)


def _report(what: str, done: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{what}: {done:,}".ljust(40), nl=False, err=True)


def _print(findings: Sequence[Finding]) -> None:
    coloured = takes_colour(sys.stdout)
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        word = f"{finding.severity:<6}"
        shown = click.style(word, fg=COLOURS[finding.severity]) if coloured else word
        click.echo(f"{shown}  {finding.check:<{width}}  {finding.text}")
        if finding.advice:
            click.echo(f"{'':6}  {'':<{width}}  → {finding.advice}")
    counts = {name: sum(finding.severity == name for finding in findings) for name in COLOURS}
    click.echo(f"\n{counts['broken']} broken, {counts['unsafe']} unsafe, {counts['ok']} in order.")
