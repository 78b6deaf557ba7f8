"""What somebody had typed when their session was over, carried through the sign-in page as one hidden field.

It is encrypted on its whole way, in the field and in the draft that it becomes: a manifest that somebody was pasting
may hold the value of a secret, however it is spelled.
"""

from __future__ import annotations

import json

from werkzeug.datastructures import MultiDict

from webapp.core.errors import PlugdeckError
from webapp.manifests.sealing import Sealer

HELD_MAX_BYTES = 750_000
"""Longest text that is carried: encrypted and with the rest of the form it fits into one request of 1 MiB."""

NOT_HELD = frozenset({"csrf_token", "secret_value"})


def hold_fields(form: MultiDict[str, str], sealer: Sealer) -> str | None:
    """Return the fields of a form as sealed text for a hidden field, without tokens and passwords.

    "" when nothing is left, None when it is too much to carry.
    """
    fields = [[name, value] for name, value in form.items(multi=True) if _may_hold(name)]
    if not fields:
        return ""
    # Not escaped to ASCII: the text goes back through a size limit that counts bytes.
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text.encode("utf-8")) > HELD_MAX_BYTES:
        return None
    return sealer.encrypt(text).decode("ascii")


def read_held(sealed: str, sealer: Sealer) -> list[tuple[str, str]]:
    """Return the fields in a sealed text; one that this installation did not make holds none."""
    if not sealed or not sealed.isascii():
        return []
    try:
        fields = json.loads(sealer.decrypt(sealed.encode("ascii")))
    except (PlugdeckError, ValueError):
        return []
    if not (isinstance(fields, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in fields)):
        return []  # Sealed for something else.
    return [(str(name), str(value)) for name, value in fields if _may_hold(str(name))]


def _may_hold(name: str) -> bool:
    return name not in NOT_HELD and "password" not in name.lower()
