"""Synthetic plugins for measuring: the same random seed gives the same texts, tags and versions. Pure."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from webapp.plugins.values import (
    ApiData,
    Parameter,
    PluginData,
    PluginValues,
    PromptValues,
    SelectorValues,
    SqlData,
    StaticData,
)

SQL_CONNECTION = "seed_warehouse"
API_CONNECTION = "seed_service"

COMMON_WORD = "customer"
"""Stands in about a third of all descriptions of every account."""
RARE_WORD = "gobstopper"
"""Stands in about one of two thousand descriptions."""
LOCAL_WORD = "warehouse"
"""Frequent in every account but the first, where it is rare: the worst case of a search within an account."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SUBJECTS = _words(
    "order invoice refund ticket lead price stock claim route visit menu course meter parcel policy recipe shift"
)
_QUALITIES = _words(
    "daily open late regional annual draft archived urgent public internal weekly partner legacy final"
)
_THINGS = _words(
    "lookup summary report finder status history search catalogue calendar rules contacts totals faq guide"
)
_FILLER = _words(
    "the a of for and with by to from per each when what which team product region month answer question number list "
    "date name amount current last next new old open closed approved shipping support sales finance"
)
_SYLLABLES = _words("ba ce di fo gu ha je ki lo mu na pe qui ro sa te vi wo xa zu")
_TAGS = _words(
    "sales support legal finance internal public catalogue safety promo visitors press trade research drinks seasonal "
    "faq stores sourcing novelty home gifts HR logistics beta EMEA APAC VIP"
)
TAG_COUNT = 200


@dataclass(frozen=True)
class SeededPlugin:
    """One plugin and how long ago it was made and changed."""

    values: PluginValues
    age_seconds: float
    unchanged_seconds: float


def generate_plugins(random_seed: int, account: int, count: int) -> Iterator[SeededPlugin]:
    """Yield the plugins of one account; `account` is its place, counted from 0.

    The same arguments give the same plugins, and names are unique within the account.
    """
    # Not for secrets: what matters is that it can be repeated.
    rng = random.Random(f"{random_seed}/{account}")  # noqa: S311
    tags = [*_TAGS, *(f"{word} {number}" for number in range(1, 99) for word in ("team", "project"))][
        :TAG_COUNT
    ]
    weights = list(itertools.accumulate(1 / (place + 3) for place in range(len(tags))))
    for number in range(count):
        yield _plugin(rng, number, account, tags, weights)


def _plugin(
    rng: random.Random, number: int, account: int, tags: list[str], weights: list[float]
) -> SeededPlugin:
    name = "_".join((rng.choice(_QUALITIES), rng.choice(_SUBJECTS), rng.choice(_THINGS), str(number)))
    plugin_class = rng.choices(("static", "sql", "api"), (6, 3, 1))[0]
    chosen = dict.fromkeys(rng.choices(tags, cum_weights=weights, k=rng.choice((0, 1, 2, 2, 3, 3, 4, 5))))
    age = rng.random() ** 2 * 730 * 86_400
    values = PluginValues(
        name=name,
        plugin_class=plugin_class,
        description=_description(rng, account),
        version=_version(rng),
        tags=tuple(chosen),
        annotations=_annotations(number),
        selector=SelectorValues("search_terms", (rng.choice(_SUBJECTS), rng.choice(_THINGS))),
        prompt=PromptValues(system_role="Answer from the data below.") if rng.random() > 0.04 else None,
        data=_data(rng, plugin_class, number),
    )
    return SeededPlugin(values, age, age * rng.random() ** 3)


def _description(rng: random.Random, account: int) -> str:
    if rng.random() < 0.05:
        return "To be written."
    words = [
        rng.choice(_FILLER) if rng.random() < 0.7 else "".join(rng.choices(_SYLLABLES, k=3))
        for _ in range(rng.randint(6, 22))
    ]
    for word, share in (
        (COMMON_WORD, 1 / 3),
        (RARE_WORD, 1 / 2000),
        (LOCAL_WORD, 1 / 3 if account else 1 / 5000),
    ):
        if rng.random() < share:
            words.insert(rng.randrange(len(words)), word)
    text = " ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def _annotations(number: int) -> tuple[dict[str, Any], ...]:
    """Return one that no other plugin has, one that many have, and now and then a rare one."""
    found: list[dict[str, Any]] = [
        {"seed.example/number": number},
        {"team": _SUBJECTS[number % len(_SUBJECTS)]},
    ]
    if number % 1_000 == 0:
        found.append({"review": "due"})
    return tuple(found)


def _version(rng: random.Random) -> str:
    core = f"{rng.choice((0, 0, 1, 1, 1, 2, 3, 10))}.{rng.randint(0, 20)}.{rng.randint(0, 12)}"
    return f"{core}-rc.{rng.randint(1, 12)}" if rng.random() < 0.06 else core


def _data(rng: random.Random, plugin_class: str, number: int) -> PluginData | None:
    if rng.random() < 0.02:
        return None
    if plugin_class == "static":
        return StaticData("What is known.", {"number": number, "region": rng.choice(("north", "south"))})
    parameters = (Parameter("region", "string", "The region that is asked about.", True),)
    if plugin_class == "sql":
        query = "SELECT name, amount FROM totals WHERE region = {region}"
        return SqlData(SQL_CONNECTION, query, "Totals of a region.", parameters)
    return ApiData(API_CONNECTION, f"/v1/items/{number}/{{region}}", "GET", "An item.", parameters=parameters)
