"""The hierarchy of errors and the sentences that it shows."""

import copy
import pickle
from collections.abc import Callable

import pytest

from webapp.core.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NameTaken,
    NotFound,
    PermissionDenied,
    PlugdeckError,
    SmarterValueError,
    StaleRevision,
    Unavailable,
)

EVERY_ERROR = [
    NotFound("No such plugin."),
    PermissionDenied("Ask the owner."),
    Conflict("The name is taken."),
    StaleRevision(3, 5),
    StaleRevision(3, 5, "Compare first."),
    NameTaken("orders", "orders_restored"),
    NameTaken("orders", "orders_restored", "Choose another."),
    SmarterValueError("Give an argument."),
    InvalidInput({"name": [FieldError("Start with a letter.", "letter_first", "item_1")]}),
    InvalidInput({}, "Nothing fits."),
]


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: repr(error))
def test_every_error_is_of_one_hierarchy_and_prints_its_message(error: PlugdeckError) -> None:
    assert isinstance(error, PlugdeckError)
    assert str(error) == error.message != ""


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: repr(error))
@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_copying_and_pickling(
    error: PlugdeckError, again: Callable[[PlugdeckError], PlugdeckError]
) -> None:
    twin = again(error)
    assert type(twin) is type(error)
    assert vars(twin) == vars(error)
    assert str(twin) == str(error)


@pytest.mark.parametrize(
    "kind", [PlugdeckError, NotFound, PermissionDenied, Conflict, SmarterValueError, Unavailable]
)
def test_an_error_without_a_message_still_says_what_to_do(kind: type[PlugdeckError]) -> None:
    assert str(kind()) == kind.default_message
    assert kind.default_message.endswith(".")


def test_a_refused_value_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Give an argument"):
        raise SmarterValueError("Give an argument.")
    assert issubclass(InvalidInput, SmarterValueError)


def test_a_stale_revision_is_a_conflict_that_knows_both_revisions() -> None:
    error = StaleRevision(expected=3, actual=5)
    assert isinstance(error, Conflict)
    assert (error.expected, error.actual) == (3, 5)


def test_invalid_input_joins_its_sentences_by_field() -> None:
    error = InvalidInput(
        {
            "name": [FieldError("Use lower-case words joined by underscores.", "snake_case")],
            "max_tokens": [FieldError("Use a whole number.", "range"), FieldError("Use less.", "range")],
            "": [FieldError("A selector is missing.", "required")],
        }
    )
    assert error.message == (
        "Name: Use lower-case words joined by underscores. Max tokens: Use a whole number. Use less. A selector is missing."
    )


def test_invalid_input_forgets_fields_without_errors() -> None:
    found = [FieldError("Start with a letter.", "letter_first")]
    error = InvalidInput({"name": found, "version": []})
    assert error.errors == {"name": found}
    found.clear()
    assert error.errors["name"], "the error keeps its own list"


def test_invalid_input_without_errors_still_says_something() -> None:
    assert InvalidInput({}).message == InvalidInput.default_message


def test_one_error_can_be_raised_in_short() -> None:
    error = InvalidInput.of("name", "Start with a letter.", "letter_first", "report_2025")
    assert error.errors == {"name": [FieldError("Start with a letter.", "letter_first", "report_2025")]}
