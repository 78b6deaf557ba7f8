"""The direction of imports, held by import-linter, and the few imports that stand inside a function."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from webapp.paths import CHECKOUT


def test_the_import_contracts_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CHECKOUT)
    result = lint_imports(config_filename=".importlinter", cache_dir=None)
    assert result == 0, capsys.readouterr().out


def test_what_serves_imports_no_alembic(tmp_path: Path) -> None:
    code = "import sys; from webapp.app import create_app; create_app(serving=True); print(*sys.modules)"
    environ = {**os.environ, "PLUGDECK_INSTANCE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT, env=environ
    )
    assert not {"alembic", "flask_migrate"} & set(done.stdout.split())


def test_an_import_inside_a_function_says_why(modules: dict[str, ast.Module]) -> None:
    silent = []
    for name, tree in modules.items():
        lines = Path(CHECKOUT, name).read_text().splitlines()
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                imports = [
                    node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)
                ]
                # One reason serves the imports that stand together.
                reasons = [
                    any(
                        "#" in lines[line - 1]
                        for line in range(node.lineno - 1, (node.end_lineno or node.lineno) + 1)
                    )
                    for node in imports
                ]
                if imports and not any(reasons):
                    silent.append(f"{name}:{imports[0].lineno}")
    assert not silent
