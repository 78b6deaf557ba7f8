"""What gardening of tags speaks of: a tag, who carries it, and what was seen of that. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.core.locators import format_locator, parse_locator

TAG_KIND = "tag"
ALIASES_MAX = 50
"""Aliases that one tag may have."""
MERGED_MAX = 50
"""Tags that one merge takes."""


def tag_locator(tag_id: int) -> str:
    """Return what stands for a tag in addresses and forms, whatever it is called by now."""
    return format_locator(TAG_KIND, tag_id)


def parse_tag_locator(text: str) -> int | None:
    """Return the id of the tag that a locator stands for, or None."""
    return parse_locator(text, TAG_KIND)


@dataclass(frozen=True)
class TagView:
    """A tag: its spelling, how many live records carry it, and its aliases."""

    id: int
    account_id: int
    key: str
    name: str
    uses: int
    aliases: tuple[str, ...] = ()

    @property
    def locator(self) -> str:
        """Return what stands for the tag in addresses and forms."""
        return tag_locator(self.id)

    def snapshot(self) -> dict[str, object]:
        """Return what history keeps of the tag."""
        return {"name": self.name, "aliases": list(self.aliases)}


@dataclass(frozen=True)
class Carrier:
    """One tag on one plugin, live or in the bin."""

    plugin_id: int
    tag_id: int
    position: int
    owner_profile_id: int
    is_live: bool


@dataclass(frozen=True)
class Reach:
    """Tags and everything that carries them, at one moment: what a rename or a merge would touch."""

    tags: tuple[TagView, ...]
    carriers: tuple[Carrier, ...]

    def tag(self, tag_id: int) -> TagView:
        """Return one of the tags."""
        return next(tag for tag in self.tags if tag.id == tag_id)

    def live_ids(self, tag_ids: Iterable[int]) -> list[int]:
        """Return the live plugins that carry one of these tags, by id."""
        wanted = set(tag_ids)
        return sorted({item.plugin_id for item in self.carriers if item.is_live and item.tag_id in wanted})

    def ids(self, tag_ids: Iterable[int]) -> list[int]:
        """Return the plugins that carry one of these tags, those in the bin as well."""
        wanted = set(tag_ids)
        return sorted({item.plugin_id for item in self.carriers if item.tag_id in wanted})

    def not_owned_by(self, profile_id: int, tag_ids: Iterable[int]) -> list[int]:
        """Return the live plugins of other people that carry one of these tags."""
        wanted = set(tag_ids)
        return sorted(
            {
                item.plugin_id
                for item in self.carriers
                if item.is_live and item.tag_id in wanted and item.owner_profile_id != profile_id
            }
        )

    def digest(self, changed: Iterable[int]) -> str:
        """Return a text that differs as soon as a tag, an alias, a live record that carries one, or the act does.

        Args:
            changed: the tags whose plugins the act changes.
        """
        seen: Sequence[object] = (
            sorted(changed),
            sorted((tag.id, tag.name, tag.aliases) for tag in self.tags),
            sorted((item.tag_id, item.plugin_id) for item in self.carriers if item.is_live),
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]
