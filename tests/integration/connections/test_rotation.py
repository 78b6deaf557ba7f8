"""Rotating keys: everything sealed reads with the new key alone, and nobody sees a change."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import ENCRYPTION_KEY, Person
from webapp.accounts.drafts import keep_draft
from webapp.accounts.models import Draft
from webapp.connections import rotation
from webapp.connections.cli import secrets_cli
from webapp.connections.crypto import Vault, WrongEncryptionKey
from webapp.connections.models import Secret
from webapp.db.session import current_session, transaction
from webapp.jobs.models import Job, JobPayload

NEW_KEY = Fernet.generate_key().decode()
OLD = Vault([ENCRYPTION_KEY])
NEW = Vault([NEW_KEY])
BOTH = Vault([NEW_KEY, ENCRYPTION_KEY])


@pytest.fixture
def owner(session: Session) -> Person:
    """Return somebody with three secrets, a draft and an import that waits."""
    owner = factories.person()
    for name in ("a_key", "b_key", "c_key"):
        factories.secret(owner, name, value=f"value of {name}")
    with transaction() as session:
        keep_draft(session, owner.user_id, "/plugins/new", OLD.encrypt("[]").decode())
        job = Job(key="k", kind="apply", title="Import", state="queued")
        session.add(job)
        session.flush()
        session.add(JobPayload(job_id=job.id, position=0, content=OLD.encrypt("name: gum")))
    return owner


def _tokens() -> list[bytes]:
    current_session().rollback()
    session = current_session()
    drafts = [value.encode() for value in session.scalars(select(Draft.fields))]
    found = [bytes(token) for token in session.scalars(select(Secret.encrypted_value).order_by(Secret.name))]
    return [*found, *drafts, *(bytes(value) for value in session.scalars(select(JobPayload.content)))]


def test_the_new_key_alone_reads_everything_afterwards(app: Flask, owner: Person) -> None:
    done = rotation.rotate(BOTH)
    assert (done.secrets, done.others, done.unreadable) == (3, 2, ())
    assert [NEW.decrypt(token) for token in _tokens()] == [
        *("value of a_key", "value of b_key", "value of c_key", "[]", "name: gum"),
    ]
    with pytest.raises(WrongEncryptionKey):
        OLD.decrypt(_tokens()[0])


def test_nobody_sees_a_change(app: Flask, owner: Person) -> None:
    what = text(
        "SELECT (SELECT count(*) FROM revisions), (SELECT sum(generation) FROM accounts), "
        "(SELECT max(updated_at) FROM secrets), (SELECT sum(revision) FROM secrets)"
    )
    before = current_session().execute(what).one()
    rotation.rotate(BOTH)
    assert current_session().execute(what).one() == before


def test_it_goes_on_in_small_steps(app: Flask, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 2)
    steps: list[int] = []
    rotation.rotate(BOTH, steps.append)
    assert steps == [2, 1, 1, 1]


def test_a_secret_that_no_key_reads_is_named_and_left(app: Flask, owner: Person) -> None:
    lost = Vault([Fernet.generate_key().decode()]).encrypt("lost")
    with transaction() as session:
        session.execute(
            text("UPDATE secrets SET encrypted_value = :value WHERE name = 'b_key'"), {"value": lost}
        )
    done = rotation.rotate(BOTH)
    assert done.unreadable == (f"b_key of account {owner.account.number}",)
    assert (done.secrets, _tokens()[1]) == (2, lost)


def test_it_can_be_run_again(app: Flask, owner: Person) -> None:
    rotation.rotate(BOTH)
    assert rotation.rotate(NEW).secrets == 3


def test_the_command_says_what_it_did(app: Flask, owner: Person) -> None:
    result = CliRunner().invoke(secrets_cli, ["rotate"], obj=ScriptInfo(create_app=lambda: app))
    assert (result.exit_code, "3 secrets and 2 drafts and imports" in result.output) == (0, True)


def test_the_command_fails_when_a_secret_is_lost(app: Flask, owner: Person) -> None:
    lost = Vault([Fernet.generate_key().decode()]).encrypt("lost")
    with transaction() as session:
        session.execute(text("UPDATE secrets SET encrypted_value = :value"), {"value": lost})
    result = CliRunner().invoke(secrets_cli, ["rotate"], obj=ScriptInfo(create_app=lambda: app))
    assert result.exit_code == 1
    assert f"a_key of account {owner.account.number}" in result.output
