"""Pages that are kept whole under their tag, for the one login session that they were made for."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable

from flask import current_app
from flask_wtf.csrf import generate_csrf

from webapp.caching.generations import Generations
from webapp.caching.store import cached, is_asked_again

# The quickest level: it makes the page of a list a tenth of its size in a millisecond.
_LEVEL = 1


def kept_page(generations: Generations, tag: str, render: Callable[[], str]) -> str:
    """Return the text of a page, kept from the second time that it is asked for, as long as its tag is the same.

    Args:
        generations: of every account that the page depends on.
        tag: the page's ETag, which changes with anything that it shows and belongs to one login session.
        render: makes the page; what it costs to gather the page's data belongs in it too.
    """
    if not is_asked_again("web.asked", generations, (tag,)):
        return render()
    token, mark = generate_csrf(), _mark()

    def load() -> bytes:
        return zlib.compress(render().replace(token, mark).encode(), _LEVEL)

    packed = cached("web.page", generations, (tag,), load)
    return zlib.decompress(packed).decode().replace(mark, token)


def _mark() -> str:
    """Return what stands for the CSRF token in a kept page: no text that a person could write."""
    key: str = current_app.extensions["plugdeck"].secret_key
    return hashlib.sha256(b"csrf token of a kept page" + key.encode()).hexdigest()
