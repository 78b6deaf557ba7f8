"""Static files: a digest over all of them, and a compressed copy that several workers may make at once."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webapp.web.assets import build_id, compressed_copy, static_url


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a small folder of static files."""
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "a.css").write_text("body { color: red }\n" * 200)
    (folder / "b.js").write_text("export const b = 1;\n" * 200)
    return folder


def test_the_digest_changes_with_any_content_or_name(files: Path) -> None:
    first = build_id(files)
    assert first == build_id(files)
    (files / "b.js").rename(files / "c.js")
    second = build_id(files)
    (files / "css" / "a.css").write_text("")
    assert len({first, second, build_id(files)}) == 3


def test_the_address_of_a_file_holds_the_digest() -> None:
    assert static_url("abc")("css/a.css") == "/static/abc/css/a.css"


def test_the_copy_is_compressed_and_made_once(files: Path, tmp_path: Path) -> None:
    copy = compressed_copy(files, "build", tmp_path / "cache")
    assert gzip.decompress((copy / "css" / "a.css.gz").read_bytes()) == (files / "css" / "a.css").read_bytes()
    assert (copy / "css" / "a.css.br").is_file()
    made = (copy / "b.js").stat().st_mtime_ns
    assert compressed_copy(files, "build", tmp_path / "cache") == copy
    assert (copy / "b.js").stat().st_mtime_ns == made


def test_workers_that_start_at_once_agree_on_one_copy(files: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        copies = set(pool.map(lambda _n: compressed_copy(files, "build", tmp_path / "cache"), range(4)))
    assert len(copies) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["static-build"]


def test_a_folder_that_cannot_be_made_leaves_the_files_as_they_are(files: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert compressed_copy(files, "build", tmp_path / "cache") == files
