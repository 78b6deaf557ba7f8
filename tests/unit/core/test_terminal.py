"""Colour on a terminal, and nowhere else."""

import io
import sys

import pytest
from jinja2 import Environment

from webapp.core.terminal import TerminalText, formatted, takes_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_takes_colour_and_a_file_does_not() -> None:
    assert takes_colour(Terminal(), {})
    assert takes_colour(Terminal(), {"NO_COLOR": "", "TERM": "xterm"})
    assert not takes_colour(io.StringIO(), {})


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": "0"}, {"TERM": "dumb"}])
def test_whoever_wants_none_gets_none(environment: dict[str, str]) -> None:
    assert not takes_colour(Terminal(), environment)


def test_no_stream_at_all_takes_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    assert not takes_colour(closed, {})
    monkeypatch.setattr(sys, "stderr", None)
    assert not takes_colour(None, {})


def test_logs_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert formatted("READY", "good") == "\x1b[92mREADY\x1b[0m"
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert formatted("READY", "good") == "READY"


def test_a_page_never_holds_the_codes() -> None:
    coloured = TerminalText("<b>", "bad", coloured=True)
    assert "\x1b" in coloured
    page = Environment(autoescape=True).from_string("{{ word }} {{ 'a' ~ word }} {{ [word]|join }}")
    assert page.render(word=coloured) == "&lt;b&gt; a&lt;b&gt; &lt;b&gt;"
