"""An applied upload in history: one act, with the texts as they were given."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import Person
from tests.integration.manifests import samples
from tests.integration.manifests.conftest import Applier
from webapp.history.models import Revision, Unit, UnitSource


def test_an_import_is_one_act_with_all_its_writes(apply: Applier, member: Person, session: Session) -> None:
    apply(member, samples.static(), samples.secret())
    unit = session.scalars(select(Unit)).one()
    assert (unit.title, unit.records, unit.actor_id, unit.origin) == (
        "Applied 2 files",
        2,
        member.user_id,
        "manifest",
    )
    assert set(session.scalars(select(Revision.unit_id))) == {unit.id}


def test_an_import_that_changes_nothing_is_no_act(apply: Applier, member: Person, session: Session) -> None:
    apply(member, samples.static())
    apply(member, samples.static())
    assert len(session.scalars(select(Unit)).all()) == 1


def test_the_texts_are_kept_with_their_comments_and_without_secrets(
    apply: Applier, member: Person, session: Session
) -> None:
    apply(member, "# kept for the record\n" + samples.static(), samples.secret())
    sources = session.scalars(select(UnitSource).order_by(UnitSource.position)).all()
    assert [source.name for source in sources] == ["file1.yaml", "file2.yaml"]
    assert sources[0].content == "# kept for the record\n" + samples.static()
    assert "********" in sources[1].content
    assert "anchors aweigh" not in sources[1].content
