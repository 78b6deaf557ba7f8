"""What a migration may do while nodes of the version before still run: add, or say why it takes away (docs/operating.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from webapp.paths import resource_dir

VERSIONS = sorted((resource_dir("migrations") / "versions").glob("[0-9]*.py"))
# A program of the version before knows nothing of these changes, and would fail on each.
TAKES_AWAY = {
    "drop_table",
    "drop_column",
    "drop_constraint",
    "rename_table",
    "create_check_constraint",
    "create_unique_constraint",
    "create_foreign_key",
    "alter_column",
}
REASON = re.compile(r"^Contracts: \S", re.MULTILINE)
SQL_TAKES_AWAY = re.compile(r"\b(DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN)|TRUNCATE)\b", re.IGNORECASE)


def _upgrade(tree: ast.Module) -> ast.FunctionDef:
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")


def _breaking(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(_upgrade(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name in TAKES_AWAY:
                found.append(f"{node.lineno} {name}")
            if name == "add_column" and _must_be_given(node):
                found.append(f"{node.lineno} {name} that every writer must fill")
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and SQL_TAKES_AWAY.search(node.value)
        ):
            found.append(f"{node.lineno} {node.value[:40]}")
    return found


def _must_be_given(call: ast.Call) -> bool:
    """Tell whether a row without a value for the new column is refused."""
    words = {
        word.arg: word.value
        for argument in ast.walk(call)
        if isinstance(argument, ast.Call)
        for word in argument.keywords
        if word.arg
    }
    nullable = words.get("nullable")
    return isinstance(nullable, ast.Constant) and nullable.value is False and "server_default" not in words


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem[:4])
def test_a_migration_only_adds_or_says_why_it_takes_away(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not _breaking(tree) or REASON.search(ast.get_docstring(tree) or ""), (
        f"{path.name} would break nodes that still run the version before: {_breaking(tree)}. Add now and take away in "
        'the next version, or begin a line of its docstring with "Contracts: " and say why it is safe.'
    )


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem[:4])
def test_a_migration_names_what_is_before_it(path: Path) -> None:
    text = path.read_text()
    number = int(path.stem[:4])
    assert f'revision = "{number:04}"' in text
    assert (f'down_revision = "{number - 1:04}"' in text) or number == 1


@pytest.mark.parametrize(
    "statement",
    [
        'op.drop_column("plugin_meta", "name")',
        'op.add_column("plugin_meta", sa.Column("size", sa.Integer(), nullable=False))',
        'op.execute("ALTER TABLE plugin_meta RENAME COLUMN name TO title")',
        'op.rename_table("tags", "words")',
    ],
)
def test_what_would_break_the_version_before_is_found(statement: str) -> None:
    assert _breaking(ast.parse(f"def upgrade():\n    {statement}"))


@pytest.mark.parametrize(
    "statement",
    [
        'op.add_column("plugin_meta", sa.Column("size", sa.Integer(), nullable=True))',
        'op.add_column("plugin_meta", sa.Column("size", sa.Integer(), server_default="0", nullable=False))',
        'op.create_index("ix", "plugin_meta", ["name"])',
    ],
)
def test_what_only_adds_is_fine(statement: str) -> None:
    assert not _breaking(ast.parse(f"def upgrade():\n    {statement}"))
