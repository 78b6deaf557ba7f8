"""What is said about an error: ours in our words, a foreign one never in its own."""

from __future__ import annotations

import pytest
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    ImATeapot,
    InternalServerError,
    MethodNotAllowed,
    RequestEntityTooLarge,
    TooManyRequests,
)
from werkzeug.exceptions import NotFound as NoSuchAddress

from webapp.core.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    StaleRevision,
    Unavailable,
)
from webapp.web.errors import BadParameter, describe

SECRET = "SELECT password_hash FROM users; host=10.0.0.7"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadParameter("class", "x", "class=x is not known."), 400),
        (NotFound(), 404),
        (NotFound("There is a plugin 7, but it is not yours."), 404),
        (PermissionDenied(), 403),
        (Conflict(), 409),
        (StaleRevision(1, 2), 409),
        (InvalidInput({"name": [FieldError("No.", "x")]}), 422),
        (Unavailable(), 503),
        (CSRFError("The CSRF token is missing."), 400),
        (BadRequest(SECRET), 400),
        (Forbidden(SECRET), 403),
        (NoSuchAddress(SECRET), 404),
        (MethodNotAllowed(), 405),
        (RequestEntityTooLarge(), 413),
        (TooManyRequests(SECRET), 429),
        (ImATeapot(SECRET), 418),
        (InternalServerError(SECRET), 500),
        (OperationalError(SECRET, {}, Exception(SECRET)), 500),
        (ValueError(SECRET), 500),
    ],
)
def test_every_error_has_its_status_and_a_sentence_of_ours(error: Exception, status: int) -> None:
    problem = describe(error)
    assert problem.status == status
    assert SECRET not in problem.title + problem.message
    assert problem.title
    assert problem.message.endswith(".")
    assert "!" not in problem.message
    assert problem.next_steps


def test_what_is_not_there_and_what_is_not_readable_are_told_alike() -> None:
    texts = {describe(error).message for error in (NotFound(), NotFound("a hint"), NoSuchAddress())}
    assert len(texts) == 1


def test_a_bad_parameter_offers_the_address_without_it() -> None:
    steps = describe(BadParameter("class", "x", "No.", "/plugins/?q=a")).next_steps
    assert steps[0] == ("Remove “class” from the address", "/plugins/?q=a")
