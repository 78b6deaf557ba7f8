"""Rules for search terms: they count while the directive is `search_terms`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from webapp.core.text import fold
from webapp.plugins.lint.findings import Rule, Spot, quoted
from webapp.plugins.lint.words import COMMON_WORDS
from webapp.plugins.values import PluginValues

SHORT = 3
COMPARED_MAX = 200
"""Terms that are compared with each other; the others are not looked at for this."""

# Chinese, Japanese and Korean: two of these say as much as a word.
_DENSE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


def _short(values: PluginValues) -> Iterable[Spot]:
    terms = [
        term
        for term in _terms(values)
        if _letters(term) and len(term) < SHORT and not (len(term) > 1 and _DENSE.search(term))
    ]
    if terms:
        yield Spot(f"{_named(terms)} so short that {_they(terms)} almost everything")


def _empty(values: PluginValues) -> Iterable[Spot]:
    terms = [term for term in _terms(values) if not _letters(term)]
    if terms:
        yield Spot(f"{_named(terms)} without letters and digits")


def _common(values: PluginValues) -> Iterable[Spot]:
    terms = [term for term in _terms(values) if len(term) >= SHORT and fold(term) in COMMON_WORDS]
    if terms:
        yield Spot(f"{_named(terms)} so common that {_they(terms)} almost everything")


def _duplicate(values: PluginValues) -> Iterable[Spot]:
    seen: set[str] = set()
    again = []
    for term in _terms(values):
        key = " ".join(fold(term).split())
        if key in seen:
            again.append(term)
        seen.add(key)
    if again:
        yield Spot(f"{_named(again)} there twice")


def _contained(values: PluginValues) -> Iterable[Spot]:
    by_key = {" ".join(fold(term).split()): term for term in _terms(values)[:COMPARED_MAX]}
    # A short one that matches everything is to go itself.
    short = [key for key in by_key if len(key) >= SHORT and _letters(key) and key not in COMMON_WORDS]
    longer = [term for key, term in by_key.items() if any(other != key and other in key for other in short)]
    if longer:
        yield Spot(
            f"{_named(longer)} never needed: a shorter term is part of {'it' if len(longer) == 1 else 'them'}"
        )


def _terms(values: PluginValues) -> list[str]:
    selector = values.selector
    if selector is None or selector.directive != "search_terms":
        return []
    return [term.strip() for term in selector.search_terms]


def _letters(term: str) -> bool:
    return any(character.isalnum() for character in term)


def _named(terms: list[str]) -> str:
    return (
        f"The search term {quoted(terms)} is" if len(terms) == 1 else f"The search terms {quoted(terms)} are"
    )


def _they(terms: list[str]) -> str:
    return "it matches" if len(terms) == 1 else "they match"


_EVERYTHING = "The plugin is offered with almost every prompt, which costs tokens and confuses the model."

RULES = (
    Rule(
        "term-short",
        "warning",
        "selector",
        "search_terms",
        f"A search term below {SHORT} characters",
        _EVERYTHING,
        "Write the whole word, or several words.",
        _short,
    ),
    Rule(
        "term-common",
        "warning",
        "selector",
        "search_terms",
        "A search term that is a very common word",
        _EVERYTHING,
        "Use the words that people say only when they mean this plugin.",
        _common,
    ),
    Rule(
        "term-empty",
        "warning",
        "selector",
        "search_terms",
        "A search term without letters and digits",
        "Nobody writes it, or everybody does.",
        "Take it out.",
        _empty,
    ),
    Rule(
        "term-duplicate",
        "hint",
        "selector",
        "search_terms",
        "A search term that is there twice",
        "Letter case makes no difference, so the second one never matters.",
        "Take one of them out.",
        _duplicate,
    ),
    Rule(
        "term-contained",
        "hint",
        "selector",
        "search_terms",
        "A search term that holds another one",
        "A prompt that contains the longer one contains the shorter one too.",
        "Take the longer one out, or the shorter one if it matches too much.",
        _contained,
    ),
)
