from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar

import pytest

from webapp.core.errors import NotFound
from webapp.manifests.diff import FieldChange
from webapp.manifests.envelope import Manifest
from webapp.manifests.fields import Finding
from webapp.manifests.registry import CurrentRecord, OneByOne, Reference, Registry


class Teapot(Manifest):
    kind_name: ClassVar[str] = "Teapot"
    kind_aliases: ClassVar[tuple[str, ...]] = ("Kettle",)


class Cup(Manifest):
    kind_name: ClassVar[str] = "Cup"


class Handler(OneByOne):
    family = "crockery"
    page: str | None = None
    example = ""

    def __init__(self, schema: type[Manifest], order: int) -> None:
        self.kind, self.schema, self.order = schema.kind_name, schema, order

    def find_current(self, viewer: str, names: Collection[str]) -> Mapping[str, CurrentRecord]:
        return {}

    def changes(self, current: CurrentRecord, model: Manifest) -> Sequence[FieldChange]:
        return ()

    def judge(self, current: CurrentRecord | None, model: Manifest) -> Iterable[Finding]:
        return ()

    def references(self, model: Manifest) -> Iterable[Reference]:
        return ()

    def create(self, viewer: str, model: Manifest) -> CurrentRecord:
        return CurrentRecord(1, 1, {})

    def update(self, viewer: str, current: CurrentRecord, model: Manifest) -> CurrentRecord:
        return current


@pytest.fixture
def registry() -> Registry[str]:
    made: Registry[str] = Registry()
    made.register(Handler(Teapot, 2))
    made.register(Handler(Cup, 0))
    return made


def test_kinds_are_found_by_every_name_in_any_case(registry: Registry[str]) -> None:
    assert registry.get("teapot").kind == "Teapot"
    assert registry.get(" KETTLE ").kind == "Teapot"
    assert registry.find("Spoon") is None
    assert registry.schemas() == {"Cup": Cup, "Teapot": Teapot, "Kettle": Teapot}


def test_an_unknown_kind_names_the_known_ones(registry: Registry[str]) -> None:
    with pytest.raises(NotFound, match=r"There is no kind Spoon\. Use one of Teapot, Cup\."):
        registry.get("Spoon")


def test_kinds_come_in_the_order_of_applying(registry: Registry[str]) -> None:
    assert [handler.kind for handler in registry] == ["Cup", "Teapot"]
    assert len(registry) == 2


def test_a_name_is_registered_once(registry: Registry[str]) -> None:
    class Urn(Manifest):
        kind_name: ClassVar[str] = "kettle"

    with pytest.raises(ValueError, match="registered twice"):
        registry.register(Handler(Urn, 1))


def test_a_record_has_another_stamp_after_any_write() -> None:
    assert CurrentRecord(1, 1, {}).stamp != CurrentRecord(1, 2, {}).stamp
    assert CurrentRecord(1, 1, {}).version == ""
