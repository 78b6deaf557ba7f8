from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.web.highlight import yaml_lines


def test_keys_text_numbers_and_blocks_have_their_kind() -> None:
    lines = yaml_lines('name: candy\nn: 1.5\n"odd: key":\n  - a: true\ntext: |\n  b: c\n\n  d\nend: []\n')
    assert lines == [
        [("k", "name"), ("", ":"), ("", " "), ("s", "candy")],
        [("k", "n"), ("", ":"), ("", " "), ("n", "1.5")],
        [("k", '"odd: key"'), ("", ":")],
        [("", "  - "), ("k", "a"), ("", ":"), ("", " "), ("n", "true")],
        [("k", "text"), ("", ":"), ("", " "), ("", "|")],
        [("s", "  b: c")],
        [],
        [("s", "  d")],
        [("k", "end"), ("", ":"), ("", " "), ("", "[]")],
    ]


@given(st.text())
def test_nothing_of_a_text_is_lost(text: str) -> None:
    shown = "\n".join("".join(part for _, part in line) for line in yaml_lines(text))
    assert shown == text.removesuffix("\n")
