"""The pieces of `make bench`, with a few documents."""

from __future__ import annotations

from benchmarks.imports import rows
from benchmarks.measuring import measure


def test_each_part_of_an_import_is_measured() -> None:
    parsed, imported, updated = (vars(measure(what, 20)) for what in ("parse", "import", "update"))
    assert set(parsed["seconds"]) == {"parse"}
    assert set(imported["seconds"]) == set(updated["seconds"]) == {"plan", "apply", "locked", "computing"}
    assert imported["seconds"]["locked"] <= imported["seconds"]["apply"]
    table = list(rows(20, [parsed], [imported], [updated]))
    assert table[0].what == "parse and validate"
    assert len({len(str(row)) for row in table}) == 1
