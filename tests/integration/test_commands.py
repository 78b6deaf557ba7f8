"""What `plugdeck` says when its surroundings fail: one line, exit code 1, and what to do."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from webapp.cli import OF_AUTHORS, _database_message

COMMAND = (sys.executable, "-c", "from webapp.cli import main; main()")
FULL = Path("/dev/full")
pytestmark = pytest.mark.sqlite_only


def _run(folder: Path, *words: str, output: Path | None = None, **env: str) -> tuple[int, str, str]:
    """Run a command with an instance folder of its own; return exit code, output and errors."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PLUGDECK_")}
    environment |= {"PLUGDECK_INSTANCE_DIR": str(folder), **env}
    with (output or folder / "output").open("w+") as stdout:
        done = subprocess.run(
            [*COMMAND, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    return done.returncode, "" if output else (folder / "output").read_text(), done.stderr


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the instance folder of an installation without people."""
    folder = tmp_path_factory.mktemp("migrated")
    code, _, errors = _run(folder, "db", "upgrade")
    assert code == 0, errors
    yield folder


def test_a_new_database_is_read_by_its_owner_only(migrated: Path) -> None:
    assert stat.S_IMODE((migrated / "plugdeck.db").stat().st_mode) == 0o600
    _, found, _ = _run(migrated, "doctor", "--quick")
    assert "is closed to others" in found


def test_a_server_that_is_away_is_told_once_and_not_as_fine(tmp_path: Path) -> None:
    address = "postgresql://somebody:topsecret@127.0.0.1:1/nothing"
    code, found, _ = _run(tmp_path, "doctor", "--output", "json", PLUGDECK_DATABASE_URL=address)
    assert code == 1
    [told] = [finding for finding in json.loads(found) if finding["check"] == "database"]
    assert told["severity"] == "broken"
    assert "PLUGDECK_DATABASE_URL" in told["advice"]
    assert "topsecret" not in found


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "words",
    [("backup", "-"), ("accounts", "list"), ("doctor", "--quick"), ("--help",), ("serve", "--help")],
    ids=" ".join,
)
def test_a_full_disk_behind_the_output_is_one_line(migrated: Path, words: tuple[str, ...]) -> None:
    code, _, errors = _run(migrated, *words, output=FULL)
    assert (code, errors) == (1, "Error: Standard output cannot be written: No space left on device.\n")


def test_a_setting_of_serve_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    for name in ("PORT", "WEB_CONCURRENCY", "PLUGDECK_WORKER_MAX_MIB"):
        code, _, errors = _run(tmp_path, "serve", **{name: "lots"})
        assert (code, f"(env var: '{name}')" in errors) == (2, True), errors


def test_a_host_that_cannot_be_found_is_said(tmp_path: Path) -> None:
    code, _, errors = _run(tmp_path, "serve", HOST="no-such-host.invalid")
    assert code == 1
    assert errors.startswith("Error: Cannot listen on no-such-host.invalid:8000: ")
    assert "Unknown error" not in errors


def test_an_operator_meets_no_command_that_writes_migrations(tmp_path: Path) -> None:
    _, listed, _ = _run(tmp_path, "db", "--help")
    commands = {line.split()[0] for line in listed.partition("Commands:")[2].splitlines() if line.strip()}
    assert {"upgrade", "downgrade", "current"} <= commands
    assert not commands & set(OF_AUTHORS)
    assert _run(tmp_path, "db", "migrate")[0] == 2


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("no such table: accounts", "plugdeck db upgrade"),
        ('relation "accounts" does not exist', "plugdeck db upgrade"),
        ('FATAL:  database "plugdeck" does not exist', "PLUGDECK_DATABASE_URL"),
        ('FATAL:  role "plugdeck" does not exist', "PLUGDECK_DATABASE_URL"),
        ("file is not a database", "PLUGDECK_DATABASE_URL"),
    ],
)
def test_an_error_of_the_database_says_what_to_do(detail: str, told: str) -> None:
    said = _database_message(OperationalError("SELECT 1", {}, Exception(detail)))
    assert told in said
    assert ("upgrade" in said) == ("upgrade" in told)
