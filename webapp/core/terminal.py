"""Text in colour for whoever reads a terminal, and without for everything else."""

from __future__ import annotations

import html
import os
import sys
from collections.abc import Mapping
from typing import Literal, TextIO

Style = Literal["name", "good", "bad"]

_CODES: Mapping[Style, str] = {"name": "1;34", "good": "92", "bad": "31"}
_RESET = "\x1b[0m"


class TerminalText(str):
    """A text that may hold colour; a template that prints it prints it without."""

    __slots__ = ("plain",)
    plain: str

    def __new__(cls, plain: str, style: Style, *, coloured: bool) -> TerminalText:
        """Return `plain`, between the codes of its style when it is `coloured`."""
        made = super().__new__(cls, f"\x1b[{_CODES[style]}m{plain}{_RESET}" if coloured else plain)
        made.plain = plain
        return made

    def __html__(self) -> str:
        """Return the plain text, escaped: what templates print."""
        return html.escape(self.plain)


def takes_colour(stream: TextIO | None = None, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a stream, standard error when none is given, is a terminal whose reader wants colour.

    Any NO_COLOR that is not empty and TERM=dumb say no (https://no-color.org).
    """
    stream = sys.stderr if stream is None else stream
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # There is no standard error, or it is closed.
        return False


def formatted(text: str, style: Style) -> TerminalText:
    """Return a text for the log: in colour when logs go to a terminal, plain when they go anywhere else."""
    return TerminalText(text, style, coloured=takes_colour())
