"""The checks of the seed page: fields, record, uniqueness, constraints, and all of them at once.

Each of them raises `InvalidInput` with every error of every field; "" stands for the record as a whole. They look, and
flush nothing: what is being judged must not reach the row before it is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Self, cast

from sqlalchemy import inspect, select
from sqlalchemy.orm import InstanceState, object_session

from webapp.accounts.models import UserProfile
from webapp.core import rules
from webapp.core.errors import FieldError, InvalidInput
from webapp.db.session import current_session
from webapp.plugins.models.columns import Columns
from webapp.plugins.models.data import DATA_MODELS

OWNER_FIELD = "user_profile"


class Validation(Columns):
    """Judging a plugin before it is stored."""

    def full_clean(
        self,
        exclude: Collection[str] | None = None,
        validate_unique: bool = True,
        validate_constraints: bool = True,
    ) -> None:
        """Check every field, the record, its uniqueness and its constraints; report all errors (seed: full_clean).

        What is wrong already is not looked up: a field with an error takes no part in the later steps.

        Args:
            exclude: fields that are not checked.
            validate_unique: whether to look for another record of the name.
            validate_constraints: whether to look whether the owner belongs to the account.

        Raises:
            InvalidInput: with every error of every field.
        """
        errors: dict[str, list[FieldError]] = {}
        steps: list[Callable[[set[str]], None]] = [self.clean_fields, lambda _: self.clean()]
        steps += [self.validate_unique] if validate_unique else []
        steps += [self.validate_constraints] if validate_constraints else []
        for step in steps:
            try:
                step({*(exclude or ()), *errors})
            except InvalidInput as refused:
                for field, found in refused.errors.items():
                    errors.setdefault(field, []).extend(found)
        if errors:
            raise InvalidInput(errors)

    def validate(self) -> None:
        """Check all that has to hold before the record is stored; `save()` calls it (seed: validate).

        Raises:
            InvalidInput: with every error of every field.
        """
        self.full_clean()

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check each field alone; annotations and new tags get the spelling that is stored (seed: clean_fields).

        Raises:
            InvalidInput: with every error of every field that is not excluded.
        """
        with self._only_looking():
            self._clean_fields(set(exclude or ()))

    def _clean_fields(self, exclude: set[str]) -> None:
        cleaned = clean_written_fields(
            self.name,
            self.description,
            self.version,
            self.annotations,
            self.plugin_class,
            self._new_tags or (),
        )
        if not cleaned.errors["annotations"]:
            self.annotations = cleaned.annotations
        if self._new_tags is not None and not cleaned.errors["tags"]:
            self._new_tags = cleaned.tags
        owner = {OWNER_FIELD: _check_owner(self.user_profile_id, self.account_id)}
        _refuse(exclude, {**cleaned.errors, **owner})

    def clean(self) -> None:
        """Check what the fields have to do with each other: the data is that of the class (seed: clean).

        Raises:
            InvalidInput: under "", the record as a whole.
        """
        with self._only_looking():
            held = None if self.data is None else self.data.plugin_class
            is_other = held is not None and self.plugin_class in DATA_MODELS and held != self.plugin_class
        if is_other:
            message = f"The data is that of class {held}, the class is {self.plugin_class}. Make them agree."
            raise InvalidInput.of("", message, "class")

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Check that no other live record of the account has the name (seed: validate_unique).

        Raises:
            InvalidInput: under `name`.
        """
        if "name" not in (exclude or ()) and self._name_is_taken():
            raise name_is_taken()

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check what the database would refuse beyond single fields: the owner is of the account.

        A stored owner is not looked up again. (seed: validate_constraints)

        Raises:
            InvalidInput: under `user_profile`.
        """
        if OWNER_FIELD in (exclude or ()) or self._owner_is_of_the_account():
            return
        message = "The owner is not of the record’s account. Choose somebody who is."
        raise InvalidInput.of(OWNER_FIELD, message, "account")

    def _only_looking(self) -> AbstractContextManager[object]:
        session = object_session(self)
        return nullcontext() if session is None else session.no_autoflush

    def _owner_is_of_the_account(self) -> bool:
        with self._only_looking():
            if not self._owner_is_new():
                return True
            owner = (object_session(self) or current_session()).get(UserProfile, self.user_profile_id)
            return owner is not None and owner.account_id == self.account_id

    def _owner_is_new(self) -> bool:
        changes = (self._state().attrs[name].history for name in ("user_profile_id", "account_id"))
        return self._is_new() or any(history.has_changes() for history in changes)

    def _name_is_new(self) -> bool:
        """Tell whether the record was not live under its name before, which an index keeps for it alone."""
        changes = (self._state().attrs[name].history for name in ("name", "account_id", "deleted_at"))
        return self._is_new() or any(history.has_changes() for history in changes)

    def _is_new(self) -> bool:
        return not self._state().has_identity

    def _state(self) -> InstanceState[Self]:
        return cast("InstanceState[Self]", inspect(self))

    def _name_is_taken(self) -> bool:
        from webapp.plugins.models.meta import PluginMeta  # The class is built from this mixin.

        with self._only_looking():
            if self.deleted_at is not None or not self._name_is_new():
                return False
            statement = select(PluginMeta.id).where(
                PluginMeta.account_id == self.account_id,
                PluginMeta.name == self.name,
                PluginMeta.deleted_at.is_(None),
            )
            if self.id is not None:
                statement = statement.where(PluginMeta.id != self.id)
            session = object_session(self) or current_session()
            return session.scalar(statement.limit(1)) is not None


@dataclass(frozen=True)
class Cleaned:
    """The fields that are stored in another spelling than they may be written in, and what is wrong, by field."""

    annotations: list[dict[str, object]]
    tags: tuple[str, ...]
    errors: dict[str, list[FieldError]]


def clean_written_fields(
    name: object,
    description: object,
    version: object,
    annotations: object,
    plugin_class: object,
    tags: Iterable[object],
) -> Cleaned:
    """Return what every write of a plugin, of one or of many, checks and makes of its fields."""
    entries, annotation_errors = rules.clean_annotations(annotations)
    kept, tag_errors = rules.clean_tags(tags)
    errors = {
        "name": rules.check_name(name, new=False),
        "description": rules.check_description(description),
        "version": rules.check_version(version),
        "annotations": [error for _, error in annotation_errors],
        "plugin_class": _check_class(plugin_class),
        "tags": tag_errors,
    }
    return Cleaned(entries, tuple(kept), errors)


def name_is_taken() -> InvalidInput:
    """Return what refuses a record whose name another one has."""
    return InvalidInput.of("name", "This account already has a plugin of this name.", "unique")


def _refuse(exclude: Collection[str], found: dict[str, list[FieldError]]) -> None:
    errors = {field: problems for field, problems in found.items() if problems and field not in exclude}
    if errors:
        raise InvalidInput(errors)


def _check_class(value: object) -> list[FieldError]:
    return [] if value in DATA_MODELS else [FieldError("Choose static, sql or api.", "choice")]


def _check_owner(*ids: int | None) -> list[FieldError]:
    return [FieldError("Give it an owner and their account.", "required")] if None in ids else []
