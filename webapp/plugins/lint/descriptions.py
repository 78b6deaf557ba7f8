"""Rules for the description: it is what a model chooses a plugin by."""

from __future__ import annotations

import re
from collections.abc import Iterable

from webapp.core.text import fold
from webapp.plugins.lint.findings import Rule, Spot
from webapp.plugins.lint.words import FUNCTION_WORDS, GENERIC_WORDS
from webapp.plugins.values import PluginValues

SHORT = 20
LONG = 1024
"""What OpenAI takes as the description of a tool."""
REGISTRY_MAX = 100
"""What the registry of the Model Context Protocol takes."""

_WORD = re.compile(r"\w+")
# What a description says that tells a model when to use it, or what it does.
_OCCASION = re.compile(
    r"\b(?:when|whenever|if|use[sd]?|for|to|about|which|what|who|where|how|answers?|calculates?|checks?|converts?"
    r"|creates?|estimates?|explains?|finds?|gets?|gives?|lists?|looks?|provides?|quotes?|reports?|returns?|says"
    r"|searches|search|sends?|shows?|tells?|tracks?|updates?)\b",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[A-Za-z]")


def _missing(values: PluginValues) -> Iterable[Spot]:
    if not values.description.strip():
        yield Spot("There is no description, so a model cannot tell when to use it")


def _short(values: PluginValues) -> Iterable[Spot]:
    length = len(values.description.strip())
    if 0 < length < SHORT:
        yield Spot(f"The description has only {length} characters")


def _long(values: PluginValues) -> Iterable[Spot]:
    length = len(values.description.strip())
    if length > LONG:
        yield Spot(f"The description is long: {length:,} characters")


def _over_registry(values: PluginValues) -> Iterable[Spot]:
    length = len(values.description.strip())
    if REGISTRY_MAX < length <= LONG:
        yield Spot(f"The description has {length:,} characters; a registry shows {REGISTRY_MAX}")


def _generic(values: PluginValues) -> Iterable[Spot]:
    words = _telling_words(values.description)
    if _is_judged(values) and not words - GENERIC_WORDS:
        yield Spot("The description has only general words, such as plugin, tool and data")


def _repeats_name(values: PluginValues) -> Iterable[Spot]:
    words = _telling_words(values.description) - GENERIC_WORDS
    if _is_judged(values) and words and words <= set(fold(values.name).split("_")):
        yield Spot("The description says no more than the name")


def _no_occasion(values: PluginValues) -> Iterable[Spot]:
    # Only for texts whose words this rule knows: a description in another script is not judged by English ones.
    if (
        not _is_judged(values)
        or not _LATIN.search(values.description)
        or _OCCASION.search(values.description)
    ):
        return
    # One that says nothing of its own has heard so already.
    if not any(_generic(values)) and not any(_repeats_name(values)):
        yield Spot("The description does not say when to use the plugin")


def _is_judged(values: PluginValues) -> bool:
    """Tell whether the words of a description matter: one that is missing or too short has its own rule."""
    return len(values.description.strip()) >= SHORT


def _telling_words(text: str) -> set[str]:
    # The "s" of "the shop's" is no word.
    return set(_WORD.findall(fold(text[: 2 * LONG]))) - FUNCTION_WORDS - {"s"}


RULES = (
    Rule(
        "description-missing",
        "warning",
        "description",
        "description",
        "No description",
        "A model chooses a plugin by its description.",
        "Say in a sentence or two what it knows or does, and when to use it.",
        _missing,
    ),
    Rule(
        "description-short",
        "warning",
        "description",
        "description",
        f"A description below {SHORT} characters",
        "A few words do not set one plugin apart from the others.",
        "Say what it knows or does, and when to use it.",
        _short,
    ),
    Rule(
        "description-long",
        "error",
        "description",
        "description",
        f"A description above {LONG:,} characters",
        "OpenAI refuses a request with a longer description of a tool, and every prompt pays for it.",
        f"Cut it to {LONG:,} characters; what the model needs once chosen belongs into the system role.",
        _long,
    ),
    Rule(
        "description-generic",
        "warning",
        "description",
        "description",
        "A description of general words only",
        "A model cannot tell this plugin from any other.",
        "Name the subject: orders, opening hours, exchange rates.",
        _generic,
    ),
    Rule(
        "description-repeats-name",
        "warning",
        "description",
        "description",
        "A description that repeats the name",
        "The model sees the name already and learns nothing new.",
        "Add what is in it, for whom, and when to use it.",
        _repeats_name,
    ),
    Rule(
        "description-no-occasion",
        "hint",
        "description",
        "description",
        "A description without a verb or an occasion",
        "Models choose better when a description says what for.",
        "Begin with a verb, or add “Use it when …”.",
        _no_occasion,
    ),
    Rule(
        "description-registry",
        "hint",
        "description",
        "description",
        f"A description above {REGISTRY_MAX} characters",
        "The registry of the Model Context Protocol takes no longer one.",
        "Put what matters first; nothing else has to change.",
        _over_registry,
    ),
)
