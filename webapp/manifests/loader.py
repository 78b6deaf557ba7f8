"""From sources to plain data with every problem of the text: decode, split, read.

Positions of values are not kept: `LoadedDocument.locate` reads the document again when something has to be shown
in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from webapp.manifests.positions import Span, locate
from webapp.manifests.problems import Path, Problem, Severity, SourceLines, in_order
from webapp.manifests.reader import DocumentReader, OverLimit
from webapp.manifests.sources import (
    Chunk,
    Limits,
    Refusal,
    Source,
    decode,
    refused,
    shown_names,
    size_of,
    split,
)

__all__ = ["Limits", "LoadedDocument", "LoadedManifests", "Source", "load_sources"]


@dataclass(frozen=True, eq=False, slots=True)
class LoadedDocument:
    """One document: its number over all input, where it came from and its data; unreadable ones have none.

    Its text is a part of the text of its source, from `start` to `end`: ten thousand of them are not there twice.
    """

    number: int
    source: str
    line: int
    whole: str = field(repr=False)
    start: int
    end: int
    data: object = field(repr=False, default=None)
    readable: bool = True
    root: Path = ()
    flagged: frozenset[Path] = frozenset()

    @property
    def text(self) -> str:
        """Return the text of the document."""
        return self.whole[self.start : self.end]

    def without_spec(self) -> LoadedDocument:
        """Return the document with only what names it, for when a model holds the rest."""
        data = {"kind": self.label("kind"), "metadata": {"name": self.label("metadata.name")}}
        return replace(self, data=data)

    def locate(self, paths: Iterable[Path]) -> dict[Path, Span]:
        """Return where the wanted paths, and those that lead to them, stand in the source."""
        length = len(self.root)
        found = locate(self.text, self.line, [self.root + path for path in paths])
        return {path[length:]: span for path, span in found.items() if path[:length] == self.root}

    def label(self, key: str) -> str:
        """Return `kind` or `metadata.name` for a list of documents, "" when it is no text."""
        value: object = self.data
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class LoadedManifests:
    """Every document that was found, the problems of their text, and the texts by source name."""

    documents: list[LoadedDocument]
    problems: list[Problem]
    texts: Mapping[str, SourceLines] = field(repr=False, default_factory=dict)


Visit = Callable[[LoadedDocument], LoadedDocument]


def load_sources(
    sources: Sequence[Source], limits: Limits | None = None, visit: Visit | None = None
) -> LoadedManifests:
    """Return all documents of all sources and every problem of their text; nothing in the input raises.

    Args:
        sources: files and pasted texts.
        limits: how much they may hold.
        visit: is given each document as soon as it is read, and returns what is kept of it.
    """
    return _Load(limits or Limits(), visit).run(sources)


class _Load:
    """One import while it is read."""

    def __init__(self, limits: Limits, visit: Visit | None) -> None:
        self.limits, self.visit = limits, visit
        self.documents: list[LoadedDocument] = []
        self.problems: list[Problem] = []
        self.texts: dict[str, SourceLines] = {}
        self.nodes = 0
        self.number = 0

    def run(self, sources: Sequence[Source]) -> LoadedManifests:
        try:
            if sum(map(size_of, sources)) > self.limits.max_bytes:
                raise OverLimit(
                    f"The import is larger than {_size(self.limits.max_bytes)}. Split it into smaller ones."
                )
            for name, source in zip(shown_names(sources), sources, strict=True):
                self._source(name, source)
        except OverLimit as over:
            return LoadedManifests([], [Problem(document=0, message=str(over))], self.texts)
        if not self.number:
            message = "There is no manifest here."
            self.problems.append(
                Problem(document=0, message=message, hint="Choose a file or paste a manifest.")
            )
        return LoadedManifests(self.documents, in_order(self.problems), self.texts)

    def _source(self, name: str, source: Source) -> None:
        try:
            text = decode(source.content)
        except Refusal as refusal:
            self.number += 1
            self.problems.append(refused(refusal, self.number, name))
            self._keep(LoadedDocument(self.number, name, 1, "", 0, 0, readable=False))
            return
        lines = self.texts[name] = SourceLines(text)
        chunks, directives = split(text)
        if self.number + len(chunks) > self.limits.max_documents:
            raise OverLimit(f"There are more than {self.limits.max_documents:,} documents. Split the import.")
        for offset in directives:
            self._directive(name, lines, offset, [chunk.start for chunk in chunks])
        for chunk in chunks:
            self.number += 1
            self._document(name, text, chunk)

    def _directive(self, source: str, lines: SourceLines, offset: int, starts: Sequence[int]) -> None:
        """Say what a directive means here; one that no document follows means nothing."""
        line, column = lines.position(offset)
        written = lines.line(line)
        following = bisect_left(starts, offset)
        severity: Severity = "notice"
        if re.match(r"%TAG\b", written):
            severity, message = "error", "%TAG gives other names to tags, and manifests have no tags."
        elif re.fullmatch(r"%YAML[ \t]+1\.2[ \t]*(?:#.*)?", written) or following >= len(starts):
            return
        elif re.match(r"%YAML\b", written):
            message = "Manifests are read as YAML 1.2, whatever this line says: yes, no and dates are text."
        else:
            message = "This directive is not known and is left out."
        self.problems.append(
            Problem(
                document=self.number + 1 + min(following, max(len(starts) - 1, 0)),
                line=line,
                column=column,
                source=source,
                message=message,
                hint="Delete this line.",
                severity=severity,
            )
        )

    def _keep(self, document: LoadedDocument) -> None:
        self.documents.append(self.visit(document) if self.visit else document)

    def _document(self, source: str, whole: str, chunk: Chunk) -> None:
        start, end, line = chunk.start, chunk.end, chunk.line
        budget = self.limits.max_nodes - self.nodes
        reader = DocumentReader(self.number, source, whole[start:end], line, self.limits, budget)
        data, readable = reader.read()
        self.nodes += reader.nodes
        self.problems += reader.problems
        base = LoadedDocument(
            self.number, source, line, whole, start, end, data, readable, flagged=frozenset(reader.flagged)
        )
        if readable and isinstance(data, list) and data and all(_is_envelope(item) for item in data):
            # A JSON export is one list of manifests.
            self.number -= 1
            if self.number + len(data) > self.limits.max_documents:
                raise OverLimit(
                    f"There are more than {self.limits.max_documents:,} documents. Split the import."
                )
            for index, item in enumerate(data):
                self.number += 1
                flagged = frozenset(path[1:] for path in reader.flagged if path[:1] == (index,))
                self._keep(replace(base, number=self.number, data=item, root=(index,), flagged=flagged))
            return
        self._keep(base)


def _is_envelope(value: object) -> bool:
    return isinstance(value, dict) and ("apiVersion" in value or "kind" in value)


def _size(number: int) -> str:
    return f"{number // (1024 * 1024)} MiB" if number >= 1024 * 1024 else f"{number:,} bytes"
