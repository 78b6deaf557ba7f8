"""The commands `backup` and `restore`, as a terminal runs them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.orm import Session

from tests import factories
from webapp.backup.cli import backup_command, restore_command
from webapp.core.errors import PlugdeckError

pytestmark = pytest.mark.sqlite_only


def _run(app: Flask, command: object, *words: str) -> Result:
    return CliRunner().invoke(command, words, obj=ScriptInfo(create_app=lambda: app))  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that the settings of a new place name."""
    target = tmp_path / "place" / "plugdeck.db"
    for name, value in {
        "DATABASE_URL": f"sqlite:///{target}",
        "INSTANCE_DIR": str(tmp_path / "place"),
        "SECRET_KEY": factories.SECRET_KEY,
        "ENCRYPTION_KEYS": factories.ENCRYPTION_KEY,
    }.items():
        monkeypatch.setenv(f"PLUGDECK_{name}", value)
    return target


def test_a_drill(app: Flask, session: Session, place: Path, tmp_path: Path) -> None:
    factories.plugin(factories.person(), factories.plugin_values("gum"))
    file = str(tmp_path / "b.zip")
    made = _run(app, backup_command, file)
    assert made.exit_code == 0, made.output
    assert made.output.startswith(f"{file} holds 1 plugins"), "no bar is drawn where nobody watches"
    done = _run(app, restore_command, file)
    assert done.exit_code == 0, done.output
    assert "Counts and checksums of every table are equal." in done.output
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [path.name for path in place.parent.glob("plugdeck.db*")] == ["plugdeck.db"]
    again = _run(app, restore_command, file)
    assert isinstance(again.exception, PlugdeckError)
    assert "empty place" in again.exception.message


def test_what_is_no_ordinary_file_is_never_replaced(
    app: Flask, session: Session, place: Path, tmp_path: Path
) -> None:
    device, folder = tmp_path / "null", tmp_path / "folder"
    os.mkfifo(device)
    folder.mkdir()
    for target in (device, folder):
        made = _run(app, backup_command, str(target), "--force")
        assert isinstance(made.exception, PlugdeckError)
        assert "no ordinary file" in made.exception.message
    assert device.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "null"]


def test_other_keys_leave_the_place_empty(
    app: Flask, session: Session, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.secret(factories.person())
    _run(app, backup_command, str(tmp_path / "b.zip"))
    monkeypatch.setenv("PLUGDECK_ENCRYPTION_KEYS", Fernet.generate_key().decode())
    result = _run(app, restore_command, str(tmp_path / "b.zip"))
    assert isinstance(result.exception, PlugdeckError)
    assert "PLUGDECK_ENCRYPTION_KEYS" in result.exception.message
    assert not place.exists()


def test_it_goes_through_a_pipe(app: Flask, session: Session, place: Path, tmp_path: Path) -> None:
    factories.secret(factories.person())
    made = _run(app, backup_command, "-")
    file = tmp_path / "b.zip"
    file.write_bytes(made.stdout_bytes)
    assert _run(app, restore_command, str(file)).exit_code == 0
