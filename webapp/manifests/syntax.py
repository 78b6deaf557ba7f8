"""What libyaml's error means, in a plain sentence with the next step and, where one is certain, the edit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yaml import MarkedYAMLError, YAMLError

from webapp.manifests.fixes import replace_scalar
from webapp.manifests.problems import Fix, SourceLines, visible

_KEY_AND_TEXT = re.compile(
    # No two neighbouring parts take the same character, so that a long line is read once.
    r"(?P<before>[ ]*(?:- +)*)(?P<key>[^\s:#'\"\[\]{}&*!|>%@`-][^:#]*):[ ]+(?P<text>\S.*)"
)
_ONLY_KEY = re.compile(r"[ ]*(?:- +)*[\w./-]+[ ]*:(?:[ \t].*)?")
_TIGHT_COLON = re.compile(r"(?P<before>[ ]*(?:- +)*[A-Za-z_][\w.-]*):(?P<text>[^\s:/].*)")
_SHORT_KEY = re.compile(r"[ ]*(?:- +)*[\w./-]+[ ]*")
_CONFLICT = re.compile(r"<{7}(?: |$)|={7}$|>{7}(?: |$)")
_ESCAPES = "Inside double quotes write \\\\ for a backslash, or use single quotes."


@dataclass(frozen=True)
class Finding:
    """What to say about one place of a text; lines and columns count from 1."""

    line: int
    column: int
    message: str
    hint: str
    fix: Fix | None = None


def explain(error: YAMLError, text: str, first_line: int) -> Finding:
    """Return what a syntax error means; `first_line` is where the document begins in its file."""
    if not isinstance(error, MarkedYAMLError):
        return Finding(
            first_line, 1, "This document cannot be read as YAML.", "Check that it is text in UTF-8."
        )
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Finding(first_line, 1, "This document cannot be read as YAML.", "Check its first line.")
    begin = error.context_mark or mark
    place = _Place(
        SourceLines(text), mark.line + 1, mark.column + 1, begin.line + 1, begin.column + 1, first_line
    )
    problem = str(error.problem or "")
    for words, explanation in _EXPLANATIONS:
        if words in problem:
            return explanation(place)
    return place.say(
        "This cannot be read as YAML.",
        f"The parser {problem}." if problem.startswith(("found", "did", "could")) else "Check this line.",
    )


@dataclass(frozen=True)
class _Place:
    """Where the parser stopped, and where what it was reading began; positions count in the document."""

    lines: SourceLines
    line: int
    column: int
    begin_line: int
    begin_column: int
    first_line: int

    @property
    def here(self) -> str:
        return self.lines.line(self.line)

    @property
    def character(self) -> str:
        return self.here[self.column - 1 : self.column]

    @property
    def at_end(self) -> bool:
        if self.line > len(self.lines):
            return True  # The parser counts a line after a text that does not end with a line break.
        return self.lines.offset(self.line, 1) + self.column > len(self.lines.text.rstrip())

    def shown(self, line: int) -> int:
        return self.first_line + line - 1

    def say(self, message: str, hint: str, fix: Fix | None = None) -> Finding:
        return Finding(self.shown(self.line), self.column, message, hint, fix)

    def say_at_begin(self, message: str, hint: str, fix: Fix | None = None) -> Finding:
        return Finding(self.shown(self.begin_line), self.begin_column, message, hint, fix)

    def quote_from(self, line: int, column: int, label: str) -> Fix | None:
        """Return the edit that quotes a text up to the end of its value, with the lines it continues on."""
        first = self.lines.line(line)
        indent = len(first) - len(first.lstrip(" "))
        last = line
        while last < len(self.lines):
            following = self.lines.line(last + 1)
            if following.strip() and len(following) - len(following.lstrip(" ")) <= indent:
                break
            last += 1
        while last > line and not self.lines.line(last).strip():
            last -= 1
        parts = [first[column - 1 :], *(self.lines.line(number) for number in range(line + 1, last + 1))]
        if any(" #" in part for part in parts) or "\t" in first[: column - 1]:
            return None
        content = "\n".join(parts).rstrip()
        if content.startswith(("'", '"', "|", ">")):
            return None
        end_column = len(self.lines.line(last).rstrip()) + 1
        text = "'" + content.replace("'", "''") + "'"
        return Fix(label, self.shown(line), column, self.shown(last), end_column, text)


def _colon(place: _Place) -> Finding:
    """`key: some text: more`, a wrong indentation, or a line above that is no key and value."""
    before = place.here[: place.column - 1]
    match = _KEY_AND_TEXT.fullmatch(place.here)
    if match is not None and match.start("text") < place.column - 1:
        key = match["key"].strip()
        label = f"Quote the {key}" if len(key) <= 24 else "Put the text in quotes"
        return place.say(
            "A colon followed by a space starts a new mapping here.",
            "Put the text in quotes, or fold it with >-.",
            place.quote_from(place.line, match.start("text") + 1, visible(label)),
        )
    if len(before) > 1024:
        return place.say(
            "A key can have at most 1,024 characters.", "Put the text in quotes, or shorten the key."
        )
    above = place.line - 1
    while above > 1 and not place.lines.line(above).strip():
        above -= 1
    previous = place.lines.line(above)
    tight = _TIGHT_COLON.fullmatch(previous)
    if tight is not None:
        column = tight.end("before") + 2
        fix = Fix("Add a space after the colon", place.shown(above), column, place.shown(above), column, " ")
        return Finding(
            place.shown(above),
            column - 1,
            "There is no space after this colon.",
            "Write a space after it.",
            fix,
        )
    if _SHORT_KEY.fullmatch(before) and above >= 1 and _ONLY_KEY.fullmatch(previous):
        return Finding(
            place.shown(place.line),
            len(before) - len(before.lstrip()) + 1,
            "This line is indented as if it were part of the value above it.",
            "Line it up with the keys around it, or put the value above in quotes.",
        )
    if above >= 1 and previous.strip() and ":" not in previous:
        column = len(previous) - len(previous.lstrip()) + 1
        return Finding(
            place.shown(above),
            column,
            "This line is neither a key with a value nor a list entry.",
            "Write it as key: value.",
        )
    return place.say(
        "A colon followed by a space starts a new mapping here.",
        "Put the text in quotes, or fold it with >-.",
    )


def _open_quote(place: _Place) -> Finding:
    return place.say_at_begin("This quote is never closed.", "Add the closing quote at the end of the text.")


def _bad_start(place: _Place) -> Finding:
    character = place.character
    if character == "\t":
        return _tab(place)
    name = visible(character)
    return place.say(
        f"A value cannot start with {name}.",
        "Put the text in quotes.",
        place.quote_from(place.line, place.column, "Put it in quotes"),
    )


def _tab(place: _Place) -> Finding:
    """Name the first tab of an indentation and offer to replace those of all lines that start with one."""
    column = place.here.find("\t") + 1 or place.column
    tabbed = [
        number for number in range(1, len(place.lines) + 1) if place.lines.line(number).startswith("\t")
    ]
    fix = None
    if place.line in tabbed:
        first, last = tabbed[0], tabbed[-1]
        start, end = place.lines.offset(first, 1), place.lines.offset(last, 1) + len(place.lines.line(last))
        text = re.sub(r"(?m)^\t+", lambda match: "  " * len(match[0]), place.lines.text[start:end])
        end_column = len(place.lines.line(last)) + 1
        fix = Fix("Replace tabs with spaces", place.shown(first), 1, place.shown(last), end_column, text)
    return Finding(
        place.shown(place.line), column, "A tab stands in the indentation.", "Indent with spaces.", fix
    )


def _open_bracket(place: _Place) -> Finding:
    opening = place.lines.line(place.begin_line)[place.begin_column - 1 : place.begin_column]
    closing = "]" if opening == "[" else "}"
    if place.at_end:
        return place.say_at_begin(
            f"This {opening} is never closed.", f"Add {closing} at the end of the value."
        )
    where = f"line {place.shown(place.begin_line)}, column {place.begin_column}"
    return place.say(
        f"A comma or {closing} is missing before this, for the {opening} on {where}.",
        f"Add it, or put the text in quotes if the {opening} is meant as text.",
    )


def _not_an_entry(place: _Place) -> Finding:
    return place.say(
        f"The list from line {place.shown(place.begin_line)} goes on here, but the line does not start with -.",
        "Start it with - like the entries above, or indent it to match its key.",
    )


def _not_a_key(place: _Place) -> Finding:
    before = place.here[: place.column - 1].rstrip()
    if not before and place.character == ":":
        return place.say("A key is missing before this colon.", "Write it as key: value.")
    if before.endswith(("'", '"', "]", "}")):
        return place.say(
            f"There is more text after the closing {before[-1]}.",
            "Put the whole value in quotes, doubling the quotes inside it.",
        )
    return place.say(
        f"This line does not fit the mapping that starts on line {place.shown(place.begin_line)}.",
        "Indent it like the keys there.",
    )


def _no_colon(place: _Place) -> Finding:
    if _CONFLICT.match(place.lines.line(place.begin_line)):
        return place.say_at_begin(
            "This is the mark of a merge conflict.", "Decide for one side and delete the marks."
        )
    return place.say_at_begin(
        "This line has no colon.", "Write it as key: value, or indent it if it continues the text above."
    )


def _ended(place: _Place) -> Finding:
    for number in range(place.line, 0, -1):
        if place.lines.line(number).startswith("%"):
            return Finding(
                place.shown(number),
                1,
                "A line that starts with % stands in the middle of a document.",
                "Put the text in quotes, or put such a line before the --- of the document.",
            )
        if place.lines.line(number).strip() and number < place.line:
            break
    return place.say(
        "The document has already ended before this line.",
        "Indent it like the rest, or start a document with ---.",
    )


def _escape(place: _Place) -> Finding:
    escape = place.here[place.column - 1 : place.column + 1]
    fix = None
    if escape.startswith("\\") and len(escape) == 2:
        fix = replace_scalar(place.shown(place.line), place.column, place.column + 2, f"\\{escape}")
    return place.say(f"{visible(escape)} is no escape inside double quotes.", _ESCAPES, fix)


def _surrogate(place: _Place) -> Finding:
    return place.say(
        "This escape is half of a character (a surrogate).",
        "Write the character itself, or its \\U escape with 8 digits.",
    )


def _hexadecimal(place: _Place) -> Finding:
    return place.say(
        "This escape needs more hexadecimal digits.", "Write \\x with 2, \\u with 4 or \\U with 8 digits."
    )


def _block_header(place: _Place) -> Finding:
    return place.say(
        "Text cannot follow | or > on the same line.", "Start the text on the next line, indented."
    )


def _block_indent(place: _Place) -> Finding:
    return place.say(
        "The indentation of this block text cannot be read.",
        "Indent all of its lines by the same number of spaces.",
    )


def _name(place: _Place) -> Finding:
    line = place.lines.line(place.begin_line)
    sign = line[place.begin_column - 1 : place.begin_column]
    return place.say_at_begin(
        f"{sign} has a meaning of its own at the start of a value, and no name follows it here.",
        "Put the text in quotes.",
        place.quote_from(place.begin_line, place.begin_column, "Put it in quotes"),
    )


def _key_mark(place: _Place) -> Finding:
    return place.say("A key cannot start here.", "Put it on a line of its own, or put the text in quotes.")


def _entry(place: _Place) -> Finding:
    return place.say(
        "A list entry cannot start here.", "Put it on a line of its own, or put the text in quotes."
    )


def _no_content(place: _Place) -> Finding:
    if place.at_end:
        return place.say_at_begin(
            "A value is missing here: the document ends too early.", "Close what is open, or delete it."
        )
    return place.say(
        f"A value is expected here, not {visible(place.character) or 'the end of the line'}.",
        "Write a value, or put the text in quotes.",
    )


def _tag(place: _Place) -> Finding:
    return place.say_at_begin(
        "Tags are not allowed: manifests hold plain text, numbers, lists and maps.",
        "Delete the tag, or put the text in quotes.",
    )


def _directive(place: _Place) -> Finding:
    return place.say("This directive cannot be read.", "Delete this line.")


_EXPLANATIONS = (
    ("mapping values are not allowed", _colon),
    ("mapping keys are not allowed", _key_mark),
    ("found unexpected end of stream", _open_quote),
    ("found unexpected document indicator", _open_quote),
    ("cannot start any token", _bad_start),
    ("found a tab character", _tab),
    ("did not find expected ',' or", _open_bracket),
    ("did not find expected '-' indicator", _not_an_entry),
    ("did not find expected key", _not_a_key),
    ("could not find expected ':'", _no_colon),
    ("did not find expected <document start>", _ended),
    ("found unknown escape character", _escape),
    ("invalid Unicode character escape", _surrogate),
    ("did not find expected hexdecimal number", _hexadecimal),
    ("did not find expected comment or line break", _block_header),
    ("indentation", _block_indent),
    ("expected alphabetic or numeric character", _name),
    ("block sequence entries are not allowed", _entry),
    ("did not find expected node content", _no_content),
    ("tag", _tag),
    ("directive", _directive),
    ("incompatible YAML document", _directive),
)
