"""Which tags look like one another: other number, separator, accent, order of words, or one letter. Pure.

Case cannot differ: tags are unique without it. Nothing is compared with everything: tags meet in blocks of equal keys,
so five thousand of them take a moment.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

TYPO_FROM = 7
"""Shorter words that differ in one letter are mostly two words."""
BLOCK_MAX = 40
"""Of more tags that share one key, the key tells nothing."""

_SEPARATORS = re.compile(r"[\s\-_./:+]+")
_SINGULAR_FROM = 4
_LOOK_PLURAL = frozenset({"news", "series", "species", "lens", "https", "sales", "express"})
_PLURALS = (
    ("ies", "y", 5),
    ("sses", "ss", 6),
    ("shes", "sh", 6),
    ("ches", "ch", 6),
    ("xes", "x", 5),
)
_NO_PLURALS = ("ss", "us", "is", "as", "os")


@dataclass(frozen=True)
class Word:
    """A tag to be compared: its id, its folded key, its spelling, and how many records carry it."""

    id: int
    key: str
    name: str
    uses: int


@dataclass(frozen=True)
class Likeness:
    """A tag that looks like the one to keep, and why."""

    word: Word
    why: str


@dataclass(frozen=True)
class Group:
    """Tags that look like one another: the most used one to keep, and the others."""

    keep: Word
    others: tuple[Likeness, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """Return all of them, the one to keep first."""
        return (self.keep, *(item.word for item in self.others))


def group_alike(words: Iterable[Word]) -> list[Group]:
    """Return the groups of tags that look alike, the most used first; a tag is in one group at most."""
    words = sorted(words, key=lambda word: word.id)
    blocks: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(words):
        for key in _keys(word.key):
            blocks[key].append(place)
    parents = list(range(len(words)))
    for places in blocks.values():
        if 1 < len(places) <= BLOCK_MAX:
            for number, place in enumerate(places):
                for other in places[:number]:
                    if _root(parents, place) != _root(parents, other) and tell_likeness(
                        words[place].key, words[other].key
                    ):
                        parents[_root(parents, place)] = _root(parents, other)
    groups: dict[int, list[Word]] = defaultdict(list)
    for place, word in enumerate(words):
        groups[_root(parents, place)].append(word)
    found = [_group(members) for members in groups.values() if len(members) > 1]
    return sorted(found, key=lambda group: (-sum(word.uses for word in group.words), group.keep.key))


def tell_likeness(first: str, second: str) -> str:
    """Return in what two folded tags differ, in a few words; "" when they do not look alike."""
    if first == second:
        return ""
    one, other = _forms(first), _forms(second)
    if one.plain == other.plain:
        return "accent"
    if one.joined == other.joined:
        return "spaces and hyphens"
    if "".join(one.stems) == "".join(other.stems):
        return "plural"
    if len(one.stems) > 1 and sorted(one.stems) == sorted(other.stems):
        return "order of words"
    return "one letter" if _is_typo(one.joined, other.joined) else ""


@dataclass(frozen=True, slots=True)
class _Forms:
    """What two tags are compared by: without accents, without separators, and the words without plural endings."""

    plain: str
    joined: str
    stems: tuple[str, ...]


@lru_cache(maxsize=16_384)
def _forms(key: str) -> _Forms:
    plain = "".join(char for char in unicodedata.normalize("NFKD", key) if not unicodedata.combining(char))
    # One that consists of separators is a word of its own.
    words = [word for word in _SEPARATORS.split(plain) if word] or [plain]
    return _Forms(plain, "".join(words), tuple(_singular(word) for word in words))


def _group(members: Sequence[Word]) -> Group:
    keep, *others = sorted(members, key=lambda word: (-word.uses, len(word.key), word.key))
    return Group(
        keep,
        tuple(
            Likeness(word, tell_likeness(keep.key, word.key) or "like another one here") for word in others
        ),
    )


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _keys(key: str) -> Iterator[str]:
    """Yield the keys of the blocks that a tag is in; two that look alike share one."""
    forms = _forms(key)
    joined = forms.joined
    yield f"={''.join(forms.stems)}"
    yield f"={joined}"
    if len(forms.stems) > 1:
        yield f"+{' '.join(sorted(forms.stems))}"
    if len(joined) >= TYPO_FROM - 1:
        # Two words that are one letter apart are equal once the right letter is left out of each, or of one.
        yield f"~{joined}"
        yield from {
            f"~{joined[:at]}{joined[at + 1 :]}" for at in range(1, len(joined)) if not joined[at].isdigit()
        }


def _singular(word: str) -> str:
    """Return an English word without its plural ending, as far as that can be told by its letters."""
    if len(word) < _SINGULAR_FROM or word in _LOOK_PLURAL or not word.endswith("s"):
        return word
    for ending, stem, least in _PLURALS:
        if word.endswith(ending) and len(word) >= least:
            return word.removesuffix(ending) + stem
    return word if word.endswith(_NO_PLURALS) else word[:-1]


def _is_typo(first: str, second: str) -> bool:
    """Tell whether two long words are one letter apart: another one, one more, or two that changed places."""
    if len(first) > len(second):
        first, second = second, first
    if len(second) < TYPO_FROM or len(second) - len(first) > 1 or first[0] != second[0]:
        return False
    start = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
    a, b = first[start:], second[start:]
    # A number is no typing error: "team 1" is not "team 2".
    if any(char.isdigit() for char in (*a[:1], *b[:1])):
        return False
    if len(first) < len(second):
        return a == b[1:]
    return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
