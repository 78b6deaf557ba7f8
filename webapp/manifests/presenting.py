"""A plan as the upload page shows it: words, excerpts with a caret, field changes with the changed words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from webapp.history.writers import ShownWrite, Who, shown_writes, who_saved
from webapp.manifests import edits, emit
from webapp.manifests.diff import FieldChange, word_diff
from webapp.manifests.judgement import Judgement
from webapp.manifests.line_diff import TextDiff, line_diff
from webapp.manifests.merge import MINE
from webapp.manifests.merge_sides import ShownClash, ShownField, shown_clashes, shown_taken
from webapp.manifests.moved import ItemMerge
from webapp.manifests.plan import Action, Plan, PlanItem
from webapp.manifests.problems import Problem, SourceLines, excerpt
from webapp.web.highlight import Token, yaml_lines

# More than this at once helps nobody, and every one of them is work.
EXCERPTS_MAX = 100
DIFFS_MAX = 100
OPEN_MAX = 20
# So few changes are read without a press.
CHANGES_OPEN_MAX = 3
ROWS_FIRST = 5
VALUE_MAX = 1_500
# Characters of two texts that are compared line by line, of one document and of all.
YAML_MAX = 256 * 1024
YAML_IN_ALL = 2 * 1024 * 1024
CONTEXT_MAX = 120
NAMES_MAX = 4

_LONG = "\u2026"


@dataclass(frozen=True)
class ShownExcerpt:
    """The lines around a problem for the macro `code_block`."""

    lines: Sequence[Sequence[Token]]
    start: int
    hits: tuple[int, ...]
    carets: Mapping[int, tuple[int, str]]
    label: str


@dataclass(frozen=True)
class ShownProblem:
    """A problem with its place in words; `fix` is the label of the button and `fix_key` what it sends."""

    problem: Problem
    place: str
    excerpt: ShownExcerpt | None = None
    fix: str = ""
    fix_key: str = ""


@dataclass(frozen=True)
class DiffLine:
    """One side of a changed field for the macro `diff_table`."""

    op: str
    segments: Sequence[tuple[bool, str]]


@dataclass(frozen=True)
class DiffRow:
    """A changed field for the macro `diff_table`."""

    path: str
    lines: Sequence[DiffLine]


@dataclass(frozen=True)
class ShownMerge:
    """How a document was merged with what others wrote: who, what was kept of theirs, and what is to be chosen."""

    key: str
    who: Who
    writes: Sequence[ShownWrite]
    kept: Sequence[ShownField]
    clashes: Sequence[ShownClash]
    choices: Mapping[str, str]
    version_then: str
    version_now: str


@dataclass(frozen=True)
class ShownItem:
    """One document of the plan as its row and what opens below it."""

    item: PlanItem
    anchor: str
    summary: str
    notice: str
    problems: tuple[ShownProblem, ...]
    notices: tuple[ShownProblem, ...]
    rows: tuple[DiffRow, ...]
    more_rows: tuple[DiffRow, ...]
    is_open: bool
    leave_out: str
    # The two texts of an update, line by line.
    yaml: TextDiff | None = None
    yaml_too_long: bool = False
    # The button that writes the version which the change asks for.
    version_fix: str = ""
    version_key: str = ""
    merge: ShownMerge | None = None

    @property
    def opens(self) -> bool:
        """Tell whether there is anything below the row."""
        return bool(self.problems or self.notices or self.rows or self.merge or self.item.reason)


@dataclass(frozen=True)
class ShownPlan:
    """A whole plan; of many documents, the ones that need nothing stand apart."""

    plan: Plan
    items: tuple[ShownItem, ...]
    problems: tuple[ShownProblem, ...]

    @property
    def refused(self) -> tuple[ShownItem, ...]:
        """Return the documents that are refused."""
        return tuple(item for item in self.items if item.item.action == "refused")

    @property
    def counts(self) -> Mapping[Action, int]:
        """Return how many documents there are of each action."""
        return self.plan.counts

    @property
    def digest(self) -> str:
        """Return the plan's name as a person can compare it."""
        return f"{self.plan.digest[:4]}\u00b7{self.plan.digest[4:8]}"


def present(
    plan: Plan, texts: Mapping[str, str], items: Iterable[PlanItem] | None = None, *, user_id: int = 0
) -> ShownPlan:
    """Return the plan for the page.

    Args:
        plan: what to show.
        texts: of the sources by name, with secret values masked.
        items: the documents as they are after applying, when that has happened.
        user_id: of whom it is shown to.
    """
    lines = {name: SourceLines(text) for name, text in texts.items()}
    shown: list[ShownItem] = []
    excerpts = diffs = opened = 0
    left = YAML_IN_ALL
    open_changes = items is None and plan.counts.get("update", 0) <= CHANGES_OPEN_MAX
    for item in plan.items if items is None else items:
        with_excerpts = item.problems if excerpts < EXCERPTS_MAX else ()
        excerpts += len(with_excerpts)
        rows = tuple(map(diff_row, item.changes)) if diffs < DIFFS_MAX else ()
        size = _yaml_size(item) if rows else 0
        too_long = size > min(YAML_MAX, left)
        left -= 0 if too_long else size
        fix = edits.version_fix(item) if rows and items is None else None
        undecided = item.merge is not None and bool(item.merge.undecided)
        # What waits for a choice is always open: nothing is applied before it is made.
        is_open = undecided or (item.action == "refused" and opened < OPEN_MAX)
        is_open = is_open or (item.action == "update" and open_changes)
        opened += is_open
        shown.append(
            ShownItem(
                item=item,
                anchor=f"document-{item.number}",
                summary=_summary(item),
                notice=_notice(item),
                problems=tuple(_problem(found, lines if with_excerpts else {}) for found in item.problems),
                notices=tuple(_problem(found, {}) for found in item.notices),
                rows=rows[:ROWS_FIRST],
                more_rows=rows[ROWS_FIRST:],
                is_open=is_open,
                leave_out=edits.item_key(item) if edits.may_leave_out(item) else "",
                yaml=_yaml(item) if size and not too_long else None,
                yaml_too_long=too_long,
                version_fix=fix.label if fix else "",
                version_key=edits.version_key(item) if fix else "",
                merge=_merge(item, item.merge, user_id) if item.merge and items is None else None,
            )
        )
        diffs += bool(rows)
    return ShownPlan(plan, tuple(shown), tuple(_problem(found, lines) for found in plan.problems))


def _yaml_size(item: PlanItem) -> int:
    """Return about how many characters the two texts of an update have, at the cost of reading them once."""
    return 0 if item.before is None else len(repr(item.before())) + len(item.document.text)


def _yaml(item: PlanItem) -> TextDiff | None:
    if item.before is None or item.after is None:
        return None
    found = line_diff(emit.dump_yaml(item.before()), emit.dump_yaml(item.after()))
    # Another owner, or the value of a secret, does not stand in the text.
    return found if found.added or found.removed else None


def _merge(item: PlanItem, merge: ItemMerge, user_id: int) -> ShownMerge:
    assert item.current is not None
    key, who = item.current.locator or "", who_saved(merge.writes, user_id)
    return ShownMerge(
        key=key,
        who=who,
        writes=shown_writes(merge.writes),
        kept=shown_taken([change for change in merge.taken if change.side != MINE], who.name),
        clashes=[replace(clash, id=f"{key}:{clash.id}") for clash in shown_clashes(merge.clashes)],
        choices={f"{key}:{name}": side for name, side in merge.choices.items()},
        version_then=merge.version,
        version_now=item.current.version,
    )


def diff_rows(changes: Iterable[FieldChange]) -> tuple[DiffRow, ...]:
    """Return the rows of field changes for the macro `diff_table`."""
    return tuple(map(diff_row, changes))


def place_of(problem: Problem) -> str:
    """Return where a problem stands: "line 5, column 55"."""
    return f"line {problem.line}, column {problem.column}" if problem.line else ""


def short_path(path: str) -> str:
    """Return the path of a field without the part that all fields of a manifest share."""
    return path.removeprefix("metadata.").removeprefix("spec.")


def changed_names(item: PlanItem) -> str:
    """Return the names of the fields that a document changes, the first few of many."""
    return named_fields(item.changes)


def named_fields(changes: Iterable[FieldChange]) -> str:
    """Return the names of the fields that changes are about, the first few of many."""
    paths = list(dict.fromkeys(short_path(change.path) for change in changes))
    ends = [path.rpartition(".")[2] for path in paths]
    # Of two fields that end alike the second has its path, so that as many are named as are counted.
    names = [
        end if ends.index(end) == place else path
        for place, (end, path) in enumerate(zip(ends, paths, strict=True))
    ]
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return f"{', '.join(names[:NAMES_MAX])}{more}"


def _problem(problem: Problem, lines: Mapping[str, SourceLines]) -> ShownProblem:
    source = lines.get(problem.source)
    return ShownProblem(
        problem=problem,
        place=place_of(problem),
        excerpt=_excerpt(source, problem) if source is not None else None,
        fix=problem.fix.label if problem.fix else "",
        fix_key=edits.problem_key(problem) if problem.fix else "",
    )


def _excerpt(source: SourceLines, problem: Problem) -> ShownExcerpt | None:
    found = excerpt(source, problem)
    if not found:
        return None
    carets = {line.number: (line.caret, "here") for line in found if line.hit and line.caret}
    return ShownExcerpt(
        lines=yaml_lines("\n".join(line.text for line in found) + "\n"),
        start=found[0].number,
        hits=tuple(line.number for line in found if line.hit),
        carets=carets,
        label=f"{problem.source}, lines {found[0].number} to {found[-1].number}",
    )


def _summary(item: PlanItem) -> str:
    """Return what stands behind the name of the document, in few words."""
    if item.action == "refused":
        if len(item.problems) == 1:
            return item.problems[0].message
        return f"{len(item.problems)} problems"
    if item.reason:
        return item.reason
    if item.action == "create":
        renamed = f"in place of {item.renamed_from}, which is taken" if item.renamed_from else ""
        return ", ".join(filter(None, (renamed, f"for {item.owner.name}" if item.owner else "")))
    if item.action == "unchanged" and item.merge is not None:
        return "as others have written it meanwhile"
    if item.action != "update":
        return ""
    count = f"{len(item.changes)} {'field' if len(item.changes) == 1 else 'fields'}"
    return f"{count}: {changed_names(item)}"


def _notice(item: PlanItem) -> str:
    """Return what one should know of a document that is not refused."""
    if item.action == "refused":
        return ""
    if item.merge is not None and item.merge.undecided:
        count = len(item.merge.undecided)
        return f"{count} {'choice' if count == 1 else 'choices'} to make"
    if item.judgement is not None and item.judgement.asks_for_more and item.judgement.level != "patch":
        return f"{item.judgement.label}, {_version_word(item.judgement)}"
    # That it has another name is said already.
    notices = [found for found in item.notices if not (item.renamed_from and found.path == "metadata.name")]
    if not notices:
        return ""
    return notices[0].message if len(notices) == 1 else f"{len(notices)} notices"


def _version_word(judgement: Judgement) -> str:
    words = {"same": "version unchanged", "small": "version raised too little", "down": "version goes down"}
    return words[judgement.verdict]


def diff_row(change: FieldChange) -> DiffRow:
    """Return a changed field with its lines, changed words marked."""
    before = None if change.kind == "added" else _text(change.before)
    after = None if change.kind == "removed" else _text(change.after)
    lines: list[DiffLine] = []
    if before is not None and after is not None:
        pieces = word_diff(before, after)
        # Two texts that share no word are easier to read without marks.
        marked = any(operation == "equal" and text.strip() for operation, text in pieces)
        lines.append(DiffLine("del", _segments(pieces, "delete", marked)))
        lines.append(DiffLine("add", _segments(pieces, "insert", marked)))
    elif before is not None:
        lines.append(DiffLine("del", [(False, _cut(before, VALUE_MAX, 0))]))
    elif after is not None:
        lines.append(DiffLine("add", [(False, _cut(after, VALUE_MAX, 0))]))
    return DiffRow(short_path(change.path), lines)


def _segments(pieces: Sequence[tuple[str, str]], side: str, marked: bool) -> list[tuple[bool, str]]:
    """Return one side of a diff, long stretches that did not change cut in the middle."""
    found: list[tuple[bool, str]] = []
    for index, (operation, text) in enumerate(pieces):
        if operation == side:
            found.append((marked, _cut(text, VALUE_MAX, 0)))
        elif operation == "equal":
            head = CONTEXT_MAX if index else 0
            tail = CONTEXT_MAX if index < len(pieces) - 1 else 0
            found.append((False, _cut(text, head, tail)))
    return found


def _cut(text: str, head: int, tail: int) -> str:
    """Return the beginning and the end of a long text, cut between words where there are any."""
    if len(text) <= head + tail + CONTEXT_MAX:
        return text
    begin, end = text[:head], text[len(text) - tail :]
    begin = begin.rpartition(" ")[0] or begin
    end = end.partition(" ")[2] or end
    return f"{begin} {_LONG} {end}"


def _text(value: object) -> str:
    """Return a value as one reads it: lists of words in one line, everything else as YAML."""
    if value in ("", [], {}):
        return "empty"
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return emit.dump_yaml(cast("Mapping[str, object]", value)).rstrip("\n")
    if not isinstance(value, list):
        return emit.scalar(value)
    if any(isinstance(item, dict | list) for item in value):
        return textwrap.dedent(emit.dump_yaml({"list": value}).partition("\n")[2]).rstrip("\n")
    return ", ".join(item if isinstance(item, str) else emit.scalar(item) for item in value)
