"""What others have written is what it says it is, and where it is built nobody's registry is named."""

from __future__ import annotations

import hashlib
import json

from webapp.paths import CHECKOUT

EDITOR = CHECKOUT / "static" / "vendor" / "codemirror"
BUILD = CHECKOUT / "deploy" / "vendor" / "codemirror"


def test_the_editor_is_the_file_that_was_built() -> None:
    *_, last = (EDITOR / "VERSIONS").read_text().splitlines()
    assert (
        last == f"sha256 codemirror.js {hashlib.sha256((EDITOR / 'codemirror.js').read_bytes()).hexdigest()}"
    )


def test_the_editor_was_built_from_the_locked_versions() -> None:
    locked = json.loads((BUILD / "package-lock.json").read_text())["packages"]
    *versions, _ = (EDITOR / "VERSIONS").read_text().splitlines()
    assert versions
    for line in versions:
        name, version = line.split(" ")
        assert locked[f"node_modules/{name}"]["version"] == version


def test_every_package_in_the_editor_has_its_licence() -> None:
    licence = (EDITOR / "LICENSE").read_text()
    *versions, _ = (EDITOR / "VERSIONS").read_text().splitlines()
    assert [line for line in versions if line.split(" ")[0] not in licence] == []


def test_no_registry_is_named() -> None:
    assert "resolved" not in (BUILD / "package-lock.json").read_text()
