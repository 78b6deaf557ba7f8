"""The short forms of a record: a name to restore it under, and who it is handed to."""

from __future__ import annotations

from wtforms import HiddenField, SelectField

from webapp.core.errors import FieldError
from webapp.core.rules import check_name
from webapp.web.fields import LineField, ReasonField
from webapp.web.forms import Form, errors_of, raise_first
from webapp.web.record_forms import parse_revision


class RestoreForm(Form):
    """A name for a record whose own is taken."""

    revision = HiddenField()
    name: LineField = LineField("Name")
    reason: ReasonField = ReasonField()

    def validate_name(self, field: LineField) -> None:
        """Refuse what no new plugin may be called (WTForms calls this by its name)."""
        raise_first(check_name(field.data, new=True))

    def use_suggestion(self) -> bool:
        """Put the suggested name into the field; tell whether there was one."""
        self.validate()
        suggestion = next((error.suggestion for error in errors_of(self.name) if error.suggestion), None)
        self.name.errors = []
        if suggestion is None:
            return False
        self.name.data = suggestion
        return True


class OwnerForm(Form):
    """Whom a plugin is handed to, by username."""

    revision = HiddenField()
    owner: LineField = LineField("New owner")
    reason: ReasonField = ReasonField()

    @property
    def based_on(self) -> int:
        """Return the revision that the form was opened with; 0, which no record has, when it does not say."""
        return parse_revision(self.revision.data)

    def validate_owner(self, field: LineField) -> None:
        """Ask for somebody (WTForms calls this by its name)."""
        if not field.data:
            raise_first([FieldError("Choose who the plugin is handed to.", "required")])


class OwnerChoiceForm(OwnerForm):
    """The same with a list of people to choose from; who was typed all the same is for the service to judge."""

    owner: SelectField = SelectField("New owner", choices=[], validate_choice=False)
