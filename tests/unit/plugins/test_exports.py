from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import plugin_values
from webapp.plugins import exports
from webapp.plugins.exports import FORMATS, PIECE, Place, safe_cell, write
from webapp.plugins.queries.exporting import Exported
from webapp.plugins.values import PluginValues

HERE = Place(1, "https://console.example")
NOW = dt.datetime(2026, 11, 26, 9, 30, tzinfo=dt.UTC)


def exported(values: PluginValues, account_id: int = 1) -> Exported:
    return Exported(values, "pluginmeta-x", account_id, "1000-0000-0002", "ann", "ready", 3, NOW, NOW)


def file_of(format: str, *plugins: Exported) -> bytes:
    return b"".join(write(FORMATS[format], plugins, HERE))


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1", "\uff0b1", "\uff0d1", "\uff1d1", "\uff20a"],
)
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=b", "1-2", "'=1", "mail@example.org", -0.5, 3])
def test_everything_else_stays_as_it_is(value: object) -> None:
    assert safe_cell(value) == value


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_comes_out_as_a_formula_and_none_is_lost(text: str) -> None:
    data = file_of("csv", exported(plugin_values("a", description=text))).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(data, newline=""))
    assert row["Description"].removeprefix("'") in (text, text.removeprefix("'"))
    assert row["Description"].lstrip()[:1] not in {"=", "+", "-", "@"}


@pytest.mark.parametrize("name", ["con", "aux", "nul", "com1", "lpt9"])
def test_no_file_of_an_archive_is_a_device(name: str) -> None:
    assert exports.file_name(exported(plugin_values(name)), HERE) == f"{name}_.yaml"


def test_files_of_another_account_stand_in_its_folder() -> None:
    assert exports.file_name(exported(plugin_values("same"), 2), HERE) == "1000-0000-0002/same.yaml"


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_plugins_give_the_same_bytes_in_pieces_worth_sending(format: str) -> None:
    plugins = [exported(plugin_values(f"p{number}", description="x" * 900)) for number in range(300)]
    pieces = list(write(FORMATS[format], plugins, HERE))
    assert b"".join(pieces) == file_of(format, *plugins)
    assert all(len(piece) >= PIECE for piece in pieces[:-1])


def test_an_array_is_json_however_few_there_are() -> None:
    assert json.loads(file_of("json")) == []
    assert [
        item["metadata"]["name"] for item in json.loads(file_of("json", exported(plugin_values("a"))))
    ] == ["a"]


def test_an_archive_can_be_read_by_everybody() -> None:
    with zipfile.ZipFile(io.BytesIO(file_of("zip", exported(plugin_values("a"))))) as archive:
        [entry] = archive.infolist()
        assert (entry.external_attr >> 16, entry.create_system) == (0o100644, 3)
        assert archive.testzip() is None
