"""The addresses that export a list: the filter without its order and page, which no file depends on."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

from webapp.plugins.exports import FORMATS, Format
from webapp.web.listing import ListState

PATH = "/plugins/export"


def export_url(state: ListState, format: str = "") -> str:
    """Return the address that exports what a list shows; without a format, of the page that asks for it."""
    state = replace(state, sort=state.spec.default_sort, after="", before="")
    pairs = state.pairs() + ([("format", format)] if format else [])
    return f"{PATH}?{urlencode(pairs, quote_via=quote)}" if pairs else PATH


def export_links(state: ListState) -> list[tuple[Format, str]]:
    """Return the formats with the addresses that export what a list shows."""
    return [(format, export_url(state, format.key)) for format in FORMATS.values()]
