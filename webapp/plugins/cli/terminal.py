"""Printing on a terminal or into a pipe: tables, data, coloured lines, and what is being done at the moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from webapp.manifests.emit import dump_json, dump_yaml

if TYPE_CHECKING:
    from rich.console import Console

AUTO, ALWAYS, NEVER = "auto", "always", "never"
WIDTH_IN_A_PIPE = 1_000


class Line(NamedTuple):
    """A line with the style that it has where there are colours."""

    text: str
    style: str = ""


def color_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `--color`."""
    text = "Whether to colour; auto does so on a terminal, unless NO_COLOR is set."
    return click.option(
        "--color", type=click.Choice((AUTO, ALWAYS, NEVER)), default=AUTO, show_default=True, help=text
    )(command)


def print_data(value: Mapping[str, Any], output: str) -> None:
    """Print data as JSON or YAML."""
    click.echo(dump_json(value) if output == "json" else dump_yaml(value), nl=False)


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    cut: Collection[str] = ("Name",),
    color: str = AUTO,
    styles: Sequence[str] = (),
) -> None:
    """Print a table; on a terminal that is too narrow long cells are cut, in a pipe nothing is.

    Args:
        headings: of the columns.
        rows: of cells.
        cut: the columns whose cells may be cut.
        color: auto, always or never.
        styles: of the rows, in order; "" for none.
    """
    from rich.table import Table  # Only commands that draw tables need it.
    from rich.text import Text

    lines = list(rows)
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        width = None if heading in cut else max(len(line[number]) for line in (headings, *lines))
        overflow: Any = "ellipsis" if sys.stdout.isatty() else "ignore"
        table.add_column(heading, no_wrap=True, overflow=overflow, min_width=width)
    for number, line in enumerate(lines):
        # As text, not markup: a name may hold square brackets.
        table.add_row(*map(Text, line), style=styles[number] if number < len(styles) else "")
    _console(color).print(table)


def print_lines(lines: Iterable[Line], *, color: str = AUTO) -> None:
    """Print lines as they are, however wide the terminal is."""
    from rich.text import Text  # Only commands that print in colour need it.

    console = _console(color)
    for line in lines:
        console.print(Text(line.text, style=line.style), soft_wrap=True, highlight=False)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say on a terminal what is being done, for as long as it is; a file or a pipe is told nothing."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # Only somebody at a terminal needs it.
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def _console(color: str) -> Console:
    from rich.console import Console as RichConsole  # Only commands that print in colour need it.

    class PipedConsole(RichConsole):
        """Leaves a closed pipe to the command line, which ends in silence and without an error."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    width = None if sys.stdout.isatty() else WIDTH_IN_A_PIPE
    if color == NEVER:
        return PipedConsole(width=width, color_system=None)
    if color == ALWAYS:
        return PipedConsole(width=width, color_system="standard", force_terminal=True, no_color=False)
    return PipedConsole(width=width)
