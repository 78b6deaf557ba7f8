"""Where every page is: one row for each address that is opened with GET, for tests that look at all of them.

A new route without a row fails tests/integration/web/test_every_page.py, and with a row it is looked at there and by axe
(tests/browser/test_accessibility.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.factories import Person
from webapp.accounts.identity import profile_key
from webapp.accounts.queries.saved_views import view_key
from webapp.accounts.service.invitations import invite
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.history.queries import unit_key
from webapp.manifests import service as manifests
from webapp.manifests.sources import Source
from webapp.plugins import service
from webapp.plugins.models import Tag
from webapp.tags.values import tag_locator

PAGES = {
    "/account/": "/account/",
    "/account/password": "/account/password",
    "/account/people": "/account/people",
    "/account/people/<key>/hand-over": "/account/people/{colleague}/hand-over",
    "/account/people/invite": "/account/people/invite",
    "/account/sessions": "/account/sessions",
    "/account/settings": "/account/settings",
    "/activity/": "/activity/",
    "/activity/<unit>": "/activity/{unit}",
    "/activity/<unit>/sources/<position>": "/activity/{unit}/sources/1",
    "/connections/": "/connections/",
    "/connections/<locator>/": "/connections/{connection}/",
    "/connections/<locator>/edit": "/connections/{connection}/edit",
    "/connections/<locator>/history": "/connections/{connection}/history",
    "/connections/<locator>/manifest": "/connections/{connection}/manifest",
    "/connections/<locator>/removal": "/connections/{connection}/removal",
    "/connections/new": "/connections/new",
    "/connections/new?kind": "/connections/new?kind=sql",
    "/help/": "/help/",
    "/help/<concept>": "/help/selector",
    "/help/keys": "/help/keys",
    "/invite/<token>": "/invite/{token}",
    "/manifests/": "/manifests/",
    "/overview/": "/overview/",
    "/palette": "/palette?q=sweets",
    "/plugins/": "/plugins/",
    "/plugins/<locator>/": "/plugins/{plugin}/",
    "/plugins/<locator>/ in the bin": "/plugins/{binned}/",
    "/plugins/<locator>/cell/<field>": "/plugins/{plugin}/cell/description?place=page",
    "/plugins/<locator>/checks": "/plugins/{plugin}/checks",
    "/plugins/<locator>/edit": "/plugins/{plugin}/edit",
    "/plugins/<locator>/edit/yaml": "/plugins/{plugin}/edit/yaml",
    "/plugins/<locator>/history": "/plugins/{plugin}/history",
    "/plugins/<locator>/manifest": "/plugins/{plugin}/manifest",
    "/plugins/<locator>/owner": "/plugins/{plugin}/owner",
    "/plugins/<locator>/removal": "/plugins/{plugin}/removal",
    "/plugins/<locator>/rename": "/plugins/{plugin}/rename",
    "/plugins/<locator>/used-by": "/plugins/{plugin}/used-by",
    "/plugins/bin": "/plugins/bin",
    "/plugins/bulk/<act>": "/plugins/bulk/tag?id={plugin}",
    "/plugins/export": "/plugins/export",
    "/plugins/new": "/plugins/new",
    "/plugins/views": "/plugins/views",
    "/plugins/views/<key>": "/plugins/views/{view}",
    "/tags/": "/tags/",
    "/tags/<locator>/": "/tags/{tag}/",
    "/tags/<locator>/rename": "/tags/{tag}/rename",
    "/tags/merge": "/tags/merge?tag={tag}&tag={other_tag}&into={other_tag}",
}
"""What is shown to somebody who is signed in: the route (and which of its pages), and where to look at it."""

DOWNLOADS = frozenset({"/activity/<unit>/sources/<position>"})
"""Those that a browser stores instead of showing them."""

NOT_PAGES = frozenset(
    {
        # Lead on.
        *("/", "/r/<locator>", "/plugins/counts", "/plugins/tags", "/login"),
        *("/plugins/annotations", "/plugins/annotations/keys", "/plugins/newer"),
        # Data.
        *(
            "/healthz",
            "/metrics",
            "/readyz",
            "/connections/names.json",
            "/plugins/tags.json",
            "/manifests/schema/<kind>.json",
        ),
        *("/connections/<locator>/manifest.json", "/connections/<locator>/manifest.yaml"),
        *("/plugins/<locator>/manifest.json", "/plugins/<locator>/manifest.yaml"),
        # A job runs: tests/browser/test_large_imports.py looks at it in each of its states.
        "/manifests/jobs/<key>",
    }
)
"""Every other address that answers a GET, signed in."""

MANIFEST = """apiVersion: smarter.sh/v1
kind: Secret
metadata: {name: sweet_key, description: Of sweets., version: 1.0.0}
spec: {config: {value: hush}}
"""


@dataclass(frozen=True)
class Places:
    """Somebody with one record of each kind, an act, a colleague and an open invitation: what the addresses name."""

    owner: Person
    names: dict[str, str]

    def path(self, page: str) -> str:
        """Return the address of a row of `PAGES`."""
        return PAGES[page].format_map(self.names)


def make_places(app: Flask) -> Places:
    """Make the records, in the application context of the caller."""
    owner = factories.person(role="staff")
    colleague = factories.person(of=owner.account)
    viewer = factories.viewer_of(owner)
    tagged = factories.plugin_values("sweets", tags=("candy", "candies"))
    plugin, binned = factories.plugin(owner, tagged), factories.plugin(owner, name="old_sweets")
    service.delete_plugin(viewer, binned.id, binned.revision)
    registry: Any = app.extensions["manifest_kinds"]
    writer = factories.viewer_of(owner, origin="manifest")
    plan = manifests.plan(writer, [Source("sweets.yaml", MANIFEST)], registry)
    applied = manifests.apply(writer, plan, registry)
    assert applied.unit_id is not None
    names = {
        "plugin": plugin.locator,
        "binned": binned.locator,
        "connection": format_locator("sqlconnection", factories.sql_connection(owner)),
        "unit": unit_key(applied.unit_id),
        "colleague": profile_key(colleague.profile_id),
        "view": view_key(factories.saved_view(owner)),
        **dict(zip(("tag", "other_tag"), _tags(owner)[:2], strict=True)),
        "token": invite(viewer, "Pat Moore", "member"),
    }
    return Places(owner, names)


def _tags(owner: Person) -> list[str]:
    found = select(Tag.id).where(Tag.account_id == owner.account.id).order_by(Tag.id)
    return [tag_locator(tag_id) for tag_id in current_session().scalars(found)]
