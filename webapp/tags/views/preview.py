"""What an act on tags would change, for the page that shows it before it is done. No HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.tags.queries.reach import Named, load_reach, name_plugins
from webapp.tags.service import Done, why_not
from webapp.tags.values import Reach
from webapp.web.filters import plural
from webapp.web.toasts import Undo, say


@dataclass(frozen=True)
class Preview:
    """The records that an act would change: how many, the first of them, and why it is refused.

    `both` counts those that carry the tag that stays as well, `binned` those in the bin, `refusing` are the plugins
    of other people that stand in the way.
    """

    seen: str
    count: int
    both: int
    binned: int
    named: Sequence[Named]
    refusal: str
    refusing: Sequence[Named]

    @property
    def more(self) -> int:
        """Return how many records are not named."""
        return self.count - len(self.named)


def preview_of(session: Session, viewer: Viewer, changed: Sequence[int], into: int | None = None) -> Preview:
    """Return what changing tags would do.

    Args:
        session: to read with.
        viewer: who would do it.
        changed: the tags that are renamed or merged away.
        into: the tag that stays of a merge.
    """
    reach: Reach = load_reach(session, [*changed, *([] if into is None else [into])])
    live = reach.live_ids(changed)
    refusal = why_not(viewer, reach, changed)
    others = reach.not_owned_by(viewer.profile_id, changed) if refusal else []
    return Preview(
        seen=reach.digest(changed),
        count=len(live),
        both=0 if into is None else len(set(live) & set(reach.live_ids([into]))),
        binned=len(reach.ids(changed)) - len(live),
        named=name_plugins(session, live),
        refusal=refusal,
        refusing=name_plugins(session, others),
    )


def say_done(message: str, done: Done, here: str) -> None:
    """Let the next page say what was done, with the Undo of the whole act, which leads to `here`."""
    if done.unit_id is None:
        say("Nothing was changed, so nothing was saved", category="info")
        return
    undo_of_unit: Callable[[int], Undo] = current_app.extensions["undo_of_unit"]
    say(message, undo=replace(undo_of_unit(done.unit_id), fields={"next": here}))


def changed_plugins(done: Done) -> str:
    """Return how many plugins an act changed, as the end of a sentence."""
    return f", {plural(done.plugins, 'plugin')} changed" if done.plugins else ""
