"""The absolute address of a request, whatever framework it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from webapp.core.errors import SmarterValueError

# What an address may hold as it stands; "%" because what is escaped already stays so.
_SAFE = "%!#$&'()*+,/:;=?@[]~"
_NO_URI = "No address can be built from this. Give a request that knows its address."


def build_absolute_uri(request: object) -> str:
    """Return the address that a request was sent to: what its `build_absolute_uri()` gives, or else its `url`.

    Behind proxies it is the address that the framework was told to trust. Letters beyond ASCII come back escaped.
    Raises SmarterValueError when there is no request, or it does not know an http or https address.
    """
    if request is None:
        raise SmarterValueError("There is no request, so there is no address. Give one.")
    for found in _addresses(request):
        if _is_absolute(found):
            return quote(found, safe=_SAFE)
    raise SmarterValueError(_NO_URI)


def _addresses(request: object) -> Iterator[str]:
    for name in ("build_absolute_uri", "url"):
        try:
            found = getattr(request, name, None)
            yield str(found() if callable(found) else found)
        except Exception as error:  # A framework refuses hosts that it does not trust in a way of its own.
            raise SmarterValueError(_NO_URI) from error


def _is_absolute(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not set(text) & set(" <>\r\n\t")
    except ValueError:
        return False
