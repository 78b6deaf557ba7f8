"""The texts by which a plugin is passed on: links, its manifest, and commands that fetch it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from flask import current_app, url_for

from webapp.accounts.identity import Viewer
from webapp.plugins.queries.record import Record
from webapp.web.sharing import public_url, share_url

COOKIE_VARIABLE = "PLUGDECK_COOKIE"


@dataclass(frozen=True)
class Copy:
    """One entry of the menu: a short `text`, or the address that a longer one is read from."""

    label: str
    icon: str
    text: str = ""
    source: str = ""
    note: str = ""


def copies_of(viewer: Viewer, record: Record) -> tuple[Copy, ...]:
    """Return what can be copied of a plugin."""
    link = share_url(record.locator)
    yaml_path = url_for("plugins.manifest_yaml", locator=record.locator)
    json_path = url_for("plugins.manifest_json", locator=record.locator)
    session_cookie = f"{current_app.config['SESSION_COOKIE_NAME']}=${COOKIE_VARIABLE}"
    address = shlex.quote(f"{public_url()}{yaml_path}")
    return (
        Copy("Link", "link", link),
        Copy("Markdown link", "hash", f"[{record.values.name}]({link})"),
        Copy("Locator", "fingerprint", record.locator),
        Copy("YAML", "file-code", source=yaml_path),
        Copy("JSON", "code", source=json_path),
        Copy(
            "curl",
            "world",
            f'curl --fail --silent --show-error --cookie "{session_cookie}" {address}',
            note=f"It reads the value of your session cookie from {COOKIE_VARIABLE}; API tokens do not exist yet.",
        ),
        Copy(
            "Command line",
            "server",
            f"plugdeck plugins export {record.locator} --as {shlex.quote(viewer.username)}",
            note="It runs where Plugdeck is installed.",
        ),
    )
