"""How large a change of a secret or connection is for those that use it, by the rules in docs/manifests.md. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from webapp.connections.values import Described
from webapp.manifests.diff import same
from webapp.manifests.judgement import Reason

_MAJOR = {"db_engine": "the database engine is another one"}
_MINOR = {
    "hostname": "the host is another one",
    "port": "the port is another one",
    "database": "the database is another one",
    "base_url": "the base URL is another one",
    "authentication_method": "it signs in in another way",
    "auth_method": "it signs in in another way",
}


def weigh(before: Described, after: Described, *, new_value: bool = False) -> Iterator[Reason]:
    """Yield every part of a change with its size; the version itself is none.

    Args:
        before: the record as it is stored.
        after: what the manifest says.
        new_value: whether a secret gets another value.
    """
    for item in fields(after):
        name = item.name
        if name in ("version", "value") or _equal(getattr(before, name), getattr(after, name)):
            continue
        if name in _MAJOR:
            yield Reason("major", _MAJOR[name])
        elif name in _MINOR:
            yield Reason("minor", _MINOR[name])
        else:
            yield Reason("patch", f"its {name.replace('_', ' ')} differs")
    if new_value:
        yield Reason("patch", "its value is another one")


def _equal(before: object, after: object) -> bool:
    left, right = (list(side) if isinstance(side, tuple) else side for side in (before, after))
    return same(left, right)
