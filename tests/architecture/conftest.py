"""What the architecture is read from: an application without a database, the source tree, the templates."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from webapp.app import create_app
from webapp.config import Settings
from webapp.paths import CHECKOUT, PACKAGE


@pytest.fixture
def app(settings: Settings) -> Flask:
    """Return the application; nothing here asks its database."""
    return create_app(settings)


@pytest.fixture(scope="session")
def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of every module of the package by its path."""
    return {
        path.relative_to(CHECKOUT).as_posix(): ast.parse(path.read_text())
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    """Return the source of every template by its name."""
    folder = CHECKOUT / "templates"
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.html"))}


def source_files(*suffixes: str) -> Iterator[Path]:
    """Return our own files with these suffixes, not what others have written or tools have made."""
    for name in ("webapp", "templates", "static", "tests", "benchmarks", "deploy", "docs"):
        for path in sorted((CHECKOUT / name).rglob("*")):
            if path.suffix in suffixes and "vendor" not in path.parts and path.is_file():
                yield path
