"""The base of all forms: typed errors with a one-click fix, and a refusal when the CSRF token failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, ValidationError

from webapp.core.errors import FieldError
from webapp.web.csrf import TOKEN_MESSAGE, token_failed


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type hints
    """A form whose field errors are `FieldError`s; the request's CSRF check is global, see `web.csrf`."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF has no type hints
        """The token is checked once for every request, not by each form."""

        csrf = False

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check all fields; never accept a request whose token failed."""
        valid = bool(super().validate(extra_validators=extra_validators))
        if token_failed():
            self.form_errors.append(TOKEN_MESSAGE)
            return False
        return valid

    def add_errors(self, errors: Mapping[str, Sequence[FieldError]]) -> None:
        """Show errors that a service found beside their fields; what has no field goes to the summary."""
        for name, problems in errors.items():
            field = self._fields.get(name)
            if field is None:
                self.form_errors.extend(problem.message for problem in problems)
            else:
                field.errors = [*field.errors, *problems]


def raise_first(errors: Sequence[FieldError]) -> None:
    """Raise the first error of a rule as the field's error, keeping its suggestion."""
    if errors:
        # WTForms keeps the first argument as it is, so the template gets the whole FieldError.
        raise ValidationError(errors[0])


def errors_of(field: Field) -> list[FieldError]:
    """Return the errors of a field as `FieldError`s, whatever WTForms made of them."""
    found: list[FieldError] = []
    for error in field.errors:
        if isinstance(error, FieldError):
            found.append(error)
        else:
            found.append(FieldError(str(error), "invalid"))
    return found
