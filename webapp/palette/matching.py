"""What fits to what was typed, best first, and which parts of a name it was. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from webapp.core.text import fold
from webapp.palette.values import Item, Pieces

EXACT, PREFIX, WORD, PART, OTHER = range(5)
"""How a name fits, best first: the whole name, its beginning, beginnings of its words, anywhere in it, not at all."""

_BREAK = re.compile(r"[\s_]+")


def rank(name: str, text: str) -> int:
    """Return how well a name fits to what was typed; spaces stand for the underscores of names."""
    words = split(text)
    folded = fold(name)
    typed, plain = "_".join(words), "_".join(split(folded))
    if plain == typed:
        return EXACT
    if plain.startswith(typed):
        return PREFIX
    parts = split(folded)
    if all(any(part.startswith(word) for part in parts) for word in words):
        return WORD
    return PART if all(word in folded for word in words) else OTHER


def split(text: str) -> list[str]:
    """Return the words of a text, folded; underscores separate them as spaces do."""
    return [word for word in _BREAK.split(fold(text)) if word]


def fitting(items: Iterable[Item], text: str) -> list[Item]:
    """Return the items of which every word that was typed begins a word, best first; else their order is kept."""
    words = split(text)
    ranked = []
    for item in items:
        known = split(f"{item.label} {item.words}")
        if all(any(one.startswith(word) for one in known) for word in words):
            ranked.append((rank(item.label, text), replace(item, pieces=mark(item.label, text))))
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])]


def mark(label: str, text: str) -> Pieces:
    """Return a label in parts, those marked that hold a word that was typed."""
    words = sorted((word for word in _BREAK.split(text) if word), key=len, reverse=True)
    if not words:
        return ((label, False),)
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found in pattern.finditer(label):
        if found.start() > end:
            pieces.append((label[end : found.start()], False))
        pieces.append((found.group(), True))
        end = found.end()
    if end < len(label):
        pieces.append((label[end:], False))
    return tuple(pieces)
