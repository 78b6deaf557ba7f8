"""The form of a single field, edited where it is shown: in a row of the list or on the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from werkzeug.datastructures import MultiDict
from wtforms import Field, HiddenField

from webapp.core import rules
from webapp.core.errors import FieldError
from webapp.manifests.form_text import split_list
from webapp.plugins.values import PluginValues
from webapp.web.fields import LineField, ProseField
from webapp.web.forms import Form
from webapp.web.record_forms import parse_revision

CELL_FIELDS = ("description", "version", "tags")
"""The fields that can be edited in place."""

FieldValue = str | tuple[str, ...]

NOT_SENT = "Nothing was sent for this field, so nothing was saved. Write it and save again."

_CHECKS: Mapping[str, Callable[[str], list[FieldError]]] = {
    "description": rules.check_description,
    "version": rules.check_version,
    "tags": lambda text: rules.clean_tags(split_list(text, ","))[1],
}


class CellForm(Form):
    """One of `CELL_FIELDS` as text, with the revision of the record that the person saw."""

    revision = HiddenField()
    description: ProseField = ProseField("Description")
    version: LineField = LineField("Version")
    tags: LineField = LineField("Tags")

    control: Field
    sent = True

    @classmethod
    def show(cls, field: str, values: PluginValues, revision: int) -> Self:
        """Return the form as it is opened."""
        form = cls(formdata=None, data={field: _text(values, field), "revision": str(revision)})
        return form._for(field)

    @classmethod
    def read(cls, field: str, formdata: MultiDict[str, str]) -> Self:
        """Return the form as it was sent."""
        form = cls(formdata=formdata)._for(field)
        form.sent = field in formdata
        return form

    def _for(self, field: str) -> Self:
        for other in CELL_FIELDS:
            if other != field:
                del self[other]
        self.control = self[field]
        return self

    def named(self, id_: str, label: str) -> Self:
        """Give the control an id of its own, because several cells may be open on one page, and its label."""
        self.control.id = self.control.label.field_id = id_
        self.control.label.text = label
        return self

    @property
    def based_on(self) -> int:
        """Return the revision that the person saw; 0, which no record has, when the form does not say."""
        return parse_revision(self.revision.data)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check the field; its error stands beside it."""
        valid = super().validate(extra_validators=extra_validators)
        if not self.sent:
            self.form_errors.append(NOT_SENT)
            return False
        self.control.errors = _CHECKS[self.control.name](self.control.data)
        return valid and not self.control.errors

    def use_suggestion(self) -> None:
        """Put the suggested text into the field, when there is one."""
        suggestions = [error.suggestion for error in _CHECKS[self.control.name](self.control.data)]
        self.control.data = next(filter(None, suggestions), self.control.data)

    def value(self, seen: PluginValues | None) -> FieldValue:
        """Return the typed value of a form without errors; what was not touched stays exactly as the record has it.

        Args:
            seen: the record at the revision that the person saw; None when that is not kept.
        """
        text: str = self.control.data
        name = self.control.name
        if seen is not None and self.control.clean(_text(seen, name)) == text:
            kept: FieldValue = getattr(seen, name)
            return kept
        return tuple(rules.clean_tags(split_list(text, ","))[0]) if name == "tags" else text


def _text(values: PluginValues, field: str) -> str:
    value: FieldValue = getattr(values, field)
    return value if isinstance(value, str) else ", ".join(value)
