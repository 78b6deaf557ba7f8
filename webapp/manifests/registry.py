"""The kinds that manifests may have: each domain registers a handler, and the plan and the apply know no other way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar, cast

from webapp.core.errors import InvalidInput, NotFound
from webapp.history.queries import Write
from webapp.manifests.diff import FieldChange
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import Finding
from webapp.manifests.judgement import Reason
from webapp.manifests.moved import ManifestMerge
from webapp.manifests.options import Owner
from webapp.manifests.problems import Path

ViewerT = TypeVar("ViewerT")
ViewerT_contra = TypeVar("ViewerT_contra", contravariant=True)
ModelT = TypeVar("ModelT", bound=Manifest)
ModelT_co = TypeVar("ModelT_co", bound=Manifest, covariant=True)

ORDER_SECRET, ORDER_CONNECTION, ORDER_PLUGIN = 0, 1, 2
"""What others refer to is applied first."""


Stamp = tuple[int, int]
"""The id of a record and its revision."""


@dataclass(frozen=True, slots=True)
class CurrentRecord:
    """The stored record of a name: its id, the revision a plan is made against, and its manifest to compare with.

    `manageable` tells whether this viewer may change it, `owner` whom to ask otherwise; `locator` is None for records
    that have no page. `owner_id` is the owner's profile, `typed` what the handler merges with; only it looks into
    that. `version` is what is written on it. Once the record was compared, `values` are dropped and `typed` is what
    `settle` leaves.
    """

    id: int
    revision: int
    values: Mapping[str, object] = field(repr=False)
    owner: str = ""
    manageable: bool = True
    locator: str | None = None
    owner_id: int | None = None
    typed: Any = field(default=None, repr=False, compare=False)
    version: str = ""

    @property
    def stamp(self) -> Stamp:
        """Return what is another one after any write."""
        return self.id, self.revision


@dataclass(frozen=True)
class Reference:
    """Another record that a manifest names, and what it means when there is none of that name yet."""

    kind: str
    name: str
    path: Path
    missing: str


@dataclass(frozen=True)
class Writing(Generic[ModelT_co]):
    """A document to write: its number, what it says, and the record that it changes; None creates one.

    `owner_id` is the profile whose the record becomes; None leaves that as it is, or to the viewer.
    """

    number: int
    model: ModelT_co
    current: CurrentRecord | None
    owner_id: int | None = None


WriteAll = Callable[[], Mapping[int, CurrentRecord]]
"""Writes documents that are ready; returns their records by document number."""


class DocumentRefused(Exception):
    """A service does not take what a document says, although its schema does."""

    def __init__(self, number: int, error: InvalidInput) -> None:
        """Keep the number of the document and what is wrong."""
        super().__init__(error.message)
        self.number, self.error = number, error


class KindHandler(Protocol[ViewerT_contra, ModelT]):
    """What a domain does with the manifests of one kind.

    What writes runs inside the caller's transaction, and judges permissions itself.
    """

    @property
    def kind(self) -> str:
        """Return the kind as manifests write it."""

    @property
    def schema(self) -> type[ModelT]:
        """Return the schema of the kind."""

    @property
    def order(self) -> int:
        """Return when the kind is applied, lowest first."""

    @property
    def family(self) -> str:
        """Return what this kind shares its names with: two kinds of one family cannot have records of one name."""

    @property
    def record_kind(self) -> str:
        """Return what history calls the records."""

    @property
    def page(self) -> str | None:
        """Return the endpoint of a record's page, which takes its locator; None when the kind has no pages."""

    @property
    def example(self) -> str:
        """Return a small manifest to start from."""

    def find_current(self, viewer: ViewerT_contra, names: Collection[str]) -> Mapping[str, CurrentRecord]:
        """Return the records that manifests of these names would change; a name that is not there creates one."""

    def respell(
        self, viewer: ViewerT_contra, models: Sequence[ModelT]
    ) -> Sequence[tuple[ModelT, Sequence[Finding]]]:
        """Return the manifests with what stands for something else put in its place, and what to say about that."""

    def changes(self, current: CurrentRecord, model: ModelT) -> Sequence[FieldChange]:
        """Return the fields that the manifest changes, secret values masked."""

    def judge(self, current: CurrentRecord | None, model: ModelT) -> Iterable[Finding]:
        """Yield what only the stored record tells: errors refuse the document, notices do not."""

    def references(self, model: ModelT) -> Iterable[Reference]:
        """Yield the records that the manifest names."""

    def mapping(self, model: ModelT) -> Mapping[str, object]:
        """Return the manifest as it is exported once it is applied; the value of a secret is left out."""

    def weigh(self, current: CurrentRecord, model: ModelT) -> Iterable[Reason]:
        """Yield how large each part of the change is by the rules of semantic versions; nothing for the version."""

    def merge(
        self, current: CurrentRecord, before: Mapping[str, Any] | None, writes: Sequence[Write], model: ModelT
    ) -> ManifestMerge:
        """Return the merge of the manifest with a record that others changed.

        Args:
            current: the record as it stands now.
            before: the snapshot in history that the manifest was made from; None when it is not kept.
            writes: what was written since.
            model: the manifest.
        """

    def settle(self, current: CurrentRecord, model: ModelT) -> CurrentRecord:
        """Return a record that was compared and will be changed, with no more in `typed` than writing it needs."""

    def create(self, viewer: ViewerT_contra, model: ModelT, owner_id: int | None = None) -> CurrentRecord:
        """Create the record for a profile, or for the viewer.

        Raises Conflict or InvalidInput when the name was taken meanwhile.
        """

    def update(self, viewer: ViewerT_contra, current: CurrentRecord, model: ModelT) -> CurrentRecord:
        """Change the record; raises StaleRevision when it is no longer at `current.revision`."""

    def hand_over(self, viewer: ViewerT_contra, current: CurrentRecord, owner_id: int) -> CurrentRecord:
        """Give the record to another profile; raises StaleRevision like `update`."""

    def find_stamps(self, viewer: ViewerT_contra, names: Collection[str]) -> Mapping[str, Stamp]:
        """Return what `find_current` would, but only the stamps, which is quick: nobody else can write meanwhile."""

    def prepare(self, viewer: ViewerT_contra, writings: Sequence[Writing[Manifest]]) -> WriteAll:
        """Return what writes documents of all kinds of the family, in their order.

        What needs no lock is done at once, the rest when the result is called: inside the transaction.

        Raises:
            DocumentRefused: a document breaks a rule, at once or later.
            StaleRevision: later, when a record is no longer at the revision of its `current`.
        """


class OneByOne:
    """For a handler whose kind comes in small numbers: everything about many records is done record by record."""

    def respell(self, _viewer: Any, models: Sequence[Any]) -> Sequence[tuple[Any, Sequence[Finding]]]:
        """Return the manifests as they are: nothing in them stands for something else."""
        return [(model, ()) for model in models]

    def find_stamps(self: _Single, viewer: Any, names: Collection[str]) -> Mapping[str, Stamp]:
        """Return the stamps of the records of these names."""
        return {name: found.stamp for name, found in self.find_current(viewer, names).items()}

    def settle(self, current: CurrentRecord, _model: Any) -> CurrentRecord:
        """Return the record without what it was compared by."""
        return replace(current, typed=None)

    def prepare(self: _Single, viewer: Any, writings: Sequence[Writing[Any]]) -> WriteAll:
        """Return what creates and updates one record after the other."""

        def write() -> Mapping[int, CurrentRecord]:
            written: dict[int, CurrentRecord] = {}
            for item in writings:
                try:
                    if item.current is None:
                        written[item.number] = self.create(viewer, item.model, item.owner_id)
                    else:
                        updated = self.update(viewer, item.current, item.model)
                        given = item.owner_id is not None
                        written[item.number] = (
                            self.hand_over(viewer, updated, item.owner_id) if given else updated
                        )
                except InvalidInput as error:
                    raise DocumentRefused(item.number, error) from error
            return written

        return write


class _Single(Protocol):
    """What `OneByOne` needs of the handler that it is a part of."""

    def find_current(self, viewer: Any, names: Collection[str]) -> Mapping[str, CurrentRecord]: ...

    def create(self, viewer: Any, model: Any, owner_id: int | None = None) -> CurrentRecord: ...

    def update(self, viewer: Any, current: CurrentRecord, model: Any) -> CurrentRecord: ...

    def hand_over(self, viewer: Any, current: CurrentRecord, owner_id: Any) -> CurrentRecord: ...


class Owners(Protocol[ViewerT_contra]):
    """Who can own records: the people of the viewer's account."""

    def find(self, viewer: ViewerT_contra, username: str) -> Owner | None:
        """Return whom the viewer may give records to under this username, or None."""

    def list_all(self, viewer: ViewerT_contra) -> Sequence[Owner] | None:
        """Return all whom the viewer may give records to; None when they are too many for a list."""


class Registry(Generic[ViewerT]):
    """The handlers by kind; kinds are found whatever their letter case and by their other names."""

    def __init__(self, owners: Owners[ViewerT] | None = None) -> None:
        """Start without kinds; the composition root registers them, and says who can own records."""
        self.owners = owners
        self._handlers: dict[str, KindHandler[ViewerT, Manifest]] = {}
        self._by_fold: dict[str, str] = {}

    def register(self, handler: KindHandler[ViewerT, ModelT]) -> None:
        """Add a kind; raises ValueError when one of its names is taken."""
        names = (handler.kind, *handler.schema.kind_aliases)
        for name in names:
            if name.casefold() in self._by_fold:
                raise ValueError(f"The kind {name} is registered twice.")
        # `validate` gives a handler only models of its own schema, which the type of a mixed mapping cannot say.
        self._handlers[handler.kind] = cast("KindHandler[ViewerT, Manifest]", handler)
        self._by_fold.update((name.casefold(), handler.kind) for name in names)

    def find(self, kind: str) -> KindHandler[ViewerT, Manifest] | None:
        """Return the handler of a kind, or None."""
        found = self._by_fold.get(kind.strip().casefold())
        return None if found is None else self._handlers[found]

    def get(self, kind: str) -> KindHandler[ViewerT, Manifest]:
        """Return the handler of a kind; raises NotFound."""
        handler = self.find(kind)
        if handler is None:
            raise NotFound(f"There is no kind {kind[:64]}. Use one of {', '.join(self._handlers)}.")
        return handler

    def handler_of(self, model: Manifest) -> KindHandler[ViewerT, Manifest]:
        """Return the handler of a validated manifest; raises NotFound."""
        return self.get(model.kind_name)

    def schemas(self) -> dict[str, type[Manifest]]:
        """Return the schemas by kind, with the other names of each, as `validate` takes them."""
        return {
            name: handler.schema for handler in self for name in (handler.kind, *handler.schema.kind_aliases)
        }

    def __iter__(self) -> Iterator[KindHandler[ViewerT, Manifest]]:
        """Yield the handlers in the order in which their kinds are applied."""
        return iter(sorted(self._handlers.values(), key=lambda handler: (handler.order, handler.kind)))

    def __len__(self) -> int:
        """Return the number of kinds."""
        return len(self._handlers)
