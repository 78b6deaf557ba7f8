"""`plugins apply` with the options of a plan: only create, only update, skip, rename, assign an owner."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.plugins.conftest import Run
from webapp.manifests.models import AppliedSource
from webapp.plugins.models import PluginMeta

CHANGED = samples.static(**{"41 m": "42 m"})


@pytest.fixture
def rita(session: Session) -> Person:
    """Return staff whose account has the lighthouse already."""
    return factories.person("rita", role="staff")


@pytest.fixture(autouse=True)
def lighthouse(run: Run, rita: Person) -> None:
    """Apply the lighthouse from a source."""
    assert run("apply", "-", "--as", "rita", "--source", "harbour", stdin=samples.static()).exit_code == 0


@pytest.mark.parametrize(
    ("options", "action", "reason"),
    [
        (("--create-only",), "skip", "lighthouse exists, and only new records are created."),
        (("--on-conflict", "skip"), "skip", "lighthouse exists and is left as it is."),
        (("--on-conflict", "rename"), "create", ""),
        (("--update-only",), "update", ""),
    ],
)
def test_the_options_of_a_plan(run: Run, options: tuple[str, ...], action: str, reason: str) -> None:
    result = run("apply", "-", "--as", "rita", *options, "--output", "json", stdin=CHANGED)
    [document] = json.loads(result.stdout)["documents"]
    assert (document["action"], document["reason"]) == (action, reason)
    table = run("apply", "-", "--as", "rita", "--create-only", stdin=CHANGED)
    assert (table.exit_code, "1 skipped" in table.stdout) == (0, True)


def test_how_large_a_change_is_and_what_version_it_asks_for(run: Run, rita: Person) -> None:
    result = run("apply", "-", "--as", "rita", "--dry-run", "--output", "json", stdin=CHANGED)
    [document] = json.loads(result.stdout)["documents"]
    assert (document["level"], document["suggestedVersion"]) == ("patch", "1.2.1")


def test_an_owner_is_assigned_and_handed_over_to(run: Run, rita: Person, session: Session) -> None:
    other = factories.person("marina", of=rita.account)
    assert run("apply", "-", "--as", "rita", "--owner", "marina", stdin=samples.static("buoy")).exit_code == 0
    rows = session.execute(select(PluginMeta.name, PluginMeta.user_profile_id))
    owners = {row.name: row.user_profile_id for row in rows}
    assert owners == {"lighthouse": rita.profile_id, "buoy": other.profile_id}
    result = run("apply", "-", "--as", "rita", "--owner", "marina", "--hand-over", stdin=samples.static())
    assert "1 updated" in result.stdout
    session.rollback()
    assert set(session.scalars(select(PluginMeta.user_profile_id))) == {other.profile_id}


def test_an_owner_that_does_not_exist_is_refused(run: Run, rita: Person) -> None:
    result = run("apply", "-", "--as", "rita", "--owner", "nobody", stdin=samples.static("buoy"))
    assert result.exit_code == 1
    assert "Nothing can be given to nobody." in result.stderr


@pytest.mark.parametrize(
    "options",
    [("--hand-over",), ("--create-only", "--update-only"), ("--prune", "--source", "harbour", "--on-conflict", "rename"), ("--on-conflict", "explode")],
)  # fmt: skip
def test_options_that_do_not_go_together_are_wrong_usage(run: Run, options: tuple[str, ...]) -> None:
    assert run("apply", "-", "--as", "rita", "--yes", *options, stdin=CHANGED).exit_code == 2


def test_what_is_skipped_stays_with_its_source(run: Run, session: Session) -> None:
    for source in ((), ("--source", "elsewhere")):
        run("apply", "-", "--as", "rita", "--on-conflict", "skip", *source, stdin=CHANGED)
        session.rollback()
        assert session.scalars(select(AppliedSource.source)).all() == ["harbour"]


def test_what_is_skipped_is_not_pruned(run: Run, session: Session) -> None:
    text = samples.documents(CHANGED, samples.static("buoy"))
    options = ("--source", "harbour", "--prune", "--yes", "--create-only")
    assert run("apply", "-", "--as", "rita", *options, stdin=text).exit_code == 0
    session.rollback()
    assert set(session.scalars(select(PluginMeta.name).where(PluginMeta.deleted_at.is_(None)))) == {
        "lighthouse",
        "buoy",
    }
