"""People with plugins in two accounts and on the platform; and the command line."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from tests import factories
from tests.factories import Person
from tests.integration.plugins.naive import fill
from webapp.cli import cli

Run = Callable[..., Result]


@dataclass(frozen=True)
class Folder:
    """Manifests on disk."""

    path: Path

    def write(self, name: str, text: str) -> str:
        """Write a file, in a folder below where its name says so; return its path."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)
        return str(self.path / name)


@pytest.fixture
def run(app: Flask) -> Run:
    """Return a function that runs a command line as `plugdeck` would."""

    def run(*words: str, stdin: str | bytes = "") -> Result:
        with capture_logs():
            result = CliRunner().invoke(
                cli, ["plugins", *words], input=stdin, obj=ScriptInfo(create_app=lambda: app)
            )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder."""
    return Folder(tmp_path)


@dataclass(frozen=True)
class Neighbours:
    """Two people of one account, one of another, one of the platform, a superuser of the first."""

    ann: Person
    bob: Person
    eve: Person
    odette: Person
    root: Person

    @property
    def everyone(self) -> tuple[Person, ...]:
        """Return all of them."""
        return self.ann, self.bob, self.eve, self.odette, self.root


@pytest.fixture
def neighbours(session: Session) -> Neighbours:
    """Return people whose plugins have many equal values."""
    here, there, platform = factories.account("Here"), factories.account("There"), factories.platform()
    people = Neighbours(
        ann=factories.person("ann", of=here),
        bob=factories.person("bob", of=here, role="staff"),
        eve=factories.person("eve", of=there, role="staff"),
        odette=factories.person("odette", of=platform, role="staff"),
        root=factories.person("root", of=here, role="superuser"),
    )
    rng = random.Random(7)
    for person, count in ((people.ann, 62), (people.bob, 48), (people.eve, 40), (people.odette, 30)):
        fill(session, rng, person, count)
    return people
