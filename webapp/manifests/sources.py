"""From bytes to the texts of single documents: encodings, what is no text, and where documents begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.manifests.problems import Problem, visible

NAME_SHOWN_MAX = 120

# What libyaml refuses or a page cannot show. All of them but NUL can be written as an escape in double quotes.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")

_MARKER = re.compile(
    r"(?:\A|[\r\n])(?:(?P<start>---)(?=[ \t\r\n]|\Z)|\.\.\.(?=[ \t]*(?:#[^\r\n]*)?(?:[\r\n]|\Z)))"
)
_EMPTY = re.compile(r"(?:---(?![^ \t\r\n]))?(?:[ \t\r\n]++|#[^\r\n]*+)*+")
_PROLOGUE = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+|%[^\r\n]*+)*+")
_DIRECTIVE = re.compile(r"(?:\A|(?<=[\r\n]))%[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
)


@dataclass(frozen=True)
class Source:
    """A file, or what was pasted: a name to show and its content."""

    name: str
    content: bytes | str


@dataclass(frozen=True)
class Limits:
    """How much one import may hold. The defaults are the documented ones; tests and settings narrow them."""

    max_bytes: int = 64 * 1024 * 1024
    max_documents: int = 10_000
    max_depth: int = 50
    max_alias_nodes: int = 1_000
    max_nodes: int = 3_000_000
    max_problems: int = 100


@dataclass(frozen=True)
class Chunk:
    """The part of a text that holds one document; `line` is the 1-based line that it starts on."""

    start: int
    end: int
    line: int


class Refusal(Exception):
    """A whole source is refused, with the sentence, the next step and where it stands."""

    def __init__(self, message: str, hint: str, line: int = 0, column: int = 0) -> None:
        """Keep what to say and where."""
        super().__init__(message)
        self.message, self.hint, self.line, self.column = message, hint, line, column


def shown_names(sources: Sequence[Source]) -> list[str]:
    """Return a name for every source that is unique, short and free of what cannot be seen."""
    names: list[str] = []
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    for source in sources:
        base = visible(source.name).strip() or "manifest"
        if len(base) > NAME_SHOWN_MAX:
            base = f"{base[: NAME_SHOWN_MAX - 1]}\u2026"
        name, number = base, numbers.get(base, 2)
        while name in taken:
            name, number = f"{base} ({number})", number + 1
        numbers[base] = number
        taken.add(name)
        names.append(name)
    return names


def size_of(source: Source) -> int:
    """Return the size of the content in bytes."""
    content = source.content
    return len(content) if isinstance(content, bytes) else len(content.encode("utf-8", "surrogatepass"))


def decode(content: bytes | str) -> str:
    """Return the text without its byte order mark; raises Refusal for what is no UTF-8 text."""
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    for signature, name in _SIGNATURES:
        if content.startswith(signature):
            raise Refusal(
                f"This is {name}, not a manifest.",
                "Choose the YAML or JSON file itself; archives are not unpacked.",
            )
    for mark, encoding in (
        (b"\xff\xfe\x00\x00", "UTF-32"),
        (b"\x00\x00\xfe\xff", "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
    ):
        if content.startswith(mark):
            raise Refusal(
                f"This file is {encoding} text; manifests are UTF-8.",
                "Save it as UTF-8 and upload it again.",
                1,
                1,
            )
    head = content[:64]
    if len(head) >= 4 and head.count(0) >= len(head) // 2 - 1:
        wide = "UTF-32" if head.count(0) > len(head) * 0.6 else "UTF-16"
        raise Refusal(
            f"This file looks like {wide} text; manifests are UTF-8.",
            "Save it as UTF-8 and upload it again.",
            1,
            1,
        )
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _not_utf8(content, error.start) from None


def split(text: str) -> tuple[list[Chunk], list[int]]:
    """Return the documents of a text, without the empty ones, and the offsets of the directives before them.

    A line that starts with `---` or `...` ends a document whatever stands around it, so a document that cannot
    be read never hides the next one.
    """
    starts: list[tuple[int, bool]] = [(0, False)]
    # What stands between the "..." that ends a document and the end of its line is a comment.
    ends: list[int] = []
    for match in _MARKER.finditer(text):
        ends.append(match.end() - 3)
        if match["start"]:
            starts.append((match.end() - 3, True))
        else:
            after = _LINE_END.search(text, match.end())
            starts.append((after.end() if after else len(text), False))
    ends.append(len(text))
    chunks: list[Chunk] = []
    directives: list[int] = []
    line, counted = 1, 0
    for (start, explicit), end in zip(starts, ends, strict=True):
        if start >= end or _whole(_EMPTY, text, start, end):
            continue
        if not explicit and _whole(_PROLOGUE, text, start, end):
            directives += [start + match.start() for match in _DIRECTIVE.finditer(text[start:end])]
            continue
        line, counted = line + count_breaks(text, counted, start), start
        chunks.append(Chunk(start, end, line))
    return chunks, directives


def count_breaks(text: str, start: int, end: int) -> int:
    """Return the number of line breaks between two offsets; CRLF is one."""
    return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)


def forbidden_in(text: str) -> tuple[int, int]:
    """Return the offset of the first character that is refused and how many there are; (-1, 0) for none."""
    first = FORBIDDEN.search(text)
    return (first.start(), len(FORBIDDEN.findall(text))) if first else (-1, 0)


def name_character(character: str) -> str:
    """Return a name for a character that cannot be kept, such as "NUL (U+0000)"."""
    code = ord(character)
    if code == 0:
        return "NUL (U+0000)"
    if 0xD800 <= code <= 0xDFFF:
        return f"half of a surrogate pair (U+{code:04X})"
    if code in (0xFFFE, 0xFFFF):
        return f"code that is no character (U+{code:04X})"
    if code == 0xFEFF:
        return "byte order mark (U+FEFF)"
    return f"control character (U+{code:04X})"


def refused(refusal: Refusal, document: int, source: str) -> Problem:
    """Return the problem for a source that is refused as a whole."""
    return Problem(
        document=document,
        line=refusal.line,
        column=refusal.column,
        message=refusal.message,
        hint=refusal.hint,
        source=source,
    )


def _whole(pattern: re.Pattern[str], text: str, start: int, end: int) -> bool:
    match = pattern.match(text, start, end)
    return match is not None and match.end() == end


def _not_utf8(content: bytes, offset: int) -> Refusal:
    before = content[:offset].decode("utf-8")
    lines = _LINE_END.split(before)
    byte = content[offset]
    message = f"Byte 0x{byte:02X} is not UTF-8."
    hint = "Save the file as UTF-8 and upload it again."
    if byte >= 0xA0 and (offset + 1 >= len(content) or content[offset + 1] < 0x80):
        message += f" It looks like Latin-1 (Windows-1252) text, where it is \u201c{chr(byte)}\u201d."
    return Refusal(message, hint, len(lines), len(lines[-1]) + 1)
