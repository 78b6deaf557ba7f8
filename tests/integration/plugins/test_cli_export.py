"""`plugins export`: the same files as the console writes, and files that are never half there."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
import yaml
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.plugins.conftest import Run
from webapp.core.errors import Unavailable
from webapp.plugins.exports import FORMATS
from webapp.plugins.queries import exporting


@pytest.fixture
def marina(session: Session) -> Person:
    """Return a member with three plugins, one colleague's and one of the platform's."""
    person = factories.person("marina")
    factories.plugin(person, name="beacon", tags=("Sea",))
    factories.plugin(person, factories.sql_values("ships", connection="none", tags=("sea", "old")))
    factories.plugin(factories.person("caspar", of=person.account), name="anchor", tags=())
    factories.plugin(factories.person(of=factories.platform()), name="shared")
    return person


def names_in(text: str) -> list[str]:
    return [document["metadata"]["name"] for document in yaml.safe_load_all(text)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["anchor", "beacon", "ships"]),
        (("ships", "anchor", "ships"), ["ships", "anchor"]),
        (("--tag", "SEA"), ["beacon", "ships"]),
        (("--tag", "sea", "--tag", "old"), ["ships"]),
        (("--class", "sql"), ["ships"]),
        (("--ready", "not_ready"), ["ships"]),
        (("--owner", "CASPAR"), ["anchor"]),
        (("--scope", "mine", "--search", "beac"), ["beacon"]),
        (("--scope", "all"), ["anchor", "beacon", "shared", "ships"]),
    ],
)
def test_names_and_filters_choose(
    run: Run, marina: Person, words: tuple[str, ...], expected: list[str]
) -> None:
    assert names_in(run("export", *words, "--as", "marina").stdout) == expected


def test_all_formats_go_to_a_pipe_or_a_file(run: Run, marina: Person, tmp_path: Path) -> None:
    for key in FORMATS:
        target = tmp_path / f"all.{key}"
        written = run("export", "--as", "marina", "--format", key, "-o", str(target))
        assert (written.exit_code, written.stdout) == (0, "")
        assert written.stderr == f"Wrote 3 plugins to {target}.\n"
        assert run("export", "--as", "marina", "--format", key).stdout_bytes == target.read_bytes()
    assert {path.name for path in tmp_path.glob("all.*")} == {f"all.{key}" for key in FORMATS}
    assert len(json.loads((tmp_path / "all.json").read_text())) == 3
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["anchor.yaml", "beacon.yaml", "ships.yaml"]
    rows = list(csv.reader(io.StringIO((tmp_path / "all.csv").read_text("utf-8-sig"), newline="")))
    assert [row[0] for row in rows] == ["Name", "anchor", "beacon", "ships"]


def test_a_file_is_replaced_as_a_whole_or_not_at_all(
    run: Run, marina: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "all.yaml"
    target.write_text("kept")
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    load, calls = exporting._load, []

    def breaks(*args: object) -> object:
        calls.append(args)
        if len(calls) == 3:
            raise Unavailable
        return load(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "_load", breaks)
    assert run("export", "--as", "marina", "-o", str(target)).exit_code == 1
    assert target.read_text() == "kept"
    assert not list(tmp_path.glob(".*.part"))


def test_a_link_that_somebody_put_in_the_way_is_not_followed(
    run: Run, marina: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.plugins.cli.export.secrets.token_hex", lambda _size: "guessed")
    other = tmp_path / "precious"
    other.write_text("kept")
    (tmp_path / ".all.yaml.guessed.part").symlink_to(other)
    result = run("export", "--as", "marina", "-o", str(tmp_path / "all.yaml"))
    assert result.exit_code == 2 and "cannot be written" in result.stderr
    assert other.read_text() == "kept"
    assert not (tmp_path / "all.yaml").exists()


def test_a_device_is_written_to_and_not_replaced(run: Run, marina: Person) -> None:
    assert run("export", "--as", "marina", "-o", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


def test_nothing_to_export_is_refused_and_writes_no_file(run: Run, marina: Person, tmp_path: Path) -> None:
    result = run("export", "--as", "marina", "--tag", "none", "-o", str(tmp_path / "all.yaml"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: There is no such plugin, so there is nothing to export.\n"
    assert not (tmp_path / "all.yaml").exists()


@pytest.mark.parametrize(
    "words", [("beacon", "--tag", "sea"), ("--scope", "everything"), ("--search", "a\0b"), ("-o", "/")]
)
def test_wrong_usage_is_told(run: Run, marina: Person, words: tuple[str, ...]) -> None:
    assert run("export", *words, "--as", "marina").exit_code == 2


def test_a_folder_that_is_not_there_is_wrong_usage(run: Run, marina: Person, tmp_path: Path) -> None:
    result = run("export", "--as", "marina", "-o", str(tmp_path / "no" / "all.yaml"))
    assert result.exit_code == 2
    assert "cannot be written: No such file or directory." in result.stderr
