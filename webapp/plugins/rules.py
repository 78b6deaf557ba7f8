"""Rules for the data of plugins, as sentences beside a field; the rules of every record are in `core.rules`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from webapp.core import text
from webapp.core.errors import FieldError
from webapp.manifests.fields import meant

SYSTEM_ROLE_MAX = 100_000
QUERY_MAX = 100_000
ENDPOINT_MAX = 255
HEADER_VALUE_MAX = 8_192
URL_PARAM_MAX = 2_048
LIMIT_MAX = 1_000_000
PARAMETER_NAME_MAX = 64
PROVIDER_MAX = 64

PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_.-]+)\}")
ENDPOINT = re.compile(r"/(?:[A-Za-z0-9._~{}%:@-]+(?:/|\Z))*")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_INTEGER = re.compile(r"[-+]?[0-9]{1,32}")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]{1,32}(?:\.[0-9]{0,32})?|\.[0-9]{1,32})(?:[eE][-+]?[0-9]{1,3})?")


def find_placeholders(value: str) -> tuple[str, ...]:
    """Return the names in `{braces}` of a query or an endpoint, each once, in their order."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(value)))


def check_placeholders(value: str, declared: Iterable[str]) -> list[FieldError]:
    """Return an error for every placeholder that is not a declared parameter."""
    known = set(declared)
    return [
        FieldError(
            f"The placeholder {{{name}}} is not a parameter. Add it to the parameters or take it out.",
            "placeholder",
        )
        for name in find_placeholders(value)
        if name not in known
    ]


def check_parameter_name(value: str) -> list[FieldError]:
    """Return what is wrong with the name of a parameter."""
    if not value:
        return [FieldError("Give the parameter a name.", "required")]
    if len(value) > PARAMETER_NAME_MAX or not PARAMETER_NAME.fullmatch(value):
        message = f"Use 1 to {PARAMETER_NAME_MAX} letters, digits, underscores, dots and hyphens."
        return [FieldError(message, "parameter_name", text.suggest_name(value))]
    return []


def check_endpoint(value: str) -> list[FieldError]:
    """Return what is wrong with the path of an API call; empty is not filled in yet."""
    if len(value) > ENDPOINT_MAX:
        return [_too_long(ENDPOINT_MAX)]
    if value and not ENDPOINT.fullmatch(value):
        with_slash = f"/{value}"
        suggestion = with_slash if ENDPOINT.fullmatch(with_slash) else None
        message = "Write a path such as /v1/courses/{id}/, without server, spaces, empty parts, ? and #."
        return [FieldError(message, "endpoint", suggestion)]
    return []


def check_header_name(value: str) -> list[FieldError]:
    """Return what is wrong with the name of a header."""
    if not value:
        return [FieldError("Give the header a name.", "required")]
    if not HEADER_NAME.fullmatch(value):
        return [FieldError("Use letters, digits and hyphens in the name of a header.", "header_name")]
    return []


def check_header_value(value: str) -> list[FieldError]:
    """Return what is wrong with the value of a header."""
    if len(value) > HEADER_VALUE_MAX or not HEADER_VALUE.fullmatch(value):
        return [FieldError(f"Use one line of at most {HEADER_VALUE_MAX:,} Latin-1 characters.", "header")]
    return []


def check_limit(value: int) -> list[FieldError]:
    """Return what is wrong with the largest number of rows."""
    if 1 <= value <= LIMIT_MAX:
        return []
    return [FieldError(f"Use a whole number from 1 to {LIMIT_MAX:,}, or leave it empty for all.", "range")]


def check_choice(value: str, options: Iterable[str]) -> list[FieldError]:
    """Return what is wrong with a word that has to be one of a few."""
    words = tuple(options)
    return [] if value in words else [FieldError(f"Choose {_listed(words)}.", "choice")]


def check_default(kind: str, value: object, enum: tuple[str, ...] | None) -> list[FieldError]:
    """Return what is wrong with the default of a parameter; None is no default."""
    if value is None:
        return []
    fits = {
        "string": isinstance(value, str),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "object": isinstance(value, dict),
        "array": isinstance(value, list),
        "null": False,
    }
    if not fits.get(kind, True):
        return [FieldError(f"Write {_EXAMPLES[kind]}, which the type {kind} takes.", "type")]
    if enum and _written(value) not in enum:
        return [FieldError("Use one of the allowed values, or add it to them.", "choice")]
    return []


def check_enum(kind: str, enum: Iterable[str]) -> list[FieldError]:
    """Return what is wrong with the allowed values of a parameter: no argument of its type could be one of them."""
    wrong = [value for value in enum if not fits(kind, value)]
    if not wrong:
        return []
    return [FieldError(f"{wrong[0][:40]} is not {_EXAMPLES[kind]}, which the type {kind} takes.", "type")]


def fits(kind: str, value: str) -> bool:
    """Tell whether a text can be a value of the type; only numbers and booleans can be told apart by their text."""
    if kind == "integer":
        return _INTEGER.fullmatch(value) is not None
    if kind == "number":
        return _DECIMAL.fullmatch(value) is not None
    return kind != "boolean" or value.lower() in ("true", "false")


def check_test_value(name: str, declared: Iterable[str]) -> list[FieldError]:
    """Return what is wrong with the name of a test value: it has to be a declared parameter."""
    known = tuple(declared)
    if name in known:
        return []
    close = meant(name, known)
    message = f"{name[:40]} is not a parameter. Add it to the parameters, or remove this value."
    return [FieldError(message, "unknown", close)]


_EXAMPLES = {
    "string": "text",
    "number": "a number such as 2.5",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": 'a map such as {"key": "value"}',
    "array": "a list such as [1, 2]",
    "null": "nothing",
}


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _too_long(limit: int) -> FieldError:
    return FieldError(f"Use at most {limit:,} characters.", "too_long")
