"""The form of a record: text in, typed values out, errors beside the fields, and no lost edit. Knows no domain.

What a person did not touch stays exactly as it is stored, even where a form cannot spell it, and is not judged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Self

from werkzeug.datastructures import MultiDict
from wtforms import Field, HiddenField

from webapp.core import semver
from webapp.core.errors import FieldError
from webapp.web.fields import ReasonField, RowsField, UnshownField
from webapp.web.forms import Form, errors_of

ABOUT_SAVING = frozenset({"revision", "reason"})
"""The fields that say something about the save and not about the record."""
BUMPS: tuple[semver.Part, ...] = ("patch", "minor", "major")


def parse_revision(text: str | None) -> int:
    """Return the revision that a form carries; 0, which no record has, when it does not say."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else 0


class ShownProblem(NamedTuple):
    """One line of the summary over a refused form: where it leads, the label and the sentence."""

    id: str | None
    label: str
    message: str


class RecordForm(Form):
    """What forms of records share; a domain says how values are spelled, what is wrong with a field, and reads them."""

    revision = HiddenField()
    reason: ReasonField = ReasonField()

    # The values of the record as it stood when the form was opened; None for a new one.
    base: Any = None

    @classmethod
    def show(cls, values: Any, *, base: Any = None, revision: int | None = None, **offered: Any) -> Self:
        """Return the form filled with values; `base` is the record as it stands at `revision`."""
        texts = cls.to_texts(values)
        form = cls(formdata=None, data={**texts, "revision": "" if revision is None else str(revision)})
        return form._prepared(base, offered)

    @classmethod
    def read(cls, formdata: MultiDict[str, str], *, base: Any = None, **offered: Any) -> Self:
        """Return the form as it was sent; `base` is the record that it was opened with."""
        return cls(formdata=formdata)._prepared(base, offered)

    @staticmethod
    def to_texts(values: Any) -> dict[str, Any]:
        """Return what stands in each field for these values."""
        raise NotImplementedError

    def offer(self) -> None:
        """Take what the choices of the form are made of; called with the further arguments of `show` and `read`."""

    def check(self, name: str) -> list[FieldError]:
        """Return what is wrong with a field that is no group of rows."""
        raise NotImplementedError

    def check_rows(self, field: RowsField) -> None:
        """Put beside the rows of a group what only several of them together tell."""

    def _prepared(self, base: Any, offered: Mapping[str, Any]) -> Self:
        for field in self:
            if field.data is None:
                field.data = ""
        self.base = base
        self.offer(**offered)
        return self

    @property
    def based_on(self) -> int:
        """Return the revision that the form was opened with; 0, which no record has, when it does not say."""
        return parse_revision(self.revision.data)

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Return the names of the fields that count."""
        return tuple(field.name for field in self if field.name not in ABOUT_SAVING)

    @cached_property
    def shown(self) -> Mapping[str, Any]:
        """Return what stands in each field for the record that the form was opened with; nothing for a new one."""
        return {} if self.base is None else self.to_texts(self.base)

    @cached_property
    def untouched(self) -> frozenset[str]:
        """Return the names of the fields that still say what the record says."""
        if self.base is None:
            return frozenset()
        return frozenset(
            field.name
            for field in self
            if field.name not in ABOUT_SAVING and _texts(field) == _sent_back(field, self.shown)
        )

    @property
    def touched(self) -> list[str]:
        """Return the names of the fields that count and say something else than the record."""
        return [name for name in self.own_fields if name not in self.untouched]

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check every field that counts and that a person touched; errors stand at fields and rows."""
        accepted = bool(super().validate(extra_validators=extra_validators))
        for name in self.own_fields:
            if name not in self.untouched and self.judge(name):
                accepted = False
        return accepted

    def judge(self, name: str) -> bool:
        """Check one field alone, put its errors beside it and tell whether there are any."""
        field = self[name]
        if isinstance(field, RowsField):
            return self._judge_rows(field)
        field.errors = self.check(name)
        return bool(field.errors)

    def _judge_rows(self, field: RowsField) -> bool:
        known = _sent_back(field, self.shown)
        for row in field.filled():
            for name, errors in ({} if row.texts() in known else row.problems()).items():
                row[name].errors = errors
        self.check_rows(field)
        if field.is_over:
            field.errors = [FieldError("There are too many rows. Use a manifest for this many.", "too_many")]
        return field.is_over or any(item.errors for row in field.rows() for item in row)

    def problems(self) -> list[ShownProblem]:
        """Return every error in the order of the form."""
        found = [ShownProblem(None, "", getattr(error, "message", error)) for error in self.form_errors]
        for field in self:
            found.extend(ShownProblem(field.id, field.label.text, message) for message in _messages(field))
            if isinstance(field, RowsField):
                found.extend(
                    ShownProblem(item.id, f"{field.label.text}, row {number}, {item.label.text}", message)
                    for number, row in enumerate(field.rows(), start=1)
                    for item in row
                    for message in _messages(item)
                )
        return found

    def change_rows(self, add: str = "", remove: str = "") -> bool:
        """Add a blank row to a group, or remove the row `group-number`; tell whether there was one to change."""
        if add:
            field = self._fields.get(add)
            if isinstance(field, RowsField):
                field.add()
                return True
            return False
        group, _, number = remove.rpartition("-")
        field = self._fields.get(group)
        if isinstance(field, RowsField) and number.isascii() and number.isdigit() and len(number) <= 6:
            field.remove(int(number))
            return True
        return False

    def use_suggestion(self, name: str) -> bool:
        """Put the suggested text into a field, or the next `version-minor`; tell whether there was one."""
        if name in (f"version-{part}" for part in BUMPS):
            suggestion = self.bumps().get(name.removeprefix("version-"))
            field: Field | None = self["version"]
        else:
            if (group := name.partition("-")[0]) not in self.own_fields:
                return False
            self.judge(group)
            field = self._find(name)
            errors = errors_of(field) if field else []
            suggestion = next((error.suggestion for error in errors if error.suggestion), None)
        if field is None or suggestion is None:
            return False
        field.data = suggestion
        self.clear_errors()
        return True

    def clear_errors(self) -> None:
        """Take all errors away, for a page that shows the form while it is still being filled in."""
        self.form_errors.clear()
        for field in self:
            field.errors = []
            if isinstance(field, RowsField):
                for row in field.rows():
                    for item in row:
                        item.errors = []

    def bumps(self) -> dict[str, str]:
        """Return the next versions after the record's own, by what they raise; none for a new record."""
        if self.base is None or not semver.is_semver(self.base.version):
            return {}
        found: dict[str, str] = {}
        for part in BUMPS:
            try:
                found[part] = semver.bump(self.base.version, part)
            except ValueError:
                continue  # The number has as many digits as a version may have.
        return found

    def sent_back(self) -> list[tuple[str, str]]:
        """Return what a browser would send for the form, for a page that carries it along unseen."""
        found: list[tuple[str, Any]] = []
        for field in self:
            if isinstance(field, RowsField):
                for row in field.rows():
                    found.extend((item.name, item.data) for item in row)
            elif field.name != "revision" and not isinstance(field, UnshownField):
                found.append((field.name, field.data))
        return [
            (name, "y" if value is True else str(value))
            for name, value in found
            if value is not False and value is not None
        ]

    def _find(self, name: str) -> Field | None:
        group, _, rest = name.partition("-")
        field = self._fields.get(group)
        if not rest or not isinstance(field, RowsField):
            return field
        return next((item for row in field.rows() for item in row if item.name == name), None)


def _messages(field: Field) -> list[str]:
    """Return the sentences at a field itself, without those of its rows."""
    return [
        error if isinstance(error, str) else error.message for error in field.errors if not _is_nested(error)
    ]


def _is_nested(error: object) -> bool:
    return not isinstance(error, str | FieldError)


def _sent_back(field: Field, shown: Mapping[str, Any]) -> Any:
    """Return the text that a browser sends for a field that nobody touched."""
    if isinstance(field, RowsField):
        return field.clean(shown.get(field.name, []))
    return field.clean(shown.get(field.name, ""))


def _texts(field: Field) -> Any:
    return field.clean(field.texts() if isinstance(field, RowsField) else field.data)
