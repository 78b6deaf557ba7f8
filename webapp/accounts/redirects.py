"""Where to go after signing in: an address of this site, or nowhere."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote, urlencode, urlsplit

NEXT_MAX = 2_000

# Everything a browser strips or turns into "/" before it reads an address, plus what a header cannot hold.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_PATH_SAFE = "/:@!$&'()*+,;=~-._"


def safe_next(text: str | None) -> str | None:
    """Return `text` when it is an absolute path of this site that every browser reads as such, else None.

    Judged after undoing percent-encoding and compatibility characters, because something between here and the
    browser may do the same. A fragment is dropped.
    """
    if not text or len(text) > NEXT_MAX or not text.startswith("/"):
        return None
    text = text.partition("#")[0]
    path, mark, query = text.partition("?")
    if " " in query or _UNSAFE.search(query) or not _is_plain_path(path):
        return None
    return path + mark + query


def _is_plain_path(path: str) -> bool:
    if " " in path:
        return False
    for _ in range(3):  # "%255c" is "%5c" for whoever decodes twice.
        if _UNSAFE.search(path) or "//" in path or _has_dot_segment(path):
            return False
        decoded = unicodedata.normalize("NFKC", unquote(path))
        if decoded == path:
            return True
        path = decoded
    return False


def _has_dot_segment(path: str) -> bool:
    return any(segment in (".", "..") for segment in path.split("/"))


def address_of(path: str, query: str) -> str | None:
    """Return the address of a decoded path and a raw query string, or None when it is not safe to come back to."""
    address = quote(path, safe=_PATH_SAFE)
    return safe_next(f"{address}?{query}" if query else address)


def path_of_url(url: str, host: str) -> str | None:
    """Return path and query of a full URL when it is one of this host, else None."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.netloc != host or parts.scheme not in ("http", "https"):
        return None
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def with_parameter(address: str, name: str, value: str) -> str:
    """Return the address with one query parameter set, whatever value of that name it had before."""
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] != name]
    return f"{path}?{'&'.join([*kept, urlencode({name: value})])}"
