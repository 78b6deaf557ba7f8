"""`plugins apply`: folders, differences, exit codes, and pruning that never touches what is not its own."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.plugins.conftest import Folder, Run
from webapp.connections.models import Secret, SqlConnection
from webapp.history.models import Revision, Unit, UnitSource
from webapp.manifests import service
from webapp.manifests.models import AppliedSource
from webapp.manifests.plan import PlanMoved
from webapp.plugins.cli import apply as apply_module
from webapp.plugins.models import PluginMeta
from webapp.plugins.service import delete_plugin, restore_plugin


@pytest.fixture
def marina(session: Session) -> Person:
    """Return a member."""
    return factories.person("marina")


@pytest.fixture
def ci(run: Run, folder: Folder, marina: Person) -> Run:
    """Return a function that applies the folder as a job does: from the source `ci`, and pruning."""

    def apply(*words: str, source: str = "ci", prune: bool = True) -> Any:
        pruning = ("--prune", "--yes") if prune else ()
        return run("apply", "-f", str(folder.path), "--as", "marina", "--source", source, *pruning, *words)

    return apply


def live(session: Session) -> list[str]:
    """Return the names of all live plugins."""
    session.rollback()
    return sorted(session.scalars(select(PluginMeta.name).where(PluginMeta.deleted_at.is_(None))))


def sources(session: Session) -> dict[str, str]:
    """Return the sources by the names of the plugins that they have applied."""
    session.rollback()
    joined = select(PluginMeta.name, AppliedSource.source).join(
        AppliedSource,
        (AppliedSource.record_id == PluginMeta.id) & (AppliedSource.record_kind == "pluginmeta"),
    )
    return {row[0]: row[1] for row in session.execute(joined)}


# ---- files and folders ------------------------------------------------------------------------------------------


def test_a_folder_is_applied_whole_and_in_order(
    run: Run, marina: Person, folder: Folder, session: Session
) -> None:
    folder.write("b/deep/last.yml", samples.static("last"))
    folder.write("a.yaml", samples.static("first"))
    folder.write("c.JSON", json.dumps({"not": "a manifest"}))
    folder.write(".hidden.yaml", samples.BROKEN)
    folder.write(".git/config.yaml", samples.BROKEN)
    folder.write("README.md", "# no manifest")
    refused = run("apply", "-f", str(folder.path), "--as", "marina")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{folder.path}/c.JSON:1:1: ")
    (folder.path / "c.JSON").unlink()
    result = run("apply", "-f", str(folder.path), "--as", "marina", "--output", "json")
    documents = json.loads(result.stdout)["documents"]
    assert [document["source"] for document in documents] == [
        f"{folder.path}/a.yaml",
        f"{folder.path}/b/deep/last.yml",
    ]
    assert live(session) == ["first", "last"]
    # History says the same wherever the folder lies.
    assert list(session.scalars(select(UnitSource.name).order_by(UnitSource.position))) == [
        "a.yaml",
        "b/deep/last.yml",
    ]


def test_links_that_lead_in_a_circle_end(run: Run, marina: Person, folder: Folder, session: Session) -> None:
    folder.write("real/a.yaml", samples.static("one"))
    (folder.path / "real" / "back").symlink_to(folder.path)
    (folder.path / "again.yaml").symlink_to(folder.path / "real" / "a.yaml")
    assert run("apply", "-f", str(folder.path), "--as", "marina").exit_code == 0
    assert live(session) == ["one"]


def test_a_link_that_leads_nowhere_is_not_left_out_in_silence(
    run: Run, marina: Person, folder: Folder, session: Session
) -> None:
    folder.write("a.yaml", samples.static("one"))
    (folder.path / "gone.yaml").symlink_to(folder.path / "nothing")
    result = run("apply", "-f", str(folder.path), "--as", "marina")
    assert result.exit_code == 2
    assert "gone.yaml is no file, or a link that leads nowhere." in result.stderr
    assert live(session) == []


def test_files_folders_and_standard_input_go_together_and_each_file_once(
    run: Run, marina: Person, folder: Folder, session: Session
) -> None:
    one, two = (
        folder.write("x/a.yaml", samples.static("one")),
        folder.write("y/a.yaml", samples.static("two")),
    )
    words = ("-f", str(folder.path / "x"), "-f", one, two, "-")
    result = run("apply", *words, "--as", "marina", stdin=samples.static("three"))
    assert result.exit_code == 0, result.stderr
    assert live(session) == ["one", "three", "two"]


def test_an_import_that_is_too_large_is_refused_before_it_is_read(
    run: Run, marina: Person, folder: Folder, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    folder.write("a.yaml", "#" * 5_000)
    monkeypatch.setattr(apply_module, "Limits", lambda **_: service.planning.Limits(max_bytes=1_000))
    result = run("apply", "-f", str(folder.path), "--as", "marina")
    assert result.exit_code == 1
    assert "The import is larger than 1,000 bytes." in result.stderr


# ---- what it says -----------------------------------------------------------------------------------------------


def test_a_difference_shows_what_was_and_what_will_be(run: Run, marina: Person, folder: Folder) -> None:
    path = folder.write("a.yaml", samples.static("one"))
    run("apply", path, "--as", "marina")
    folder.write("a.yaml", samples.static("one", **{"41 m": "42 m", "1.2.0": "1.3.0"}))
    folder.write("b.yaml", samples.static("two"))
    result = run("apply", "-f", str(folder.path), "--as", "marina", "--dry-run", "--diff")
    lines = result.stdout.splitlines()
    assert lines[0] == "~ update Plugin one 1.2.0 → 1.3.0"
    assert lines[1] == "    Patch change: the data says something else."
    assert lines[2:5] == ["    metadata.version", "      - 1.2.0", "      + 1.3.0"]
    assert "      - 41 m" in lines and "      + 42 m" in lines
    assert "+ create Plugin two 1.2.0" in lines
    assert lines[-1] == "Plan, nothing is written: 1 create, 1 update."
    found = json.loads(run("apply", path, "--as", "marina", "--dry-run", "--diff", "--output", "json").stdout)
    assert found["documents"][0]["changes"][0] == {
        "path": "metadata.version",
        "kind": "changed",
        "before": "1.2.0",
        "after": "1.3.0",
    }


def test_a_difference_shows_no_secret(run: Run, marina: Person) -> None:
    run("apply", "-", "--as", "marina", stdin=samples.secret())
    text = samples.secret().replace("anchors aweigh", "new value")
    assert text != samples.secret()
    result = run("apply", "-", "--as", "marina", "--diff", stdin=text)
    assert "spec.config.value" in result.stdout
    assert "aweigh" not in result.output and "new value" not in result.stdout.replace("(a new value)", "")


@pytest.mark.parametrize(
    ("words", "env", "colored"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
@pytest.mark.parametrize("diff", [False, True])
def test_colour_is_there_when_it_is_wanted(
    run: Run,
    marina: Person,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    env: dict[str, str],
    colored: bool,
    diff: bool,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    extra = ("--diff",) if diff else ()
    result = run("apply", "-", "--as", "marina", "--dry-run", *words, *extra, stdin=samples.static())
    assert ("\x1b[32m" in result.stdout or "\x1b[1;32m" in result.stdout) is colored


def test_control_characters_of_a_manifest_do_not_reach_the_terminal(run: Run, marina: Person) -> None:
    run("apply", "-", "--as", "marina", stdin=samples.static("one"))
    text = samples.static("one").replace("height: 41 m", 'height: "\\e[31mred"')
    result = run("apply", "-", "--as", "marina", "--dry-run", "--diff", stdin=text)
    assert "[31mred" in result.stdout and "\x1b" not in result.stdout


def test_a_reason_stands_in_history(run: Run, marina: Person, session: Session) -> None:
    run("apply", "-", "--as", "marina", "--reason", "  For  the fair ", stdin=samples.static())
    assert session.scalars(select(Unit.reason)).one() == "For the fair"
    assert session.scalars(select(Revision.reason)).one() == "For the fair"
    assert run("apply", "-", "--as", "marina", "--reason", "x" * 501, stdin="").exit_code == 2


# ---- exit codes -------------------------------------------------------------------------------------------------


def test_a_dry_run_tells_by_its_exit_code_whether_something_would_be_done(
    run: Run, marina: Person, session: Session
) -> None:
    words = ("apply", "-", "--as", "marina", "--dry-run", "--exit-code")
    assert run(*words, stdin=samples.static()).exit_code == 3
    assert live(session) == []
    assert run("apply", "-", "--as", "marina", stdin=samples.static()).exit_code == 0
    assert run(*words, stdin=samples.static()).exit_code == 0
    assert run(*words, stdin=samples.BROKEN).exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-", "--exit-code"),
        ("-", "--prune", "--yes"),
        ("-", "--prune", "--source", "ci"),
        ("-", "--source", "  "),
        ("-", "--source", "x" * 101),
        ("-", "--source", "a\x1bb"),
        ("-", "--color", "blue"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    run: Run, marina: Person, session: Session, words: tuple[str, ...]
) -> None:
    assert run("apply", *words, "--as", "marina", stdin=samples.static()).exit_code == 2
    assert live(session) == []


def test_ctrl_c_leaves_nothing_and_says_one_line(
    run: Run, marina: Person, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("webapp.manifests.service.applying.claim", interrupted)
    result = run("apply", "-", "--as", "marina", stdin=samples.static())
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "Stopped. Nothing is applied in part; see what is left to do with --dry-run.\n"
    assert live(session) == []


# ---- pruning ----------------------------------------------------------------------------------------------------


def test_pruning_deletes_what_its_source_does_not_hold_any_more(
    ci: Run, folder: Folder, session: Session
) -> None:
    gone = folder.write("gone.yaml", samples.static("gone"))
    folder.write("stays.yaml", samples.static("stays"))
    assert ci().exit_code == 0
    Path(gone).unlink()
    plan = ci("--dry-run", "--exit-code")
    assert plan.exit_code == 3
    assert "delete" in plan.stdout and "1 unchanged, 1 delete." in plan.stdout
    assert live(session) == ["gone", "stays"]
    result = ci("--output", "json", "--reason", "Not sold any more")
    found = json.loads(result.stdout)
    assert [(item["action"], item["name"]) for item in found["pruned"]] == [("delete", "gone")]
    assert live(session) == ["stays"]
    deletion = session.scalars(select(Revision).where(Revision.action == "delete")).one()
    unit = session.scalars(select(Unit).order_by(Unit.id.desc())).first()
    assert unit is not None and (deletion.unit_id, unit.reason) == (unit.id, "Not sold any more")
    again = ci()
    assert (again.exit_code, "1 unchanged." in again.stdout) == (0, True)


def test_pruning_never_touches_what_is_not_its_own(
    run: Run, ci: Run, folder: Folder, marina: Person, session: Session
) -> None:
    path = folder.write("mine.yaml", samples.static("mine"))
    for name, source in (("of_another_source", "other"), ("of_no_source", "")):
        words = ("--source", source) if source else ()
        assert run("apply", "-", "--as", "marina", *words, stdin=samples.static(name)).exit_code == 0
    factories.plugin(marina, name="by_form")
    stranger = factories.person("stranger")
    run("apply", "-", "--as", "stranger", "--source", "ci", stdin=samples.static("elsewhere"))
    assert ci().exit_code == 0
    Path(path).unlink()
    folder.write("new.yaml", samples.static("new"))
    assert ci().exit_code == 0
    assert live(session) == ["by_form", "elsewhere", "new", "of_another_source", "of_no_source"]
    assert stranger.account.id != marina.account.id


def test_a_record_belongs_to_the_source_that_applied_it_last(
    run: Run, ci: Run, folder: Folder, session: Session
) -> None:
    path = folder.write("a.yaml", samples.static("one"))
    assert ci().exit_code == 0
    assert sources(session) == {"one": "ci"}
    # Unchanged, but from elsewhere.
    taken = ci(source="other", prune=False)
    assert "notice: one was last applied from ci, and goes over to other." in taken.stderr
    assert sources(session) == {"one": "other"}
    run("apply", path, "--as", "marina")
    assert sources(session) == {}
    Path(path).unlink()
    folder.write("b.yaml", samples.static("two"))
    ci()
    assert live(session) == ["one", "two"]


def test_an_upload_on_the_web_takes_a_record_from_its_source(
    app: Flask, ci: Run, folder: Folder, marina: Person, session: Session
) -> None:
    folder.write("a.yaml", samples.static("one"))
    ci()
    viewer = factories.viewer_of(marina, origin="manifest")
    kinds = app.extensions["manifest_kinds"]
    text = service.planning.Source("upload.yaml", samples.static("one"))
    service.apply(viewer, service.plan(viewer, [text], kinds), kinds)
    assert sources(session) == {}


def test_what_was_brought_back_from_the_bin_stays(
    ci: Run, folder: Folder, marina: Person, session: Session
) -> None:
    path = folder.write("a.yaml", samples.static("one"))
    folder.write("b.yaml", samples.static("two"))
    ci()
    Path(path).unlink()
    ci()
    binned = session.scalars(select(PluginMeta).where(PluginMeta.name == "one")).one()
    restore_plugin(factories.viewer_of(marina), binned.id, binned.revision)
    ci()
    assert live(session) == ["one", "two"]


def test_a_record_that_somebody_deleted_is_no_obstacle(
    ci: Run, folder: Folder, marina: Person, session: Session
) -> None:
    path = folder.write("a.yaml", samples.static("one"))
    folder.write("b.yaml", samples.static("two"))
    ci()
    plugin = session.scalars(select(PluginMeta).where(PluginMeta.name == "one")).one()
    delete_plugin(factories.viewer_of(marina), plugin.id, plugin.revision)
    Path(path).unlink()
    result = ci()
    assert (result.exit_code, live(session)) == (0, ["two"])


def test_somebody_elses_record_keeps_everything_from_being_done(
    run: Run, folder: Folder, marina: Person, session: Session
) -> None:
    factories.person("staff", of=marina.account, role="staff")
    path = folder.write("a.yaml", samples.static("staffs"))
    words = ("apply", "-f", str(folder.path), "--source", "ci", "--prune", "--yes", "--as")
    assert run(*words, "staff").exit_code == 0
    Path(path).unlink()
    folder.write("b.yaml", samples.static("marinas"))
    result = run(*words, "marina")
    assert result.exit_code == 1
    assert "staffs belongs to Staff, and you may not delete it." in result.stderr
    assert live(session) == ["staffs"]


class TestConnections:
    def test_a_connection_goes_after_its_plugin_and_a_secret_stays(
        self, ci: Run, folder: Folder, session: Session
    ) -> None:
        path = folder.write(
            "all.yaml", samples.documents(samples.sql(), samples.sql_connection(), samples.secret())
        )
        folder.write("other.yaml", samples.static("other"))
        assert ci().exit_code == 0
        Path(path).unlink()
        result = ci()
        assert result.exit_code == 0, result.stderr
        assert "2 deleted, 1 kept." in result.stdout
        assert "is kept. Its value could not be brought back." in result.stderr
        assert live(session) == ["other"]
        assert session.scalars(select(SqlConnection)).all() == []
        assert len(session.scalars(select(Secret)).all()) == 1

    def test_one_that_is_used_is_refused_with_its_users(
        self, ci: Run, folder: Folder, marina: Person, session: Session
    ) -> None:
        path = folder.write("connection.yaml", samples.sql_connection())
        folder.write("other.yaml", samples.static("other"))
        ci()
        name = session.scalars(select(SqlConnection.name)).one()
        factories.plugin(marina, factories.sql_values("by_form", connection=name))
        Path(path).unlink()
        folder.write("new.yaml", samples.static("new"))
        for words in (("--dry-run",), ()):
            result = ci(*words)
            assert result.exit_code == 1
            assert f"{name} cannot be deleted: it is used by by_form." in result.stderr
        assert live(session) == ["by_form", "other"]
        assert len(session.scalars(select(SqlConnection)).all()) == 1

    def test_one_that_the_plan_goes_on_using_is_refused(
        self, ci: Run, folder: Folder, session: Session
    ) -> None:
        path = folder.write("connection.yaml", samples.sql_connection())
        ci()
        Path(path).unlink()
        folder.write("plugin.yaml", samples.sql())
        result = ci()
        assert result.exit_code == 1
        assert "it is used by" in result.stderr
        assert live(session) == []

    def test_one_that_the_plan_stops_using_goes(self, ci: Run, folder: Folder, session: Session) -> None:
        path = folder.write("connection.yaml", samples.sql_connection())
        folder.write("plugin.yaml", samples.sql())
        ci()
        name = session.scalars(select(SqlConnection.name)).one()
        Path(path).unlink()
        folder.write("plugin.yaml", samples.sql().replace(name, "another_one"))
        result = ci()
        assert result.exit_code == 0, result.stderr
        assert session.scalars(select(SqlConnection)).all() == []


def test_a_pruning_that_was_overtaken_writes_nothing(
    app: Flask, ci: Run, run: Run, folder: Folder, marina: Person, session: Session
) -> None:
    path = folder.write("a.yaml", samples.static("one"))
    folder.write("b.yaml", samples.static("two"))
    ci()
    text = samples.static("two", **{"1.2.0": "9.0.0"})
    viewer, kinds = factories.viewer_of(marina), app.extensions["manifest_kinds"]
    plan = service.plan(viewer, [service.planning.Source("b.yaml", text)], kinds)
    pruning = service.plan_pruning(viewer, plan, kinds, app.extensions["prunable"], "ci")
    assert [item.leftover.name for item in pruning.deletes] == ["one"]
    # Meanwhile another repository takes it over.
    run("apply", path, "--as", "marina", "--source", "other")
    with pytest.raises(PlanMoved):
        service.apply(viewer, plan, kinds, source="ci", pruning=pruning)
    assert live(session) == ["one", "two"]
    assert "9.0.0" not in session.scalars(select(PluginMeta.version)).all()


@pytest.mark.parametrize(
    ("answer", "left"), [("y\n", ["two"]), ("n\n", ["one", "two"]), ("", ["one", "two"])]
)
def test_on_a_terminal_pruning_asks_first(
    run: Run,
    ci: Run,
    folder: Folder,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    left: list[str],
) -> None:
    path = folder.write("a.yaml", samples.static("one"))
    folder.write("b.yaml", samples.static("two"))
    ci()
    Path(path).unlink()
    monkeypatch.setattr(apply_module, "is_answered", lambda: True)
    words = ("apply", "-f", str(folder.path), "--as", "marina", "--source", "ci", "--prune")
    result = run(*words, stdin=answer)
    assert "Delete 1 plugin that ci does not hold any more?" in result.stderr
    assert result.stdout.count("Plugin  one") == 1, "the plan is shown once, before the question"
    assert (result.exit_code == 0) is (answer == "y\n")
    assert live(session) == left


def test_an_empty_folder_prunes_nothing(ci: Run, folder: Folder, session: Session, tmp_path: Path) -> None:
    path = folder.write("a.yaml", samples.static("one"))
    ci()
    Path(path).unlink()
    assert ci().exit_code == 2
    folder.write("a.yaml", "# nothing\n")
    assert ci().exit_code == 1
    assert live(session) == ["one"]


def test_jobs_at_the_same_moment_do_not_refuse_each_other(
    app: Flask, marina: Person, session: Session
) -> None:
    kinds, texts = app.extensions["manifest_kinds"], [samples.static(name) for name in ("one", "two")]
    given = [service.planning.Source(f"{number}.yaml", text) for number, text in enumerate(texts)]
    viewer = factories.viewer_of(marina)
    service.apply(viewer, service.plan(viewer, given, kinds), kinds)
    session.rollback()
    start, failed = threading.Barrier(4), []

    def job(number: int) -> None:
        with app.app_context():
            plan = service.plan(viewer, given[:: 1 if number % 2 else -1], kinds)
            start.wait(60)
            try:
                service.apply(viewer, plan, kinds, source=f"job {number}")
            except Exception as error:  # a thread tells nobody otherwise
                failed.append(error)

    threads = [threading.Thread(target=job, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    assert len(sources(session)) == 2 and len(set(sources(session).values())) == 1
