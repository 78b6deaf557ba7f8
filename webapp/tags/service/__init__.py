"""Changing tags: rename, merge, alias, removal, and taking each of them back. Knows nothing of HTTP."""

from __future__ import annotations

from webapp.tags.service.aliases import add_alias, remove_alias
from webapp.tags.service.merge import merge_tags
from webapp.tags.service.removal import remove_tag
from webapp.tags.service.rename import rename_tag
from webapp.tags.service.undo import take_back
from webapp.tags.service.writing import Done, Moved, require_right, why_not

__all__ = [
    "Done",
    "Moved",
    "add_alias",
    "merge_tags",
    "remove_alias",
    "remove_tag",
    "rename_tag",
    "require_right",
    "take_back",
    "why_not",
]
