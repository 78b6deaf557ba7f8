"""What the staff of an account do about its people and its name: roles, disabling, handing over."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from webapp.accounts import belongings
from webapp.accounts.belongings import Amount, HandOver, Party
from webapp.accounts.identity import Viewer
from webapp.accounts.models import ROLE_MEMBER, ROLE_STAFF, Account, User, UserProfile
from webapp.accounts.service.fields import ACCOUNT_NAME_MAX, refuse, text_errors, tidy
from webapp.accounts.service.superusers import keep_one_superuser
from webapp.accounts.sessions import end_sessions_in
from webapp.core.clock import utcnow
from webapp.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from webapp.db.session import touch_account, transaction
from webapp.history import service as history

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Changed:
    """Whom a write was about, and what it was before."""

    profile_id: int
    name: str
    role: str
    was_active: bool


def change_role(viewer: Viewer, profile_id: int, role: str) -> Changed:
    """Make somebody of the viewer's account a member or staff; it holds from their next request on.

    Raises:
        NotFound: there is no such person in the account.
        PermissionDenied: the viewer is not staff, it is their own role, or the person is a superuser.
        InvalidInput: there is no such role.
    """
    if role not in (ROLE_MEMBER, ROLE_STAFF):
        raise InvalidInput.of("role", "A role is member or staff.", "role")
    with transaction() as session:
        person = _get_for_write(session, viewer, profile_id)
        if person.user.is_superuser:
            raise PermissionDenied(
                "A superuser may do everything, whatever the role here. An operator takes that back with: "
                "plugdeck users set-role"
            )
        changed = _changed(person)
        person.role, person.updated_at = role, utcnow()
    log.info("role_changed", profile_id=profile_id, role=role, by=viewer.user_id)
    return changed


def disable_person(viewer: Viewer, profile_id: int) -> Changed:
    """Keep somebody out of the viewer's account at once; in other accounts they go on.

    Raises:
        NotFound: there is no such person in the account.
        PermissionDenied: the viewer is not staff, it is themselves, or the person is a superuser and they are not.
        Conflict: nobody would be left who may do everything.
    """
    with transaction() as session:
        person = _get_for_write(session, viewer, profile_id)
        changed = _changed(person)
        person.is_active, person.updated_at = False, utcnow()
        session.flush()
        if person.user.is_superuser:
            keep_one_superuser(session, person.user.username, "disabled")
        end_sessions_in(session, profile_id)
    log.info("person_disabled", profile_id=profile_id, by=viewer.user_id)
    return changed


def enable_person(viewer: Viewer, profile_id: int) -> Changed:
    """Let somebody into the viewer's account again.

    Raises:
        NotFound: there is no such person in the account.
        PermissionDenied: the viewer is not staff, it is themselves, or the person is a superuser and they are not.
    """
    with transaction() as session:
        person = _get_for_write(session, viewer, profile_id)
        changed = _changed(person)
        person.is_active, person.updated_at = True, utcnow()
    log.info("person_enabled", profile_id=profile_id, by=viewer.user_id)
    return changed


@dataclass(frozen=True)
class HandedOver:
    """What one person gave to another; `unit_id` is the act in history, None when there was nothing to give."""

    amounts: list[Amount]
    giver: str
    receiver: str
    unit_id: int | None


def hand_over(viewer: Viewer, giver_id: int, receiver_id: int) -> HandedOver:
    """Give everything that one person of the account owns to another one: one act in history.

    Raises:
        NotFound: there is no such person in the account.
        PermissionDenied: the viewer is not staff.
        InvalidInput: the receiver is the giver, or not active.
    """
    with transaction() as session:
        people = _lock_people(session, viewer, giver_id, receiver_id)
        giver, receiver = people.get(giver_id), people.get(receiver_id)
        if giver is None:
            raise NotFound
        if receiver is None or receiver is giver or not (receiver.is_active and receiver.user.is_active):
            raise InvalidInput.of(
                "receiver", "Choose somebody else of this account who is active.", "receiver"
            )
        change = HandOver(viewer.actor, viewer.account_id, _party(giver), _party(receiver))
        title = f"Handed over from {change.giver.name} to {change.receiver.name}"
        with history.one_unit(session, viewer.actor, account_id=viewer.account_id, title=title) as unit:
            amounts = belongings.hand_over_all(session, change)
        unit_id = unit.id if unit.records else None
        touch_account(session, viewer.account_id)
    log.info("handed_over", giver=giver_id, receiver=receiver_id, by=viewer.user_id)
    return HandedOver(amounts, change.giver.name, change.receiver.name, unit_id)


def rename_account(viewer: Viewer, expected: str, name: str) -> str:
    """Give the viewer's account another name and return it.

    Raises:
        PermissionDenied: the viewer is not staff.
        InvalidInput: the name is refused.
        Conflict: its name is not the expected one any more.
    """
    name = tidy(name)
    refuse({"name": text_errors(name, ACCOUNT_NAME_MAX)})
    with transaction() as session:
        _lock_people(session, viewer)
        account = session.get_one(Account, viewer.account_id, with_for_update=True, populate_existing=True)
        if account.name != expected:
            raise Conflict(
                f"Meanwhile the account was renamed to {account.name}. Check the name and save again."
            )
        if name == expected:
            return name
        account.name, account.updated_at = name, utcnow()
        touch_account(session, account.id)
    log.info("account_renamed", account_id=viewer.account_id, before=expected, after=name, by=viewer.user_id)
    return name


def require_staff(session: Session, viewer: Viewer) -> None:
    """Refuse a viewer who does not manage their account any more, and let nobody change that until the end.

    Raises:
        PermissionDenied: their role was taken away, or they were disabled.
    """
    _lock_people(session, viewer)


def _get_for_write(session: Session, viewer: Viewer, profile_id: int) -> UserProfile:
    people = _lock_people(session, viewer, profile_id)
    person = people.get(profile_id)
    if person is None:
        raise NotFound
    if person.id == viewer.profile_id:
        raise PermissionDenied("Nobody changes their own role or disables themselves. Ask a colleague.")
    if person.user.is_superuser and not people[viewer.profile_id].user.is_superuser:
        raise PermissionDenied("Only a superuser may do this to a superuser.")
    return person


def _lock_people(session: Session, viewer: Viewer, *profile_ids: int) -> dict[int, UserProfile]:
    """Return the viewer and some people of the viewer's account as they are now, locked until the end.

    Two people who take each other's role away at the same moment come one after the other, and the second one is
    refused: the rows are locked in one order, and what the viewer may do is read again behind the lock.
    """
    wanted = {viewer.profile_id, *profile_ids}
    rows = session.scalars(
        select(UserProfile)
        .where(UserProfile.id.in_(wanted), UserProfile.account_id == viewer.account_id)
        .options(joinedload(UserProfile.user))
        .order_by(UserProfile.id)
        .with_for_update(of=UserProfile)
        .execution_options(populate_existing=True)
    ).all()
    people = {person.id: person for person in rows}
    own = people.get(viewer.profile_id)
    if own is None or not _is_staff(own, own.user):
        raise PermissionDenied("You do not manage this account any more. Ask its staff.")
    return people


def _is_staff(profile: UserProfile, user: User) -> bool:
    return profile.is_active and user.is_active and (user.is_superuser or profile.role == ROLE_STAFF)


def _changed(person: UserProfile) -> Changed:
    return Changed(person.id, _name(person), person.role, person.is_active)


def _party(person: UserProfile) -> Party:
    return Party(person.id, person.user.username, person.user.username_key, _name(person))


def _name(person: UserProfile) -> str:
    return person.user.display_name or person.user.username
