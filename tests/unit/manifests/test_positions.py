from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.manifests.emit import dump_json, dump_yaml
from webapp.manifests.positions import Range, locate, nearest

TEXT = """\
apiVersion: v1
metadata:
  name: "some name"
  tags: [a, {b: c}]
  empty:
spec:
- x: 1
  y: |
    block
- !!str z
"""


def test_values_and_keys_are_found_with_their_ends() -> None:
    found = locate(TEXT, 1, [("metadata", "name"), ("spec", 1)])
    name = found["metadata", "name"]
    assert name.value == Range(3, 9, 3, 20)
    assert name.key == Range(3, 3, 3, 7)
    assert name.raw == '"some name"'
    assert found["metadata",].first_key == (3, 3)
    assert found["metadata",].kind == "map"
    assert found["spec",].kind == "list"
    assert found[()].first_key == (1, 1)


def test_lines_count_from_where_the_document_begins() -> None:
    assert locate(TEXT, 40, [("metadata", "name")])["metadata", "name"].value.line == 42


def test_flow_and_block_are_told_apart() -> None:
    found = locate(TEXT, 1, [("metadata", "tags", 1, "b"), ("spec", 0, "y")])
    assert found["metadata", "tags"].flow
    assert not found["metadata",].flow
    assert found["metadata", "tags", 1, "b"].raw == "c"
    assert not found["spec", 0, "y"].value.single_line


def test_what_is_absent_is_left_out_and_the_nearest_part_is_known() -> None:
    found = locate(TEXT, 1, [("metadata", "nothing", 3)])
    assert ("metadata", "nothing") not in found
    path, span = nearest(found, ("metadata", "nothing", 3))
    assert path == ("metadata",)
    assert span is not None
    assert nearest({}, ("a",)) == ((), None)


def test_what_stands_before_a_syntax_error_is_found() -> None:
    found = locate("a: 1\nb: {c: d\n", 1, [("a",), ("b", "c"), ("z",)])
    assert found["a",].value == Range(1, 4, 1, 5)
    assert found["b", "c"].raw == "d"


def test_keys_that_are_no_text_do_not_confuse_the_paths() -> None:
    found = locate("? [a, b]\n: {c: 1}\n? {d: e}\n: 2\nf: {g: 3}\n", 1, [("f", "g"), ("c",)])
    assert found["f", "g"].raw == "3"
    assert ("c",) not in found


keys = st.text(st.sampled_from("abc \u00e9'\"#:"), min_size=1, max_size=5)
trees = st.recursive(
    st.one_of(st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=10,
)


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    below: list[tuple[str | int, ...]] = [path]
    if isinstance(value, dict):
        for key, item in value.items():
            below += paths_of(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            below += paths_of(item, (*path, index))
    return below


@given(st.dictionaries(keys, trees, min_size=1, max_size=3))
def test_every_path_of_a_document_is_found(tree: dict[str, object]) -> None:
    paths = paths_of(tree)
    for text in (dump_yaml(tree), dump_json(tree)):
        found = locate(text, 1, paths)
        assert set(found) == set(paths)
        assert all(
            (span.key is None) == (not path or isinstance(path[-1], int)) for path, span in found.items()
        )
