"""Secret values on their way through a page: masked in every text that is shown, sealed in a hidden field.

A page that shows an upload again must not lose what was typed, and must not show a secret. So the text comes back with
`********` in place of the value, and the value travels encrypted beside it, bound to the person who sent it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

from webapp.core.errors import PlugdeckError
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import converted_name, dig, meant
from webapp.manifests.loader import LoadedDocument
from webapp.manifests.plan import Plan
from webapp.manifests.positions import MASK, Range, scalars_below
from webapp.manifests.problems import Path, Problem, SourceLines, format_path
from webapp.manifests.scalars import written
from webapp.manifests.sources import count_breaks, split

Schemas = Mapping[str, type[Manifest]]
# Kind and name of a record, and where its manifest has the value.
Place = tuple[str, str, str]
Held = Mapping[Place, str]

_MASKED = re.compile(r"\*+")
_KIND = re.compile(r"""(?i)\bkind["']?[ \t]*:[ \t]*["']?(\w{1,40})""")
_KEY = re.compile(r"""(?P<lead>[ \t]*(?:- +)?["']?(?P<key>\w+)["']?[ \t]*:[ \t]*)(?P<rest>\S.*)?""")
_LINE = re.compile(r"[^\r\n]+")
_QUOTED_ALIAS = re.compile(r"\*.* has no &.* before it\.", re.DOTALL)
_QUOTED_TAG = re.compile(r"The tag .* is not allowed:", re.DOTALL)
_COMMENT = re.compile(r"(?<!\S)#[#\t ]*[^#\s][^\r\n]*")
# What a manifest of any kind says in the open; everything else in one that holds a secret may be a part of it.
_OPEN = frozenset(
    {"apiVersion", "kind", "metadata", "name", "description", "version", "tags", "annotations", "spec"}
)


class Sealer(Protocol):
    """Encrypts a text so that only this installation reads it again."""

    def encrypt(self, value: str) -> bytes:
        """Return the sealed text."""

    def decrypt(self, token: bytes) -> str:
        """Return what was sealed; raises PlugdeckError for anything else."""


def mask_text(text: str, documents: Iterable[LoadedDocument], schemas: Schemas) -> str:
    """Return the text of a source with every secret value of its documents masked, on as many lines as before.

    In the part of a document that holds its secret only what is known to be no secret stays: the value may stand
    under a key that was mistyped or is there twice. A text that cannot be read stays as it was typed, because nothing
    else would keep it for the person who sent it.
    """
    lines = SourceLines(text)
    ranges: list[Range] = []
    for document in documents:
        schema = _schema(document, schemas) if document.readable else None
        if schema is not None and schema.secret_paths:
            top = (*document.root, *schema.secret_paths[0][:1])
            ranges += [
                place
                for key, place in scalars_below(document.text, document.line, top)
                if key not in schema.open_keys
            ]
    pieces, end = [], 0
    for item in sorted(ranges, key=lambda found: (found.line, found.column)):
        start = lines.offset(item.line, item.column)
        until = lines.offset(item.end_line, item.end_column)
        if text[start:until].strip():
            pieces += [text[end:start], _mask_of(text[start:until])]
            end = until
    return "".join([*pieces, text[end:]])


def mask_comments(text: str, documents: Iterable[LoadedDocument], schemas: Schemas) -> str:
    """Return a text of `mask_text` with every comment masked from where a document begins to hold its secret."""
    lines = SourceLines(text)
    pieces, end = [], 0
    for document in documents:
        schema = _schema(document, schemas) if document.readable else None
        if schema is None or not schema.secret_paths:
            continue
        top = schema.secret_paths[0][:1]
        span = document.locate([top]).get(top)
        key = span.key if span is not None else None
        # The masks before it may have moved it along its line, never to another one.
        first = key.line if key is not None else document.line
        last = document.line + count_breaks(document.text, 0, len(document.text))
        start = max(end, lines.offset(first, 1))
        until = lines.offset(last, 1) + len(lines.line(last))
        pieces += [text[end:start], _COMMENT.sub(f"# {MASK}", text[start:until])]
        end = max(start, until)
    return "".join([*pieces, text[end:]])


def mask_loosely(text: str, schemas: Schemas) -> str:
    """Return a text to quote from with everything masked that may be a part of a secret, whether it is YAML or not.

    Only documents that say they are secrets are touched, and no line moves.
    """
    found: list[str] = []
    end = 0
    for chunk in split(text)[0]:
        document = text[chunk.start : chunk.end]
        kinds = (_schema_of(match[1], schemas) for match in _KIND.finditer(document))
        if any(schema is not None and schema.secret_paths for schema in kinds):
            found += [text[end : chunk.start], _LINE.sub(_mask_line, document)]
            end = chunk.end
    return "".join([*found, text[end:]])


def _mask_line(match: re.Match[str]) -> str:
    line = match[0]
    entry = _KEY.fullmatch(line)
    if not line.strip() or line.startswith("---") or (entry and entry["key"] in _OPEN):
        return line
    lead = entry["lead"] if entry else line[: len(line) - len(line.lstrip())]
    return lead if entry and entry["rest"] is None else f'{lead}"{MASK}"'


def seal(documents: Iterable[LoadedDocument], schemas: Schemas, sealer: Sealer, person: str) -> str:
    """Return the secret values of the documents for a hidden field, "" when there are none."""
    held = {
        place: value
        for document in documents
        for path in _secret_paths(document, schemas)
        if (value := _secret(document, path)) and (place := _place(document, path, schemas))
    }
    if not held:
        return ""
    content = {"person": person, "held": [[*place, value] for place, value in held.items()]}
    return sealer.encrypt(json.dumps(content)).decode("ascii")


def unseal(text: str, sealer: Sealer, person: str) -> Held:
    """Return what `seal` put into the hidden field; nothing when it is not ours or was made for somebody else."""
    if not text:
        return {}
    try:
        content = json.loads(sealer.decrypt(text.encode("utf-8", "replace")))
    except (PlugdeckError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("person") != person:
        return {}
    return {(kind, name, path): value for kind, name, path, value in content["held"]}


def restore(document: LoadedDocument, schemas: Schemas, held: Held) -> LoadedDocument:
    """Return the document with the held values in place of their masks."""
    data = document.data
    for path in _secret_paths(document, schemas) if held else ():
        shown = written(dig(data, *path))
        place = _place(document, path, schemas)
        value = held.get(place) if place else None
        if value is not None and shown is not None and _MASKED.fullmatch(shown):
            data = _with(cast("dict[str, Any]", data), path, value)
    return document if data is document.data else replace(document, data=data)


def _secret_paths(document: LoadedDocument, schemas: Schemas) -> tuple[Path, ...]:
    schema = _schema(document, schemas)
    return schema.secret_paths if schema else ()


def _schema(document: LoadedDocument, schemas: Schemas) -> type[Manifest] | None:
    return _schema_of(document.label("kind").strip(), schemas)


def _schema_of(kind: str, schemas: Schemas) -> type[Manifest] | None:
    """Return the schema of a kind, or of the one that is probably meant: a typing error shows no secret."""
    if not kind:
        return None
    by_fold = {name.casefold(): schema for name, schema in schemas.items()}
    return by_fold.get(kind.casefold()) or schemas.get(meant(kind, schemas) or "")


def _secret(document: LoadedDocument, path: Path) -> str | None:
    """Return the value at a path as it was written; None when there is no text or only its mask."""
    text = written(dig(document.data, *path))
    return None if not text or _MASKED.fullmatch(text) else text


def _place(document: LoadedDocument, path: Path, schemas: Schemas) -> Place | None:
    schema = _schema(document, schemas)
    name = converted_name(document.label("metadata.name"))
    return (schema.kind_name, name, format_path(path)) if schema and name else None


def conceal(problems: Iterable[Problem], document: LoadedDocument, schemas: Schemas) -> list[Problem]:
    """Return the problems of a document without words of a secret, in the labels of their fixes or in messages.

    An unquoted value that begins with ! or * is read as a tag or an alias, which a problem would quote, and a command
    line writes problems into the log of a build.
    """
    schema = _schema(document, schemas) or next(_said_kinds(document, schemas), None)
    if schema is None or not schema.secret_paths:
        return list(problems)
    top = str(schema.secret_paths[0][0])
    return [_concealed(problem) if problem.path.startswith(top) else problem for problem in problems]


def _concealed(problem: Problem) -> Problem:
    message = _QUOTED_ALIAS.sub("This alias has no anchor before it.", problem.message)
    message = _QUOTED_TAG.sub("This tag is not allowed:", message)
    fix = problem.fix
    if fix is not None and fix.label.startswith("Write "):
        fix = replace(fix, label="Put it in quotes")
    return replace(problem, message=message, fix=fix)


def _said_kinds(document: LoadedDocument, schemas: Schemas) -> Iterator[type[Manifest]]:
    """Yield the schemas with secrets of the kinds that a text which cannot be read may be of."""
    for match in () if document.readable else _KIND.finditer(document.text):
        schema = _schema_of(match[1], schemas)
        if schema is not None and schema.secret_paths:
            yield schema


def _mask_of(value: str) -> str:
    """Return the mask for a value, with the line breaks that follow or belong to it."""
    return f'"{MASK}"' + "\n" * value.count("\n")


def _with(data: dict[str, Any], path: Path, value: str) -> dict[str, Any]:
    head = str(path[0])
    return {**data, head: value if len(path) == 1 else _with(data[head], path[1:], value)}


def shown_texts(plan: Plan, schemas: Schemas) -> dict[str, str]:
    """Return the texts of a plan's sources by name, for whoever sent them: with the values of secrets masked."""
    documents = _by_source(plan)
    return {name: mask_text(lines.text, documents[name], schemas) for name, lines in plan.texts.items()}


def masked_texts(plan: Plan, schemas: Schemas) -> dict[str, str]:
    """Return the texts of a plan's sources by name, to be kept where others read them.

    Beside the values of secrets the comments around them are masked: an earlier value is often left in one.
    """
    documents = _by_source(plan)
    return {
        name: mask_comments(text, documents[name], schemas)
        for name, text in shown_texts(plan, schemas).items()
    }


def _by_source(plan: Plan) -> Mapping[str, list[LoadedDocument]]:
    documents: dict[str, list[LoadedDocument]] = defaultdict(list)
    for item in plan.items:
        documents[item.source].append(item.document)
    return documents
