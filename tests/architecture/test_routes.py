"""Every address is written down, and every one but a few needs a signed-in person."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

SNAPSHOT = Path(__file__).parent / "routes.txt"
# Whoever adds a line here has thought about who may see the answer.
PUBLIC = {
    "accounts.accept_invitation",
    "accounts.invitation",
    "accounts.login",
    "accounts.logout",
    "accounts.sign_in",
    "help.concept",
    "help.index",
    "help.keys",
    "manifests.schema",
    "operations.healthz",
    "operations.metrics",
    "operations.readyz",
}
WITHOUT_METHODS = {"HEAD", "OPTIONS"}


def _routes(app: Flask) -> list[str]:
    return sorted(
        f"{rule.rule} {' '.join(sorted((rule.methods or set()) - WITHOUT_METHODS))} {rule.endpoint}"
        for rule in app.url_map.iter_rules()
    )


def test_the_addresses_are_the_ones_that_people_and_scripts_rely_on(app: Flask) -> None:
    """Run with PLUGDECK_WRITE_ROUTES=1 to write the snapshot anew; an address that goes away breaks somebody."""
    routes = "\n".join(_routes(app)) + "\n"
    if os.environ.get("PLUGDECK_WRITE_ROUTES"):
        SNAPSHOT.write_text(routes)
    assert routes == SNAPSHOT.read_text()


def test_only_the_listed_routes_are_public(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "_is_public", False)}
    assert marked == PUBLIC


def test_no_address_shows_a_primary_key(app: Flask) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if "<int" in rule.rule] == []


def test_a_page_that_reads_does_not_write_and_the_other_way_round(app: Flask) -> None:
    """An address that only writes takes POST alone: a link or an image can never trigger it."""
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - WITHOUT_METHODS
        assert methods <= {"GET", "POST"}, rule
        if any(word in rule.rule for word in ("logout", "check-field", "delete")):
            assert methods == {"POST"}, rule
