"""Canonical YAML and JSON: the same data gives the same bytes, and our loader gives the same data back.

Text is written plainly only when YAML 1.1 and 1.2 both read it as text, so that no other tool turns `no` or `1:30`
into something else.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping

from webapp.core.errors import SmarterValueError
from webapp.manifests.scalars import plain

LINE_WIDTH = 100
FOLD_FROM = 100
_KEY_MAX = 900
_DEPTH_MAX = 100

_WORDS = frozenset(
    {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<", ".inf", ".nan"}
)
# Integers, floats, sexagesimals and timestamps of YAML 1.1 and 1.2, a little wider than either.
_NUMBER_LIKE = re.compile(
    r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?"
    r"|\.inf|(?:[0-9][0-9_,]*)?\.?[0-9_]*(?:e[-+]?[0-9]+)?)"
    r"|\d{4}-\d{1,2}-\d{1,2}(?:(?:t|[ \t]+)\d.*)?",
    re.IGNORECASE,
)
_PLAIN_START = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=~<]|-[^\s\-]")
_PLAIN_UNSAFE = re.compile(r": |:$| #|[\t\n\r\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
# What a block scalar cannot hold: only printable characters and line feeds stand in it as they are.
_BLOCK_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]')
_UNSEEN = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def dump_yaml(mapping: Mapping[str, object]) -> str:
    """Return one document in canonical form, without a `---` line; keys keep their order.

    Raises SmarterValueError for what no manifest can hold: numbers that are not finite, keys that are not text, values
    of other types than text, numbers, booleans, null, lists and maps.
    """
    lines: list[str] = []
    if not mapping:
        return "{}\n"
    _map(mapping, 0, lines)
    return "\n".join(lines) + "\n"


def dump_yaml_all(mappings: Iterable[Mapping[str, object]]) -> str:
    """Return several documents in one text, each after a `---` line."""
    return "".join(f"---\n{dump_yaml(mapping)}" for mapping in mappings)


def dump_json(value: object) -> str:
    """Return the same data as JSON with two spaces of indentation; raises SmarterValueError like `dump_yaml`."""
    try:
        text = json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise SmarterValueError("This data cannot be written as JSON.") from error
    # JSON leaves them as they are; neither a page nor the loader shows them.
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def scalar(value: object) -> str:
    """Return a scalar as it stands on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return value if _is_plain(value) else double_quoted(value)
    raise SmarterValueError(f"A {type(value).__name__} cannot be written into a manifest.")


def double_quoted(text: str) -> str:
    """Return text in double quotes with everything escaped that does not show."""
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _map(mapping: Mapping[str, object], indent: int, lines: list[str], lead: str = "") -> None:
    """Write a map; `lead` stands before its first key in place of the indentation, for a map in a list."""
    _guard_depth(indent)
    pad = " " * indent
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise SmarterValueError("The keys of a manifest are text.")
        name = scalar(key)
        start, lead = lead or pad, ""
        if len(name) > _KEY_MAX:
            # A key this long is no key to YAML unless it is announced.
            lines.append(f"{start}? {name}")
            start, name = pad, ""
        _value(f"{start}{name}:", value, indent, lines)


def _list(items: list[object] | tuple[object, ...], indent: int, lines: list[str], lead: str = "") -> None:
    _guard_depth(indent)
    pad = " " * indent
    for item in items:
        start, lead = f"{lead or pad}- ", ""
        if isinstance(item, Mapping) and item:
            _map(item, indent + 2, lines, start)
        elif isinstance(item, list | tuple) and item:
            _list(item, indent + 2, lines, start)
        else:
            _value(start.rstrip(), item, indent, lines)


def _value(start: str, value: object, indent: int, lines: list[str]) -> None:
    """Write what follows `key:` or `-`; lists and maps begin on the next line, two deeper."""
    if isinstance(value, Mapping):
        if not value:
            lines.append(f"{start} {{}}")
            return
        lines.append(start)
        _map(value, indent + 2, lines)
    elif isinstance(value, list | tuple):
        if not value:
            lines.append(f"{start} []")
            return
        lines.append(start)
        _list(value, indent + 2, lines)
    elif isinstance(value, str) and (block := _block(value, " " * (indent + 2))):
        lines.append(f"{start} {block[0]}")
        lines.extend(block[1:])
    else:
        lines.append(f"{start} {scalar(value)}")


def _block(text: str, pad: str) -> list[str] | None:
    """Return the lines of a block scalar for text of several lines or of a long one; None when it does not suit."""
    body = text.rstrip("\n")
    if not body or text[0] in " \t\n" or _BLOCK_UNSAFE.search(text):
        return None
    endings = len(text) - len(body)
    chomp = "" if endings == 1 else "-" if endings == 0 else "+"
    if "\n" in body or endings > 1:
        lines = [f"{pad}{line}" if line else "" for line in body.split("\n")]
        return [f"|{chomp}", *lines, *[""] * (endings - 1)]
    if len(body) <= FOLD_FROM and not endings:
        return None
    folded = _folded(body)
    if folded is None:
        return [f"|{chomp}", f"{pad}{body}"] if endings else None
    return [f">{chomp}", *(f"{pad}{line}" for line in folded)]


def _folded(body: str) -> list[str] | None:
    """Return one line of text broken at single spaces; None when a break would not read back as one space."""
    if "\t" in body or body != body.strip() or "  " in body:
        return None
    lines: list[str] = []
    line = ""
    for word in body.split(" "):
        if line and len(line) + 1 + len(word) > LINE_WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    return lines


def _is_plain(text: str) -> bool:
    if not text or len(text) > _KEY_MAX or text != text.strip(" ") or text.lower() in _WORDS:
        return False
    if not _PLAIN_START.match(text) or _PLAIN_UNSAFE.search(text) or text.startswith(("---", "...")):
        return False
    return _NUMBER_LIKE.fullmatch(text) is None


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise SmarterValueError("A number that is not finite cannot be written into a manifest.")
    text = float.__repr__(value)
    mantissa, exponent, power = text.partition("e")
    # YAML 1.1 wants the point before an exponent.
    return f"{mantissa}.0{exponent}{power}" if exponent and "." not in mantissa else text


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}")


def _guard_depth(indent: int) -> None:
    # A loop would end in Python's recursion limit; no manifest that can be read again is nearly as deep.
    if indent > 2 * _DEPTH_MAX:
        raise SmarterValueError("The data is nested too deeply for a manifest. Flatten it.")
