"""What a list shows: the filter of an address, and the parts of the data that a viewer's scope reaches. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.accounts.identity import Viewer
from webapp.plugins.queries.visibility import readable_accounts

MINE = "mine"
ACCOUNT = "account"
PLATFORM = "platform"
ALL = "all"
SCOPES = (ALL, MINE, ACCOUNT, PLATFORM)


@dataclass(frozen=True)
class Annotated:
    """A filter by an annotation: its key, and the text of its value; None is any value."""

    key: str
    value: str | None = None

    def __str__(self) -> str:
        """Return how an address writes it: "key" or "key:value"."""
        return self.key if self.value is None else f"{self.key}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> Annotated:
        """Return the filter that "key" or "key:value" stands for; no key holds a colon, a value may."""
        key, colon, value = text.partition(":")
        return cls(key.strip(), value.strip() if colon else None)


@dataclass(frozen=True)
class Criteria:
    """The filter of a list, all keys folded; an empty value filters nothing."""

    scope: str = ACCOUNT
    q: str = ""
    tags: tuple[str, ...] = ()
    plugin_class: str = ""
    readiness: str = ""
    owner: str = ""
    untagged: bool = False
    starred: bool = False
    annotations: tuple[Annotated, ...] = ()

    @property
    def is_searching(self) -> bool:
        """Tell whether the counts that are kept do not answer this filter."""
        return bool(self.q or self.tags or self.untagged or self.starred or self.annotations)

    @property
    def is_contradiction(self) -> bool:
        """Tell whether nothing can match, whatever is stored: a tag on what has none."""
        return self.untagged and bool(self.tags)

    @property
    def filters(self) -> int:
        """Return how many filters are set; the scope is none."""
        others = (self.q, self.plugin_class, self.readiness, self.owner, self.untagged, self.starred)
        return len(self.tags) + len(self.annotations) + sum(1 for value in others if value)


@dataclass(frozen=True)
class Branch:
    """A part of the data that one ordered index scan can walk: an account, or an owner within it.

    `account_id` is None only for a superuser who looks at every account at once.
    """

    account_id: int | None
    profile_id: int | None = None


def reached_accounts(viewer: Viewer, scope: str) -> tuple[int, ...] | None:
    """Return the accounts of a scope that the viewer may read; None means every account."""
    if scope == ALL:
        return readable_accounts(viewer)
    if scope == PLATFORM:
        return () if viewer.platform_account_id is None else (viewer.platform_account_id,)
    return (viewer.account_id,)


def branches_of(
    viewer: Viewer, scope: str, owners: Iterable[tuple[int, int]] | None = None
) -> tuple[Branch, ...]:
    """Return the parts that a scope consists of, each within the viewer's sight.

    Args:
        viewer: who looks.
        scope: one of SCOPES.
        owners: account and profile of the owners that the filter allows; None when it does not name an owner.
    """
    accounts = reached_accounts(viewer, scope)
    if owners is None:
        if scope == MINE:
            return (Branch(viewer.account_id, viewer.profile_id),)
        return (Branch(None),) if accounts is None else tuple(Branch(account) for account in accounts)
    return tuple(
        Branch(account, profile)
        for account, profile in sorted(owners)
        if (accounts is None or account in accounts) and (scope != MINE or profile == viewer.profile_id)
    )
