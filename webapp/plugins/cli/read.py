"""`plugins get` and `plugins describe`."""

from __future__ import annotations

from typing import Any

import click

from webapp.accounts.queries import get_cli_viewer
from webapp.db.session import current_session
from webapp.plugins.cli.group import (
    as_option,
    class_option,
    get_by_word,
    output_option,
    plugins_cli,
    tag_option,
)
from webapp.plugins.cli.terminal import print_data, print_table
from webapp.plugins.manifest import export_mapping
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries.bulk import iter_account_plugins

HEADINGS = ("Name", "Class", "Version", "Readiness", "Owner", "Locator")


@plugins_cli.command("get")
@as_option
@tag_option
@class_option
@output_option("table", "yaml", "json")
def get_command(username: str, tags: tuple[str, ...], plugin_class: str | None, output: str) -> None:
    """List the plugins of the account by name."""
    viewer = get_cli_viewer(username)
    plugins = iter_account_plugins(current_session(), viewer, tags=tags, plugin_class=plugin_class or "")
    rows = (_row(plugin) for plugin in plugins)
    if output == "table":
        print_table(HEADINGS, (tuple(row[heading.lower()] for heading in HEADINGS) for row in rows))
    else:
        print_data({"plugins": list(rows)}, output)


@plugins_cli.command("describe")
@click.argument("name", metavar="NAME|LOCATOR")
@as_option
@output_option("yaml", "json")
def describe_command(name: str, username: str, output: str) -> None:
    """Print one plugin with its status. Applying what is printed changes nothing."""
    plugin = get_by_word(get_cli_viewer(username), name)
    judgement = plugin.judge()
    owner = plugin.user_profile
    status = {
        "recordLocator": plugin.record_locator,
        "accountNumber": owner.account.account_number,
        "username": owner.user.username,
        "created": plugin.created_at.isoformat(),
        "modified": plugin.updated_at.isoformat(),
        "revision": plugin.revision,
        "readiness": judgement.state,
        "missing": [check.text for check in judgement.missing],
        "warnings": [check.text for check in judgement.warnings],
    }
    print_data({**export_mapping(plugin.to_values()), "status": status}, output)


def _row(plugin: PluginMeta) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "class": plugin.plugin_class,
        "version": plugin.version,
        "readiness": plugin.readiness,
        "tags": plugin.tags_list,
        "owner": plugin.user_profile.user.username,
        "updated": plugin.updated_at.isoformat(),
        "locator": plugin.record_locator or "",
    }
