"""Readiness: what is missing before a plugin can be used, and what could be better. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.plugins.lint import WEIGHTY, Finding, Rule, lint
from webapp.plugins.values import PluginValues, SqlData, StaticData


@dataclass(frozen=True)
class ConnectionState:
    """What a plugin's connection looks like now: does it exist, and which of its secrets do not."""

    exists: bool
    missing_secrets: tuple[str, ...] = ()
    expired_secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One line of the readiness panel: passed or not, what it says, and the part of the editor it belongs to.

    `missing` is the name of a connection or secret that does not exist yet, `expired` that of a secret that is too old.
    """

    part: str
    text: str
    passed: bool
    missing: str = ""
    expired: str = ""


@dataclass(frozen=True)
class Judgement:
    """The verdict on a plugin: every check, secrets that have expired, and what the rules of lint find."""

    checks: tuple[Check, ...]
    expired: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def missing(self) -> tuple[Check, ...]:
        """Return the checks that keep the plugin from being used."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def warnings(self) -> tuple[Check | Finding, ...]:
        """Return what makes a plugin that is ready need attention; a hint does not."""
        return (*self.expired, *(found for found in self.findings if found.rule.severity != "hint"))

    @property
    def state(self) -> str:
        """Return `ready`, `attention` or `not_ready`."""
        if self.missing:
            return "not_ready"
        return "attention" if self.warnings else "ready"


def judge(
    values: PluginValues, connection: ConnectionState | None, rules: tuple[Rule, ...] = WEIGHTY
) -> Judgement:
    """Return the verdict on a plugin.

    Args:
        values: what is written on the record.
        connection: the state of the connection that an sql or api plugin names; None where none is named.
        rules: of lint. The stored state needs those that weigh, a page shows them all.
    """
    checks = [_selector(values), _prompt(values), _data(values)]
    if values.plugin_class != "static":
        checks.extend(_connection(values, connection))
    return Judgement(tuple(checks), _expired(connection), tuple(lint(values, rules)))


def _selector(values: PluginValues) -> Check:
    selector = values.selector
    if selector is None:
        return Check("selector", "Selector is missing", False)
    if selector.directive == "search_terms" and not selector.search_terms:
        return Check("selector", "Selector has no search terms", False)
    words = {"search_terms": "Selector has search terms", "always": "Offered with every prompt"}
    return Check("selector", words.get(selector.directive, "Chosen by the model"), True)


def _prompt(values: PluginValues) -> Check:
    if values.prompt is None:
        return Check("prompt", "Prompt is missing", False)
    if not values.prompt.system_role.strip():
        return Check("prompt", "Prompt has no system role", False)
    return Check("prompt", "Prompt has a system role", True)


def _data(values: PluginValues) -> Check:
    data = values.data
    if data is None:
        return Check("data", "Data is missing", False)
    if isinstance(data, StaticData):
        filled = data.static_data not in (None, {}, [], "")
        return Check("data", "Static data is filled in" if filled else "Static data is empty", filled)
    if isinstance(data, SqlData):
        filled = bool(data.sql_query.strip())
        return Check("data", "SQL query is filled in" if filled else "SQL query is empty", filled)
    filled = bool(data.endpoint.strip())
    return Check("data", "Endpoint is filled in" if filled else "Endpoint is empty", filled)


def _connection(values: PluginValues, connection: ConnectionState | None) -> list[Check]:
    name = "" if values.data is None or isinstance(values.data, StaticData) else values.data.connection
    if not name:
        return [Check("connection", "Connection is not chosen", False)]
    if connection is None or not connection.exists:
        return [Check("connection", f"Connection {name} does not exist", False, name)]
    checks = [Check("connection", f"Connection {name} exists", True)]
    checks.extend(
        Check("secret", f"Secret {secret} does not exist", False, secret)
        for secret in connection.missing_secrets
    )
    return checks


def _expired(connection: ConnectionState | None) -> tuple[Check, ...]:
    names = connection.expired_secrets if connection else ()
    return tuple(Check("secret", f"Secret {name} has expired", False, expired=name) for name in names)
