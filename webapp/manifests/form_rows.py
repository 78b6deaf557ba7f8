"""Annotations in a form: one row for each key, its value spelled as `form_text` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from webapp.core import rules
from webapp.manifests.form_text import Unreadable, read_value, show_value
from webapp.web.fields import LineField, ProseField, Row, RowErrors, RowsField


class AnnotationRow(Row):
    """A key and its value."""

    key = LineField("Key")
    value = ProseField("Value")

    def problems(self) -> RowErrors:
        """Return what is wrong with key and value."""
        try:
            value = read_value(self.value.data or "")
        except Unreadable as unreadable:
            return {"value": [unreadable.error]}
        found: RowErrors = {}
        for path, error in rules.clean_annotations([{self.key.data: value}])[1]:
            found.setdefault("key" if path == "[0]" else "value", []).append(error)
        return found

    def read(self) -> dict[str, Any]:
        """Return the annotation."""
        return {self.key.data: read_value(self.value.data)}


def show_annotations(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the rows of annotations."""
    return [{"key": key, "value": show_value(value)} for entry in entries for key, value in entry.items()]


def read_annotations(
    field: RowsField, shown: Sequence[Mapping[str, Any]], base: Sequence[Mapping[str, Any]] | None
) -> tuple[dict[str, Any], ...]:
    """Return the annotations of a form; what the record had and is still there stays as it was.

    Args:
        field: the rows without errors.
        shown: the rows as they were shown for the record.
        base: the annotations of the record; None for a new one.
    """
    single = [{key: value} for entry in base or () for key, value in entry.items()]
    return field.merged(shown if single else [], single, lambda row: row.read())
