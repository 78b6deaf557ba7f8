"""Loading the demo: accounts and people, then their manifests through the same plan and apply as everybody's."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.accounts import service as accounts
from webapp.accounts.identity import Viewer
from webapp.accounts.models import Account
from webapp.accounts.queries import get_cli_viewer
from webapp.connections.records import RECORD_KINDS
from webapp.core.clock import utcnow
from webapp.db.session import current_session, touch_account, transaction
from webapp.demo.edits import EDITS, TAG_ALIASES, Edit, TagAlias
from webapp.demo.files import MANIFESTS, DemoFile, list_manifest_files
from webapp.demo.people import ACCOUNTS, PEOPLE, SIGN_INS
from webapp.demo.saved_views import save_views
from webapp.demo.signins import SignIn, make_password
from webapp.demo.usage import USES, record_uses
from webapp.history.models import Revision, Unit
from webapp.manifests import service as manifests
from webapp.manifests.registry import Registry
from webapp.manifests.sources import Source
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.service import update_field
from webapp.tags.queries.reach import find_named
from webapp.tags.service import add_alias

DAY_SECONDS = 24 * 3600
MODELS: dict[str, Any] = {
    LOCATOR_KIND: PluginMeta,
    **{kind: model for model, kind in RECORD_KINDS.items()},
}


@dataclass(frozen=True)
class LoadedDemo:
    """What was loaded."""

    accounts: int
    plugins: int
    sign_ins: tuple[SignIn, ...]


def load_demo(registry: Registry[Viewer]) -> LoadedDemo | None:
    """Fill an empty database with the demo in one transaction; return None when it holds an account already.

    Raises:
        PlanRefused: a manifest of the demo is refused, which the project's own tests rule out.
    """
    if current_session().scalar(select(Account.id).limit(1)) is not None:
        return None
    passwords = {entry.username: make_password() for entry in SIGN_INS}
    with transaction() as session:
        _create_people(passwords)
        for file in list_manifest_files():
            _apply(registry, get_cli_viewer(file.username), file)
        for alias in TAG_ALIASES:
            _give_alias(session, get_cli_viewer(alias.username), alias)
        for username in dict.fromkeys(use.username for use in USES):
            mine = tuple(use for use in USES if use.username == username)
            record_uses(session, get_cli_viewer(username), mine)
        save_views()
        plugins = session.scalar(select(func.count()).select_from(PluginMeta)) or 0
    sign_ins = tuple(SignIn(entry.role, entry.username, passwords[entry.username]) for entry in SIGN_INS)
    return LoadedDemo(len(ACCOUNTS), plugins, sign_ins)


def _create_people(passwords: dict[str, str]) -> None:
    for account in ACCOUNTS:
        accounts.create_account(account.name, account.number)
    for person in PEOPLE:
        accounts.create_user(
            person.username,
            person.account_number,
            "superuser" if person.is_superuser else person.role,
            passwords.get(person.username) or make_password(),
            display_name=person.display_name,
        )


def _apply(registry: Registry[Viewer], viewer: Viewer, file: DemoFile) -> None:
    """Apply a file and date it back, so that sorting by date and the feed show a registry that is worked on."""
    viewer = replace(viewer, origin="manifest")
    edits = EDITS.get(file.path.name, ())
    plan = manifests.plan(viewer, [Source(file.path.name, _as_it_was(file, edits))], registry)
    applied = manifests.apply(viewer, plan, registry)
    created_at, updated_at = _moments(str(file.path.relative_to(MANIFESTS)), file.age_days)
    written = Revision.unit_id == applied.unit_id
    with transaction() as session:
        session.flush()
        ids = {
            kind: select(Revision.record_id).where(written, Revision.record_kind == kind) for kind in MODELS
        }
        # The edits are spread over the time since; act, revisions and records agree on when each was.
        moments = [created_at + (updated_at - created_at) * step / len(edits) for step in range(len(edits))]
        moments.append(updated_at)
        session.execute(update(Unit).where(Unit.id == applied.unit_id).values(at=moments[0]))
        session.execute(update(Revision).where(written).values(at=moments[0]))
        for edit, moment in zip(edits, moments[1:], strict=True):
            _change(session, edit, file, session.scalars(ids[LOCATOR_KIND]).one(), moment)
        for kind, model in MODELS.items():
            dates = {"created_at": created_at, "updated_at": updated_at}
            session.execute(update(model).where(model.id.in_(ids[kind])).values(**dates))
        session.expire_all()
        touch_account(session, viewer.account_id)


def _as_it_was(file: DemoFile, edits: Sequence[Edit]) -> bytes:
    """Return the text of a file before the edits, which lead to what it says now."""
    text = file.path.read_text(encoding="utf-8")
    for edit in edits:
        text = edit.line.sub(f"  {edit.field}: {edit.before}", text, count=1)
    return text.encode()


def _change(session: Session, edit: Edit, file: DemoFile, plugin_id: int, moment: dt.datetime) -> None:
    """Let somebody change a field in place to what the file says in it."""
    found = edit.line.search(file.path.read_text(encoding="utf-8"))
    assert found, f"{file.path.name} has no line for {edit.field}"
    viewer = replace(get_cli_viewer(edit.username), origin="inline", reason=edit.reason)
    revision = session.get_one(PluginMeta, plugin_id, populate_existing=True).revision
    saved = update_field(viewer, plugin_id, revision, edit.field, found[1])
    session.flush()
    this = (Revision.record_kind == LOCATOR_KIND) & (Revision.record_id == plugin_id)
    session.execute(update(Revision).where(this, Revision.revision == saved.revision).values(at=moment))


def _give_alias(session: Session, viewer: Viewer, alias: TagAlias) -> None:
    """Let a tag have another word, as if somebody had given it some days ago."""
    tag = find_named(session, viewer.account_id, alias.tag)
    assert tag, f"No plugin of the demo carries {alias.tag}"
    done = add_alias(replace(viewer, origin="form"), tag.id, alias.name)
    session.flush()
    at = utcnow() - dt.timedelta(days=alias.age_days)
    session.execute(update(Unit).where(Unit.id == done.unit_id).values(at=at))
    session.execute(update(Revision).where(Revision.unit_id == done.unit_id).values(at=at))


def _moments(name: str, age_days: int) -> tuple[dt.datetime, dt.datetime]:
    """Return when a record was made and last changed: the same age in every installation."""
    now = utcnow()
    share = (zlib.crc32(name.encode()) % 1000) / 1000
    # Squared twice, so that many of the changes are recent, as in a registry that is worked on.
    changed = age_days * DAY_SECONDS * share**4
    return now - dt.timedelta(days=age_days), now - dt.timedelta(seconds=int(changed) + 60)
