"""Names as RFC 1034 labels, for addresses and host names."""

from __future__ import annotations

import re
from typing import overload

from webapp.core.errors import SmarterValueError

LABEL_MAX = 63

_SPACE = re.compile(r"\s+")
_NOT_IN_LABEL = re.compile(r"[^a-z0-9-]")


@overload
def rfc1034_compliant_str(value: None) -> None: ...


@overload
def rfc1034_compliant_str(value: str) -> str: ...


def rfc1034_compliant_str(value: str | None) -> str | None:
    """Return `value` as a label: "Example ChatBot 1" gives "example-chatbot-1"; None stays None.

    Underscores and space become hyphens, other characters are dropped, and no hyphen is left at either end.
    Raises SmarterValueError when nothing is left.
    """
    if value is None:
        return None
    # Trimmed before space becomes hyphens, and again after the cut, which may end on a hyphen.
    hyphenated = _SPACE.sub("-", value.strip().lower()).replace("_", "-")
    label = _NOT_IN_LABEL.sub("", hyphenated).strip("-")[:LABEL_MAX].rstrip("-")
    if not label:
        raise SmarterValueError("No address can be made from this name. Use at least one letter or digit.")
    return label
