"""The group of the commands, and the options and look-ups that they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup

from webapp.accounts.identity import Viewer
from webapp.config import Settings
from webapp.core.errors import NotFound
from webapp.core.locators import parse_locator
from webapp.core.rules import REASON_MAX, check_line, check_tag
from webapp.db.session import current_session
from webapp.manifests.problems import visible
from webapp.manifests.registry import Registry
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.queries.bulk import find_by_names
from webapp.plugins.queries.visibility import get_plugin
from webapp.plugins.values import PLUGIN_CLASSES

Command = Callable[..., Any]

plugins_cli = AppGroup("plugins", help="Apply, list and export plugins as manifests.")

as_option = click.option(
    "--as", "username", required=True, metavar="USERNAME", help="Whose rights the command has."
)
class_option = click.option(
    "--class", "plugin_class", type=click.Choice(PLUGIN_CLASSES), help="Only plugins of this class."
)


def _check_reason(_context: click.Context, _option: click.Parameter, value: str) -> str:
    reason = " ".join(value.split())
    if errors := check_line(reason, REASON_MAX):
        raise click.BadParameter(errors[0].message)
    return reason


reason_option = click.option(
    "--reason", default="", callback=_check_reason, help="Why; it stands in the history of every record."
)


def output_option(*choices: str) -> Callable[[Command], Command]:
    """Return the option `--output`; the first choice is the default."""
    return click.option(
        "--output", type=click.Choice(choices), default=choices[0], show_default=True, help="How to print."
    )


def tag_option(command: Command) -> Command:
    """Add the option `--tag`, which may be given several times."""

    def check(_context: click.Context, _parameter: click.Parameter, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            if errors := check_tag(tag):
                raise click.BadParameter(errors[0].message)
        return tags

    text = "Only plugins with this tag; several have to be there all."
    return click.option("--tag", "tags", multiple=True, callback=check, help=text)(command)


def get_by_word(viewer: Viewer, word: str) -> PluginMeta:
    """Return the plugin of a name in the viewer's account, or of a locator.

    Raises:
        NotFound: there is none that the viewer may read.
    """
    session = current_session()
    plugin_id = parse_locator(word, LOCATOR_KIND)
    if plugin_id is None:
        named = find_by_names(session, viewer.account_id, [word]).get(word)
        plugin_id = named.id if named else 0
    try:
        return get_plugin(session, viewer, plugin_id)
    except NotFound:
        raise NotFound(f"There is no plugin {visible(word)} that {viewer.username} may read.") from None


def settings() -> Settings:
    """Return the settings of the installation."""
    return cast(Settings, current_app.extensions["plugdeck"])


def registry() -> Registry[Viewer]:
    """Return the kinds of manifests."""
    return cast("Registry[Viewer]", current_app.extensions["manifest_kinds"])
