"""What the options of a plan make of its documents: skipped, given a free name, given to somebody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Generic, TypeVar

from webapp.core.text import NAME_MAX
from webapp.manifests.diff import FieldChange
from webapp.manifests.envelope import Manifest
from webapp.manifests.options import NAMES_TRIED, Owner, PlanOptions, free_names, skip_reason
from webapp.manifests.problems import Problem
from webapp.manifests.registry import CurrentRecord, KindHandler, Registry
from webapp.manifests.service.drafts import NAME, Draft

ViewerT = TypeVar("ViewerT")

_TRIED_AT_ONCE = 8


class Settling(Generic[ViewerT]):
    """The options of one plan, applied kind by kind in the order in which the kinds are written."""

    def __init__(
        self,
        viewer: ViewerT,
        registry: Registry[ViewerT],
        options: PlanOptions,
        drafts: Sequence[Draft[ViewerT]],
    ) -> None:
        """Look up the owner, once."""
        self.viewer, self.registry, self.options = viewer, registry, options
        self.problems: list[Problem] = []
        self.owner = self._find_owner()
        # Every name that a document gives or takes, by what it shares its names with.
        self._taken: set[tuple[str, str]] = {draft.key for draft in drafts if draft.key is not None}
        self._renamed: dict[tuple[str, str], str] = {}

    def names(self, handler: KindHandler[ViewerT, Manifest], drafts: Sequence[Draft[ViewerT]]) -> None:
        """Skip and rename documents of one kind, whose stored records are known."""
        to_rename = []
        for draft in drafts:
            if draft.refused:
                continue
            draft.reason = skip_reason(self.options, exists=draft.current is not None, name=draft.name)
            renames = self.options.taken == "rename" and draft.current is not None and not draft.reason
            # A document that says what is stored already needs no copy.
            if renames and not _is_the_same(handler, draft):
                to_rename.append(draft)
        for draft, name in self._free(handler, to_rename):
            self._rename(draft, name)

    def follow(self, draft: Draft[ViewerT]) -> None:
        """Let the references of a document follow the records that were given another name."""
        if draft.handler is None or draft.model is None or not self._renamed:
            return
        for reference in list(draft.handler.references(draft.model)):
            family = self.registry.get(reference.kind).family
            name = self._renamed.get((family, reference.name))
            if name is not None:
                draft.model = draft.model.with_value(reference.path, name)
                path = tuple(str(part) for part in reference.path)
                draft.say(path, f"This means {name} here, because {reference.name} is taken.")

    def give(self, draft: Draft[ViewerT]) -> None:
        """Give the record of a document to the owner that was chosen."""
        if self.owner is None or draft.refused or draft.reason:
            return
        if draft.current is None:
            draft.owner = self.owner
        elif self.options.owner_of_existing and draft.current.owner_id != self.owner.profile_id:
            draft.owner = self.owner
            change = FieldChange("owner", "changed", draft.current.owner, self.owner.name)
            draft.changes = (*draft.changes, change)

    def _find_owner(self) -> Owner | None:
        if not self.options.owner or self.registry.owners is None:
            return None
        found = self.registry.owners.find(self.viewer, self.options.owner)
        if found is None:
            message = f"Nothing can be given to {self.options.owner[:64]}."
            hint = "Choose somebody of this account who can sign in; a member can choose only themselves."
            self.problems.append(Problem(document=0, message=message, hint=hint))
        return found

    def _rename(self, draft: Draft[ViewerT], name: str | None) -> None:
        if name is None or draft.model is None or draft.handler is None:
            draft.say(NAME, f"No name like {draft.name} is free.", "Give it another name.", error=True)
            return
        draft.say(NAME, f"{draft.name} is taken, so this one becomes {name}.")
        self._renamed[(draft.handler.family, draft.name)] = name
        draft.renamed_from, draft.name, draft.current = draft.name, name, None
        draft.model = draft.model.with_value(NAME, name)

    def _free(
        self, handler: KindHandler[ViewerT, Manifest], drafts: Sequence[Draft[ViewerT]]
    ) -> Iterator[tuple[Draft[ViewerT], str | None]]:
        """Yield a free name for each document, in their order; in few questions, however many are taken."""
        waiting, start = list(drafts), 2
        while waiting and start < NAMES_TRIED:
            wanted = {
                draft.name: free_names(draft.name, NAME_MAX, start, _TRIED_AT_ONCE) for draft in waiting
            }
            stored = handler.find_current(self.viewer, {name for names in wanted.values() for name in names})
            left = []
            for draft in waiting:
                name = self._first_free(handler.family, wanted[draft.name], stored)
                if name is None:
                    left.append(draft)
                    continue
                self._taken.add((handler.family, name))
                yield draft, name
            waiting, start = left, start + _TRIED_AT_ONCE
        yield from ((draft, None) for draft in waiting)

    def _first_free(
        self, family: str, names: Sequence[str], stored: Mapping[str, CurrentRecord] | Set[str]
    ) -> str | None:
        free = (name for name in names if name not in stored and (family, name) not in self._taken)
        return next(free, None)


def _is_the_same(handler: KindHandler[ViewerT, Manifest], draft: Draft[ViewerT]) -> bool:
    current, model = draft.current, draft.model
    # Of a record that this viewer may not change, not even that may be told.
    return bool(current and model and current.manageable and not handler.changes(current, model))
