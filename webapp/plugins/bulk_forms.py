"""The forms of acts on many plugins: what is asked for each, what it says, and the service that does it."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField

from webapp.accounts.identity import Viewer
from webapp.core import rules
from webapp.core.errors import FieldError
from webapp.manifests.form_rows import AnnotationRow
from webapp.manifests.form_text import split_list
from webapp.plugins import service
from webapp.plugins.changes import (
    AddTags,
    Change,
    ClearAnnotation,
    RaiseVersion,
    RemoveTags,
    SetAnnotation,
    SetDescription,
    SetVersion,
)
from webapp.plugins.queries.owners import PossibleOwner, find_owner_named
from webapp.plugins.service import Outcome, Seen
from webapp.web.fields import CheckField, ChoiceField, LineField, ProseField, ReasonField
from webapp.web.filters import plural
from webapp.web.forms import Form, raise_first

TITLE_MAX = 120
NO_SUCH_PERSON = "Nobody who can sign in to this account has this username. Choose somebody else."
PARTS = {
    "patch": "Next patch: 1.2.3 becomes 1.2.4",
    "minor": "Next minor: 1.2.3 becomes 1.3.0",
    "major": "Next major: 1.2.3 becomes 2.0.0",
    "set": "The same version for all",
}
NOTES = {"set": "Set it, or replace its value", "clear": "Take it off"}


class BulkForm(Form):
    """What every act on many asks for: why. `chosen` holds the records, `next` where to go afterwards."""

    heading: ClassVar[str]
    button: ClassVar[str]
    icon: ClassVar[str]
    done: ClassVar[str]
    removes: ClassVar[bool] = False

    chosen = HiddenField()
    next = HiddenField()
    reason: ReasonField = ReasonField()

    def prepare(self, session: Session, viewer: Viewer) -> None:
        """Read what the form offers or has to know before it is shown or judged."""

    def preview(self, session: Session, viewer: Viewer, seen: Seen) -> Outcome:
        """Return what a form without errors would do now."""
        raise NotImplementedError

    def perform(self, viewer: Viewer, seen: Seen) -> Outcome:
        """Do it."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """Return what the feed calls the act."""
        raise NotImplementedError

    def said(self, number: int) -> str:
        """Return what happened to so many plugins, as a toast says it."""
        return f"{self.done} {plural(number, 'plugin')}"


class EditForm(BulkForm):
    """An act that changes what is written on records."""

    def change(self) -> Change:
        """Return what a form without errors does to each of them."""
        raise NotImplementedError

    def preview(self, session: Session, viewer: Viewer, seen: Seen) -> Outcome:
        """Return what would be changed now."""
        return service.preview_edit(session, viewer, seen, self.change())

    def perform(self, viewer: Viewer, seen: Seen) -> Outcome:
        """Change them."""
        return service.edit_plugins(viewer, seen, self.change(), title=self.title)


class _TagsForm(EditForm):
    tags: LineField = LineField("Tags")

    def validate_tags(self, field: LineField) -> None:
        """Judge each tag (WTForms calls this by its name)."""
        tags, errors = rules.clean_tags(split_list(field.data, ","))
        raise_first(errors)
        if not tags:
            raise_first([FieldError("Write at least one tag.", "required")])

    @property
    def words(self) -> tuple[str, ...]:
        """Return the tags of a form without errors."""
        return tuple(rules.clean_tags(split_list(self.tags.data, ","))[0])

    def _titled(self, verb: str) -> str:
        return _short(f"{verb} {'tag' if len(self.words) == 1 else 'tags'} {', '.join(self.words)}")


class TagForm(_TagsForm):
    """Tags for many."""

    heading, button, icon, done = "Add tags", "Add tags to", "tag", "Tagged"

    @property
    def title(self) -> str:
        """Return "Added tag promo"."""
        return self._titled("Added")

    def change(self) -> Change:
        """Return the tags to add."""
        return AddTags(self.words)


class UntagForm(_TagsForm):
    """Tags that many lose."""

    heading, button, icon, done = "Remove tags", "Remove tags from", "tag", "Removed tags from"

    @property
    def title(self) -> str:
        """Return "Removed tag promo"."""
        return self._titled("Removed")

    def change(self) -> Change:
        """Return the tags to remove."""
        return RemoveTags(self.words)


class VersionForm(EditForm):
    """The next version of each, or one for all."""

    heading, button, icon, done = (
        "Change the version",
        "Change the version of",
        "arrow-up",
        "Changed the version of",
    )

    how: ChoiceField = ChoiceField("How", tuple(PARTS), PARTS, default="patch")
    version: LineField = LineField("Version")

    def validate_how(self, field: ChoiceField) -> None:
        """Refuse a word that is not offered (WTForms calls this by its name)."""
        if field.data not in PARTS:
            raise_first([FieldError("Choose how the version changes.", "choice")])

    def validate_version(self, field: LineField) -> None:
        """Judge the version where one is asked for (WTForms calls this by its name)."""
        if self.how.data == "set":
            raise_first(rules.check_version(field.data))

    @property
    def title(self) -> str:
        """Return "Raised the patch version"."""
        if self.how.data == "set":
            return _short(f"Set version {self.version.data}")
        return f"Raised the {self.how.data} version"

    def change(self) -> Change:
        """Return the version, or by how much it is raised."""
        return SetVersion(self.version.data) if self.how.data == "set" else RaiseVersion(self.how.data)


class DescriptionForm(EditForm):
    """One description for many."""

    heading, button, icon, done = "Set the description", "Describe", "text-wrap", "Set the description of"
    title = "Set the description"

    description: ProseField = ProseField("Description")

    def validate_description(self, field: ProseField) -> None:
        """Judge the description (WTForms calls this by its name)."""
        raise_first(rules.check_description(field.data))

    def change(self) -> Change:
        """Return the description."""
        return SetDescription(self.description.data or "")


class AnnotationForm(EditForm):
    """One annotation that many get, or lose."""

    heading, button, icon, done = "Change an annotation", "Change", "hash", "Changed an annotation of"

    how: ChoiceField = ChoiceField("How", tuple(NOTES), NOTES, default="set")
    key: LineField = LineField("Key")
    value: ProseField = ProseField("Value")

    def validate_how(self, field: ChoiceField) -> None:
        """Refuse a word that is not offered (WTForms calls this by its name)."""
        if field.data not in NOTES:
            raise_first([FieldError("Choose what happens to the annotation.", "choice")])

    def validate_key(self, field: LineField) -> None:
        """Judge the key (WTForms calls this by its name)."""
        if not field.data:
            raise_first([FieldError("Write the key of the annotation.", "required")])
        raise_first(self._row("x").problems().get("key", []))

    def validate_value(self, field: ProseField) -> None:
        """Judge the value where one is asked for (WTForms calls this by its name)."""
        if self.how.data == "set":
            raise_first(self._row(field.data or "").problems().get("value", []))

    def _row(self, value: str) -> AnnotationRow:
        return AnnotationRow(data={"key": self.key.data or "", "value": value})

    @property
    def title(self) -> str:
        """Return "Set annotation team"."""
        return _short(f"{'Set' if self.how.data == 'set' else 'Cleared'} annotation {self.key.data}")

    def change(self) -> Change:
        """Return the annotation to set, or the key to clear."""
        if self.how.data == "clear":
            return ClearAnnotation(self.key.data)
        ((key, value),) = self._row(self.value.data or "").read().items()
        return SetAnnotation(key, value)


class HandOverForm(BulkForm):
    """Another owner for many; in the account of each it is who has the username there."""

    heading, button, icon, done = (
        "Change the owner",
        "Change the owner of",
        "transfer",
        "Changed the owner of",
    )

    owner: LineField = LineField("New owner")

    _receiver: PossibleOwner | None = None
    _judges = True

    def prepare(self, session: Session, viewer: Viewer) -> None:
        """Look up who is meant; a superuser may mean somebody of another account."""
        self._judges = not viewer.is_superuser
        self._receiver = find_owner_named(session, viewer.account_id, self.owner.data or "")

    def validate_owner(self, field: LineField) -> None:
        """Ask for somebody who can own plugins (WTForms calls this by its name)."""
        if not field.data:
            raise_first([FieldError("Choose who the plugins are handed to.", "required")])
        if self._judges and self._receiver is None:
            raise_first([FieldError(NO_SUCH_PERSON, "choice")])

    @property
    def title(self) -> str:
        """Return "Changed the owner to Ada Teavee"."""
        return _short(f"Changed the owner to {self._receiver.name if self._receiver else self.owner.data}")

    def preview(self, session: Session, viewer: Viewer, seen: Seen) -> Outcome:
        """Return what would be handed over now."""
        return service.preview_owner(session, viewer, seen, self.owner.data)

    def perform(self, viewer: Viewer, seen: Seen) -> Outcome:
        """Hand them over."""
        return service.change_owners(viewer, seen, self.owner.data, title=self.title)


class HandOverChoiceForm(HandOverForm):
    """The same with a list of people to choose from."""

    owner: SelectField = SelectField("New owner", choices=[], validate_choice=False)


class DeleteForm(BulkForm):
    """Many that go to the bin."""

    heading, button, icon, done = "Delete", "Delete", "trash", "Deleted"
    title = "Moved to the bin"
    removes = True

    def preview(self, session: Session, viewer: Viewer, seen: Seen) -> Outcome:
        """Return what would go to the bin now."""
        return service.preview_bin(session, viewer, seen)

    def perform(self, viewer: Viewer, seen: Seen) -> Outcome:
        """Move them to the bin."""
        return service.bin_plugins(viewer, seen, title=self.title)


class RestoreForm(BulkForm):
    """Many that come out of the bin."""

    heading, button, icon, done = "Restore", "Restore", "arrow-back-up", "Restored"
    title = "Restored from the bin"
    removes = True

    rename: CheckField = CheckField("Where a name is taken by now, restore under a free one")

    def preview(self, session: Session, viewer: Viewer, seen: Seen) -> Outcome:
        """Return what would be restored now."""
        return service.preview_restore(session, viewer, seen, rename=bool(self.rename.data))

    def perform(self, viewer: Viewer, seen: Seen) -> Outcome:
        """Restore them."""
        return service.restore_plugins(viewer, seen, rename=bool(self.rename.data), title=self.title)


FORMS: dict[str, type[BulkForm]] = {
    "tag": TagForm,
    "untag": UntagForm,
    "owner": HandOverForm,
    "version": VersionForm,
    "description": DescriptionForm,
    "annotation": AnnotationForm,
    "delete": DeleteForm,
    "restore": RestoreForm,
}
"""The acts by their word in addresses."""


def _short(title: str) -> str:
    return title if len(title) <= TITLE_MAX else f"{title[: TITLE_MAX - 1]}…"
