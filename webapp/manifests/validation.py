"""From a loaded document to the model of its kind, with every problem at its place and the edits that fix it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from typing import cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from webapp.manifests import emit
from webapp.manifests.envelope import Envelope, Manifest
from webapp.manifests.fields import API_VERSIONS, Finding, dig, meant
from webapp.manifests.fixes import insert_before, quoted, replace_scalar
from webapp.manifests.loader import LoadedDocument
from webapp.manifests.positions import Range, Span, nearest
from webapp.manifests.problems import Fix, Path, Problem, format_path, in_order
from webapp.manifests.wording import findings_for

# Kinds of the platform that other systems manage.
_FOREIGN = (
    "Account",
    "User",
    "SmarterAuthToken",
    "Prompt",
    "LLMClient",
    "ChatBot",
    "Provider",
    "Vectorstore",
    "Proxy",
)
_OBSOLETE = ("meta_data", "plugin_data")
_FIELDS_SHOWN = 8
_HIDDEN_AFTER = 100

Schemas = Mapping[str, type[Manifest]]


def validate(document: LoadedDocument, schemas: Schemas) -> tuple[Manifest | None, list[Problem]]:
    """Return the model of a document and everything there is to say about it; no model when there is an error.

    `schemas` maps kinds as they are written to their schema. A document that could not be read gives nothing: the
    loader has said why.
    """
    if not document.readable:
        return None, []
    return _Validation(document, schemas).run()


def schemas_by_kind(classes: Iterable[type[Manifest]]) -> dict[str, type[Manifest]]:
    """Return the mapping that `validate` takes, with the other names of each kind."""
    return {name: schema for schema in classes for name in (schema.kind_name, *schema.kind_aliases)}


def _schema_for(kind: object, schemas: Schemas) -> type[Manifest] | None:
    if not isinstance(kind, str):
        return None
    folded = {name.casefold(): schema for name, schema in schemas.items()}
    return schemas.get(kind) or folded.get(kind.strip().casefold())


class _Validation:
    """One document while it is checked."""

    def __init__(self, document: LoadedDocument, schemas: Schemas) -> None:
        self.document, self.schemas = document, schemas
        self.findings: list[Finding] = []
        self.missing: list[Path] = []
        self.unknown: list[Path] = []
        self.moved: dict[Path, Path] = {}

    def run(self) -> tuple[Manifest | None, list[Problem]]:
        data = self.document.data
        if not isinstance(data, dict):
            self._say((), *_no_manifest(data))
            return None, self._problems(Envelope)
        if any(key in data for key in _OBSOLETE) and "spec" not in data:
            self._say(
                (),
                "This is the shape that plugins had before manifests: it has meta_data and plugin_data.",
                "Rewrite it with apiVersion, kind, metadata and spec.",
            )
            return None, self._problems(Envelope)
        schema = self._kind(data)
        cleaned = self._without_old_keys(data, schema) if schema else data
        if schema is not None:
            self.findings += schema.findings(cleaned)
        model: BaseModel | None = None
        try:
            model = (schema or Envelope).model_validate(cleaned)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._note(detail)
        problems = self._problems(schema or Envelope)
        refused = any(problem.severity == "error" for problem in problems) or self.document.flagged
        return (model if isinstance(model, Manifest) and not refused else None), problems

    def _kind(self, data: Mapping[str, object]) -> type[Manifest] | None:
        """Return the schema of the kind that the document names, and say what is wrong with the name."""
        kind = data.get("kind")
        schema = _schema_for(kind, self.schemas)
        if not isinstance(kind, str) or kind in self.schemas:
            return schema
        known = [item.kind_name for item in dict.fromkeys(self.schemas.values())]
        if schema is not None:
            canonical = next(name for name in self.schemas if name.casefold() == kind.strip().casefold())
            message = f"The kind is written {canonical}."
            self.findings.append(Finding(("kind",), message, suggestion=canonical, severity="notice"))
            return schema
        if kind.casefold() in {name.casefold() for name in _FOREIGN}:
            self._say(("kind",), f"{kind} is managed by the platform, not here.", "Leave this document out.")
        else:
            suggestion = meant(kind, known)
            self._say(("kind",), "This kind is not known.", f"Write one of {', '.join(known)}.", suggestion)
        return None

    def _without_old_keys(self, data: dict[str, object], schema: type[Manifest]) -> dict[str, object]:
        """Return the data as today's schema knows it, with a notice for every key that older manifests have."""
        for path, reason in schema.ignored.items():
            parent = dig(data, *path[:-1])
            if isinstance(parent, dict) and path[-1] in parent:
                data = _replaced(data, path, None)
                self.findings.append(Finding(path, f"{path[-1]} is ignored.", reason, severity="notice"))
        for path, key in schema.renamed.items():
            parent = dig(data, *path[:-1])
            if isinstance(parent, dict) and path[-1] in parent and key not in parent:
                data = _replaced(data, path, key)
                message = f"{path[-1]} is an older spelling of {key}."
                self.findings.append(Finding(path, message, severity="notice", rename=key))
                self.moved[(*path[:-1], key)] = path
        return data

    def _note(self, error: ErrorDetails) -> None:
        path = tuple(error["loc"])
        if error["type"] == "missing":
            self.missing.append(path)
        elif error["type"] == "extra_forbidden":
            self.unknown.append(path)
        else:
            # A key that was renamed on the way stands in the source under its old name.
            self.findings += [
                dataclasses.replace(item, path=self.moved.get(item.path, item.path))
                for item in findings_for(error)
            ]

    def _say(self, path: Path, message: str, hint: str, suggestion: str | None = None) -> None:
        self.findings.append(Finding(path, message, hint, suggestion))

    def _problems(self, schema: type[BaseModel]) -> list[Problem]:
        """Return everything that was found, at its place in the source."""
        renames = self._renames(schema)
        missing = [path for path in self.missing if path not in renames.values()]
        findings = [item for item in self.findings if not self._is_flagged(item.path)]
        hidden = max(0, len(findings) + len(missing) + len(renames) - _HIDDEN_AFTER)
        if not (renames or missing or findings):
            return []
        spans = self.document.locate(
            [*renames, *(path[:-1] for path in missing), *(item.path for item in findings)]
        )
        problems = itertools.chain(
            (self._unknown(path, target, schema, spans) for path, target in renames.items()),
            (self._missing(path, schema, spans) for path in missing),
            (self._found(item, spans) for item in findings),
        )
        shown = list(itertools.islice(problems, _HIDDEN_AFTER))
        if hidden:
            message = f"This document has {hidden:,} more problems that are not listed."
            shown.append(self._problem(Finding((), message), (self.document.line, 1), None))
        return in_order(shown)

    def _renames(self, schema: type[BaseModel]) -> dict[Path, Path | None]:
        """Return the unknown keys, each with the field that is probably meant and not written already."""
        found: dict[Path, Path | None] = {}
        free: dict[Path, list[str]] = {}
        for path in self.unknown:
            above = path[:-1]
            if above not in free:
                parent = dig(self.document.data, *above)
                present = parent if isinstance(parent, dict) else {}
                free[above] = [name for name in _field_names(schema, above) if name not in present]
            # What is not listed needs no suggestion either.
            target = meant(str(path[-1]), free[above]) if len(found) < _HIDDEN_AFTER else None
            if target:
                free[above].remove(target)
            found[path] = (*above, target) if target else None
        return found

    def _unknown(
        self, path: Path, target: Path | None, schema: type[BaseModel], spans: Mapping[Path, Span]
    ) -> Problem:
        key = str(path[-1])
        if target is not None:
            hint = f"Did you mean {target[-1]}?"
        else:
            names = _field_names(schema, path[:-1])
            hint = (
                f"The fields here are {', '.join(names)}."
                if 0 < len(names) <= _FIELDS_SHOWN
                else "Delete it."
            )
        finding = Finding(
            path, f"{format_path((key,))} is not a field.", hint, rename=str(target[-1]) if target else None
        )
        span = spans.get(path)
        place = span.key if span is not None else None
        return self._problem(finding, _start(place) or self._near(path, spans), self._rename(finding, spans))

    def _rename(self, finding: Finding, spans: Mapping[Path, Span]) -> Fix | None:
        """Return the edit that gives a key the name that is meant."""
        span = spans.get(finding.path)
        name = finding.rename
        if name is None or span is None or span.key is None or not span.key.single_line:
            return None
        spelled = quoted(name) if self._in_flow(finding.path, spans) else name
        return replace_scalar(
            span.key.line, span.key.column, span.key.end_column, spelled, f"Rename to {name}"
        )

    def _missing(self, path: Path, schema: type[BaseModel], spans: Mapping[Path, Span]) -> Problem:
        key = str(path[-1])
        parent, span = nearest(dict(spans), path[:-1])
        value = _value_for(path, schema)
        fix = None
        if value and span is not None and span.first_key is not None and parent == path[:-1]:
            fix = insert_before(*span.first_key, key, value, flow=span.flow)
        hint = (
            "Add it, or write null to leave the plugin without it."
            if _may_be_null(schema, path)
            else "Add it."
        )
        place = None if span is None else _start(span.key) or (span.value.line, span.value.column)
        return self._problem(Finding(path, f"{key} is missing.", hint), place, fix)

    def _found(self, finding: Finding, spans: Mapping[Path, Span]) -> Problem:
        span = spans.get(finding.path)
        if span is None:
            return self._problem(finding, self._near(finding.path, spans), None)
        # What is said about a field as such points at its key.
        about_key = span.kind != "scalar" or (finding.severity == "notice" and finding.suggestion is None)
        place = _start(span.key or span.value if about_key else span.value)
        fix = self._rename(finding, spans)
        if finding.suggestion is not None and span.kind == "scalar" and span.value.single_line:
            replacement = self._spelled(finding, span, spans)
            fix = replace_scalar(span.value.line, span.value.column, span.value.end_column, replacement)
        return self._problem(finding, place, fix)

    def _spelled(self, finding: Finding, span: Span, spans: Mapping[Path, Span]) -> str:
        """Return the suggestion as it is written at its place."""
        suggestion = finding.suggestion
        if not isinstance(suggestion, str):
            return emit.scalar(suggestion)
        plain = emit.scalar(suggestion)
        if span.raw.startswith('"') or suggestion[:1].isdigit() or self._in_flow(finding.path, spans):
            return quoted(suggestion)
        return plain

    def _in_flow(self, path: Path, spans: Mapping[Path, Span]) -> bool:
        return any(
            (span := spans.get(path[:length])) is not None and span.flow for length in range(len(path))
        )

    def _near(self, path: Path, spans: Mapping[Path, Span]) -> tuple[int, int] | None:
        _, span = nearest(dict(spans), path)
        return None if span is None else _start(span.key or span.value)

    def _is_flagged(self, path: Path) -> bool:
        return any(path[:length] in self.document.flagged for length in range(1, len(path) + 1))

    def _problem(self, finding: Finding, place: tuple[int, int] | None, fix: Fix | None) -> Problem:
        line, column = place or (self.document.line, 1)
        return Problem(
            document=self.document.number,
            line=line,
            column=column,
            path=format_path(finding.path),
            message=finding.message,
            hint=finding.hint,
            fix=fix,
            source=self.document.source,
            severity=finding.severity,
        )


def _no_manifest(data: object) -> tuple[str, str]:
    hint = "A manifest begins with apiVersion, kind, metadata and spec."
    if isinstance(data, str):
        return "This is plain text, not a manifest.", hint
    if isinstance(data, list):
        return "This is a list, not a manifest.", f"{hint} Write one document for each."
    return "This is a single value, not a manifest.", hint


def _start(place: Range | None) -> tuple[int, int] | None:
    return None if place is None else (place.line, place.column)


def _replaced(data: dict[str, object], path: Path, key: str | None) -> dict[str, object]:
    """Return a copy of the data without the key at `path`, or with it under another name."""
    head = str(path[0])
    if len(path) > 1:
        return {**data, head: _replaced(cast("dict[str, object]", data[head]), path[1:], key)}
    return {name if name != head else str(key): value for name, value in data.items() if name != head or key}


def _field_names(schema: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that may stand at a path."""
    model = _model_at(schema, path)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model_at(schema: type[BaseModel], path: Path) -> type[BaseModel] | None:
    model: type[BaseModel] | None = schema
    for part in path:
        if isinstance(part, int):
            continue
        fields = model.model_fields.items() if model else ()
        found = next((field for name, field in fields if (field.alias or name) == part), None)
        model = _model_in(found.annotation) if found else None
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that an annotation holds, directly, in a list or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for item in getattr(annotation, "__args__", ()) if (found := _model_in(item))), None)


def _may_be_null(schema: type[BaseModel], path: Path) -> bool:
    model = _model_at(schema, path[:-1])
    fields = model.model_fields.items() if model else ()
    found = next((field for name, field in fields if (field.alias or name) == path[-1]), None)
    return found is not None and type(None) in getattr(found.annotation, "__args__", ())


def _value_for(path: Path, schema: type[BaseModel]) -> str | None:
    """Return the only value that a missing field can have, or None."""
    if path == ("apiVersion",):
        return API_VERSIONS[0]
    model = _model_at(schema, path[:-1])
    fields = model.model_fields.items() if model else ()
    found = next((field for name, field in fields if (field.alias or name) == path[-1]), None)
    examples = found.examples if found else None
    return str(examples[0]) if examples and len(examples) == 1 else None
