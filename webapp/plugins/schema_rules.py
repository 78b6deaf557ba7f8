"""Rules of a plugin's manifest that look at several fields, on data that may be wrong in any way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from webapp.manifests.fields import Finding, dig, items
from webapp.manifests.problems import Path
from webapp.manifests.scalars import plain, written
from webapp.plugins.rules import find_placeholders, fits
from webapp.plugins.values import PARAMETER_TYPES

_MISSING = object()


def typed(kind: str, value: object, otherwise: object) -> object:
    """Return a value as its parameter's type has it, so that `500.00` stays "500.00" where text is wanted."""
    if value is None:
        return None
    text = written(value)
    if kind == "string":
        return otherwise if text is None else text
    if kind in {"number", "integer"} and text is not None and not isinstance(value, bool):
        return _number(value, text, whole_only=kind == "integer", otherwise=otherwise)
    if kind == "boolean" and isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    fits = {"boolean": bool, "object": dict, "array": list}.get(kind)
    return plain(value) if fits is not None and isinstance(value, fits) else otherwise


def _number(value: object, text: str, *, whole_only: bool, otherwise: object) -> object:
    if isinstance(value, int):
        return int(value)
    try:
        number = float(text) if len(text) <= 32 and "_" not in text else math.nan
    except ValueError:
        return otherwise
    if not math.isfinite(number):
        return otherwise
    if whole_only or (isinstance(value, str) and text.lstrip("+-").isdigit()):
        return int(number) if number.is_integer() else otherwise
    return number


def selector_findings(data: Mapping[str, object]) -> Iterator[Finding]:
    """Yield whether the directive and the search terms go together."""
    selector = dig(data, "spec", "selector")
    if not isinstance(selector, dict):
        return
    terms = selector.get("searchTerms")
    if selector.get("directive") == "search_terms" and terms is None:
        yield Finding(
            ("spec", "selector"),
            "The directive is search_terms, and searchTerms is missing.",
            "Add searchTerms.",
        )
    elif selector.get("directive") in ("always", "llm") and terms:
        yield Finding(
            ("spec", "selector", "searchTerms"),
            f"Search terms are kept but have no effect while the directive is {selector['directive']}.",
            severity="notice",
        )


def parameter_findings(data: Mapping[str, object], base: Path) -> Iterator[Finding]:
    """Yield parameters declared twice, and defaults that fit neither the type nor the enum."""
    seen: set[str] = set()
    for index, item in items(data, *base, "parameters"):
        name, kind = dig(item, "name"), dig(item, "type")
        path = (*base, "parameters", index)
        if isinstance(name, str):
            if name in seen:
                yield Finding((*path, "name"), f"{name} is declared twice.", "Keep one of them.")
            seen.add(name)
        if kind not in PARAMETER_TYPES:
            continue
        yield from _enum_findings(str(kind), item, path)
        default = dig(item, "default")
        if default is None:
            continue
        if typed(str(kind), default, _MISSING) is _MISSING:
            yield Finding((*path, "default"), f"The default does not fit the type of the parameter, {kind}.")
        options = dig(item, "enum")
        if isinstance(options, list) and options and written(default) not in map(written, options):
            yield Finding(
                (*path, "default"), "The default is not one of the enum.", "Add it there, or change it."
            )


def _enum_findings(kind: str, item: object, path: Path) -> Iterator[Finding]:
    for place, option in items(item, "enum"):
        text = written(option)
        if text is not None and not fits(kind, text):
            yield Finding(
                (*path, "enum", place), f"This value does not fit the type of the parameter, {kind}."
            )


def unused_value_findings(data: Mapping[str, object], base: Path) -> Iterator[Finding]:
    """Yield a notice for each test value of something that is not a parameter; older manifests have such."""
    declared = {dig(item, "name") for _, item in items(data, *base, "parameters")}
    for index, item in items(data, *base, "testValues"):
        name = dig(item, "name")
        if isinstance(name, str) and name not in declared:
            message = f"{name} is not a parameter, so this value is kept but never used."
            yield Finding((*base, "testValues", index, "name"), message, severity="notice")


def placeholder_findings(data: Mapping[str, object], base: Path, key: str) -> Iterator[Finding]:
    """Yield the placeholders of a query or an endpoint that are not parameters."""
    text = dig(data, *base, key)
    if not isinstance(text, str):
        return
    declared = {dig(item, "name") for _, item in items(data, *base, "parameters")}
    for name in find_placeholders(text):
        if name not in declared:
            yield Finding(
                (*base, key),
                f"The placeholder {{{name}}} is not a parameter.",
                "Declare it under parameters.",
            )
