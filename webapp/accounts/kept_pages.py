"""Pages that are kept whole under their tag, for the one login session that they were made for."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence

from flask import current_app
from flask_wtf.csrf import generate_csrf

from webapp.caching.generations import Generations
from webapp.caching.store import cached, is_asked_again

# The quickest level: it makes the page of a list a tenth of its size in a millisecond.
_LEVEL = 1


def kept_page(
    generations: Generations, tag: str, render: Callable[[], str], fresh: Sequence[str] = ()
) -> str:
    """Return the text of a page, kept from the second time that it is asked for, as long as its tag is the same.

    Args:
        generations: of every account that the page depends on.
        tag: the page's ETag, which changes with anything that it shows and belongs to one login session.
        render: makes the page; what it costs to gather the page's data belongs in it too.
        fresh: what the page shows that is made anew each time that it is asked for, long enough to be found in it, and
            always as many; the CSRF token needs no mention.
    """
    if not is_asked_again("web.asked", generations, (tag,)):
        return render()
    holes = [(_mark(number), text) for number, text in enumerate((generate_csrf(), *fresh))]

    def load() -> bytes:
        page = render()
        for mark, text in holes:
            page = page.replace(text, mark)
        return zlib.compress(page.encode(), _LEVEL)

    page = zlib.decompress(cached("web.page", generations, (tag,), load)).decode()
    for mark, text in holes:
        page = page.replace(mark, text)
    return page


def _mark(number: int) -> str:
    """Return what stands for a text in a kept page: nothing that a person could write."""
    key: str = current_app.extensions["plugdeck"].secret_key
    return hashlib.sha256(b"hole %d of a kept page" % number + key.encode()).hexdigest()
