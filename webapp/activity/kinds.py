"""What the feed asks of each kind of record; the composition root says which kinds there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.manifests.comparing import PartChange

LIVE, BIN, KEPT = "live", "bin", "kept"


class RecordKind(Protocol):
    """A kind of record that history knows: how it is called, what differs, where it is, how a write is taken back."""

    @property
    def noun(self) -> str:
        """Return what people call one of them inside a sentence."""

    @property
    def many(self) -> str:
        """Return what people call several of them."""

    @property
    def icon(self) -> str:
        """Return the glyph of the kind."""

    @property
    def writes_others(self) -> bool:
        """Tell whether taking one of them back writes other records, which then need nothing more."""

    def compare(self, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Sequence[PartChange]:
        """Return the parts that differ between two snapshots; before the record was there, there is none."""

    def list_whereabouts(self, session: Session, viewer: Viewer, ids: Collection[int]) -> Mapping[int, str]:
        """Return where records are: `live`; in the `bin`, or only `kept` in history, for whoever may restore them.

        Others are left out.
        """

    def take_back(self, viewer: Viewer, record_id: int, first: int, last: int) -> bool:
        """Take back what was done to a record from one revision to another; tell whether there was anything to do.

        It runs inside the caller's transaction and judges permission itself.

        Raises:
            NotFound: there is no such record in the viewer's sight.
            PermissionDenied: the viewer may read but not manage it.
            NotUndone: it cannot be taken back; the message says why.
            InvalidInput: what it said before breaks a rule of today.
        """

    def take_back_created(self, viewer: Viewer, lasts: Mapping[int, int]) -> Collection[int]:
        """Take back the creation of many records at once where that is possible; return of which.

        Only records that nobody has worked on since: those that are still at the revision given for them. It runs
        inside the caller's transaction and judges permission itself; all others are left to `take_back`.
        """

    def loses(self, action: str) -> str:
        """Return what is lost for good when such a write is taken back, to be asked about; "" when nothing is."""

    def leaves(self, action: str) -> str:
        """Return what stays as it is when such a write is taken back, to be said; "" when nothing does."""


Kinds = Mapping[str, RecordKind]
"""The kinds by the word that history and locators have for them."""
