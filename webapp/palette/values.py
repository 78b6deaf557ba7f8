"""What the palette offers: items in groups, each a link, a form with one button, or something the page itself does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Pieces = tuple[tuple[str, bool], ...]
"""A text in parts; True marks a part that matches what was typed."""


@dataclass(frozen=True)
class Item:
    """One line. Exactly one of `href`, `action`, `copies` and `switches_theme` says what it does.

    Args:
        label: what it is called.
        icon: its glyph.
        href: where it leads.
        action: where its form is sent.
        fields: the hidden fields of that form.
        copies: the text that it puts on the clipboard.
        switches_theme: it switches light and dark.
        detail: what stands behind the label, cut where there is no room.
        key: the keys that do the same.
        words: what else it is found by.
        is_name: the label is the name of a record.
        css: a class that colours the glyph.
        pieces: the label in parts, the ones that match marked.
    """

    label: str
    icon: str
    href: str = ""
    action: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    copies: str = ""
    switches_theme: bool = False
    detail: str = ""
    key: str = ""
    words: str = ""
    is_name: bool = False
    css: str = ""
    pieces: Pieces = ()

    @property
    def shown(self) -> Pieces:
        """Return the label in parts."""
        return self.pieces or ((self.label, False),)


@dataclass(frozen=True)
class Group:
    """Items under a title; `key` makes their ids."""

    key: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Answer:
    """What the palette shows for a text, or "" while nothing is typed."""

    q: str
    groups: tuple[Group, ...]
