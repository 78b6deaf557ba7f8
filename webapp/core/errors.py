"""The errors of the domain: one small hierarchy that `web.errors` alone maps to HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


class PlugdeckError(Exception):
    """An error with a sentence that may be shown to a person; base of every error that we raise."""

    default_message: ClassVar[str] = "Something went wrong. Try again."
    message: str

    def __init__(self, message: str = "") -> None:
        """Keep `message`, or the sentence of the class when there is none."""
        self.message = message or self.default_message
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the sentence, whatever the arguments of a subclass were."""
        return self.message


class NotFound(PlugdeckError):
    """The thing does not exist, or the viewer may not know that it does."""

    default_message = "There is nothing here, or you may not see it."


class PermissionDenied(PlugdeckError):
    """The viewer can see the thing but may not do this to it."""

    default_message = "You may not do this. Ask the owner or your account's staff."


class Conflict(PlugdeckError):
    """The write does not fit what is stored now, such as a name that is already taken."""

    default_message = "This does not fit what is stored now. Reload and try again."


class StaleRevision(Conflict):
    """The record was changed by someone else after the form was opened."""

    default_message = "The record was changed since you opened it. Compare the two versions and save again."

    def __init__(self, expected: int, actual: int, message: str = "") -> None:
        """Keep the revision that the form carried (`expected`) and the one that is stored (`actual`)."""
        super().__init__(message)
        self.expected = expected
        self.actual = actual
        # Exceptions are copied and pickled by calling the class with `args`.
        self.args = (expected, actual, message)


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with a field: the sentence beside it, a stable code and, where there is one, the fix."""

    message: str
    code: str
    suggestion: str | None = None


class NameTaken(Conflict):
    """Another record of the account has the name; `free_name` is one that nobody has."""

    default_message = "The name is taken. Choose another name."

    def __init__(self, name: str, free_name: str, message: str = "") -> None:
        """Keep the name that is taken and one that is free."""
        super().__init__(message or f"The name {name} is taken. {free_name} is free.")
        self.name = name
        self.free_name = free_name
        # Exceptions are copied and pickled by calling the class with `args`.
        self.args = (name, free_name, message)

    def as_field_error(self) -> FieldError:
        """Return what to say beside the field, with the free name as its fix."""
        return FieldError(f"{self.name} is taken. Choose another name.", "unique", self.free_name)


class Unavailable(PlugdeckError):
    """Something that the answer needs is not there for the moment, such as the lock of the database."""

    default_message = "Plugdeck is busy. Nothing was saved; try again in a moment."


class SmarterValueError(PlugdeckError, ValueError):
    """A value or an argument that the model refuses; the reference page names this class."""

    default_message = "The value is not allowed here. Change it and try again."


class InvalidInput(SmarterValueError):
    """A record that is refused, with every error of every field; the key "" stands for the whole record."""

    default_message = "The record is not valid. Correct it and try again."
    errors: dict[str, list[FieldError]]

    def __init__(self, errors: Mapping[str, Sequence[FieldError]], message: str = "") -> None:
        """Keep the fields that have errors; without `message` join their sentences into one text."""
        self.errors = {field: list(found) for field, found in errors.items() if found}
        super().__init__(message or _joined(self.errors))
        self.args = (self.errors, message)

    @classmethod
    def of(cls, field: str, message: str, code: str, suggestion: str | None = None) -> InvalidInput:
        """Return the error for a single thing wrong with `field`."""
        return cls({field: [FieldError(message, code, suggestion)]})


def _joined(errors: Mapping[str, Sequence[FieldError]]) -> str:
    """Return "Name: Use at most 64 characters. Version: …", or "" when there are no errors."""
    parts = []
    for field, found in errors.items():
        sentences = " ".join(error.message for error in found)
        label = field.replace("_", " ")
        parts.append(f"{label[:1].upper()}{label[1:]}: {sentences}" if field else sentences)
    return " ".join(parts)
