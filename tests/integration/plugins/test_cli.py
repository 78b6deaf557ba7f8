"""The commands `plugins`: output, exit codes, and no traceback for anything that is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.plugins.conftest import Folder, Run
from webapp.history.models import Revision
from webapp.plugins.models import PluginMeta


@pytest.fixture
def marina(session: Session) -> Person:
    """Return a member."""
    return factories.person("marina")


def _count(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(PluginMeta)) or 0


@pytest.mark.parametrize(
    "command", [("apply", "-"), ("get",), ("describe", "x"), ("export",), ("delete", "x")]
)
def test_every_command_needs_to_know_whose_rights_it_has(
    run: Run, marina: Person, command: tuple[str, ...]
) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "--as" in result.stderr


def test_an_unknown_user_is_refused_in_one_line(run: Run, marina: Person) -> None:
    result = run("get", "--as", "nobody")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: There is no active user 'nobody'.")
    assert result.stderr.count("\n") == 1


def test_files_and_standard_input_are_one_import(
    run: Run, marina: Person, folder: Folder, session: Session
) -> None:
    path = folder.write("sql.yaml", samples.sql())
    result = run(
        "apply",
        path,
        "-",
        "--as",
        "marina",
        stdin=samples.documents(samples.sql_connection(), samples.secret()),
    )
    assert result.exit_code == 0, result.stderr
    assert "Applied: 3 created." in result.stdout
    assert result.stderr == ""
    plugin = session.scalars(select(PluginMeta)).one()
    assert (plugin.readiness, plugin.user_profile_id) == ("ready", marina.profile_id)
    assert set(session.scalars(select(Revision.origin))) == {"cli"}


def test_problems_are_printed_like_a_compiler_does(
    run: Run, marina: Person, folder: Folder, session: Session
) -> None:
    broken, unreadable = folder.write("a.yaml", samples.BROKEN), folder.write("b.yaml", samples.UNREADABLE)
    good = folder.write("c.yaml", samples.static())
    result = run("apply", broken, unreadable, good, "--as", "marina")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"{broken}:6:12: metadata.version: This is read as the number 1.1.")
    assert lines[1].startswith(f"{broken}:7:3: metadata.tagz: tagz is not a field.")
    assert lines[3].startswith(f"{unreadable}:5:")
    assert lines[-1] == "Error: Nothing is written: 4 problems. Correct them and apply again."
    assert _count(session) == 0


def test_notices_do_not_refuse(run: Run, marina: Person, folder: Folder) -> None:
    path = folder.write("sql.yaml", samples.sql())
    result = run("apply", path, "--as", "marina")
    assert result.exit_code == 0
    assert f"{path}:13:15: notice: spec.connection: ships_by_port will be Not ready" in result.stderr


def test_a_dry_run_writes_nothing_and_tells_what_would_happen(
    run: Run, marina: Person, folder: Folder, session: Session
) -> None:
    path = folder.write("a.yaml", samples.static())
    result = run("apply", path, "--as", "marina", "--dry-run")
    assert result.exit_code == 0
    assert "create" in result.stdout
    assert "Plan, nothing is written: 1 create." in result.stdout
    assert _count(session) == 0
    assert run("apply", folder.write("b.yaml", samples.BROKEN), "--as", "marina", "--dry-run").exit_code == 1


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_the_result_can_be_read_by_programs(
    run: Run, marina: Person, folder: Folder, output: str, read: Callable[[str], Any]
) -> None:
    path = folder.write("a.yaml", samples.static())
    run("apply", path, "--as", "marina")
    path = folder.write("a.yaml", samples.static(**{"41 m": "42 m"}))
    found = read(run("apply", path, "--as", "marina", "--output", output).stdout)
    assert found["applied"] is True
    [document] = found["documents"]
    assert (document["action"], document["changed"]) == ("update", ["spec.data.staticData.height"])
    assert document["locator"].startswith("pluginmeta-r")
    refused = run("apply", folder.write("b.yaml", samples.BROKEN), "--as", "marina", "--output", output)
    assert refused.exit_code == 1
    found = read(refused.stdout)
    assert found["applied"] is False
    assert found["documents"][0]["problems"][0]["line"] == 6


def test_a_file_that_cannot_be_read_is_wrong_usage(run: Run, marina: Person, folder: Folder) -> None:
    assert run("apply", "missing.yaml", "--as", "marina").exit_code == 2
    folder.write("notes.txt", samples.static())
    empty = run("apply", str(folder.path), "--as", "marina")
    assert empty.exit_code == 2
    assert "holds no file that ends in .yaml, .yml or .json." in empty.stderr


def test_no_file_is_wrong_usage(run: Run, marina: Person) -> None:
    assert run("apply", "--as", "marina").exit_code == 2


def test_bytes_that_are_no_text_are_a_problem_of_the_file(run: Run, marina: Person) -> None:
    result = run("apply", "-", "--as", "marina", stdin=b"\xff\xfe\x00")
    assert result.exit_code == 1
    assert result.stderr.startswith("standard input:1:1: ")


def test_somebody_elses_record_is_refused(run: Run, marina: Person, folder: Folder) -> None:
    factories.plugin(factories.person("caspar", of=marina.account), name="lighthouse")
    result = run("apply", folder.write("a.yaml", samples.static()), "--as", "marina")
    assert result.exit_code == 1
    assert "lighthouse belongs to Caspar, and you may not change it." in result.stderr


class TestGet:
    @pytest.fixture(autouse=True)
    def _plugins(self, marina: Person) -> None:
        factories.plugin(marina, name="beacon", tags=("Sea", "[red]"))
        factories.plugin(marina, factories.sql_values("ships", connection="none"), tags=("sea",))
        factories.plugin(factories.person(), name="hidden")
        factories.plugin(factories.person(of=factories.platform(), role="staff"), name="shared")

    def test_it_lists_the_account_by_name(self, run: Run) -> None:
        lines = run("get", "--as", "marina").stdout.splitlines()
        assert lines[0].split() == ["Name", "Class", "Version", "Readiness", "Owner", "Locator"]
        assert [line.split()[:4] for line in lines[1:]] == [
            ["beacon", "static", "1.0.0", "ready"],
            ["ships", "sql", "1.0.0", "not_ready"],
        ]

    def test_filters_narrow_it(self, run: Run) -> None:
        def names(*words: str) -> list[str]:
            output = run("get", "--as", "marina", "--output", "json", *words).stdout
            return [row["name"] for row in json.loads(output)["plugins"]]

        assert names("--tag", "SEA") == ["beacon", "ships"]
        assert names("--tag", "sea", "--tag", "[red]") == ["beacon"]
        assert names("--class", "sql") == ["ships"]
        assert names("--tag", "no such tag") == []

    def test_a_tag_that_cannot_be_is_wrong_usage(self, run: Run) -> None:
        assert run("get", "--as", "marina", "--tag", "a,b").exit_code == 2
        assert run("get", "--as", "marina", "--class", "rest").exit_code == 2


class TestDescribeAndExport:
    def test_a_description_names_what_is_missing_and_changes_nothing_when_applied(
        self, run: Run, marina: Person
    ) -> None:
        saved = factories.plugin(marina, factories.sql_values("ships", connection="none"))
        for name in ("ships", saved.locator):
            text = run("describe", name, "--as", "marina").stdout
            status = yaml.safe_load(text)["status"]
            assert status["recordLocator"] == saved.locator
            assert status["missing"] == ["Connection none does not exist"]
            assert "1 unchanged" in run("apply", "-", "--as", "marina", stdin=text).stdout

    @pytest.mark.parametrize("name", ["hidden", "pluginmeta-rMTAwMDAwMwx", "x\x1b[31m", ""])
    def test_what_one_may_not_read_does_not_exist(self, run: Run, marina: Person, name: str) -> None:
        factories.plugin(factories.person(), name="hidden")
        result = run("describe", name, "--as", "marina")
        assert result.exit_code == 1
        assert "that marina may read" in result.stderr
        assert "\x1b" not in result.stderr

    @pytest.mark.parametrize("output", ["yaml", "json"])
    def test_an_export_of_everything_is_a_plan_of_unchanged(
        self, run: Run, marina: Person, output: str
    ) -> None:
        factories.plugin(marina, name="beacon")
        factories.plugin(marina, factories.api_values("tides"))
        text = run("export", "--as", "marina", "--output", output).stdout
        result = run("apply", "-", "--as", "marina", "--output", "json", stdin=text)
        found = json.loads(result.stdout)["documents"]
        assert [(item["name"], item["action"]) for item in found] == [
            ("beacon", "unchanged"),
            ("tides", "unchanged"),
        ]
        assert run("export", "--as", "marina", "--output", output).stdout == text

    def test_named_plugins_come_in_the_order_of_their_names_on_the_command_line(
        self, run: Run, marina: Person
    ) -> None:
        for name in ("a", "b", "c"):
            factories.plugin(marina, name=name)
        text = run("export", "c", "a", "c", "--as", "marina").stdout
        assert [document["metadata"]["name"] for document in yaml.safe_load_all(text)] == ["c", "a"]

    def test_a_name_that_is_not_there_exports_nothing(self, run: Run, marina: Person) -> None:
        factories.plugin(marina, name="a")
        result = run("export", "a", "b", "--as", "marina")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "There is no plugin b" in result.stderr


# ---- delete ----------------------------------------------------------------------------------------------------


def _binned_at(session: Session, plugin_id: int) -> object:
    session.rollback()
    return session.scalar(select(PluginMeta.deleted_at).where(PluginMeta.id == plugin_id))


@pytest.mark.parametrize("by", ["name", "locator"])
def test_delete_moves_to_the_bin_and_says_how_to_restore(
    run: Run, session: Session, marina: Person, by: str
) -> None:
    saved = factories.plugin(marina, name="sweets")
    word = "sweets" if by == "name" else saved.locator
    result = run("delete", word, "--as", "marina")
    assert (result.exit_code, result.stdout) == (0, f"Moved sweets ({saved.locator}) to the bin.\n")
    assert f"/plugins/{saved.locator}/" in result.stderr and "/plugins/bin" in result.stderr
    assert _binned_at(session, saved.id) is not None
    revision = session.scalars(select(Revision).where(Revision.revision == 2)).one()
    assert (revision.action, revision.origin, revision.actor_id) == ("delete", "cli", marina.user_id)
    again = run("delete", word, "--as", "marina")
    assert again.exit_code == 0
    assert "in the bin already" in again.stdout
    assert session.scalar(select(func.count()).select_from(Revision)) == 2


def test_delete_by_name_takes_the_live_one(run: Run, session: Session, marina: Person) -> None:
    first = factories.plugin(marina, name="sweets")
    run("delete", "sweets", "--as", "marina")
    second = factories.plugin(marina, name="sweets")
    assert second.locator in run("delete", "sweets", "--as", "marina").stdout
    assert _binned_at(session, second.id) is not None
    # Of two in the bin, the last one.
    assert second.locator in run("delete", "sweets", "--as", "marina").stdout
    assert first.locator in run("delete", first.locator, "--as", "marina").stdout


@pytest.mark.parametrize("whose", ["colleague", "stranger", "nobody"])
def test_delete_refuses_what_is_not_this_persons(
    run: Run, session: Session, marina: Person, whose: str
) -> None:
    owner = {
        "colleague": lambda: factories.person(of=marina.account),
        "stranger": factories.person,
        "nobody": lambda: marina,
    }[whose]()
    saved = factories.plugin(owner, name="sweets")
    word = "nothing" if whose == "nobody" else saved.locator
    result = run("delete", word, "--as", "marina")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert _binned_at(session, saved.id) is None


def test_delete_without_a_name_is_wrong_usage(run: Run, marina: Person) -> None:
    assert run("delete", "--as", "marina").exit_code == 2


# ---- records in the bin are not there ----------------------------------------------------------------------------


def test_applying_a_manifest_of_a_binned_name_creates_a_new_record(
    run: Run, session: Session, marina: Person
) -> None:
    saved = factories.plugin(marina, name="sweets")
    manifest = run("export", "sweets", "--as", "marina").stdout
    run("delete", "sweets", "--as", "marina")
    result = run("apply", "-", "--as", "marina", "--output", "json", stdin=manifest)
    assert result.exit_code == 0
    document = json.loads(result.stdout)["documents"][0]
    assert document["action"] == "create"
    assert document["locator"] != saved.locator
    live = session.scalars(select(PluginMeta).where(PluginMeta.deleted_at.is_(None))).one()
    assert (live.name, live.revision) == ("sweets", 1) and live.id != saved.id


def test_no_command_shows_what_is_in_the_bin(run: Run, marina: Person) -> None:
    saved = factories.plugin(marina, name="sweets")
    run("delete", "sweets", "--as", "marina")
    assert "sweets" not in run("get", "--as", "marina").stdout
    assert "sweets" not in run("export", "--as", "marina").stdout
    for word in ("sweets", saved.locator):
        assert run("describe", word, "--as", "marina").exit_code == 1
