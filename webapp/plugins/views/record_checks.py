"""What the pages of a plugin say about its readiness and what lint finds, with the links that put it right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.plugins.lint import RULES, Finding, Rule, Severity
from webapp.plugins.lint.data import estimate_tokens
from webapp.plugins.queries.record import Record, find_secrets
from webapp.plugins.readiness import Check, Judgement
from webapp.plugins.values import PluginValues, StaticData
from webapp.web.filters import plural
from webapp.web.sharing import record_url

LABELS: Mapping[str, str] = {
    "name": "name",
    "description": "description",
    "search_terms": "search terms",
    "temperature": "temperature",
    "max_tokens": "max tokens",
    "static_data": "static data",
    "sql_query": "SQL query",
    "limit": "limit",
}


@dataclass(frozen=True)
class ShownCheck:
    """A line of the readiness panel.

    `href` leads to the field of the editor that it is about, `create` to the form for what does not exist yet, and
    `record` to the page of what has to be renewed.
    """

    text: str
    kind: str
    href: str | None = None
    create: str | None = None
    record: str | None = None


@dataclass(frozen=True)
class ShownFinding:
    """What lint found, with its reason, what to do, and the link to the field (None for who may not change it)."""

    rule: Rule
    text: str
    href: str | None
    action: str

    @property
    def severity(self) -> Severity:
        """Return error, warning or hint."""
        return self.rule.severity


def shown_checks(
    session: Session, viewer: Viewer, record: Record, judgement: Judgement
) -> tuple[ShownCheck, ...]:
    """Return the lines about what a plugin needs before it can be used, and about secrets that have expired."""
    secrets = find_secrets(session, record, [check.expired for check in judgement.expired])
    lines = [_shown_check(viewer, record, check) for check in judgement.checks]
    for check in judgement.expired:
        locator = secrets.get(check.expired)
        lines.append(ShownCheck(check.text, "warn", record=record_url(locator) if locator else None))
    return tuple(lines)


def shown_findings(record: Record, findings: tuple[Finding, ...]) -> tuple[ShownFinding, ...]:
    """Return what lint found, the heaviest first."""
    order: tuple[Severity, ...] = ("error", "warning", "hint")
    return tuple(
        ShownFinding(found.rule, found.text, edit_url(record, found.field), _action(found))
        for found in sorted(findings, key=lambda found: order.index(found.rule.severity))
    )


def passed_words(values: PluginValues, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return, for what lint has nothing to say about, what that means."""
    parts = {found.rule.field for found in findings}
    said = []
    if "name" not in parts:
        said.append("The name is accepted by OpenAI, Anthropic, Gemini and MCP clients")
    if "description" not in parts:
        said.append(
            f"The description has {plural(len(values.description.strip()), 'character')} and says what for"
        )
    if "search_terms" not in parts and values.selector and values.selector.directive == "search_terms":
        count = len(values.selector.search_terms)
        if count:
            said.append(f"{plural(count, 'search term')}, none of which matches everything")
    data = values.data
    if isinstance(data, StaticData):
        if "static_data" not in parts and data.static_data is not None:
            tokens = estimate_tokens(data.static_data)
            said.append(f"The static data is about {plural(tokens, 'token')} (estimated)")
    elif data is not None and data.parameters and "parameters" not in parts:
        said.append(f"{plural(len(data.parameters), 'parameter')}, each with a name and a description")
    return tuple(said)


def list_rules() -> tuple[Rule, ...]:
    """Return every rule, for the table of them."""
    return RULES


def edit_url(record: Record, anchor: str | None) -> str | None:
    """Return the address of a field of the editor; None for who may not change the plugin, or where there is none."""
    if not anchor or not record.manageable:
        return None
    return url_for("plugins.edit", locator=record.locator, _anchor=anchor)


def edit_anchor(part: str, values: PluginValues) -> str | None:
    """Return the id of the field of the editor that puts a part right; None when it is not written there."""
    data = {"static": "static_data", "sql": "sql_query", "api": "endpoint"}.get(values.plugin_class)
    return {
        "selector": "search_terms",
        "prompt": "system_role",
        "data": data,
        "connection": "connection",
        "description": "description",
    }.get(part)


def _shown_check(viewer: Viewer, record: Record, check: Check) -> ShownCheck:
    if check.passed:
        return ShownCheck(check.text, "ok")
    href = edit_url(record, edit_anchor(check.part, record.values))
    return ShownCheck(check.text, "bad", href, _create_url(viewer, record, check))


def _create_url(viewer: Viewer, record: Record, check: Check) -> str | None:
    """Return where to create what a plugin waits for: anybody may in their own account, and nobody elsewhere."""
    if not check.missing or record.account_id != viewer.account_id:
        return None
    wanted = "secret" if check.part == "secret" else record.values.plugin_class
    return url_for("connections.new", kind=wanted, name=check.missing)


def _action(found: Finding) -> str:
    return f"Change the {LABELS.get(found.field, 'parameter')}"
