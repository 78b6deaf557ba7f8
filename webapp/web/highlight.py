"""Colours for the YAML that we write: lines of (kind, text) for the macro `code_block`. Presentation only."""

from __future__ import annotations

import re

Token = tuple[str, str]

_ENTRY = re.compile(
    r"(?P<lead>\s*(?:- )*)(?:(?P<key>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s\"'\[\]{}#&*!|>%@`-][^#]*?|-[^\s-][^#]*?)"
    r"(?P<colon>:)(?=\s|$))?(?P<rest>.*)",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|true|false|null")
_BLOCK = re.compile(r"[|>][-+]?\d?")


def yaml_lines(text: str) -> list[list[Token]]:
    """Return the lines of a YAML text as tokens: keys `k`, text `s`, numbers and other words `n`."""
    found: list[list[Token]] = []
    block_indent: int | None = None
    for line in text.removesuffix("\n").split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        if block_indent is not None and (not line.strip() or indent > block_indent):
            found.append([("s", line)] if line else [])
            continue
        block_indent = None
        tokens, opens = _line(line)
        if opens:
            block_indent = indent
        found.append(tokens)
    return found


def plain_lines(text: str) -> list[str]:
    """Return the lines of a text that has no colours."""
    return text.removesuffix("\n").split("\n")


def _line(line: str) -> tuple[list[Token], bool]:
    match = _ENTRY.fullmatch(line)
    if match is None:
        return [("", line)], False
    tokens: list[Token] = []
    if match["lead"]:
        tokens.append(("", match["lead"]))
    if match["key"]:
        tokens += [("k", match["key"]), ("", match["colon"])]
    rest = match["rest"]
    value = rest.lstrip(" ")
    if rest != value:
        tokens.append(("", rest[: len(rest) - len(value)]))
    if value:
        tokens.append((_kind(value), value))
    return tokens, _BLOCK.fullmatch(value) is not None


def _kind(value: str) -> str:
    if _NUMBER.fullmatch(value):
        return "n"
    return "" if value in ("[]", "{}") or _BLOCK.fullmatch(value) else "s"
