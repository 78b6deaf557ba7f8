"""What lint says about a form as it stands, to be put beside its fields; it never keeps anybody from saving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from webapp.manifests.form_text import Unreadable
from webapp.plugins.forms import PluginForm
from webapp.plugins.lint import RULES, lint

QUIET = frozenset({"description-registry"})
"""Rules that only the page of checks tells: most descriptions are longer than a registry takes, and that is fine."""


def advice_for(form: PluginForm, field: str = "") -> Mapping[str, tuple[str, ...]]:
    """Return sentences by the name of the field; those about a row stand at its group.

    Args:
        form: of which some fields may not be readable; what depends on those is left out.
        field: the only one that is asked about; every field when not given.
    """
    rules = tuple(rule for rule in RULES if rule.id not in QUIET and (not field or rule.field == field))
    if not rules:
        return {}
    try:
        values = form.to_values()
    except Unreadable:
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    for finding in lint(values, rules):
        found[finding.field.partition("-")[0]].append(f"{finding.text}. {finding.rule.fix}")
    return {name: tuple(sentences) for name, sentences in found.items()}
