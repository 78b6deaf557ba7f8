"""The pages of the top bar: where they are and which key leads there after g."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask


@dataclass(frozen=True)
class MainPage:
    """A page of the top bar; `name` is the blueprint that marks it as the current one, `words` what else it is."""

    name: str
    label: str
    path: str
    key: str
    icon: str
    words: str = ""


MAIN_PAGES = (
    MainPage("plugins", "Plugins", "/plugins/", "g p", "stack-2", "list records"),
    MainPage("manifests", "Manifests", "/manifests/", "g m", "file-code", "upload paste yaml apply"),
    MainPage("tags", "Tags", "/tags/", "g t", "hash", "rename merge"),
    MainPage("connections", "Connections", "/connections/", "g c", "plug-connected", "secrets databases"),
    MainPage("activity", "Activity", "/activity/", "g a", "history", "feed log changes undo"),
    MainPage("overview", "Overview", "/overview/", "g o", "eye", "charts numbers dashboard"),
)


def init_navigation(app: Flask) -> None:
    """Keep the pages that this installation has; called when every route is registered."""
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    app.extensions["main_pages"] = tuple(page for page in MAIN_PAGES if page.path in rules)


def main_pages(app: Flask) -> tuple[MainPage, ...]:
    """Return the pages of the top bar, in order."""
    found: tuple[MainPage, ...] = app.extensions["main_pages"]
    return found
