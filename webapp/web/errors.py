"""Errors of the domain, of HTTP and of the database, mapped in one place to what people and programs are told."""

from __future__ import annotations

import datetime as dt
from typing import cast

import structlog
from flask import Flask, Response, has_request_context
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests

from webapp.core.clock import utcnow
from webapp.core.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    PlugdeckError,
    SmarterValueError,
    Unavailable,
)
from webapp.db.faults import find_fault, is_away, is_busy
from webapp.web.problems import HOME, Problem, Step, problem_response, request_limit

log = structlog.get_logger(__name__)

NOT_FOUND_TEXT = (
    "This page does not exist, or you may not see it. The link may be mistyped or the record deleted."
)
OUT_OF_DATE = (
    "It was open through a sign-in or for too long, so nothing was done. Go back, reload it and try again."
)
UNREACHABLE_TEXT = "The database does not answer. Nothing was saved; try again in a moment."
RETRY_SECONDS = 5


class BadParameter(PlugdeckError):
    """A value in the address that cannot be used; never silently dropped."""

    default_message = "A value in the address cannot be used."

    def __init__(self, parameter: str, value: str, message: str, fix_url: str = "/plugins/") -> None:
        """Name the parameter and its value; `fix_url` is the same address without it."""
        super().__init__(message)
        self.parameter = parameter
        self.value = value
        self.fix_url = fix_url
        # Further ways on, between the corrected address and the list of plugins.
        self.steps: tuple[Step, ...] = ()


class NothingThere(BadParameter):
    """A value in the address that is well formed but names nothing, such as a revision that there never was."""


def init_errors(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(PlugdeckError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(PoolExhausted, _database_error)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_say_when_to_return)


def _say_when_to_return(response: Response) -> Response:
    """Let a form that is shown again because the database was busy say so to programs, as a page of an error does."""
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return response


def describe(error: Exception) -> Problem:
    """Return what to say about an error; the text of a foreign exception is never shown."""
    if isinstance(error, BadParameter):
        steps = ((f"Remove “{error.parameter}” from the address", error.fix_url), *error.steps, HOME)
        if isinstance(error, NothingThere):
            return Problem(404, "Nothing here", error.message, steps)
        return Problem(400, "This address cannot be used", error.message, steps)
    if isinstance(error, NotFound):
        return Problem(404, "Nothing here", NOT_FOUND_TEXT)
    if isinstance(error, PermissionDenied):
        return Problem(403, "You may not do this", error.message)
    if isinstance(error, Conflict):
        return Problem(409, "Something changed in between", error.message)
    if isinstance(error, SmarterValueError):
        errors = error.errors if isinstance(error, InvalidInput) else {}
        return Problem(422, "This cannot be saved", error.message, errors=errors)
    if isinstance(error, Unavailable):
        return Problem(503, "Busy for a moment", error.message, retry_after=RETRY_SECONDS)
    if isinstance(error, CSRFError):
        return Problem(400, "This page is out of date", OUT_OF_DATE)
    if isinstance(error, HTTPException):
        return _describe_http(error)
    if isinstance(error, DBAPIError | PoolExhausted) and (passing := _describe_database(error)):
        return passing
    return Problem(
        500,
        "Something broke here",
        "The error is logged under the request id below. Try again; if it stays, tell your operator the id.",
    )


def _describe_database(error: DBAPIError | PoolExhausted) -> Problem | None:
    """Return what to say while the database is busy or away; None when it refused something of ours."""
    if isinstance(error, PoolExhausted):
        return describe(Unavailable())
    if is_busy(error):
        return describe(Unavailable())
    if fault := find_fault(error):
        return Problem(503, fault.title, fault.message, retry_after=RETRY_SECONDS)
    if is_away(error):
        return Problem(503, "The database is away", UNREACHABLE_TEXT, retry_after=RETRY_SECONDS)
    return None


def _describe_http(error: HTTPException) -> Problem:
    known = {
        400: ("This request cannot be read", "A part of it is missing or damaged."),
        401: ("Sign in to go on", "Your session has ended."),
        403: ("You may not do this", "Ask the owner or your account's staff."),
        404: ("Nothing here", NOT_FOUND_TEXT),
        405: ("This cannot be done here", "The address exists, but not for this kind of request."),
        413: ("This is too large", "Send less at once, or split the file."),
        429: ("Too many attempts", "Wait a few minutes and try again."),
    }
    code = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        code = 413
    title, message = known.get(code, ("This request cannot be answered", "Go back and try again."))
    if code == 413 and has_request_context():
        message = f"At most {request_limit()} can be sent here at once. Send less, or split the file."
    if code in (500, 502, 504):
        return describe(RuntimeError())
    if code == 503:
        return describe(Unavailable())
    return Problem(code, title, message, retry_after=_wait(error))


def _wait(error: HTTPException) -> int | None:
    if not isinstance(error, TooManyRequests) or error.retry_after is None:
        return None
    after = error.retry_after
    return max(1, round((after - utcnow()).total_seconds())) if isinstance(after, dt.datetime) else after


def _domain_error(error: PlugdeckError) -> Response:
    return problem_response(describe(error))


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code is not None and error.code < 400):
        return cast(Response, error.get_response())
    response = problem_response(describe(error))
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _database_error(error: DBAPIError | PoolExhausted) -> Response:
    problem = describe(error)
    if problem.status == 503:
        detail = str(error.orig).partition("\n")[0] if isinstance(error, DBAPIError) else ""
        log.warning("database_unavailable", error=type(error).__name__, detail=detail)
        return problem_response(problem)
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", exc_info=error)
    return problem_response(describe(error))
