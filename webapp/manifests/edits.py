"""Edits of an upload by one press: making a fix, setting a version, and leaving a document out. Pure.

A button names what it is about by a digest of it, so that a text which was changed meanwhile is never edited in the
wrong place.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from webapp.manifests import emit
from webapp.manifests.fixes import insert_before, quoted, replace_scalar
from webapp.manifests.forms import Upload
from webapp.manifests.plan import Plan, PlanItem
from webapp.manifests.problems import Fix, Problem, SourceLines, apply_fix

MOVED = "The text was changed since it was checked, so nothing was edited. Here is what holds now."

_KEY_LENGTH = 16
_METADATA, _VERSION = ("metadata",), ("metadata", "version")
_MARKER = re.compile(r"---(?=[ \t]|$)")


def problem_key(problem: Problem) -> str:
    """Return what a fix button carries."""
    fix = problem.fix
    return _digest(problem.source, problem.line, problem.column, problem.path, fix and fix.replacement)


def item_key(item: PlanItem) -> str:
    """Return what a button about a document carries."""
    return _digest(item.source, item.document.line, item.document.text)


def version_key(item: PlanItem) -> str:
    """Return what the button that sets the version of a document carries."""
    judgement = item.judgement
    return _digest(item.source, item.document.line, item.number, judgement and judgement.suggested)


def may_leave_out(item: PlanItem) -> bool:
    """Tell whether the document can be taken out of its text alone."""
    return bool(item.document.text) and not item.document.root


def version_fix(item: PlanItem) -> Fix | None:
    """Return the edit that writes the version which the change asks for; None where no edit is certain."""
    judgement = item.judgement
    if judgement is None or not judgement.asks_for_more or item.action == "refused":
        return None
    label = f"Set version to {judgement.suggested}"
    spans = item.document.locate([_VERSION])
    span, above = spans.get(_VERSION), spans.get(_METADATA)
    if span is None:
        if above is None or above.first_key is None:
            return None
        fix = insert_before(*above.first_key, "version", judgement.suggested, flow=above.flow)
        return replace(fix, label=label)
    if span.kind != "scalar" or not span.value.single_line or "&" in span.raw[:1]:
        return None
    plain = not span.raw.startswith(('"', "'"))
    text = emit.scalar(judgement.suggested) if plain else quoted(judgement.suggested)
    return replace_scalar(span.value.line, span.value.column, span.value.end_column, text, label)


def edit(upload: Upload, plan: Plan) -> Upload | None:
    """Return the upload with the edit of its button made; None when the text is no longer what it was."""
    if upload.press == "drop":
        return upload.without(upload.value)
    if upload.press == "leave_out":
        return _leave_out(upload, plan)
    if upload.press == "version":
        return _set_version(upload, plan)
    for problem in plan.all_problems:
        if problem.fix is not None and problem_key(problem) == upload.value:
            return upload.with_text(problem.source, apply_fix(plan.texts[problem.source].text, problem.fix))
    return None


def _set_version(upload: Upload, plan: Plan) -> Upload | None:
    for item in plan.items:
        if item.judgement is not None and version_key(item) == upload.value and (fix := version_fix(item)):
            return upload.with_text(item.source, apply_fix(plan.texts[item.source].text, fix))
    return None


def _leave_out(upload: Upload, plan: Plan) -> Upload | None:
    for item in plan.items:
        if may_leave_out(item) and item_key(item) == upload.value:
            text = commented(plan.texts[item.source].text, item.document.line, item.document.text)
            return upload.with_text(item.source, text)
    return None


def commented(text: str, line: int, document: str) -> str:
    """Return a text in which the lines of one document are comments: it is left out and not lost.

    Args:
        text: of the whole source.
        line: that the document begins on.
        document: its own text.
    """
    lines = SourceLines(text)
    last = line + len(SourceLines(document)) - 1
    if document.endswith(("\n", "\r")):
        last -= 1
    found = []
    for number in range(1, len(lines) + 1):
        written = lines.line(number)
        if line <= number <= last and written.strip():
            # The marker stays: without it, these lines would belong to the document before.
            marker = _MARKER.match(written) if number == line else None
            written = written if marker and not written[3:].strip() else _comment(written, bool(marker))
        found.append(written)
    return "\n".join(found)


def _comment(line: str, has_marker: bool) -> str:
    return f"--- # {line[3:].strip()}" if has_marker else f"# {line}"


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_KEY_LENGTH]
