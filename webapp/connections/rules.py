"""Rules of the fields of connections and secrets, shared by form, manifest and service. Pure.

A check returns the errors it found, ready to stand beside the field; a manifest says the same in its own words.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal
from urllib.parse import urlsplit

from webapp.core import rules
from webapp.core.errors import FieldError

PORT_MAX = 65_535
SECONDS_MAX = 3_600
POOL_MAX = 1_000
HOST_MAX = 255
URL_MAX = 500
SECRET_MAX = 65_536
CERTIFICATE_MAX = 100_000

_HOSTNAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?|\[?[0-9A-Fa-f:.]+\]?")
_NOT_IN_URL = re.compile(r"[\s\x00-\x1f\x7f\\]")
_MASK = re.compile(r"\*+")

UrlProblem = Literal["long", "address", "user", "query"]


def is_host(value: str) -> bool:
    """Tell whether a text is a host name or an IP address."""
    return len(value) <= HOST_MAX and _HOSTNAME.fullmatch(value) is not None


def find_url_problem(value: str) -> UrlProblem | None:
    """Return what keeps a text from being the base address of an API, None when nothing does."""
    if len(value) > URL_MAX:
        return "long"
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return "address"
    if not valid or _NOT_IN_URL.search(value):
        return "address"
    if parts.username is not None or parts.password is not None:
        return "user"
    return "query" if parts.query or parts.fragment else None


def is_mask(value: str) -> bool:
    """Tell whether a text is what pages and exports show in place of the value of a secret."""
    return _MASK.fullmatch(value) is not None


def read_moment(text: str) -> dt.datetime:
    """Return the moment of a text such as 2030-12-31 or 2030-12-31T23:59:00Z, in UTC where it names no zone.

    Raises:
        ValueError: it is no date.
        OverflowError: it is out of range once it is in UTC.
    """
    moment = dt.datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def check_host(value: str, *, required: bool) -> list[FieldError]:
    """Return what is wrong with the name of a server."""
    if not value:
        return [FieldError("Write the name of the server.", "required")] if required else []
    if is_host(value):
        return []
    return [
        FieldError(
            "Write a host name or an IP address, without protocol, port and path.", "host", _meant_host(value)
        )
    ]


def check_base_url(value: str) -> list[FieldError]:
    """Return what is wrong with the base address of an API."""
    if not value:
        return [FieldError("Write the address, such as https://api.example.com/v1.", "required")]
    sentences: dict[UrlProblem, str] = {
        "long": f"Use at most {URL_MAX} characters.",
        "address": "Write an http or https address, such as https://api.example.com/v1.",
        "user": "Leave out the user name and the password, and name a secret instead.",
        "query": "End the address before ? and #. Query parameters belong to the plugins.",
    }
    problem = find_url_problem(value)
    if problem is None:
        return []
    suggestion = (
        f"https://{value}" if "://" not in value and not find_url_problem(f"https://{value}") else None
    )
    return [FieldError(sentences[problem], f"url_{problem}", suggestion)]


def check_secret_value(value: str) -> list[FieldError]:
    """Return what is wrong with the value of a secret."""
    if not value:
        return [FieldError("Give the secret a value.", "required")]
    if is_mask(value):
        return [
            FieldError(
                "These are only asterisks, as pages show in place of a value. Write the value.", "mask"
            )
        ]
    if len(value) > SECRET_MAX:
        return [FieldError(f"Use at most {SECRET_MAX:,} characters.", "too_long")]
    return rules.check_text(value, limit=SECRET_MAX)


def check_whole(value: int | None, low: int, high: int) -> list[FieldError]:
    """Return what is wrong with a whole number; None is a text that is none."""
    if value is not None and low <= value <= high:
        return []
    return [FieldError(f"Use a whole number from {low:,} to {high:,}.", "range")]


def check_port(value: int | None) -> list[FieldError]:
    """Return what is wrong with the number of a port."""
    return check_whole(value, 1, PORT_MAX)


def _meant_host(value: str) -> str | None:
    """Return the host of an address that was written in place of it."""
    try:
        host = urlsplit(value if "://" in value else f"//{value}").hostname
    except ValueError:
        return None
    return host if host and is_host(host) else None
