"""The JSON Schema of a kind for editors and other tools: what the validation takes, as far as a schema can say it.

A key without a value means its default, as it does when a manifest is applied, so every optional field may be null.
"""

from __future__ import annotations

from typing import Any

from webapp.manifests.envelope import Manifest

_NULL = {"type": "null"}
_ABOUT = frozenset({"description", "default", "examples"})

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str, schema: type[Manifest]) -> dict[str, Any]:
    """Return the published schema of a kind."""
    found = schema.model_json_schema()
    found["properties"]["kind"] = {
        "enum": [kind, *schema.kind_aliases],
        "description": "What the manifest describes.",
    }
    for part in (found, *found.get("$defs", {}).values()):
        required = part.get("required", ())
        properties = part.get("properties", {})
        for name, value in properties.items():
            # The titles that are made from the names say nothing more than these.
            value.pop("title", None)
            if name not in required:
                _allow_null(value)
    return {"$schema": DIALECT, **found, "title": kind}


def _allow_null(value: dict[str, Any]) -> None:
    """Let a property be null besides; what is said about it as such stays outside of the choice."""
    options = value.get("anyOf")
    if options is not None:
        if _NULL not in options:
            options.append(_NULL)
        return
    rule = {word: value.pop(word) for word in list(value) if word not in _ABOUT}
    kinds = rule.get("type")
    if not rule or (isinstance(kinds, list) and "null" in kinds):
        value.update(rule)
    else:
        value["anyOf"] = [rule, _NULL]
