"""Names as labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.core.rfc1034 import LABEL_MAX, rfc1034_compliant_str


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("everlasting_gobstopper", "everlasting-gobstopper"),
        ("Example ChatBot 1", "example-chatbot-1"),
        ("My_LLMClient_2025", "my-llmclient-2025"),
        ("My@Bot!_Name", "mybot-name"),
        ("__leading__and__trailing__", "leading--and--trailing"),
        ("a.b.c", "abc"),
        ("a/b", "ab"),
        ("foo--bar", "foo--bar"),
        ("  spaced \t out\n", "spaced-out"),
        ("Ünïcode", "ncode"),
        ("a!-", "a"),
        ("x" * 70, "x" * 63),
        ("a" * 62 + "_b", "a" * 62),
        ("-" * 5 + "a" * 60 + "____b", "a" * 60),
    ],
)
def test_a_name_becomes_a_label(name: str, label: str) -> None:
    assert rfc1034_compliant_str(name) == label


@pytest.mark.parametrize("name", ["", " ", "-", "___", "日本語", "!", "é"])
def test_a_name_of_which_nothing_is_left_is_refused(name: str) -> None:
    with pytest.raises(SmarterValueError):
        rfc1034_compliant_str(name)


def test_no_name_is_no_label() -> None:
    assert rfc1034_compliant_str(None) is None


@given(st.text() | st.text(alphabet="aZ9_- .", min_size=50, max_size=90))
def test_a_label_is_always_compliant_and_done_once(name: str) -> None:
    try:
        label = rfc1034_compliant_str(name)
    except SmarterValueError:
        return
    assert 1 <= len(label) <= LABEL_MAX
    assert label.isascii()
    assert all(part.isalnum() and part == part.lower() for part in label.split("-") if part)
    assert label[0] != "-" != label[-1]
    assert rfc1034_compliant_str(label) == label
