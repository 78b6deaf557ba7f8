"""The address of a record's history: which revisions it compares and how it shows them. Knows no domain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from webapp.web.errors import BadParameter, NothingThere
from webapp.web.record_forms import parse_revision

PREVIOUS, CURRENT, TWO = "previous", "current", "two"
COMPARISONS = (PREVIOUS, CURRENT, TWO)
FIELDS, YAML, RECORD, MANIFEST = "fields", "yaml", "record", "manifest"
VIEWS = (FIELDS, YAML, RECORD, MANIFEST)
NUMBERS = ("revision", "from", "to", "before")
CHOICES = {"compare": COMPARISONS, "view": VIEWS}


@dataclass(frozen=True)
class Asked:
    """What an address asks for, with the revision that the record is at now.

    Args:
        path: of the page.
        current: the record's revision.
        revision: the one that is looked at; None for the last one.
        old: with `new` the two that are compared, when somebody has chosen them.
        new: see `old`.
        compare: with what `revision` is compared, or that two are to be chosen.
        view: fields and yaml show what differs, record and manifest what the record said.
        before: the timeline begins with older writes than this revision.
    """

    path: str
    current: int
    revision: int | None = None
    old: int | None = None
    new: int | None = None
    compare: str = PREVIOUS
    view: str = FIELDS
    before: int | None = None

    @property
    def chosen(self) -> int:
        """Return the revision that is looked at."""
        return self.new or self.revision or self.current

    @property
    def is_explicit(self) -> bool:
        """Tell whether somebody asked for a revision, so that it is what they want to see first."""
        return self.revision is not None or self.new is not None or self.compare == TWO

    @property
    def sides(self) -> tuple[int, int]:
        """Return the two revisions that are compared; the first one is 0 before there was anything."""
        if self.old is not None and self.new is not None:
            return self.old, self.new
        if self.compare == CURRENT:
            return self.chosen, self.current
        return self.chosen - 1, self.chosen

    def url(self, **changes: object) -> str:
        """Return the address of this page with changes."""
        asked = replace(self, **changes)  # type: ignore[arg-type]  # Callers name fields with their types.
        pairs = [("revision", asked.revision), ("from", asked.old), ("to", asked.new)]
        found = [(name, str(value)) for name, value in pairs if value is not None]
        if asked.compare != PREVIOUS:
            found.append(("compare", asked.compare))
        if asked.view != FIELDS:
            found.append(("view", asked.view))
        if asked.before is not None:
            found.append(("before", str(asked.before)))
        return f"{self.path}?{urlencode(found)}" if found else self.path

    def url_of(self, revision: int) -> str:
        """Return the address of a single revision, shown as now."""
        compare = PREVIOUS if self.compare == TWO else self.compare
        return self.url(revision=revision, old=None, new=None, compare=compare)


def parse_asked(args: MultiDict[str, str], path: str, current: int) -> Asked:
    """Return what an address asks for.

    Raises:
        BadParameter: a parameter is unknown, given twice, or has a value that cannot be used.
        NothingThere: it names a revision that the record never had.
    """
    numbers: dict[str, int] = {}
    choices: dict[str, str] = {}
    for name, values in args.lists():
        if len(values) > 1:
            raise BadParameter(
                name, values[-1], f"{name[:40]} is given {len(values)} times; once is enough.", path
            )
        if name in NUMBERS:
            numbers[name] = _number(name, values[0], path, current)
        elif name in CHOICES:
            choices[name] = _choice(name, values[0], path)
        else:
            raise BadParameter(name, values[0], f"A history has no setting {name[:40]}.", path)
    new = numbers.get("to", current if "from" in numbers else None)
    return Asked(
        path,
        current,
        numbers.get("revision"),
        numbers.get("from", None if new is None else new - 1),
        new,
        choices.get("compare", PREVIOUS),
        choices.get("view", FIELDS),
        numbers.get("before"),
    )


def brought_back(wanted: int, part: str) -> str:
    """Return what is said, after its name, of a record that was restored, whole or in the part of this id."""
    field = part.rpartition(".")[2].replace("_", " ")
    return (
        f"has the {field} of revision {wanted:,} again"
        if part
        else f"is as it was in revision {wanted:,} again"
    )


def read_wanted(path: str) -> int:
    """Return the revision that a form asks to bring back, its field `from`.

    Raises:
        BadParameter: it names none; `path` is the page to go back to.
    """
    text = request.form.get("from", "")
    wanted = parse_revision(text)
    if not wanted:
        raise BadParameter("from", text, "The form does not say which revision to bring back.", path)
    return wanted


def _number(name: str, value: str, path: str, current: int) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18 and int(value) > 0):
        shown = value if len(value) <= 40 else f"{value[:39]}\u2026"
        raise BadParameter(name, value, f"{name}={shown} is not the number of a revision.", path)
    number = int(value)
    if number > current:
        message = f"There is no revision {number:,}. The last one is {current:,}."
        raise NothingThere(name, value, message, path)
    return number


def _choice(name: str, value: str, path: str) -> str:
    if value not in CHOICES[name]:
        shown = value if len(value) <= 40 else f"{value[:39]}\u2026"
        raise BadParameter(
            name, value, f"{name}={shown} is not known. Use one of {', '.join(CHOICES[name])}.", path
        )
    return value
